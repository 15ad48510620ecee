//! Deleting a cluster, from whatever point its creation has reached.

use std::time::Duration;

use aro_store::ClusterDocument;

use super::{CALLS, LONG, action, condition};
use crate::{
    Environment, Plan,
    steps::{
        base, billing, dns, group, install, private_endpoint,
        removal::{self, Level},
        roles,
    },
};

/// Longest wait for a deployment that an interrupted create has left behind.
const DEPLOYMENT: Duration = Duration::from_secs(60 * 60);

/// The steps that delete a cluster. First what could still make something new is ended; the private endpoint goes before
/// what it leads to; users go before what they use.
#[must_use]
pub fn delete(_: &ClusterDocument) -> Plan<Environment> {
    let steps = vec![
        action(
            "stopInstallation",
            "Stop an installation that may still run",
            2,
            CALLS,
            install::forget,
        ),
        condition(
            "deploymentSettled",
            "Wait for deployments to end",
            2,
            DEPLOYMENT,
            base::settled,
        ),
        action("releaseDomain", "Give the domain back", 2, CALLS, dns::remove),
        action(
            "removePrivateEndpoint",
            "Remove the private endpoint",
            5,
            LONG,
            private_endpoint::remove,
        ),
        // Before the machines: what runs in the cluster could otherwise make again what is being removed.
        action(
            "removeRoleAssignments",
            "Remove the rights of the cluster's identities",
            3,
            LONG,
            roles::remove_assignments,
        ),
        action(
            "removeRoleDefinitions",
            "Remove roles made for the cluster",
            1,
            LONG,
            roles::remove_definitions,
        ),
        action("removeMachines", "Remove the machines", 12, LONG, |cx| {
            removal::delete_level(cx, Level::Machines)
        }),
        action("removeLinkServices", "Remove the private link service", 4, LONG, |cx| {
            removal::delete_level(cx, Level::LinkServices)
        }),
        action("removeInterfaces", "Remove the network interfaces", 5, LONG, |cx| {
            removal::delete_level(cx, Level::Interfaces)
        }),
        action(
            "removeResources",
            "Remove load balancers, addresses, disks and storage",
            10,
            LONG,
            |cx| removal::delete_level(cx, Level::Rest),
        ),
        action(
            "releaseSubnets",
            "Take the security group off the subnets",
            3,
            LONG,
            removal::release_subnets,
        ),
        action(
            "removeSecurityGroups",
            "Remove the network security group",
            4,
            LONG,
            |cx| removal::delete_level(cx, Level::Last),
        ),
        action(
            "removeResourceGroup",
            "Remove the managed resource group",
            8,
            LONG,
            group::delete,
        ),
        action("endBilling", "End the billing record", 1, CALLS, billing::end),
    ];
    Plan::new("delete", steps)
}
