//! Deleting a cluster, from whatever point its creation has reached.

use std::time::Duration;

use aro_store::ClusterDocument;

use super::{CALLS, LONG, action, condition};
use crate::{
    Environment, Plan,
    steps::{
        base, billing, certificates, cluster_identity, dns, federation, gateway, group, install, oidc,
        private_endpoint, registry,
        removal::{self, Level},
        roles,
    },
};

/// Longest wait for a deployment that an interrupted create has left behind.
const DEPLOYMENT: Duration = Duration::from_secs(60 * 60);
/// Longest wait for the gateway to forget a cluster.
const GATEWAY: Duration = Duration::from_secs(5 * 60);

/// The steps that delete a cluster. First what could still make something new is ended; the private endpoint goes before
/// what it leads to; users go before what they use.
#[must_use]
pub fn delete(document: &ClusterDocument) -> Plan<Environment> {
    let mut steps = vec![
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
    ];
    let identities = document.cluster.uses_workload_identity();
    if identities {
        steps.push(action(
            "removeTokenIssuer",
            "Remove what says how tokens of service accounts are checked",
            1,
            CALLS,
            oidc::remove,
        ));
    }
    steps.extend([
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
        // Before the machines, with which the endpoint goes whose identifier is in the record.
        action(
            "withdrawFromGateway",
            "Tell the gateway that the cluster goes",
            1,
            CALLS,
            gateway::withdraw,
        ),
        condition(
            "withdrawnFromGateway",
            "Wait until the gateway has forgotten the cluster",
            2,
            GATEWAY,
            gateway::withdrawn,
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
    ]);
    if identities {
        steps.extend([
            action(
                "removeFederatedCredentials",
                "Let the platform identities no longer trust the cluster",
                3,
                LONG,
                federation::remove,
            ),
            action(
                "removeClusterIdentityCredentials",
                "Remove the credentials of the cluster's identity",
                1,
                CALLS,
                cluster_identity::remove,
            ),
        ]);
    }
    steps.extend([
        action(
            "removeCertificates",
            "Remove the certificates",
            1,
            CALLS,
            certificates::remove,
        ),
        action(
            "removeRegistryName",
            "Remove the cluster's name from the registry",
            1,
            LONG,
            registry::remove,
        ),
        action("endBilling", "End the billing record", 1, CALLS, billing::end),
    ]);
    Plan::new("delete", steps)
}
