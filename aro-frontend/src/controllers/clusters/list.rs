//! Lists of clusters.

use aro_api::{ApiVersion, CloudError, Code, view};
use aro_store::ClusterScope;
use axum::Extension;
use http::StatusCode;

use super::enriched;
use crate::fault::Fault;
use crate::layers::api_version::RequestedVersion;
use crate::links;
use crate::reply::Reply;
use crate::request::Call;

/// The query parameter that tells where a page begins.
const SKIP_TOKEN: &str = "$skipToken";

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
    // A token is good for the list and the version that it was given for, and no other.
    let bound_to = format!("{scope:?}|{version}");
    let after = match call.parameter(SKIP_TOKEN) {
        None => None,
        Some(token) => Some(
            parts
                .page_token_key
                .open(&bound_to, &token)
                .map_err(|_| invalid_token())?,
        ),
    };

    let page = parts
        .store
        .clusters()
        .list(&scope, after.as_deref(), parts.settings.page_size)
        .await?;
    for error in &page.corrupt {
        // The others are shown: one damaged row must not hide them.
        tracing::error!(%error, "a cluster is left out of a list");
    }
    let next_link = match &page.next {
        None => None,
        Some(next) => {
            let token = parts
                .page_token_key
                .seal(&bound_to, next)
                .map_err(|error| Fault::Unexpected(error.to_string()))?;
            Some(links::with_parameter(&call.client_url, SKIP_TOKEN, &token))
        }
    };

    let mut clusters: Vec<_> = page
        .documents
        .into_iter()
        .map(|stored| stored.document.cluster)
        .collect();
    enriched::fill(&call.app, &mut clusters).await;
    Ok(Reply::json(
        StatusCode::OK,
        view::cluster_list(&clusters, version, next_link.as_deref()),
    ))
}

fn invalid_token() -> CloudError {
    CloudError::bad_request(
        Code::INVALID_PARAMETER,
        SKIP_TOKEN,
        "The skip token is not valid for this list. Follow the nextLink of a page as it is, or start the list again \
         without a token.",
    )
}
