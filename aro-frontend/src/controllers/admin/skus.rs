//! The sizes of virtual machines that the customer of a cluster may use.

use aro_api::{CloudError, Code};

use super::compact;
use crate::controllers::clusters::{find, not_found};
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

/// GET …/skus: of the service's own region.
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    find(&call).await?.ok_or_else(|| not_found(&call))?;
    let parts = &call.app.parts;
    let id = call.subscription();
    let Some(stored) = parts.store.subscriptions().get(id).await? else {
        let message = format!("The subscription {id} is not registered with the resource provider.");
        return Err(CloudError::bad_request(Code::INVALID_SUBSCRIPTION_STATE, "", message).into());
    };
    let sizes = parts
        .validators
        .sizes(
            id,
            &stored.document.subscription,
            &parts.settings.location,
            &call.correlation.correlation_id,
        )
        .await?;
    compact(&sizes)
}
