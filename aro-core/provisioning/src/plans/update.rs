//! Updating a cluster. An update without a change runs all of it too: it is how a customer repairs a cluster.

use aro_store::ClusterDocument;

use super::{Features, LONG, cluster, retried, shared};
use crate::{
    Environment, Plan,
    steps::{diagnostics, outbound, roles},
};

/// The steps that make a cluster again what its document says.
#[must_use]
pub fn update(document: &ClusterDocument, features: Features) -> Plan<Environment> {
    let mut steps = shared::identities(document);
    steps.push(shared::resources());
    steps.extend(shared::service_principal(document));
    steps.push(retried(
        "roleAssignments",
        "Give the cluster's identities their rights",
        3,
        LONG,
        roles::reconcile,
    ));
    steps.extend(shared::federation(document));
    steps.extend([
        shared::deny_assignment(),
        shared::running_machines(),
        cluster::api_server(),
        shared::registry_password(),
        cluster::registry_password(),
        shared::certificate_issuer(),
        cluster::api_server_certificate(),
        cluster::ingress_certificate(),
        shared::user_kubeconfig(),
        shared::security_groups(),
        retried(
            "outboundAddresses",
            "Create missing outbound addresses",
            4,
            LONG,
            outbound::make,
        ),
        retried(
            "outboundRule",
            "Let the load balancer use the outbound addresses",
            4,
            LONG,
            outbound::apply,
        ),
        retried(
            "surplusAddresses",
            "Remove outbound addresses that are not used",
            3,
            LONG,
            outbound::remove_surplus,
        ),
        cluster::network(),
    ]);
    steps.extend(cluster::identities(document, features));
    // Last, as the cluster works with the old ones until it has the new.
    steps.extend(shared::replaced_identities(document));
    Plan::new("update", steps).diagnosed_by(diagnostics::cluster)
}
