//! The check-access service: whether a subject may perform actions on a resource.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::arm::authorization;
use crate::arm::error::ArmError;
use crate::arm::id::key;
use crate::call::{Call, Reply};
use crate::shared::Shared;

/// How long a decision may be kept, milliseconds.
const KEEP: u32 = 60_000;

pub(super) fn answer(shared: &Arc<Shared>, call: &Call) -> Reply {
    check(shared, call).unwrap_or_else(|error| error.reply())
}

fn check(shared: &Arc<Shared>, call: &Call) -> Result<Reply, ArmError> {
    if call.method != Method::POST || !call.path.to_lowercase().ends_with("/checkaccess") {
        return Err(ArmError::new(
            404,
            "ResourceNotFound",
            format!("There is nothing at {}.", call.path),
        ));
    }
    if call.caller.is_none() {
        return Err(ArmError::new(
            401,
            "AuthenticationFailed",
            "A valid bearer token is required.",
        ));
    }
    if call.api_version().is_empty() {
        return Err(ArmError::bad(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        ));
    }
    let body: Value = serde_json::from_slice(&call.body).map_err(|error| {
        ArmError::bad(
            "InvalidRequestContent",
            format!("The request content was invalid: '{error}'."),
        )
    })?;
    let member = |value: &Value, name: &str| -> Value {
        let object = value.as_object().into_iter().flatten();
        object
            .filter(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone())
            .next()
            .unwrap_or_default()
    };
    let subject = member(&member(&body, "Subject"), "Attributes");
    let principal = member(&subject, "ObjectId");
    let resource = member(&member(&body, "Resource"), "Id");
    let (Some(principal), Some(resource)) = (principal.as_str(), resource.as_str()) else {
        return Err(ArmError::bad(
            "InvalidRequestContent",
            "The subject's ObjectId and the resource's Id are required.",
        ));
    };
    let scope = key(resource);
    let state = shared.state();
    let actions = member(&body, "Actions");
    let value: Vec<Value> = actions
        .as_array()
        .into_iter()
        .flatten()
        .map(|action| {
            let id = member(action, "Id").as_str().unwrap_or_default().to_owned();
            let data = member(action, "IsDataAction").as_bool().unwrap_or(false);
            let granted = if data {
                authorization::permissions(&state, principal, &scope).any(|one| one.allows_data(&id))
            } else {
                authorization::allows(&state, principal, &id, &scope)
            };
            let denied = authorization::denies(&state, principal, &id, &scope);
            let decision = match (granted, denied) {
                (_, true) => "Denied",
                (true, false) => "Allowed",
                (false, false) => "NotAllowed",
            };
            json!({"actionId": id, "accessDecision": decision, "isDataAction": data, "timeToLiveInMs": KEEP})
        })
        .collect();
    Ok(Reply::json(200, &json!({"value": value, "nextLink": ""})))
}
