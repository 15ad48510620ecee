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
use crate::shared::Shared;
use crate::state::Relayed;

/// ARM gives a provider this long.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bigger replies are dropped.
const REPLY_LIMIT: usize = 8 * 1024 * 1024;
/// How often the deletion of a group looks whether the provider's resources are gone.
pub(super) const GROUP_DELETE_POLL: Duration = Duration::from_millis(250);
/// How long the deletion of a group waits for a provider to delete a resource.
const GROUP_DELETE_PATIENCE: Duration = Duration::from_secs(3600);
/// The api-version of subscription notifications.
const LIFECYCLE_VERSION: &str = "2.0";

/// Whether the path belongs to the provider behind the relay.
pub(super) fn is_for_provider(path: &ArmPath) -> bool {
    path.is_namespace(OPENSHIFT)
        && !path.types.is_empty()
        && !providers::is_registration(path)
        && !super::types::features::is_feature(path)
}

/// Relays one request.
pub(super) async fn answer(shared: &Arc<Shared>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let known = admit(shared, arm)?;
    let method = if arm.call.method == Method::HEAD { Method::GET } else { arm.call.method.clone() };
    let mut headers = forwarded(shared, arm);
    if method == Method::PUT || method == Method::PATCH {
        set(&mut headers, "x-ms-arm-resource-system-data", &system_data(shared, arm, !known).to_string());
    }
    if has_identity(&arm.call.body) {
        identity_headers(shared, arm, &mut headers);
    }
    let target = &arm.call.target;
    let (path, query) = target.split_once('?').unwrap_or((target.as_str(), ""));
    let path: String = path.split('/').filter(|part| !part.is_empty()).fold(String::new(), |all, part| all + "/" + part);
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    let reply = send(shared, &method, &target, headers, arm.call.body.clone()).await?;
    track(shared, arm, &method, &reply);
    if arm.call.method == Method::HEAD {
        return Ok(Reply::empty(if reply.status.is_success() { 204 } else { reply.status.as_u16() }));
    }
    Ok(reply)
}

/// What ARM checks before it relays; true when ARM knows the resource already.
fn admit(shared: &Shared, arm: &ArmCall<'_>) -> Result<bool, ArmError> {
    let mut state = shared.state();
    let cx = Cx { facts: &shared.facts, state: &mut state, now: shared.clock.now() };
    let path = &arm.path;
    let Some(subscription) = &path.subscription else { return Ok(false) };
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
    let dropped = ["authorization", "host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "referer", "expect", "accept-encoding"];
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
    let host = arm.call.header("host").map(|host| format!("https://{host}")).unwrap_or_else(|| endpoints.arm.clone());
    set(&mut headers, "referer", &format!("{host}{}", arm.call.target));
    set(&mut headers, "x-ms-correlation-request-id", &arm.call.correlation_id);
    set(&mut headers, "x-ms-request-id", &arm.call.request_id);
    set(&mut headers, "x-ms-routing-request-id", &format!("LOCAL:{}", arm.call.request_id));
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

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
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
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return false };
    body.iter().any(|(name, value)| name.eq_ignore_ascii_case("identity") && value.is_object())
}

/// Where the provider gets the credentials of the resource's managed identities, and whose they are.
fn identity_headers(shared: &Shared, arm: &ArmCall<'_>, headers: &mut HeaderMap) {
    let endpoints = &shared.facts.endpoints;
    let oid = crate::seed::named_uuid(&key(&arm.path.text));
    let url = format!(
        "{}{}/credentials?tid={}&oid={oid}&aid={}",
        endpoints.identity, arm.path.text, endpoints.tenant, crate::seed::FIRST_PARTY_APP_ID
    );
    set(headers, "x-ms-identity-url", &url);
    set(headers, "x-ms-identity-principal-id", &oid.to_string());
}

