//! Disk encryption sets, and encryption at the host.

use aro_api::{Code, model::Cluster};

use super::{name, place, subscription_of};
use crate::{
    validation::{Facts, Finding},
    wish,
};

pub(super) fn judge_sets(cluster: &Cluster, facts: &Facts, all: &mut Vec<Finding>) {
    for (path, id) in wish::disk_encryption_sets(cluster) {
        let (_, group) = place(&id);
        let missing = match facts.disk_encryption_sets.get(&id.to_lowercase()) {
            None => continue,
            Some(None) => format!("The disk encryption set {id} could not be found."),
            Some(Some(set)) if !set.location.eq_ignore_ascii_case(&cluster.location) => format!(
                "The disk encryption set {id} is in region {}, the cluster in {}. Use one in the cluster's region.",
                set.location, cluster.location
            ),
            Some(Some(_)) => continue,
        };
        all.push(Finding::new(
            Code::INVALID_LINKED_DISK_ENCRYPTION_SET,
            path,
            missing,
            format!(
                "az disk-encryption-set create --resource-group {group} --name {} --location {} --key-url <key>",
                name(&id),
                cluster.location
            ),
        ));
    }
}

pub(super) fn judge_at_host(cluster: &Cluster, facts: &Facts, all: &mut Vec<Finding>) {
    let mut wanted = wish::machines(cluster);
    wanted.retain(|machines| machines.encrypted_at_host);
    let Some(first) = wanted.first() else { return };
    if facts
        .encryption_at_host
        .as_deref()
        .is_some_and(|state| state != "Registered")
    {
        all.push(Finding::new(
            Code::INVALID_PARAMETER,
            format!("{}.encryptionAtHost", first.member),
            "The feature Microsoft.Compute/EncryptionAtHost is not registered in the subscription.".to_owned(),
            format!(
                "az feature register --namespace Microsoft.Compute --name EncryptionAtHost --subscription {}",
                subscription_of(cluster)
            ),
        ));
    }
    for machines in wanted {
        if facts.size(machines.size).is_some_and(|size| !size.encryption_at_host) {
            all.push(Finding::new(
                Code::INVALID_PARAMETER,
                format!("{}.encryptionAtHost", machines.member),
                format!(
                    "The machine size {} does not support encryption at host. Choose another one, or leave encryption at \
                     host out.",
                    machines.size
                ),
                format!("az vm list-skus --location {} --size Standard --output table", cluster.location),
            ));
        }
    }
}
