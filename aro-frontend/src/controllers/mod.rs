//! What the service answers: one folder for each resource, one file for each verb.

pub(crate) mod admin;
pub(crate) mod clusters;
pub(crate) mod health;
pub(crate) mod openshift_versions;
pub(crate) mod operation_results;
pub(crate) mod operation_status;
pub(crate) mod operations;
mod paging;
pub(crate) mod preflight;
mod race;
pub(crate) mod role_sets;
pub(crate) mod subscriptions;

use aro_api::{ApiVersion, CloudError, Code};

use crate::fault::Fault;

/// The reply to a path that names nothing.
pub(crate) async fn unknown_path_reply() -> Fault {
    unknown_path().into()
}

pub(crate) fn unknown_path() -> CloudError {
    CloudError::new(
        404,
        Code::NOT_FOUND,
        "",
        "The requested path does not exist. Check it against the published API of Microsoft.RedHatOpenShift.",
    )
}

/// The reply when an api-version lacks the endpoint.
pub(crate) fn not_in_version(endpoint: &str, version: ApiVersion) -> CloudError {
    CloudError::bad_request(
        Code::INVALID_RESOURCE_TYPE,
        "",
        format!(
            "The endpoint {endpoint} does not exist in the api-version {version}. Use a newer one, for example {}.",
            ApiVersion::latest()
        ),
    )
}
