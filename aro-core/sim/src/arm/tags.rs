//! The tags of a subscription, a group or a resource, apart from the rest of it: `{scope}/providers/Microsoft.Resources/tags/default`.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value, json};

use super::cx::Cx;
use super::error::ArmError;
use super::front::{ArmCall, OPENSHIFT, method_not_allowed};
use super::id::{ArmPath, key};
use super::writing::check_tags;
use super::{authorization, groups, relay, resources};
use crate::call::{Call, Reply};
use crate::shared::Shared;

const KIND: &str = "Microsoft.Resources/tags";

/// Whether the tags of something are asked for.
pub(super) fn is_for(path: &ArmPath) -> bool {
    path.kind().eq_ignore_ascii_case(KIND) && path.names.len() == 1 && path.name().eq_ignore_ascii_case("default")
}

/// Whether they are those of a resource that the provider behind the relay keeps.
pub(super) fn is_of_provider(path: &ArmPath) -> bool {
    is_for(path) && ArmPath::parse(&path.scope).is_namespace(OPENSHIFT)
}

/// Tags of what ARM keeps itself.
pub(super) fn answer(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let holder = key(&arm.path.scope);
    authorization::authorize(cx.state, &arm.caller, &format!("{KIND}/{}", verb(arm)?), &holder)?;
    resources::container_exists(cx, &arm.path)?;
    let Some(current) = current(cx, &arm.path, &holder) else {
        return Err(missing(&arm.path));
    };
    let Some(wanted) = wanted(arm, current.clone())? else {
        return Ok(shown(&arm.path, &current));
    };
    check_tags(&Value::Object(wanted.clone()))?;
    if is_subscription(&arm.path) {
        cx.state
            .subscriptions
            .change(&subscription(&arm.path), |one| one.tags.clone_from(&wanted));
    } else if arm.path.scope_is_group() {
        groups::set_tags(cx, &holder, Value::Object(wanted.clone()))?;
    } else {
        resources::set_tags(cx, &holder, Value::Object(wanted.clone()))?;
    }
    Ok(shown(&arm.path, &wanted))
}

/// Tags of what the provider keeps: it is asked for its resource, and told to change the tags of it.
pub(super) async fn relayed(shared: &Arc<Shared>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    verb(arm)?;
    let version = shared
        .state()
        .relayed
        .get(&key(&arm.path.scope))
        .map(|one| one.api_version.clone());
    let Some(version) = version else {
        return Err(missing(&arm.path));
    };
    let ask = |method: Method, body: Bytes| {
        let (caller, path) = (arm.caller.clone(), ArmPath::parse(&arm.path.scope));
        let target = format!("{}?api-version={version}", arm.path.scope);
        let call = Call {
            number: arm.call.number,
            plane: arm.call.plane,
            method,
            path: arm.path.scope.clone(),
            target,
            query: vec![("api-version".to_owned(), version.clone())],
            headers: headers_for(&arm.call.headers, &body),
            body,
            request_id: arm.call.request_id.clone(),
            correlation_id: arm.call.correlation_id.clone(),
            caller: arm.call.caller.clone(),
            doomed: None,
        };
        async move {
            relay::answer(
                shared,
                &ArmCall {
                    call: &call,
                    path,
                    caller,
                },
            )
            .await
        }
    };
    let read = ask(Method::GET, Bytes::new()).await?;
    if !read.status.is_success() {
        return Ok(read);
    }
    let body: Value = serde_json::from_slice(&read.body).unwrap_or_default();
    let current = body["tags"].as_object().cloned().unwrap_or_default();
    let Some(wanted) = wanted(arm, current.clone())? else {
        return Ok(shown(&arm.path, &current));
    };
    check_tags(&Value::Object(wanted.clone()))?;
    let written = ask(Method::PATCH, Bytes::from(json!({"tags": wanted}).to_string())).await?;
    if !written.status.is_success() {
        return Ok(written);
    }
    let mut reply = shown(&arm.path, &wanted);
    // The provider may still be at it; who waits watches its operation.
    if written.headers.contains_key("azure-asyncoperation") {
        reply.status = StatusCode::ACCEPTED;
        for name in ["azure-asyncoperation", "location", "retry-after"] {
            if let Some(value) = written.headers.get(name) {
                reply.headers.insert(name, value.clone());
            }
        }
    }
    Ok(reply)
}

/// The client's headers, less those that speak of another body.
fn headers_for(given: &HeaderMap, body: &Bytes) -> HeaderMap {
    let mut headers = given.clone();
    headers.remove(http::header::CONTENT_TYPE);
    if !body.is_empty() {
        headers.insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static("application/json"),
        );
    }
    headers
}

