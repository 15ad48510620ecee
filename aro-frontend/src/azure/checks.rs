//! Judges a new cluster by what Azure says, in the order of the reference: sizes, features, quota, providers.

use std::collections::BTreeMap;

use aro_api::model::Cluster;
use aro_api::vm_size::VmSize;
use aro_api::{CloudError, Code};

use super::facts::Facts;
use super::is_enabled;

/// Control plane machines and the one that installs them.
const MASTERS: i64 = 4;
/// Addresses of the API, the ingress and what goes out.
const ADDRESSES: i64 = 3;
const PROVIDERS: [&str; 4] = [
    "Microsoft.Authorization",
    "Microsoft.Compute",
    "Microsoft.Network",
    "Microsoft.Storage",
];

/// Whether every size is offered, not restricted, and can what is asked of it.
pub(super) fn skus(cluster: &Cluster, facts: &Facts) -> Result<(), CloudError> {
    let properties = &cluster.properties;
    let master = &properties.master_profile;
    sku(
        facts,
        "properties.masterProfile",
        &master.vm_size,
        is_enabled(&master.encryption_at_host),
    )?;
    let (workers, member) = cluster.workers();
    for (index, worker) in workers.iter().enumerate() {
        let place = format!("properties.{member}[{index}]");
        sku(facts, &place, &worker.vm_size, is_enabled(&worker.encryption_at_host))?;
    }
    Ok(())
}

fn sku(facts: &Facts, place: &str, size: &str, encrypted: bool) -> Result<(), CloudError> {
    let location = &facts.location;
    let shown = size.replace('"', "'");
    // The reference spells it like that.
    let target = format!("{place}.VMSize");
    let Some(sku) = facts.skus.iter().find(|sku| sku.name.eq_ignore_ascii_case(size)) else {
        let message = format!("The virtual machine size '{shown}' is not offered in {location}. Choose another one.");
        return Err(CloudError::invalid_parameter(target, message));
    };
    if sku.is_restricted_in(location) {
        let message = format!(
            "The virtual machine size '{shown}' is restricted in {location} for this subscription. Choose another one, \
             or ask Azure to lift the restriction."
        );
        return Err(CloudError::invalid_parameter(target, message));
    }
    if encrypted && !sku.can("EncryptionAtHostSupported") {
        let message = format!(
            "The virtual machine size '{shown}' does not support encryption at host. Choose another one, or leave \
             encryption at host out."
        );
        return Err(CloudError::invalid_parameter(
            format!("{place}.encryptionAtHost"),
            message,
        ));
    }
    Ok(())
}

/// The member that asks for encryption at host, if one does.
pub(super) fn encrypts_at_host(cluster: &Cluster) -> Option<&'static str> {
    if is_enabled(&cluster.properties.master_profile.encryption_at_host) {
        return Some("properties.masterProfile.encryptionAtHost");
    }
    let (workers, _) = cluster.workers();
    let first = workers.first()?;
    is_enabled(&first.encryption_at_host).then_some("properties.workerProfiles[0].encryptionAtHost")
}

/// Whether the subscription has the feature that encryption at host needs.
pub(super) fn feature(cluster: &Cluster, state: Option<&str>) -> Result<(), CloudError> {
    match (encrypts_at_host(cluster), state) {
        (Some(target), state) if state != Some("Registered") => Err(CloudError::invalid_parameter(
            target,
            "The feature Microsoft.Compute/EncryptionAtHost is not registered in the subscription. Register it: az \
             feature register --namespace Microsoft.Compute --name EncryptionAtHost.",
        )),
        _ => Ok(()),
    }
}

/// Whether the limits of the subscription leave room for the cluster.
pub(super) fn quota(cluster: &Cluster, facts: &Facts) -> Result<(), CloudError> {
    let mut needed: BTreeMap<&str, i64> = BTreeMap::from([("PublicIPAddresses", ADDRESSES)]);
    let mut add = |size: &str, count: i64| {
        let Some(size) = VmSize::find_ignore_case(size) else {
            let shown = size.replace('"', "'");
            let message = format!("The virtual machine size '{shown}' is not supported. Choose another one.");
            return Err(CloudError::invalid_parameter("", message));
        };
        let cores = count.saturating_mul(size.cores.into());
        for (name, amount) in [
            ("virtualMachines", count),
            ("PremiumDiskCount", count),
            ("cores", cores),
            (size.family, cores),
        ] {
            let sum = needed.entry(name).or_default();
            *sum = sum.saturating_add(amount);
        }
        Ok(())
    };
    add(&cluster.properties.master_profile.vm_size, MASTERS)?;
    for worker in cluster.workers().0 {
        add(&worker.vm_size, worker.count)?;
    }
    for usage in &facts.usages {
        let Some(required) = needed.get(usage.name.value.as_str()) else {
            continue;
        };
        if *required > usage.limit.saturating_sub(usage.current_value) {
            let message = format!(
                "The quota of the subscription does not suffice in {}: the cluster needs {required} of {}, of {} allowed \
                 {} are in use. Ask Azure to raise the limit, or choose fewer or smaller machines.",
                facts.location, usage.name.value, usage.limit, usage.current_value
            );
            return Err(CloudError::bad_request(Code::RESOURCE_QUOTA_EXCEEDED, "", message));
        }
    }
    Ok(())
}

/// Whether the providers of what a cluster is made of are registered.
pub(super) fn providers(facts: &Facts) -> Result<(), CloudError> {
    for namespace in PROVIDERS {
        let registered = facts.providers.iter().any(|provider| {
            provider.namespace.eq_ignore_ascii_case(namespace)
                && provider.registration_state.eq_ignore_ascii_case("Registered")
        });
        if !registered {
            let message = format!(
                "The resource provider {namespace} is not registered in the subscription. Register it: az provider \
                 register --namespace {namespace}."
            );
            return Err(CloudError::bad_request(
                Code::RESOURCE_PROVIDER_NOT_REGISTERED,
                "",
                message,
            ));
        }
    }
    Ok(())
}
