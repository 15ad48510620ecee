//! Lists of clusters.

use aro_api::{ApiVersion, view};
use aro_store::ClusterScope;
use axum::Extension;
use http::StatusCode;

use super::enriched;
use crate::controllers::paging;
use crate::fault::Fault;
use crate::layers::api_version::RequestedVersion;
use crate::reply::Reply;
use crate::request::Call;

/// GET /subscriptions/{subscription}/providers/Microsoft.RedHatOpenShift/openShiftClusters
pub(crate) async fn in_subscription(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
) -> Result<Reply, Fault> {
    let scope = ClusterScope::Subscription(call.subscription().to_string());
    page(&call, scope, version).await
}

/// GET …/resourceGroups/{resource_group}/providers/Microsoft.RedHatOpenShift/openShiftClusters
pub(crate) async fn in_resource_group(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
) -> Result<Reply, Fault> {
    let scope = ClusterScope::ResourceGroup {
        subscription: call.subscription().to_string(),
        resource_group: call.name("resource_group").to_string(),
    };
    page(&call, scope, version).await
}

/// One page of the clusters in `scope`, as `version` shows them.
pub(crate) async fn page(call: &Call, scope: ClusterScope, version: ApiVersion) -> Result<Reply, Fault> {
    let parts = &call.app.parts;
    let bound_to = format!("{scope:?}|{version}");
    let after = paging::begin(call, &bound_to)?;

    let page = parts
        .store
        .clusters()
        .list(&scope, after.as_deref(), parts.settings.page_size)
        .await?;
    for error in &page.corrupt {
        // The others are shown: one damaged row must not hide them.
        tracing::error!(%error, "a cluster is left out of a list");
    }
    let next_link = paging::next_link(call, &bound_to, page.next.as_deref())?;

    let mut documents: Vec<_> = page.documents.into_iter().map(|stored| stored.document).collect();
    let each = documents.iter_mut().map(|one| (one.id.as_str(), &mut one.cluster));
    enriched::fill(&call.app, each).await;
    let clusters: Vec<_> = documents.into_iter().map(|document| document.cluster).collect();
    Ok(Reply::json(
        StatusCode::OK,
        view::cluster_list(&clusters, version, next_link.as_deref()),
    ))
}
