//! POST listAdminCredentials: the kubeconfig of the customer's administrator.

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

/// POST …/openShiftClusters/{name}/listAdminCredentials
pub(crate) async fn post(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
    Extension(ReadBody(body)): Extension<ReadBody>,
) -> Result<Reply, Fault> {
    if !version.has_admin_credentials() {
        return Err(not_in_version("listAdminCredentials", version).into());
    }
    let document = credentials::of(&call, &body).await?;

    let kubeconfig = &document.cluster.properties.user_admin_kubeconfig;
    let opened = credentials::open(!kubeconfig.is_empty(), || {
        kubeconfig.open(credentials::sealer(&call), &document.id)
    })?;
    Ok(Reply::json(
        StatusCode::OK,
        view::admin_credentials(opened.as_deref().map(Vec::as_slice), version),
    ))
}
