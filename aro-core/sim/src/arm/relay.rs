//! The way to the resource provider that is not simulated: what ARM adds, takes away and refuses itself.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::cx::Cx;
use super::error::ArmError;
use super::front::{ArmCall, OPENSHIFT, method_not_allowed};
use super::id::{ArmPath, key};
use super::{authorization, groups, providers};
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::endpoints::Endpoints;
use crate::shared::Shared;
use crate::state::Relayed;

/// ARM gives a provider this long.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bigger replies are dropped.
const REPLY_LIMIT: usize = 8 * 1024 * 1024;

/// Whether the path belongs to the provider behind the relay.
pub(super) fn is_for_provider(path: &ArmPath) -> bool {
    path.is_namespace(OPENSHIFT)
        && !path.types.is_empty()
        && !providers::is_about(path)
        && !super::types::features::is_feature(path)
}

/// Relays one request.
pub(super) async fn answer(shared: &Arc<Shared>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let known = admit(shared, arm)?;
    let method = if arm.call.method == Method::HEAD {
        Method::GET
    } else {
        arm.call.method.clone()
    };
    let mut headers = forwarded(shared, arm);
    if method == Method::PUT || method == Method::PATCH {
        set(
            &mut headers,
            "x-ms-arm-resource-system-data",
            &system_data(shared, arm, !known).to_string(),
        );
    }
    if has_identity(&arm.call.body) {
        identity_headers(shared, arm, &mut headers);
    }
    let target = &arm.call.target;
    let (path, query) = target.split_once('?').unwrap_or((target.as_str(), ""));
    let path: String = path
        .split('/')
        .filter(|part| !part.is_empty())
        .fold(String::new(), |all, part| all + "/" + part);
    let target = if query.is_empty() {
        path
    } else {
        format!("{path}?{query}")
    };
    let reply = send(shared, &method, &target, headers, arm.call.body.clone()).await?;
    track(shared, arm, &method, &reply);
    if arm.call.method == Method::HEAD {
        return Ok(Reply::empty(if reply.status.is_success() {
            204
        } else {
            reply.status.as_u16()
        }));
    }
    Ok(reply)
}

/// What ARM checks before it relays; true when ARM knows the resource already.
fn admit(shared: &Shared, arm: &ArmCall<'_>) -> Result<bool, ArmError> {
    let mut state = shared.state();
    let cx = Cx {
        facts: &shared.facts,
        state: &mut state,
        now: shared.clock.now(),
    };
    let path = &arm.path;
    let Some(subscription) = &path.subscription else {
        return Ok(false);
    };
    cx.subscription_exists(subscription)?;
    let verb = match arm.call.method {
        Method::GET | Method::HEAD => "read",
        Method::PUT | Method::PATCH => "write",
        Method::DELETE => "delete",
        Method::POST => "action",
        _ => return Err(method_not_allowed(arm)),
    };
    let action = format!("{}/{verb}", path.kind());
    authorization::authorize(cx.state, &arm.caller, &action, &path.text)?;
    providers::check_registered(&cx, subscription, OPENSHIFT)?;
    if let Some(group_key) = path.group_key() {
        let group = groups::exists(&cx, &group_key, path.group.as_deref().unwrap_or_default())?;
        if group.deleting && arm.call.method == Method::PUT {
            return Err(groups::being_deleted(&group.name));
        }
    }
    Ok(cx.state.relayed.contains(&key(&path.text)))
}

/// The client's headers as ARM passes them on.
fn forwarded(shared: &Shared, arm: &ArmCall<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let dropped = [
        "authorization",
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "upgrade",
        "referer",
        "expect",
        "accept-encoding",
    ];
    for (name, value) in &arm.call.headers {
        let name_text = name.as_str();
        let ours = name_text.starts_with("x-ms-arm-")
            || name_text.starts_with("x-ms-identity-")
            || name_text.starts_with("x-ms-client-") && name_text != "x-ms-client-request-id"
            || name_text == "x-ms-home-tenant-id";
        if !dropped.contains(&name_text) && !ours {
            headers.append(name.clone(), value.clone());
        }
    }
    let endpoints = &shared.facts.endpoints;
    // The public address the client used; behind the proxy that is Azure's own host name.
    let host = arm
        .call
        .header("host")
        .map(|host| format!("https://{host}"))
        .unwrap_or_else(|| endpoints.arm.clone());
    set(&mut headers, "referer", &format!("{host}{}", arm.call.target));
    set(&mut headers, "x-ms-correlation-request-id", &arm.call.correlation_id);
    set(&mut headers, "x-ms-request-id", &arm.call.request_id);
    set(
        &mut headers,
        "x-ms-routing-request-id",
        &format!("LOCAL:{}", arm.call.request_id),
    );
    set(&mut headers, "x-ms-arm-request-tracking-id", &arm.call.request_id);
    let caller = &arm.caller;
    set(&mut headers, "x-ms-client-object-id", &caller.oid);
    set(&mut headers, "x-ms-client-principal-id", &caller.oid);
    set(&mut headers, "x-ms-client-app-id", &caller.appid);
    set(&mut headers, "x-ms-client-app-id-acr", &caller.appidacr);
    set(&mut headers, "x-ms-client-tenant-id", &caller.tid);
    set(&mut headers, "x-ms-client-issuer", &caller.iss);
    set(&mut headers, "x-ms-client-audience", &caller.aud);
    set(&mut headers, "x-ms-client-ip-address", "127.0.0.1");
    set(&mut headers, "x-ms-client-authorization-source", "RoleBased");
    set(&mut headers, "x-ms-home-tenant-id", &endpoints.tenant);
    set(&mut headers, "x-ms-client-location", &endpoints.location);
    headers
}

