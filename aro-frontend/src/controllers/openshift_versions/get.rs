//! GET of one OpenShift version.

use aro_api::{CloudError, Code, view};
use axum::Extension;
use http::StatusCode;

use super::enabled;
use crate::controllers::not_in_version;
use crate::fault::Fault;
use crate::layers::api_version::RequestedVersion;
use crate::reply::Reply;
use crate::request::Call;

/// GET …/locations/{location}/openShiftVersions/{version}
pub(crate) async fn get(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
) -> Result<Reply, Fault> {
    if !version.has_versions() {
        return Err(not_in_version("openShiftVersions", version).into());
    }
    let asked = call.name("version");
    let versions = enabled(&call).await?;
    match versions.iter().find(|found| found.properties.version == asked) {
        Some(found) => Ok(Reply::json(StatusCode::OK, view::openshift_version(found, version))),
        // 400 where one would expect 404: published clients know it so.
        None => Err(CloudError::bad_request(
            Code::RESOURCE_NOT_FOUND,
            "",
            format!(
                "The OpenShift version {} cannot be installed here. List openShiftVersions to see which can.",
                asked.replace('"', "'")
            ),
        )
        .into()),
    }
}
