//! Maintenance by the service itself: a plan for each task. Each has only the steps that Azure's side of the task needs.

use aro_api::model::MaintenanceTask;
use aro_store::ClusterDocument;

use super::{CALLS, LONG, action, retried, shared};
use crate::{
    Environment, Plan, Step,
    steps::{billing, group, kubeconfigs, subnets},
};

/// The steps of the maintenance task that the document names; without one, all of them.
#[must_use]
pub fn admin_update(document: &ClusterDocument) -> Plan<Environment> {
    let mut steps = always(document);
    // What is done inside a cluster needs its machines.
    let name = match &document.cluster.properties.maintenance_task {
        MaintenanceTask::OperatorUpdate => "adminUpdateOperator",
        MaintenanceTask::CertificatesRenewal => "adminUpdateCertificates",
        MaintenanceTask::SyncClusterObject => "adminUpdateSync",
        MaintenanceTask::MigrateLoadBalancer => return Plan::new("adminUpdateLoadBalancer", steps),
        _ => {
            steps.extend(general_fixes());
            "adminUpdateEverything"
        }
    };
    steps.push(shared::running_machines());
    if name == "adminUpdateEverything" {
        steps.push(action(
            "sreKubeconfig",
            "Make the engineers' kubeconfig where there is none",
            1,
            CALLS,
            kubeconfigs::fix_sre,
        ));
        steps.push(shared::user_kubeconfig());
    }
    Plan::new(name, steps)
}

/// What every task begins with.
fn always(document: &ClusterDocument) -> Vec<Step<Environment>> {
    let mut steps = vec![action("billing", "Begin the billing record", 1, CALLS, billing::begin)];
    if document.cluster.uses_workload_identity() {
        steps.push(shared::identities(document));
    }
    steps.extend(shared::service_principal(document));
    steps
}

/// What has changed in the service since the cluster was made, or was changed by other hands.
fn general_fixes() -> Vec<Step<Environment>> {
    vec![
        retried(
            "managedResourceGroup",
            "Renew the rights in the managed resource group",
            3,
            LONG,
            group::ensure,
        ),
        shared::deny_assignment(),
        retried(
            "serviceEndpoints",
            "Open ways from the subnets to Azure services",
            3,
            LONG,
            subnets::service_endpoints,
        ),
    ]
}