pub(super) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

fn system_data(shared: &Shared, arm: &ArmCall<'_>, created: bool) -> Value {
    let at = rfc3339(shared.clock.now());
    let mut data = json!({
        "lastModifiedBy": arm.caller.appid, "lastModifiedByType": "Application", "lastModifiedAt": at,
    });
    if created {
        data["createdBy"] = json!(arm.caller.appid);
        data["createdByType"] = json!("Application");
        data["createdAt"] = json!(at);
    }
    data
}

fn has_identity(body: &Bytes) -> bool {
    if body.is_empty() {
        return false;
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return false;
    };
    body.iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("identity") && value.is_object())
}

/// Where the provider gets the credentials of the resource's managed identities, and whose they are.
fn identity_headers(shared: &Shared, arm: &ArmCall<'_>, headers: &mut HeaderMap) {
    let url = identity_url(&shared.facts.endpoints, &arm.path.text);
    set(headers, "x-ms-identity-url", &url);
    set(headers, "x-ms-identity-principal-id", &identity_of(&arm.path.text));
}

/// The object id of a resource's own identity.
fn identity_of(resource: &str) -> String {
    crate::seed::named_uuid(&key(resource)).to_string()
}

/// Where the provider gets the credentials of a resource's managed identities.
pub(crate) fn identity_url(endpoints: &Endpoints, resource: &str) -> String {
    format!(
        "{}{resource}/credentials?tid={}&oid={}&aid={}",
        endpoints.identity,
        endpoints.tenant,
        identity_of(resource),
        crate::seed::FIRST_PARTY_APP_ID
    )
}

/// Sends to the provider's addresses in turn; the next one is tried when one cannot be reached at all.
pub(super) async fn send(
    shared: &Shared,
    method: &Method,
    target: &str,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Reply, ArmError> {
    let urls = shared.rp_urls();
    if urls.is_empty() {
        return Err(unavailable());
    }
    let first = shared.next_rp.fetch_add(1, Ordering::Relaxed);
    for offset in 0..urls.len() {
        let url = format!("{}{target}", urls[(first + offset) % urls.len()].trim_end_matches('/'));
        let request = shared
            .relay
            .request(method.clone(), url)
            .headers(headers.clone())
            .body(body.clone())
            .timeout(PATIENCE);
        match request.send().await {
            Ok(response) => return receive(response).await,
            Err(error) if error.is_connect() => {
                tracing::debug!(%error, "a resource provider address cannot be reached")
            }
            Err(error) if error.is_timeout() => return Err(timed_out()),
            Err(error) => {
                tracing::debug!(%error, "the resource provider did not answer");
                return Err(ArmError::new(
                    502,
                    "BadGateway",
                    format!("The resource provider '{OPENSHIFT}' closed the connection without an answer."),
                ));
            }
        }
    }
    Err(unavailable())
}

fn unavailable() -> ArmError {
    ArmError::new(
        503,
        "ServerUnavailable",
        format!("The resource provider '{OPENSHIFT}' cannot be reached. Please try again later."),
    )
}

fn timed_out() -> ArmError {
    ArmError::new(
        504,
        "GatewayTimeout",
        format!("The gateway did not receive a response from '{OPENSHIFT}' within the specified time period."),
    )
}

async fn receive(response: reqwest::Response) -> Result<Reply, ArmError> {
    let mut reply = Reply::empty(response.status().as_u16());
    for (name, value) in response.headers() {
        if !["connection", "content-length", "transfer-encoding", "keep-alive"].contains(&name.as_str()) {
            reply.headers.append(name.clone(), value.clone());
        }
    }
    let body = response.bytes().await.map_err(|error| {
        if error.is_timeout() {
            timed_out()
        } else {
            ArmError::new(
                502,
                "BadGateway",
                format!("The resource provider '{OPENSHIFT}' broke off its answer."),
            )
        }
    })?;
    if body.len() > REPLY_LIMIT {
        return Err(ArmError::new(
            500,
            "ResponseTooLarge",
            format!("The response of '{OPENSHIFT}' exceeds the limit of 8 MB."),
        ));
    }
    reply.body = body;
    Ok(reply)
}

/// Keeps ARM's own idea of which resources the provider has.
fn track(shared: &Shared, arm: &ArmCall<'_>, method: &Method, reply: &Reply) {
    let path = &arm.path;
    if !path.names_a_resource() || path.types.len() != 1 || path.group.is_none() {
        return;
    }
    let own_key = key(&path.text);
    let mut state = shared.state();
    let gone =
        reply.status == StatusCode::NOT_FOUND || reply.status == StatusCode::NO_CONTENT && method == Method::DELETE;
    if gone {
        state.relayed.remove(&own_key);
    } else if reply.status.is_success() && method != Method::DELETE && !state.relayed.contains(&own_key) {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        state.relayed.put(
            own_key,
            Relayed {
                id: body["id"].as_str().unwrap_or(&path.text).to_owned(),
                kind: body["type"].as_str().map_or_else(|| path.kind(), str::to_owned),
                name: path.name().to_owned(),
                location: body["location"].as_str().map(str::to_owned),
                api_version: arm.call.api_version().to_owned(),
            },
        );
    }
}
