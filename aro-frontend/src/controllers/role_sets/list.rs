//! GET of all role sets.

use aro_api::view;
use axum::Extension;
use http::StatusCode;

use crate::controllers::not_in_version;
use crate::fault::Fault;
use crate::layers::api_version::RequestedVersion;
use crate::reply::Reply;
use crate::request::Call;

/// GET …/locations/{location}/platformWorkloadIdentityRoleSets
pub(crate) async fn list(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
) -> Result<Reply, Fault> {
    if !version.has_role_sets() {
        return Err(not_in_version("platformWorkloadIdentityRoleSets", version).into());
    }
    Ok(Reply::json(
        StatusCode::OK,
        view::role_sets(&call.app.catalogue.role_sets().await?, version),
    ))
}
