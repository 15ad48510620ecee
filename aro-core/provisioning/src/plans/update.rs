//! Updating a cluster. An update without a change runs all of it too: it is how a customer repairs a cluster.

use aro_store::ClusterDocument;

use super::{CALLS, LONG, action, retried};
use crate::{
    Environment, Plan,
    steps::{identity, machines, outbound, roles, subnets, validate},
};

/// The steps that make a cluster again what its document says.
#[must_use]
pub fn update(document: &ClusterDocument) -> Plan<Environment> {
    let mut steps = Vec::new();
    if document.cluster.uses_workload_identity() {
        steps.push(retried(
            "platformIdentities",
            "Look up the platform identities",
            2,
            CALLS,
            identity::platform_identities,
        ));
    } else {
        steps.push(retried(
            "validateCredentials",
            "Sign in as the cluster's service principal",
            2,
            CALLS,
            validate::credentials,
        ));
    }
    steps.push(retried(
        "validateNetwork",
        "Check the virtual network and its subnets",
        2,
        CALLS,
        validate::network,
    ));
    steps.push(retried(
        "validateQuota",
        "Check the quota of public addresses",
        1,
        CALLS,
        validate::quota,
    ));
    if !document.cluster.uses_workload_identity() {
        steps.push(retried(
            "servicePrincipalObjectId",
            "Look up the service principal",
            1,
            CALLS,
            identity::service_principal_object_id,
        ));
    }
    steps.extend([
        retried(
            "roleAssignments",
            "Give the cluster's identities their rights",
            3,
            LONG,
            roles::reconcile,
        ),
        action(
            "startMachines",
            "Start machines that do not run",
            4,
            LONG,
            machines::start,
        ),
        retried(
            "attachSecurityGroups",
            "Attach the network security group to the subnets",
            3,
            LONG,
            subnets::attach_security_group,
        ),
        action(
            "outboundAddresses",
            "Create missing outbound addresses",
            4,
            LONG,
            outbound::make,
        ),
        action(
            "outboundRule",
            "Let the load balancer use the outbound addresses",
            4,
            LONG,
            outbound::apply,
        ),
        action(
            "surplusAddresses",
            "Remove outbound addresses that are not used",
            3,
            LONG,
            outbound::remove_surplus,
        ),
    ]);
    Plan { name: "update", steps }
}
