//! PUT of a subscription: ARM's notice that its state has changed.

use aro_api::model::{Subscription, SubscriptionState};
use aro_api::{CloudError, Code, stored};
use aro_store::{StoreError, Stored, SubscriptionDocument};
use axum::Extension;
use http::StatusCode;

use super::shown;
use crate::controllers::race;
use crate::fault::Fault;
use crate::layers::body::ReadBody;
use crate::reply::Reply;
use crate::request::Call;

/// PUT /subscriptions/{subscription}
pub(crate) async fn put(call: Call, Extension(ReadBody(body)): Extension<ReadBody>) -> Result<Reply, Fault> {
    let subscription = read(&body)?;
    race::until_won(&call.app, || attempt(&call, &subscription)).await
}

/// The body as a subscription, with the members this build does not know.
fn read(body: &[u8]) -> Result<Subscription, CloudError> {
    let malformed = |what: String| {
        CloudError::invalid_request_content(format!(
            "The subscription is not understood: {what}. Send an object with state and properties."
        ))
    };
    let text = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8".to_string()))?;
    if text.trim() == "null" {
        return Err(malformed("the body is null".to_string()));
    }
    stored::from_str(text).map_err(|error| match error {
        stored::StoredError::Malformed { path, reason } if path.is_empty() => malformed(reason),
        stored::StoredError::Malformed { path, reason } => malformed(format!("{path}: {reason}")),
        _ => malformed("the body is not JSON".to_string()),
    })
}

async fn attempt(call: &Call, told: &Subscription) -> Result<Reply, Fault> {
    let subscriptions = call.app.parts.store.subscriptions();
    let current = subscriptions.get(call.subscription()).await?;

    let states = [
        SubscriptionState::Registered,
        SubscriptionState::Unregistered,
        SubscriptionState::Warned,
        SubscriptionState::Suspended,
        SubscriptionState::Deleted,
    ];
    if !states.contains(&told.state) {
        let names: Vec<&str> = states.iter().map(SubscriptionState::as_str).collect();
        let message = format!(
            "The subscription state '{}' is not known. It must be one of {}.",
            told.state.as_str().replace('"', "'"),
            names.join(", ")
        );
        return Err(CloudError::invalid_parameter("state", message).into());
    }
    let was_deleted = current
        .as_ref()
        .is_some_and(|stored| stored.document.subscription.state == SubscriptionState::Deleted);
    if was_deleted && told.state != SubscriptionState::Deleted {
        let message = format!(
            "The subscription {} is being deleted with all its clusters and cannot become {} again.",
            call.subscription(),
            told.state.as_str()
        );
        return Err(CloudError::bad_request(Code::INVALID_SUBSCRIPTION_STATE, "", message).into());
    }

    // The latest word counts as a whole, members this build does not know included; except who pays, whom we need not
    // know.
    let mut subscription = told.clone();
    if let Some(owner) = subscription
        .properties
        .as_mut()
        .and_then(|properties| properties.account_owner.as_mut())
    {
        owner.email.clear();
    }
    // Everything in a deleted subscription has to go: the backend finds it by this mark.
    let deleting = subscription.state == SubscriptionState::Deleted;

    let (status, written) = match current {
        None => {
            let document = SubscriptionDocument {
                id: call.subscription().to_string(),
                deleting,
                subscription,
                ..SubscriptionDocument::default()
            };
            match subscriptions.create(document).await {
                // Somebody told about it at the same moment.
                Err(StoreError::Conflict { .. }) => return Err(Fault::Overtaken),
                written => (StatusCode::CREATED, written?),
            }
        }
        Some(mut stored) => {
            stored.document.subscription = subscription;
            if deleting {
                stored.document.deleting = true;
                stored.document.dequeues = 0;
            }
            (StatusCode::OK, subscriptions.replace(stored).await?)
        }
    };
    let Stored { document, .. } = written;
    Ok(Reply::json(status, shown::body(&document.subscription)?))
}
