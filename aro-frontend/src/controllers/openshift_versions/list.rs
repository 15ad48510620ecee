//! GET of all OpenShift versions.

use aro_api::view;
use axum::Extension;
use http::StatusCode;

use super::enabled;
use crate::controllers::not_in_version;
use crate::fault::Fault;
use crate::layers::api_version::RequestedVersion;
use crate::reply::Reply;
use crate::request::Call;

/// GET …/locations/{location}/openShiftVersions
pub(crate) async fn list(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
) -> Result<Reply, Fault> {
    if !version.has_versions() {
        return Err(not_in_version("openShiftVersions", version).into());
    }
    Ok(Reply::json(
        StatusCode::OK,
        view::openshift_versions(&enabled(&call).await?, version),
    ))
}
