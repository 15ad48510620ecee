//! An example of each operation: what is sent, what comes back.

use super::example;
use super::json::Json;
use super::routes::Operation;
use super::switches::{Manner, Switches};
use crate::version::ApiVersion;
use crate::view;

/// Title and file name of the example of an operation.
pub(super) fn name(operation: &Operation, version: ApiVersion) -> (String, String) {
    match Switches::of(version).map(|switches| switches.manner) {
        Some(Manner::TypeSpec) => {
            let title = format!("{}_MaximumSet_Gen", operation.id);
            let file = format!("{title}.json");
            (title, file)
        }
        _ => (operation.summary.to_owned(), format!("{}.json", operation.id)),
    }
}

/// The example of an operation.
pub(super) fn example(operation: &Operation, version: ApiVersion) -> Json {
    let mut parameters = vec![("api-version".to_owned(), Json::from(version.name()))];
    for name in operation.path_parameters() {
        let value = match name {
            "subscriptionId" => example::SUBSCRIPTION,
            "resourceGroupName" => example::GROUP,
            "location" => example::LOCATION,
            "openShiftVersion" => example::OPENSHIFT,
            "openShiftMinorVersion" => example::MINOR,
            _ => example::NAME,
        };
        parameters.push((name.to_owned(), value.into()));
    }
    match operation.method {
        "put" => parameters.push(("parameters".to_owned(), example::wish(version))),
        "patch" => {
            let mut wish = example::wish(version);
            wish.remove("location");
            parameters.push(("parameters".to_owned(), wish));
        }
        _ => {}
    }
    let replies = operation
        .replies
        .iter()
        .map(|(status, definition)| (status.to_string(), reply(*status, *definition, version)));
    let example = Json::object([
        ("parameters", Json::Object(parameters)),
        ("responses", Json::object(replies)),
    ]);
    match Switches::of(version).map(|switches| switches.manner) {
        Some(Manner::TypeSpec) => Json::object([("title", operation.summary), ("operationId", operation.id)])
            .with("parameters", example.get("parameters").cloned().unwrap_or_default())
            .with("responses", example.get("responses").cloned().unwrap_or_default()),
        _ => example,
    }
}

fn reply(status: u16, definition: Option<&str>, version: ApiVersion) -> Json {
    let body = match definition {
        Some("OpenShiftCluster") => view::cluster(&example::cluster(version), version),
        Some("OpenShiftClusterList") => view::cluster_list(&[example::cluster(version)], version, None),
        Some("OpenShiftClusterCredentials") => view::credentials(Some("password"), version),
        Some("OpenShiftClusterAdminKubeconfig") => view::admin_credentials(Some(b"apiVersion: v1\n"), version),
        Some("OpenShiftVersion") => view::openshift_version(&example::openshift_version(), version),
        Some("OpenShiftVersionList") => view::openshift_versions(&[example::openshift_version()], version),
        Some("PlatformWorkloadIdentityRoleSet") => view::role_set(&example::role_set(), version),
        Some("PlatformWorkloadIdentityRoleSetList") => view::role_sets(&[example::role_set()], version),
        Some("OperationList") => view::operations(),
        _ => {
            return if status == 202 {
                accepted(version)
            } else {
                Json::Object(Vec::new())
            };
        }
    };
    Json::object([("body", example::read(&body))])
}

fn accepted(version: ApiVersion) -> Json {
    let place = format!(
        "https://management.azure.com/subscriptions/{}/providers/Microsoft.RedHatOpenShift/locations/{}\
         /operationresults/33333333-3333-3333-3333-333333333333?api-version={version}",
        example::SUBSCRIPTION,
        example::LOCATION,
    );
    Json::object([("headers", Json::object([("location", place)]))])
}
