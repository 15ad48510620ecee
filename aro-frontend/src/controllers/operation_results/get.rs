//! GET of an operation's result.

use aro_api::view;
use axum::Extension;
use http::StatusCode;

use super::found::Found;
use crate::fault::Fault;
use crate::layers::api_version::RequestedVersion;
use crate::reply::Reply;
use crate::request::Call;

/// GET …/locations/{location}/operationresults/{operation}
pub(crate) async fn get(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
) -> Result<Reply, Fault> {
    let Found { operation, cluster } = Found::of(&call).await?;

    // Still under way: ask here again.
    if cluster.is_some() {
        let after = call.app.parts.settings.retry_after;
        return Ok(Reply::empty(StatusCode::ACCEPTED)
            .location(call.client_url.as_str())?
            .retry_after(after));
    }
    // What the synchronous reply would have been: the resource, or nothing after it is gone.
    match operation.openshift_cluster {
        Some(cluster) => Ok(Reply::json(StatusCode::OK, view::cluster(&cluster, version))),
        None => Ok(Reply::empty(StatusCode::NO_CONTENT)),
    }
}
