//! Clusters: `Microsoft.RedHatOpenShift/openShiftClusters`.

mod credentials;
pub(crate) mod delete;
pub(crate) mod detectors;
mod enriched;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod list_admin_credentials;
pub(crate) mod list_credentials;
mod operation;
pub(crate) mod patch;
pub(crate) mod put;
pub(crate) mod write;

use aro_api::model::{Subscription, SubscriptionState};
use aro_api::{CloudError, Code};
use aro_store::{ClusterDocument, Stored};

use crate::fault::Fault;
use crate::request::Call;

/// The cluster that the path names, if there is one.
pub(super) async fn find(call: &Call) -> Result<Option<Stored<ClusterDocument>>, Fault> {
    Ok(call.app.parts.store.clusters().get(&call.cluster_key()).await?)
}

pub(super) fn not_found(call: &Call) -> CloudError {
    CloudError::new(
        404,
        Code::RESOURCE_NOT_FOUND,
        "",
        format!(
            "The resource {}/{}/{} was not found in the resource group {}. Check the names, or create the cluster with \
             PUT.",
            call.name("namespace"),
            call.name("type"),
            call.name("name"),
            call.name("resource_group")
        ),
    )
}

/// The subscription of the path, if it is in one of `states`.
async fn subscription_in(call: &Call, states: &[SubscriptionState]) -> Result<Subscription, Fault> {
    let id = call.subscription();
    let invalid = |message: String| CloudError::bad_request(Code::INVALID_SUBSCRIPTION_STATE, "", message);
    let Some(stored) = call.app.parts.store.subscriptions().get(id).await? else {
        return Err(invalid(format!(
            "The subscription {id} is not registered with the resource provider. Register it: az provider register \
             --namespace Microsoft.RedHatOpenShift."
        ))
        .into());
    };
    let subscription = stored.document.subscription;
    if states.contains(&subscription.state) {
        return Ok(subscription);
    }
    let allowed: Vec<&str> = states.iter().map(SubscriptionState::as_str).collect();
    Err(invalid(format!(
        "The subscription {id} is in the state {}, which does not allow the request. It must be {}.",
        subscription.state.as_str(),
        allowed.join(" or ")
    ))
    .into())
}