/// Sends to the provider's addresses in turn; the next one is tried when one cannot be reached at all.
async fn send(shared: &Shared, method: &Method, target: &str, headers: HeaderMap, body: Bytes) -> Result<Reply, ArmError> {
    let urls = shared.rp_urls();
    if urls.is_empty() {
        return Err(unavailable());
    }
    let first = shared.next_rp.fetch_add(1, Ordering::Relaxed);
    for offset in 0..urls.len() {
        let url = format!("{}{target}", urls[(first + offset) % urls.len()].trim_end_matches('/'));
        let request = shared.relay.request(method.clone(), url).headers(headers.clone()).body(body.clone()).timeout(PATIENCE);
        match request.send().await {
            Ok(response) => return receive(response).await,
            Err(error) if error.is_connect() => tracing::debug!(%error, "a resource provider address cannot be reached"),
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
    let body = response.bytes().await.map_err(|error| if error.is_timeout() { timed_out() } else {
        ArmError::new(502, "BadGateway", format!("The resource provider '{OPENSHIFT}' broke off its answer."))
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
    let gone = reply.status == StatusCode::NOT_FOUND || reply.status == StatusCode::NO_CONTENT && method == Method::DELETE;
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

/// What ARM does after its own answer is made: telling the provider of registrations and of a group's end.
pub(super) async fn follow_up(shared: &Arc<Shared>, arm: &ArmCall<'_>, reply: &Result<Reply, ArmError>) {
    if reply.is_err() {
        return;
    }
    let path = &arm.path;
    if path.is_namespace(OPENSHIFT) && providers::is_registration(path) {
        let state = if path.types[0].eq_ignore_ascii_case("register") { "Registered" } else { "Unregistered" };
        if let Some(subscription) = &path.subscription {
            let told = notify_subscription(shared, subscription, state).await;
            if let Err(error) = told {
                tracing::warn!(code = error.code, "the resource provider could not be told of a registration");
            }
        }
    }
    // A provider learns of features with the next notification of the subscription.
    if super::types::features::is_feature(path)
        && arm.call.method == Method::POST
        && path.is_namespace(OPENSHIFT)
        && let Some(subscription) = &path.subscription
    {
        let told = notify_subscription(shared, subscription, "Registered").await;
        if let Err(error) = told {
            tracing::warn!(code = error.code, "the resource provider could not be told of a feature");
        }
    }
    if arm.call.method == Method::DELETE && path.namespace.is_none() && path.segments.len() == 4 {
        delete_relayed_of_group(shared, path);
    }
}

/// Tells the provider the state of a subscription, and remembers it once the provider has taken it.
pub(crate) async fn notify_subscription(shared: &Arc<Shared>, subscription: &str, state: &str) -> Result<(), ArmError> {
    let (tenant, features) = {
        let world = shared.state();
        let Some(one) = world.subscriptions.get(&subscription.to_lowercase()) else { return Ok(()) };
        let features: Vec<Value> =
            one.features.values().map(|name| json!({"name": name, "state": "Registered"})).collect();
        (one.tenant.clone(), features)
    };
    let body = json!({
        "state": state,
        "registrationDate": rfc3339(shared.clock.now()),
        "properties": {
            "tenantId": tenant, "locationPlacementId": "Public_2014-09-01", "quotaId": "EnterpriseAgreement_2014-09-01",
            "registeredFeatures": features, "managedByTenants": [],
        },
    });
    let mut headers = HeaderMap::new();
    set(&mut headers, "content-type", "application/json");
    set(&mut headers, "x-ms-correlation-request-id", &uuid::Uuid::new_v4().to_string());
    let target = format!("/subscriptions/{subscription}?api-version={LIFECYCLE_VERSION}");
    set(&mut headers, "referer", &format!("{}{target}", shared.facts.endpoints.arm));
    let reply = send(shared, &Method::PUT, &target, headers, Bytes::from(body.to_string())).await?;
    if !reply.status.is_success() {
        return Err(ArmError::new(reply.status.as_u16(), "SubscriptionNotificationFailed", "The provider refused the subscription state."));
    }
    let registration = if state == "Registered" { "Registered" } else { "NotRegistered" };
    shared.state().subscriptions.change(&subscription.to_lowercase(), |one| {
        one.registrations.insert(OPENSHIFT.to_lowercase(), registration.to_owned());
    });
    Ok(())
}

/// The end of a resource group: the provider is asked to delete what it has there.
fn delete_relayed_of_group(shared: &Arc<Shared>, path: &ArmPath) {
    let Some(group_key) = path.group_key() else { return };
    let resources: Vec<Relayed> =
        shared.state().relayed.under(&format!("{group_key}/")).map(|(_, one)| one.clone()).collect();
    for resource in resources {
        let shared = Arc::clone(shared);
        let stop = shared.stop.clone();
        shared.tasks.clone().spawn(async move {
            tokio::select! {
                () = delete_relayed(&shared, &resource) => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

async fn delete_relayed(shared: &Arc<Shared>, resource: &Relayed) {
    let target = format!("{}?api-version={}", resource.id, resource.api_version);
    let headers = || {
        let mut headers = HeaderMap::new();
        set(&mut headers, "referer", &format!("{}{target}", shared.facts.endpoints.arm));
        set(&mut headers, "x-ms-correlation-request-id", &uuid::Uuid::new_v4().to_string());
        set(&mut headers, "x-ms-home-tenant-id", &shared.facts.endpoints.tenant);
        set(&mut headers, "x-ms-client-tenant-id", &shared.facts.endpoints.tenant);
        headers
    };
    let until = tokio::time::Instant::now() + GROUP_DELETE_PATIENCE;
    let mut asked = false;
    while tokio::time::Instant::now() < until {
        if !asked {
            let reply = send(shared, &Method::DELETE, &target, headers(), Bytes::new()).await;
            asked = reply.is_ok_and(|reply| reply.status.is_success());
        }
        let reply = send(shared, &Method::GET, &target, headers(), Bytes::new()).await;
        if reply.is_ok_and(|reply| reply.status == StatusCode::NOT_FOUND) {
            shared.state().relayed.remove(&key(&resource.id));
            return;
        }
        tokio::time::sleep(GROUP_DELETE_POLL).await;
    }
    tracing::warn!(id = resource.id, "the resource provider did not delete a resource of a group that is to go");
}

/// How long to wait before telling the provider again.
const ANNOUNCE_AGAIN: Duration = Duration::from_millis(200);

/// Whether every subscription that is registering has become registered.
pub(crate) fn all_announced(shared: &Shared) -> bool {
    waiting(shared).is_empty()
}

fn waiting(shared: &Shared) -> Vec<String> {
    let state = shared.state();
    let registering = |one: &&crate::state::Subscription| {
        one.registrations.get(&OPENSHIFT.to_lowercase()).is_some_and(|state| state == "Registering")
    };
    state.subscriptions.values().filter(registering).map(|one| one.id.clone()).collect()
}

/// Tells the provider of registered subscriptions, in the background and until it has taken them all.
pub(crate) fn announce(shared: &Arc<Shared>) {
    {
        // A provider with an empty store must hear of subscriptions an earlier one knew.
        let mut state = shared.state();
        let ids: Vec<String> = state.subscriptions.iter().map(|(key, _)| key.clone()).collect();
        for id in ids {
            state.subscriptions.change(&id, |one| {
                if let Some(state) = one.registrations.get_mut(&OPENSHIFT.to_lowercase())
                    && state == "Registered"
                {
                    *state = "Registering".to_owned();
                }
            });
        }
    }
    let (shared, stop) = (Arc::clone(shared), shared.stop.clone());
    shared.tasks.clone().spawn(async move {
        let telling = async {
            loop {
                let left = waiting(&shared);
                if left.is_empty() {
                    break;
                }
                for subscription in left {
                    if let Err(error) = notify_subscription(&shared, &subscription, "Registered").await {
                        tracing::debug!(code = error.code, "the resource provider was not told of a subscription");
                    }
                }
                shared.announced.notify_waiters();
                if all_announced(&shared) {
                    break;
                }
                tokio::time::sleep(ANNOUNCE_AGAIN).await;
            }
            shared.announced.notify_waiters();
        };
        tokio::select! {
            () = telling => {}
            () = stop.cancelled() => {}
        }
    });
}

/// Takes up again what a restart interrupted: groups that wait for the provider's resources to go.
pub(crate) fn resume(shared: &Arc<Shared>) {
    let groups: Vec<String> =
        shared.state().resources.iter().filter(|(_, one)| one.kind == groups::KIND && one.deleting).map(|(key, _)| key.clone()).collect();
    for group in groups {
        delete_relayed_of_group(shared, &ArmPath::parse(&group));
    }
}
