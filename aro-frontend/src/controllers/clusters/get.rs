//! GET of one cluster.

use aro_api::view;
use axum::Extension;
use http::StatusCode;

use super::{enriched, find, not_found};
use crate::fault::Fault;
use crate::layers::api_version::RequestedVersion;
use crate::reply::Reply;
use crate::request::Call;

/// GET …/openShiftClusters/{name}
pub(crate) async fn get(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
) -> Result<Reply, Fault> {
    let Some(mut stored) = find(&call).await? else {
        return Err(not_found(&call).into());
    };

    // What only the running cluster knows, as far as it can be read in time.
    let document = &mut stored.document;
    enriched::fill(&call.app, [(document.id.as_str(), &mut document.cluster)]).await;

    Reply::json(StatusCode::OK, view::cluster(&stored.document.cluster, version)).etag(&stored.etag)
}
