//! What the subscription must be registered for, and whose the domain is.

use aro_api::{Code, model::Cluster};

use super::subscription_of;
use crate::validation::{Facts, Finding};

/// Providers of what a cluster is made of.
const PROVIDERS: [&str; 4] = [
    "Microsoft.Authorization",
    "Microsoft.Compute",
    "Microsoft.Network",
    "Microsoft.Storage",
];

pub(super) fn judge(cluster: &Cluster, facts: &Facts, all: &mut Vec<Finding>) {
    if let Some(known) = &facts.providers {
        for namespace in PROVIDERS {
            let registered = known.iter().any(|provider| {
                provider.namespace.eq_ignore_ascii_case(namespace)
                    && provider.registration_state.eq_ignore_ascii_case("Registered")
            });
            if !registered {
                all.push(Finding::new(
                    Code::RESOURCE_PROVIDER_NOT_REGISTERED,
                    "",
                    format!("The resource provider {namespace} is not registered in the subscription."),
                    format!(
                        "az provider register --wait --namespace {namespace} --subscription {}",
                        subscription_of(cluster)
                    ),
                ));
            }
        }
    }
    let owner = facts.domain_owner.as_deref();
    if owner.is_some_and(|owner| !owner.eq_ignore_ascii_case(&cluster.id)) {
        let domain = &cluster.properties.cluster_profile.domain;
        all.push(Finding::new(
            Code::DUPLICATE_DOMAIN,
            "properties.clusterProfile.domain",
            format!("The domain {domain} belongs to another cluster. Choose another domain."),
            "az aro create --domain <domain>".to_owned(),
        ));
    }
}
