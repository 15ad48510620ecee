//! Steps that more than one plan has. A step has the same id, and does the same, wherever it stands.

use aro_store::ClusterDocument;

use super::{CALLS, LONG, action, retried};
use crate::{
    Environment, Step,
    steps::{identity, kubeconfigs, machines, roles, subnets, validate},
};

/// Whether the identities with which the cluster works can be used.
pub(super) fn identities(document: &ClusterDocument) -> Step<Environment> {
    if document.cluster.uses_workload_identity() {
        retried(
            "platformIdentities",
            "Look up the platform identities",
            2,
            CALLS,
            identity::platform_identities,
        )
    } else {
        retried(
            "validateCredentials",
            "Sign in as the cluster's service principal",
            2,
            CALLS,
            validate::credentials,
        )
    }
}

/// What the customer's network and subscription must offer.
pub(super) fn resources() -> Step<Environment> {
    retried(
        "validateResources",
        "Check permissions, network, machine sizes and quotas",
        4,
        CALLS,
        validate::resources,
    )
}

/// Who the service principal is; clusters with workload identities have none.
pub(super) fn service_principal(document: &ClusterDocument) -> Option<Step<Environment>> {
    (!document.cluster.uses_workload_identity()).then(|| {
        retried(
            "servicePrincipalObjectId",
            "Look up the service principal",
            1,
            CALLS,
            identity::service_principal_object_id,
        )
    })
}

/// The cluster's security group on its subnets.
pub(super) fn security_groups() -> Step<Environment> {
    retried(
        "attachSecurityGroups",
        "Attach the network security group to the subnets",
        3,
        LONG,
        subnets::attach_security_group,
    )
}

/// Everybody but the cluster's identities is kept from changing what the service looks after.
pub(super) fn deny_assignment() -> Step<Environment> {
    retried(
        "denyAssignment",
        "Protect the managed resource group",
        3,
        LONG,
        roles::deny,
    )
}

/// The customer's kubeconfig works for a good while.
pub(super) fn user_kubeconfig() -> Step<Environment> {
    action(
        "userKubeconfig",
        "Renew the customer's kubeconfig before it ends",
        1,
        CALLS,
        kubeconfigs::fix_user,
    )
}

/// The machines run.
pub(super) fn running_machines() -> Step<Environment> {
    retried(
        "startMachines",
        "Start machines that do not run",
        4,
        LONG,
        machines::start,
    )
}
