//! The front of Azure Resource Manager: who asks, in which version, and to whom the request goes.

use super::lifecycle;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use super::cx::Cx;
use super::error::ArmError;
use super::id::ArmPath;
use super::{
    groups, metadata, operations, providers, registry, relay, resources, subscriptions, tags, types, versions,
};
use crate::call::{Call, Reply};
use crate::entra::token::{self, Claims, Refusal};
use crate::faults::Order;
use crate::shared::Shared;

/// The provider behind this ARM that is not simulated.
pub(crate) const OPENSHIFT: &str = "Microsoft.RedHatOpenShift";

/// A request that has passed the front.
pub(crate) struct ArmCall<'a> {
    pub(crate) call: &'a Call,
    pub(crate) path: ArmPath,
    pub(crate) caller: Claims,
}

impl ArmCall<'_> {
    /// The body as JSON; an object unless the caller sent something else.
    pub(crate) fn body(&self) -> Result<Value, ArmError> {
        if self.call.body.is_empty() {
            return Err(ArmError::bad(
                "MissingRequestBody",
                "The request body is required for this operation and must be a JSON object.",
            ));
        }
        let value: Value = serde_json::from_slice(&self.call.body).map_err(|error| {
            ArmError::bad(
                "InvalidRequestContent",
                format!("The request content was invalid and could not be deserialized: '{error}'."),
            )
        })?;
        if !value.is_object() {
            return Err(ArmError::bad(
                "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: 'The content must be a JSON object.'.",
            ));
        }
        Ok(value)
    }
}

/// Answers one request.
pub(crate) async fn answer(shared: &Arc<Shared>, call: &Call) -> Reply {
    if let Some(reply) = metadata::answer(shared, call) {
        return reply;
    }
    let caller = match authenticate(shared, call) {
        Ok(caller) => caller,
        Err(reply) => return *reply,
    };
    let arm = ArmCall {
        call,
        path: ArmPath::parse(&in_full(&call.path)),
        caller,
    };
    let result = match check_version(&arm) {
        Err(error) => Err(error),
        Ok(()) if relay::is_for_provider(&arm.path) => relay::answer(shared, &arm).await,
        Ok(()) if tags::is_of_provider(&arm.path) => tags::relayed(shared, &arm).await,
        Ok(()) => {
            let reply = own(shared, &arm);
            lifecycle::follow_up(shared, &arm, &reply).await;
            reply
        }
    };
    let reply = result.unwrap_or_else(|error| error.reply());
    match call.method {
        Method::GET | Method::HEAD => reply.with("x-ms-ratelimit-remaining-subscription-reads", "11999"),
        Method::DELETE => reply.with("x-ms-ratelimit-remaining-subscription-deletes", "14999"),
        _ => reply.with("x-ms-ratelimit-remaining-subscription-writes", "1199"),
    }
}

/// A token of ours for the audience of ARM.
fn authenticate(shared: &Shared, call: &Call) -> Result<Claims, Box<Reply>> {
    let endpoints = &shared.facts.endpoints;
    let refuse = |code: &str, text: String| {
        let challenge = format!(
            "Bearer authorization_uri=\"{}/{}\", error=\"invalid_token\", error_description=\"{text}\"",
            endpoints.login, endpoints.tenant
        );
        Box::new(
            ArmError::new(401, code, text)
                .reply()
                .with("www-authenticate", &challenge),
        )
    };
    let claims = token::bearer(&shared.facts, &call.headers, shared.clock.now()).map_err(|refusal| match refusal {
        Refusal::Missing => refuse(
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.".to_owned(),
        ),
        Refusal::Malformed => refuse("InvalidAuthenticationToken", "The access token is invalid.".to_owned()),
        Refusal::Signature => refuse(
            "InvalidAuthenticationToken",
            "The access token validation failure. The token's signature is not valid.".to_owned(),
        ),
        Refusal::Expired => refuse(
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time is earlier than current UTC time.".to_owned(),
        ),
    })?;
    let audience = claims.aud.trim_end_matches('/');
    let accepted = [
        endpoints.arm.as_str(),
        endpoints.arm_audience.as_str(),
        "https://management.azure.com",
        "https://management.core.windows.net",
    ];
    if accepted
        .iter()
        .any(|one| one.trim_end_matches('/').eq_ignore_ascii_case(audience))
    {
        return Ok(claims);
    }
    Err(refuse(
        "InvalidAuthenticationTokenAudience",
        format!(
            "The access token has been obtained for wrong audience or resource '{}'.",
            claims.aud
        ),
    ))
}

