//! Steps that more than one plan has. A step has the same id, and does the same, wherever it stands.

use aro_store::ClusterDocument;

use super::{CALLS, LONG, action, retried};
use crate::{
    Environment, Step,
    steps::{
        certificates, cluster_identity, federation, gateway, identity, install, kubeconfigs, machines, registry,
        replaced_identities, roles, subnets, validate,
    },
};

/// Whether the identities with which the cluster works can be used.
pub(super) fn identities(document: &ClusterDocument) -> Vec<Step<Environment>> {
    if !document.cluster.uses_workload_identity() {
        return vec![retried(
            "validateCredentials",
            "Sign in as the cluster's service principal",
            2,
            CALLS,
            validate::credentials,
        )];
    }
    vec![
        action(
            "clusterIdentityTenant",
            "Note the tenant of the cluster's identity",
            1,
            CALLS,
            cluster_identity::tenant,
        ),
        retried(
            "clusterIdentityCredentials",
            "Get credentials of the cluster's identity",
            2,
            CALLS,
            cluster_identity::credentials,
        ),
        retried(
            "platformIdentities",
            "Look up the platform identities",
            2,
            CALLS,
            identity::platform_identities,
        ),
    ]
}

/// The operators' identities trust the service accounts of the cluster.
pub(super) fn federation(document: &ClusterDocument) -> Option<Step<Environment>> {
    document.cluster.uses_workload_identity().then(|| {
        retried(
            "federatedCredentials",
            "Let the platform identities trust the cluster's service accounts",
            3,
            LONG,
            federation::ensure,
        )
    })
}

/// Identities that operators had before keep nothing of the cluster's.
pub(super) fn replaced_identities(document: &ClusterDocument) -> Option<Step<Environment>> {
    document.cluster.uses_workload_identity().then(|| {
        retried(
            "replacedIdentities",
            "Take trust and rights from identities that were replaced",
            1,
            CALLS,
            replaced_identities::forsake,
        )
    })
}

/// A password at the registry that is not too old.
pub(super) fn registry_password() -> Step<Environment> {
    retried(
        "rotateRegistryPassword",
        "Replace the password for the service's registry when it is old",
        2,
        CALLS,
        registry::rotate,
    )
}

/// Certificates by the right authority.
pub(super) fn certificate_issuer() -> Step<Environment> {
    retried(
        "certificateIssuer",
        "Have certificates of another authority made anew",
        2,
        CALLS,
        certificates::correct_issuer,
    )
}

/// Private links into and out of the control plane's subnet.
pub(super) fn subnet_policies() -> Step<Environment> {
    retried(
        "subnetPolicies",
        "Allow private links in the control plane's subnet",
        3,
        LONG,
        subnets::policies,
    )
}

/// The gateway knows the cluster.
pub(super) fn gateway() -> Step<Environment> {
    retried(
        "gateway",
        "Connect the cluster to the gateway",
        3,
        LONG,
        gateway::ensure,
    )
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

/// The installer forgets what belongs to the operation only.
pub(super) fn settle_installer() -> Step<Environment> {
    action(
        "settleInstaller",
        "Tell the installer that the work has ended",
        1,
        CALLS,
        install::settle,
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
