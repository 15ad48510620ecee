//! Maintenance by the service itself: a plan for each task, put together from groups of steps.
//!
//! | maintenanceTask | groups |
//! |---|---|
//! | `Everything`, none | always, general fixes, certificate renewal, operator, adoption, provisioned by |
//! | `OperatorUpdate` | always, operator |
//! | `CertificatesRenewal` | always, certificate renewal |
//! | `SyncClusterObject` | always, cluster object |
//! | `MigrateLoadBalancer` | always, load balancer migration |
//!
//! The operator can be updated from OpenShift 4.7 on. Hive adopts what it has not installed itself, where it is set to.

use std::time::Duration;

use aro_api::model::MaintenanceTask;
use aro_store::ClusterDocument;

use super::{CALLS, Features, LONG, action, cluster, condition, operator, retried, shared};
use crate::{
    Environment, Plan, Step,
    steps::{billing, diagnostics, gateway, group, install, kubeconfigs, load_balancer, maintenance, storage, subnets},
    wish,
};

/// How long Hive may take to look at a cluster that it is given.
const ADOPTION: Duration = Duration::from_secs(5 * 60);
/// The first OpenShift whose operator can be updated.
const FIRST_OPERATOR: (u32, u32) = (4, 7);

/// The steps of the maintenance task that the document names; without one, all of them.
#[must_use]
pub fn admin_update(document: &ClusterDocument, features: Features) -> Plan<Environment> {
    let mut steps = always(document);
    // What is done inside a cluster needs its machines.
    let name = match &document.cluster.properties.maintenance_task {
        MaintenanceTask::OperatorUpdate => {
            if has_operator(document) {
                steps.extend(reachable());
                steps.extend(operator::update(document, features));
            }
            "adminUpdateOperator"
        }
        MaintenanceTask::CertificatesRenewal => {
            steps.extend(reachable());
            steps.extend(certificate_renewal());
            "adminUpdateCertificates"
        }
        MaintenanceTask::SyncClusterObject => {
            steps.extend(reachable());
            steps.extend(operator::sync(document, features));
            "adminUpdateSync"
        }
        MaintenanceTask::MigrateLoadBalancer => {
            steps.extend(load_balancer_migration());
            "adminUpdateLoadBalancer"
        }
        _ => {
            steps.extend(general_fixes());
            steps.extend(certificate_renewal());
            if has_operator(document) {
                steps.extend(operator::update(document, features));
            }
            if !document.cluster.properties.hive_profile.created_by_hive {
                steps.extend(adoption());
            }
            steps.push(action(
                "provisionedBy",
                "Note which release has looked after the cluster",
                1,
                CALLS,
                maintenance::provisioned_by,
            ));
            "adminUpdateEverything"
        }
    };
    Plan::new(name, steps).diagnosed_by(diagnostics::cluster)
}

/// What every task begins with.
fn always(document: &ClusterDocument) -> Vec<Step<Environment>> {
    let mut steps = vec![
        action("billing", "Begin the billing record", 1, CALLS, billing::begin),
        action(
            "defaults",
            "Fill what newer versions of the API have added",
            1,
            CALLS,
            maintenance::defaults,
        ),
    ];
    if document.cluster.uses_workload_identity() {
        steps.extend(shared::identities(document));
    }
    steps.extend(shared::service_principal(document));
    steps.push(action(
        "oldInfraId",
        "Give the oldest clusters the name of their resources",
        1,
        CALLS,
        maintenance::infra_id,
    ));
    steps
}

/// Whether the cluster's version has an operator that can be updated.
fn has_operator(document: &ClusterDocument) -> bool {
    let version = &document.cluster.properties.cluster_profile.version;
    wish::minor_version(version).is_some_and(|version| version >= FIRST_OPERATOR)
}

/// Hive looks after the cluster, where it is set to adopt.
fn adoption() -> [Step<Environment>; 3] {
    [
        action("adopt", "Give the cluster to Hive", 2, CALLS, install::adopt),
        condition(
            "adopted",
            "Wait until Hive looks after the cluster",
            2,
            ADOPTION,
            install::adopted,
        ),
        shared::settle_installer(),
    ]
}

/// What has changed in the service since the cluster was made, or was changed by other hands.
fn general_fixes() -> Vec<Step<Environment>> {
    let mut steps = vec![
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
    ];
    steps.extend(reachable());
    steps.extend([
        action(
            "sreKubeconfig",
            "Make the engineers' kubeconfig where there is none",
            1,
            CALLS,
            kubeconfigs::fix_sre,
        ),
        shared::user_kubeconfig(),
        cluster::router_address(),
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
        cluster::registry_password(),
        cluster::registry_account(),
        cluster::packet_size(),
        cluster::network(),
    ]);
    steps
}

/// The machines run and the API server answers.
fn reachable() -> [Step<Environment>; 2] {
    [shared::running_machines(), cluster::api_server()]
}

/// Certificates, and what they need to know.
fn certificate_renewal() -> Vec<Step<Environment>> {
    let mut steps = vec![internal_address(), shared::certificate_issuer()];
    steps.extend(cluster::machine_configuration());
    steps.extend([cluster::api_server_certificate(), cluster::ingress_certificate()]);
    steps
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
