//! POST listCredentials: the password of kubeadmin.

use aro_api::view;
use axum::Extension;
use http::StatusCode;

use super::credentials;
use crate::controllers::not_in_version;
use crate::fault::Fault;
use crate::layers::api_version::RequestedVersion;
use crate::layers::body::ReadBody;
use crate::reply::Reply;
use crate::request::Call;

/// POST …/openShiftClusters/{name}/listCredentials
pub(crate) async fn post(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
    Extension(ReadBody(body)): Extension<ReadBody>,
) -> Result<Reply, Fault> {
    if !version.has_credentials() {
        return Err(not_in_version("listCredentials", version).into());
    }
    let document = credentials::of(&call, &body).await?;

    let password = &document.cluster.properties.kubeadmin_password;
    let opened = credentials::open(!password.is_empty(), || {
        password.open(credentials::sealer(&call), &document.id)
    })?;
    Ok(Reply::json(
        StatusCode::OK,
        view::credentials(opened.as_deref().map(String::as_str), version),
    ))
}