/// Deployments have a short path from the time before providers.
fn in_full(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match segments.as_slice() {
        [_, _, groups, _, below, ..]
            if groups.eq_ignore_ascii_case("resourceGroups") && below.eq_ignore_ascii_case("deployments") =>
        {
            format!(
                "/{}/providers/Microsoft.Resources/{}",
                segments[..4].join("/"),
                segments[4..].join("/")
            )
        }
        _ => path.to_owned(),
    }
}

fn check_version(arm: &ArmCall<'_>) -> Result<(), ArmError> {
    let version = arm.call.query("api-version").unwrap_or_default();
    if version.is_empty() {
        return Err(ArmError::bad(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        ));
    }
    versions::check(&arm.path, version)
}

/// What a program inside a simulated cluster asks: recorded, and failed when a rule says so with an answer or a failed
/// operation, as any other call. It comes from within, so orders about its connection have nothing to act on.
pub(crate) fn ask(shared: &Arc<Shared>, caller: &Claims, mut call: Call) -> Reply {
    call.caller = Some(caller.clone());
    call.number = shared.calls.arrived(&call, shared.clock.now());
    let number = call.number;
    let verdict = shared.faults.judge(&call);
    if let Some(verdict) = &verdict {
        shared.calls.failed_on_order(number, &verdict.rule);
    }
    let ordered = match verdict.map(|verdict| verdict.order) {
        Some(Order::Reply(reply)) => Some(reply.reply()),
        Some(Order::FailOperation(error)) => {
            call.doomed = Some(error.body());
            None
        }
        _ => None,
    };
    let reply = ordered.unwrap_or_else(|| {
        let arm = ArmCall {
            path: ArmPath::parse(&in_full(&call.path)),
            call: &call,
            caller: caller.clone(),
        };
        let answered = check_version(&arm).and_then(|()| own(shared, &arm));
        answered.unwrap_or_else(|error| error.reply())
    });
    shared
        .calls
        .answered(number, Some(reply.status.as_u16()), shared.clock.now());
    reply
}

/// Everything ARM answers itself.
fn own(shared: &Arc<Shared>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let mut state = shared.state();
    state.doomed.clone_from(&arm.call.doomed);
    let reply = answer_own(
        &mut Cx {
            facts: &shared.facts,
            state: &mut state,
            now: shared.clock.now(),
        },
        arm,
    );
    // A call that starts no operation has nothing that could fail.
    state.doomed = None;
    reply
}

fn answer_own(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let path = &arm.path;
    if let Some(subscription) = &path.subscription {
        cx.subscription_exists(subscription)?;
    }
    if operations::is_monitor(path) {
        return operations::answer(cx, arm);
    }
    if path.namespace.is_some() && path.types.is_empty()
        || path.segments.get(2).is_some_and(|part| part == "providers") && path.segments.len() <= 3
        || path.segments.len() == 1 && path.segments[0].eq_ignore_ascii_case("providers")
        || providers::is_about(path)
    {
        return providers::answer(cx, arm);
    }
    if providers::asks_for_operations(path) {
        return providers::operations(arm);
    }
    if tags::is_for(path) {
        return tags::answer(cx, arm);
    }
    match &path.namespace {
        Some(_) => {
            if let Some(reply) = types::answer_special(cx, arm) {
                return reply;
            }
            let kind = registry::find(path)?;
            resources::answer(cx, arm, kind)
        }
        None if path.group.is_some() => groups::answer(cx, arm),
        None => subscriptions::answer(cx, arm),
    }
}

/// The answer to a method a resource does not have.
pub(crate) fn method_not_allowed(arm: &ArmCall<'_>) -> ArmError {
    ArmError::new(
        405,
        "MethodNotAllowed",
        format!(
            "The HTTP method '{}' is not supported at scope '{}'.",
            arm.call.method, arm.path.text
        ),
    )
}
