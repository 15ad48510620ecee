//! Steps inside the cluster, in the order in which they stand in the plans.

use std::time::Duration;

use aro_store::ClusterDocument;

use super::{CALLS, Features, action, condition, operator, retried};
use crate::{
    Environment, Step,
    steps::cluster::{
        credentials, facts, identities as workload_identities, machine_config, pull_secret, ready, serving, settings,
        storage,
    },
};

/// Longest wait for a part of the cluster to be as it should be.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// Longest wait for the console.
const CONSOLE: Duration = Duration::from_secs(20 * 60);
/// Longest wait for new credentials to be taken.
const CREDENTIALS: Duration = Duration::from_secs(3 * 60);

/// The API server answers and is at rest.
pub(super) fn api_server() -> Step<Environment> {
    at_rest("apiServerReady", "Wait for the API server")
}

/// The same without the bootstrap machine.
pub(super) fn api_server_alone() -> Step<Environment> {
    at_rest(
        "apiServerAlone",
        "Wait for the API server without the bootstrap machine",
    )
}

/// The same with its certificate, which makes it roll out.
pub(super) fn api_server_rolled_out() -> Step<Environment> {
    at_rest("apiServerRolledOut", "Wait for the API server with its certificate")
}

fn at_rest(id: &'static str, title: &'static str) -> Step<Environment> {
    condition(id, title, 3, PATIENCE, ready::api_server)
}

/// Customers are shown a certificate that they trust by the API server.
pub(super) fn api_server_certificate() -> Step<Environment> {
    retried(
        "apiServerCertificate",
        "Give the API server its certificate",
        2,
        CALLS,
        serving::api_server,
    )
}

/// Customers are shown a certificate that they trust by the ingress.
pub(super) fn ingress_certificate() -> Step<Environment> {
    retried(
        "ingressCertificate",
        "Give the ingress its certificate",
        2,
        CALLS,
        serving::ingress,
    )
}

/// New machines find their configuration.
pub(super) fn machine_configuration() -> [Step<Environment>; 2] {
    [
        retried(
            "machineConfigCertificate",
            "Renew the certificate of the machine config server where it is not for its address",
            1,
            CALLS,
            machine_config::server_certificate,
        ),
        action(
            "machineConfigSource",
            "Lead new machines to the address of the machine config server",
            1,
            CALLS,
            machine_config::user_data,
        ),
    ]
}

/// The size of packets is known.
pub(super) fn packet_size() -> Step<Environment> {
    action(
        "packetSize",
        "Note the size of packets on the cluster's network",
        1,
        CALLS,
        facts::packet_size,
    )
}

/// What makes a new cluster one of the service.
pub(super) fn settle(document: &ClusterDocument, features: Features) -> Vec<Step<Environment>> {
    let mut steps = vec![
        condition("workersReady", "Wait for two workers", 3, PATIENCE, ready::workers),
        condition(
            "consoleExists",
            "Wait for the console to exist",
            1,
            PATIENCE,
            ready::console_exists,
        ),
        action(
            "consoleBranding",
            "Name Azure in the console",
            1,
            CALLS,
            settings::brand_console,
        ),
        condition("consoleReady", "Wait for the console", 2, CONSOLE, ready::console),
        action(
            "disableSamples",
            "Offer no samples that cannot be pulled",
            1,
            CALLS,
            settings::disable_samples,
        ),
        action(
            "disableOperatorHub",
            "Offer no operators that cannot be pulled",
            1,
            CALLS,
            settings::disable_operator_hub,
        ),
        action(
            "disableUpdates",
            "Ask for no updates until a channel is chosen",
            1,
            CALLS,
            settings::disable_updates,
        ),
        condition(
            "versionReady",
            "Wait for the cluster's version",
            2,
            PATIENCE,
            ready::version,
        ),
    ];
    steps.extend(operator::ready(document, features));
    steps
}

/// What makes a new cluster ready for applications.
pub(super) fn open(document: &ClusterDocument, features: Features) -> Vec<Step<Environment>> {
    let mut steps = vec![
        condition("ingressReady", "Wait for the ingress", 2, PATIENCE, ready::ingress),
        action(
            "defaultStorageClass",
            "Encrypt volumes with the customer's key",
            1,
            CALLS,
            storage::default_class,
        ),
    ];
    if document.cluster.uses_workload_identity() {
        steps.push(action(
            "removeFileStorageClass",
            "Remove the storage class that needs account keys",
            1,
            CALLS,
            storage::remove_file_class,
        ));
    }
    steps.extend(operator::disable_reconciliation(document, features));
    steps
}

/// The operators that were touched are at rest.
pub(super) fn settled() -> Step<Environment> {
    condition(
        "operatorsSettled",
        "Wait for the operators to settle",
        2,
        PATIENCE,
        ready::settled,
    )
}

/// What the document says of the network is what the cluster has.
pub(super) fn network() -> Step<Environment> {
    action(
        "networkPlugin",
        "Note the cluster's network plugin",
        1,
        CALLS,
        facts::network,
    )
}

/// The cluster has the password for the service's registry.
pub(super) fn registry_password() -> Step<Environment> {
    action(
        "clusterPullSecret",
        "Give the cluster its password for the service's registry",
        1,
        CALLS,
        pull_secret::hand_out,
    )
}

/// The cluster works with the identities of the document.
pub(super) fn identities(document: &ClusterDocument, features: Features) -> Vec<Step<Environment>> {
    // The request is the operator's, and shows whether the cluster has taken what it hands out.
    let mut steps = Vec::new();
    if features.operator {
        steps.push(action(
            "credentialsRequest",
            "Ask the cluster for the operator's credentials",
            1,
            CALLS,
            credentials::request,
        ));
    }
    if document.cluster.uses_workload_identity() {
        steps.extend([
            action(
                "upgradeAnnotation",
                "Say up to which version the identities were checked",
                1,
                CALLS,
                settings::upgrade_annotation,
            ),
            action(
                "identitySecrets",
                "Tell the cluster's operators which identities they have",
                1,
                CALLS,
                workload_identities::secrets,
            ),
        ]);
    } else {
        steps.push(action(
            "clusterCredentials",
            "Give the cluster its service principal's credentials",
            1,
            CALLS,
            credentials::hand_out,
        ));
        if features.operator {
            steps.push(condition(
                "credentialsTaken",
                "Wait for the cluster to take new credentials",
                2,
                CREDENTIALS,
                credentials::taken,
            ));
        }
        steps.push(action(
            "cloudProviderCredentials",
            "Give the control plane its credentials for Azure",
            1,
            CALLS,
            credentials::cloud_provider,
        ));
    }
    steps.extend(operator::restart(document, features));
    steps
}

/// The storage account of the image registry is known.
pub(super) fn registry_account() -> Step<Environment> {
    action(
        "registryAccount",
        "Note the storage account of the image registry",
        1,
        CALLS,
        facts::registry_account,
    )
}

/// The domain's applications lead to the router.
pub(super) fn router_address() -> Step<Environment> {
    action(
        "routerAddress",
        "Point the domain at the router",
        1,
        CALLS,
        facts::router_address,
    )
}