fn verb(arm: &ArmCall<'_>) -> Result<&'static str, ArmError> {
    match arm.call.method {
        Method::GET => Ok("read"),
        Method::PUT | Method::PATCH => Ok("write"),
        Method::DELETE => Ok("delete"),
        _ => Err(method_not_allowed(arm)),
    }
}

fn missing(path: &ArmPath) -> ArmError {
    ArmError::new(
        404,
        "ResourceNotFound",
        format!("The resource '{}' whose tags are asked for was not found.", path.scope),
    )
}

fn is_subscription(path: &ArmPath) -> bool {
    path.scope.matches('/').count() == 2
}

fn subscription(path: &ArmPath) -> String {
    path.subscription.as_deref().unwrap_or_default().to_lowercase()
}

/// The tags now; `None` where there is nothing to have any.
fn current(cx: &Cx<'_>, path: &ArmPath, holder: &str) -> Option<Map<String, Value>> {
    if is_subscription(path) {
        return Some(cx.state.subscriptions.get(&subscription(path))?.tags.clone());
    }
    let tags = cx
        .state
        .resources
        .get(holder)?
        .body
        .get("tags")
        .and_then(Value::as_object);
    Some(tags.cloned().unwrap_or_default())
}

/// The tags that are to be; `None` where they are only read.
fn wanted(arm: &ArmCall<'_>, mut current: Map<String, Value>) -> Result<Option<Map<String, Value>>, ArmError> {
    if arm.call.method == Method::GET {
        return Ok(None);
    }
    if arm.call.method == Method::DELETE {
        return Ok(Some(Map::new()));
    }
    let body = arm.body()?;
    let Some(given) = body["properties"]["tags"].as_object().cloned() else {
        return Err(ArmError::bad(
            "InvalidRequestContent",
            "The request content was invalid: 'properties.tags' must be an object of names and values.",
        ));
    };
    let operation = match (&arm.call.method, body["operation"].as_str()) {
        (&Method::PUT, _) => "replace".to_owned(),
        (_, Some(operation)) => operation.to_lowercase(),
        (_, None) => String::new(),
    };
    match operation.as_str() {
        "replace" => current = given,
        "merge" => current.extend(given),
        "delete" => current.retain(|name, value| given.get(name) != Some(value)),
        _ => {
            return Err(ArmError::bad(
                "InvalidTagsPatchOperation",
                "The 'operation' of a change of tags is 'Replace', 'Merge' or 'Delete'.",
            ));
        }
    }
    Ok(Some(current))
}

fn shown(path: &ArmPath, tags: &Map<String, Value>) -> Reply {
    Reply::json(
        200,
        &json!({
            "id": format!("{}/providers/{KIND}/default", path.scope), "name": "default", "type": KIND,
            "properties": {"tags": tags},
        }),
    )
}

/// `…/tagNames`: every tag in use in a subscription, with how often.
pub(super) fn names(cx: &Cx<'_>, arm: &ArmCall<'_>, subscription: &str) -> Result<Reply, ArmError> {
    let scope = format!("/subscriptions/{subscription}");
    let action = "Microsoft.Resources/subscriptions/tagNames/read";
    authorization::authorize(cx.state, &arm.caller, action, &scope)?;
    let own = cx
        .state
        .subscriptions
        .get(subscription)
        .map(|one| one.tags.clone())
        .unwrap_or_default();
    let below = cx.state.resources.rows_under(&format!("{scope}/"));
    let below = below
        .into_iter()
        .filter_map(|one| one.body.get("tags").and_then(Value::as_object));
    let mut counts = std::collections::BTreeMap::<&str, std::collections::BTreeMap<&str, u64>>::new();
    for (name, value) in below.chain([&own]).flatten() {
        *counts
            .entry(name)
            .or_default()
            .entry(value.as_str().unwrap_or_default())
            .or_default() += 1;
    }
    let total = |value: u64| json!({"type": "Total", "value": value});
    let rows = counts.iter().map(|(name, values)| {
        let id = format!("{scope}/tagNames/{name}");
        let each = values.iter().map(|(value, count)| {
            json!({"id": format!("{id}/tagValues/{value}"), "tagValue": value, "count": total(*count)})
        });
        json!({"id": id, "tagName": name, "count": total(values.values().sum()), "values": each.collect::<Vec<_>>()})
    });
    Ok(Reply::json(200, &json!({"value": rows.collect::<Vec<_>>()})))
}
