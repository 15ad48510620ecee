//! Maintenance by the service itself: a plan for each task. Each has only the steps that Azure's side of the task needs.

use aro_api::model::MaintenanceTask;
use aro_store::ClusterDocument;

use super::{CALLS, LONG, action, retried, shared};
use crate::{
    Environment, Plan, Step,
    steps::{billing, gateway, group, kubeconfigs, load_balancer, storage, subnets},
};

/// The steps of the maintenance task that the document names; without one, all of them.
#[must_use]
pub fn admin_update(document: &ClusterDocument) -> Plan<Environment> {
    let mut steps = always(document);
    // What is done inside a cluster needs its machines.
    let name = match &document.cluster.properties.maintenance_task {
        MaintenanceTask::OperatorUpdate => {
            steps.push(shared::running_machines());
            "adminUpdateOperator"
        }
        MaintenanceTask::CertificatesRenewal => {
            steps.push(shared::running_machines());
            steps.extend(certificate_renewal());
            "adminUpdateCertificates"
        }
        MaintenanceTask::SyncClusterObject => {
            steps.push(shared::running_machines());
            "adminUpdateSync"
        }
        MaintenanceTask::MigrateLoadBalancer => {
            steps.extend(load_balancer_migration());
            "adminUpdateLoadBalancer"
        }
        _ => {
            steps.extend(general_fixes());
            steps.extend(certificate_renewal());
            "adminUpdateEverything"
        }
    };
    Plan::new(name, steps)
}

/// What every task begins with.
fn always(document: &ClusterDocument) -> Vec<Step<Environment>> {
    let mut steps = vec![action("billing", "Begin the billing record", 1, CALLS, billing::begin)];
    if document.cluster.uses_workload_identity() {
        steps.extend(shared::identities(document));
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
        retried(
            "storageAccounts",
            "Bring the firewalls of the storage accounts up to date",
            3,
            LONG,
            storage::migrate,
        ),
        ssh(),
        shared::running_machines(),
        action(
            "sreKubeconfig",
            "Make the engineers' kubeconfig where there is none",
            1,
            CALLS,
            kubeconfigs::fix_sre,
        ),
        shared::user_kubeconfig(),
        shared::subnet_policies(),
        retried(
            "gatewayEndpoint",
            "Create the private endpoint to the gateway where there is none",
            3,
            LONG,
            gateway::endpoint,
        ),
        shared::gateway(),
        shared::registry_password(),
    ]
}

/// Certificates, and what they need to know.
fn certificate_renewal() -> Vec<Step<Environment>> {
    vec![internal_address(), shared::certificate_issuer()]
}

/// The API server's address inside the network, spread over zones.
fn load_balancer_migration() -> Vec<Step<Environment>> {
    vec![
        internal_address(),
        retried(
            "zonalLoadBalancer",
            "Spread the API server's address inside the network over zones",
            6,
            LONG,
            load_balancer::spread_over_zones,
        ),
        ssh(),
    ]
}

fn internal_address() -> Step<Environment> {
    retried(
        "internalAddress",
        "Note the API server's address inside the network",
        1,
        CALLS,
        load_balancer::internal_address,
    )
}

fn ssh() -> Step<Environment> {
    retried(
        "ssh",
        "Mend the service's way to the control plane's machines",
        3,
        LONG,
        load_balancer::fix_ssh,
    )
}
