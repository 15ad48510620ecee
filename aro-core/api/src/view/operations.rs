//! The operations of the provider, for Azure role definitions.

use serde::Serialize;

#[derive(Serialize)]
struct List {
    value: Vec<Operation>,
}

#[derive(Serialize)]
struct Operation {
    name: String,
    display: Display,
    origin: &'static str,
}

#[derive(Serialize)]
struct Display {
    provider: &'static str,
    resource: &'static str,
    operation: &'static str,
}

/// Action below the provider, resource and text.
const OPERATIONS: [(&str, &str, &str); 11] = [
    (
        "locations/operationresults/read",
        "locations/operationresults",
        "Read operation results",
    ),
    (
        "locations/operationsstatus/read",
        "locations/operationsstatus",
        "Read operations status",
    ),
    ("operations/read", "operations", "Read operations"),
    ("openShiftClusters/read", "openShiftClusters", "Read OpenShift cluster"),
    (
        "openShiftClusters/write",
        "openShiftClusters",
        "Write OpenShift cluster",
    ),
    (
        "openShiftClusters/delete",
        "openShiftClusters",
        "Delete OpenShift cluster",
    ),
    (
        "openShiftClusters/listCredentials/action",
        "openShiftClusters",
        "List credentials of an OpenShift cluster",
    ),
    (
        "openShiftClusters/listAdminCredentials/action",
        "openShiftClusters",
        "List Admin Kubeconfig of an OpenShift cluster",
    ),
    (
        "openShiftClusters/detectors/read",
        "openShiftClusters",
        "Get OpenShift Cluster Detector",
    ),
    (
        "locations/listPlatformWorkloadIdentityRoleSets/read",
        "listPlatformWorkloadIdentityRoleSets",
        "Lists all PlatformWorkloadIdentityRoleSets available in the specified location",
    ),
    (
        "locations/openshiftVersions/read",
        "openshiftVersions",
        "Lists all OpenShift versions available to install in the specified location",
    ),
];

/// The operations that Azure roles can allow.
pub fn operations() -> Vec<u8> {
    let value = OPERATIONS.iter().map(|(action, resource, operation)| Operation {
        name: format!("Microsoft.RedHatOpenShift/{action}"),
        display: Display {
            provider: "Azure Red Hat OpenShift",
            resource,
            operation,
        },
        origin: "user,system",
    });
    super::write(&List { value: value.collect() })
}
