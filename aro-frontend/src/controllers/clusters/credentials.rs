//! What the two requests for credentials share.

use aro_api::model::SubscriptionState;
use aro_api::{CloudError, SealError, Sealer, request};
use aro_store::ClusterDocument;
use serde::de::IgnoredAny;

use super::{find, not_found, subscription_in};
use crate::fault::Fault;
use crate::request::Call;

/// The cluster whose credentials are asked for, if they may be given out.
pub(super) async fn of(call: &Call, body: &[u8]) -> Result<ClusterDocument, Fault> {
    // Clients send nothing or `{}`; what they send must at least be JSON.
    if !body.is_empty() && serde_json::from_slice::<IgnoredAny>(body).is_err() {
        return Err(CloudError::invalid_request_content(
            "The request body is not JSON. Send no body, or an empty object.",
        )
        .into());
    }
    subscription_in(call, &[SubscriptionState::Registered]).await?;
    let Some(stored) = find(call).await? else {
        return Err(not_found(call).into());
    };
    request::check_state_for_credentials(&stored.document.cluster)?;
    Ok(stored.document)
}

pub(super) fn sealer(call: &Call) -> &dyn Sealer {
    call.app.parts.store.sealer()
}

/// Opens a secret, if there is one yet.
pub(super) fn open<T>(present: bool, open: impl FnOnce() -> Result<T, SealError>) -> Result<Option<T>, Fault> {
    present
        .then(open)
        .transpose()
        .map_err(|error| Fault::Unexpected(error.to_string()))
}
