//! GET of one role set.

use aro_api::{CloudError, Code, view};
use axum::Extension;
use http::StatusCode;

use crate::controllers::not_in_version;
use crate::fault::Fault;
use crate::layers::api_version::RequestedVersion;
use crate::reply::Reply;
use crate::request::Call;

/// GET …/locations/{location}/platformWorkloadIdentityRoleSets/{minor}
pub(crate) async fn get(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
) -> Result<Reply, Fault> {
    if !version.has_role_sets() {
        return Err(not_in_version("platformWorkloadIdentityRoleSets", version).into());
    }
    let asked = call.name("minor");
    let sets = call.app.catalogue.role_sets().await?;
    match sets.iter().find(|set| set.properties.openshift_version == asked) {
        Some(set) => Ok(Reply::json(StatusCode::OK, view::role_set(set, version))),
        // 400 where one would expect 404: published clients know it so.
        None => Err(CloudError::bad_request(
            Code::RESOURCE_NOT_FOUND,
            "",
            format!(
                "There is no role set for the OpenShift version {}. List platformWorkloadIdentityRoleSets to see which \
                 minor versions have one.",
                asked.replace('"', "'")
            ),
        )
        .into()),
    }
}
