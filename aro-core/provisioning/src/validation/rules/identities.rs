//! The set of platform identities and whom they trust.

use std::collections::BTreeSet;

use aro_api::{Code, model::Cluster};

use super::{name, place};
use crate::{
    validation::{Facts, Finding, IdentityFacts},
    wish,
};

/// The audience of tokens of a cluster's service accounts.
const AUDIENCE: &str = "openshift";

pub(super) fn judge(cluster: &Cluster, facts: &Facts, all: &mut Vec<Finding>) {
    let Some(identities) = &facts.identities else { return };
    set(cluster, facts, identities, all);
    for identity in identities {
        trust(cluster, identity, all);
    }
}

fn set(cluster: &Cluster, facts: &Facts, identities: &[IdentityFacts], all: &mut Vec<Finding>) {
    let needed: BTreeSet<&str> = facts.operators.iter().map(String::as_str).collect();
    let given: BTreeSet<&str> = identities.iter().map(|identity| identity.operator.as_str()).collect();
    if needed == given {
        return;
    }
    let list = |names: Vec<&&str>| {
        let names: Vec<&str> = names.into_iter().copied().collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    let version = &cluster.properties.cluster_profile.version;
    all.push(Finding::new(
        Code::PLATFORM_WORKLOAD_IDENTITY_MISMATCH,
        "properties.PlatformWorkloadIdentityProfile.PlatformWorkloadIdentities",
        format!(
            "The platform identities are not those that OpenShift {version} needs: missing {}; not known {}.",
            list(needed.difference(&given).collect()),
            list(given.difference(&needed).collect())
        ),
        format!(
            "az aro identity get-required --location {} --version {version}",
            cluster.location
        ),
    ));
}

/// While a cluster is created its identities may trust nobody but it; later, each of their credentials must be for it.
fn trust(cluster: &Cluster, identity: &IdentityFacts, all: &mut Vec<Finding>) {
    let issuer = cluster
        .properties
        .cluster_profile
        .oidc_issuer
        .as_deref()
        .unwrap_or_default();
    for credential in &identity.credentials {
        let content = &credential.properties;
        let ours = !issuer.is_empty() && content.issuer == issuer;
        let ours = ours && matches!(&content.audiences[..], [only] if only == AUDIENCE);
        if ours {
            continue;
        }
        let when = if wish::is_being_created(cluster) {
            "An identity of a new cluster must have none"
        } else {
            "Its only audience must be openshift, and its issuer that of the cluster"
        };
        let (_, group) = place(&identity.resource_id);
        all.push(Finding::new(
            Code::PLATFORM_WORKLOAD_IDENTITY_CONTAINS_INVALID_CREDENTIAL,
            format!(
                "properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.{}.resourceId",
                identity.operator
            ),
            format!(
                "The identity {} has the federated credential {} of issuer {}. {when}.",
                identity.resource_id,
                name(&credential.id),
                content.issuer
            ),
            format!(
                "az identity federated-credential delete --resource-group {group} --identity-name {} --name {}",
                name(&identity.resource_id),
                name(&credential.id)
            ),
        ));
    }
}
