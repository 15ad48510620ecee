//! Creating a cluster.

use std::time::Duration;

use aro_store::ClusterDocument;

use super::{CALLS, Features, LONG, action, cluster, condition, operator, retried, shared};
use crate::{
    Environment, Plan,
    steps::{
        base, billing, certificates, diagnostics, dns, group, install, kubeconfigs, naming, oidc, private_endpoint,
        registry, subnets,
    },
};

/// Longest time an installation may take.
const INSTALLATION: Duration = Duration::from_secs(60 * 60);
/// Longest time the making of certificates may take.
const CERTIFICATES: Duration = Duration::from_secs(15 * 60);

/// The steps that create a cluster. What is drawn by chance (`infraId`, `storageSuffix`) is written down in steps of its own
/// before anything has that name.
#[must_use]
pub fn create(document: &ClusterDocument, features: Features) -> Plan<Environment> {
    let mut steps = vec![action(
        "beginInstallation",
        "Note that the installation begins",
        1,
        CALLS,
        naming::begin,
    )];
    steps.extend(shared::identities(document));
    steps.push(shared::resources());
    steps.extend(shared::service_principal(document));
    steps.extend([
        action(
            "ownSecurityGroups",
            "Note whose the security groups of the subnets are",
            1,
            CALLS,
            naming::own_security_groups,
        ),
        action(
            "registryName",
            "Choose a name at the service's registry",
            1,
            CALLS,
            registry::name,
        ),
        retried(
            "registryPassword",
            "Make a password at the service's registry",
            2,
            LONG,
            registry::password,
        ),
        action(
            "infraId",
            "Choose the names of the cluster's resources",
            1,
            CALLS,
            naming::infra_id,
        ),
        action(
            "sshKey",
            "Make the key for the cluster's machines",
            1,
            CALLS,
            naming::ssh_key,
        ),
        action(
            "storageSuffix",
            "Choose the names of the storage accounts",
            1,
            CALLS,
            naming::storage_suffix,
        ),
        action(
            "mtuSize",
            "Choose the size of packets on the cluster's network",
            1,
            CALLS,
            naming::mtu_size,
        ),
        retried("reserveDomain", "Reserve the domain", 2, CALLS, dns::reserve),
    ]);
    if document.cluster.uses_workload_identity() {
        steps.extend([
            action(
                "tokenKey",
                "Make the key for the tokens of service accounts",
                2,
                CALLS,
                oidc::key,
            ),
            retried(
                "tokenIssuer",
                "Publish how tokens of service accounts are checked",
                2,
                CALLS,
                oidc::publish,
            ),
        ]);
    }
    steps.extend([
        retried(
            "managedResourceGroup",
            "Create the managed resource group",
            4,
            LONG,
            group::ensure,
        ),
        retried(
            "serviceEndpoints",
            "Open ways from the subnets to Azure services",
            3,
            LONG,
            subnets::service_endpoints,
        ),
        shared::subnet_policies(),
        retried(
            "baseResources",
            "Deploy storage, load balancers, addresses and the network security group",
            12,
            LONG,
            base::deploy,
        ),
    ]);
    steps.extend(shared::federation(document));
    steps.extend([
        shared::security_groups(),
        retried(
            "apiAddress",
            "Point the domain at the API server",
            2,
            CALLS,
            base::api_address,
        ),
        retried(
            "ingressAddress",
            "Point the domain at the ingress",
            2,
            CALLS,
            base::ingress_address,
        ),
        shared::gateway(),
        retried(
            "privateEndpoint",
            "Create the private endpoint to the API server",
            5,
            LONG,
            private_endpoint::ensure,
        ),
        retried(
            "certificates",
            "Have certificates made for API server and ingress",
            2,
            CALLS,
            certificates::create,
        ),
        condition(
            "certificatesIssued",
            "Wait for the certificates",
            3,
            CERTIFICATES,
            certificates::issued,
        ),
        action(
            "startInstallation",
            "Start the installation of OpenShift",
            1,
            CALLS,
            install::start,
        ),
        condition("installation", "Install OpenShift", 40, INSTALLATION, install::finished),
        action(
            "kubeconfigs",
            "Make the kubeconfigs of the cluster",
            2,
            CALLS,
            kubeconfigs::generate,
        ),
        shared::settle_installer(),
        action("billing", "Begin the billing record", 1, CALLS, billing::begin),
        cluster::api_server(),
    ]);
    steps.extend(operator::install(document, features));
    steps.extend([
        retried(
            "removeBootstrap",
            "Remove the bootstrap machine",
            5,
            LONG,
            install::remove_bootstrap,
        ),
        retried(
            "removeIgnition",
            "Remove the bootstrap configuration",
            1,
            CALLS,
            install::remove_ignition,
        ),
        cluster::api_server_alone(),
        cluster::api_server_certificate(),
        cluster::api_server_rolled_out(),
    ]);
    steps.extend(cluster::settle(document, features));
    steps.extend([
        action(
            "clusterData",
            "Note the addresses of API server and console",
            1,
            CALLS,
            install::facts,
        ),
        cluster::ingress_certificate(),
    ]);
    steps.extend(cluster::open(document, features));
    steps.extend([
        cluster::settled(),
        action(
            "endInstallation",
            "Note that the installation has ended",
            1,
            CALLS,
            install::end,
        ),
    ]);
    Plan::new("create", steps).diagnosed_by(diagnostics::installation)
}
