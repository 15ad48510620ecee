//! What Azure's diagnostics say about a cluster.

use std::time::Duration;

use aro_api::model::{Subscription, SubscriptionState};
use aro_api::{CloudError, Code};
use http::StatusCode;

use super::{find, not_found, subscription_in};
use crate::detectors::DetectorsUnavailable;
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

/// When to ask again.
const LATER: Duration = Duration::from_secs(30);

/// GET …/openShiftClusters/{name}/detectors
pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let (cluster, subscription) = about(&call).await?;
    let listed = call.app.parts.detectors.list(&cluster, &subscription).await;
    Ok(shown(listed.map_err(later)?.get()))
}

/// GET …/openShiftClusters/{name}/detectors/{detector}
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    let (cluster, subscription) = about(&call).await?;
    let detector = call.name("detector");
    let found = call.app.parts.detectors.get(&cluster, detector, &subscription).await;
    match found.map_err(later)? {
        Some(found) => Ok(shown(found.get())),
        None => Err(CloudError::new(
            404,
            Code::NOT_FOUND,
            "",
            format!(
                "There is no detector '{}' for the cluster. List its detectors to see which there are.",
                detector.replace('"', "'")
            ),
        )
        .into()),
    }
}

/// The id of the cluster and its subscription, whatever state that is in.
async fn about(call: &Call) -> Result<(String, Subscription), Fault> {
    use SubscriptionState::{Deleted, Registered, Suspended, Unregistered, Warned};
    let stored = find(call).await?.ok_or_else(|| not_found(call))?;
    let subscription = subscription_in(call, &[Registered, Unregistered, Warned, Suspended, Deleted]).await?;
    Ok((stored.document.cluster.id, subscription))
}

fn shown(json: &str) -> Reply {
    Reply::json(StatusCode::OK, format!("{json}\n").into_bytes())
}

fn later(error: DetectorsUnavailable) -> Fault {
    tracing::error!(%error, "the detectors cannot be asked");
    Fault::TryLater {
        error: CloudError::new(
            503,
            Code::INTERNAL_SERVER_ERROR,
            "",
            "The diagnostics of Azure cannot be asked at the moment. The cluster is not affected: send the request again \
             after the time that the Retry-After header tells.",
        ),
        after: LATER,
    }
}
