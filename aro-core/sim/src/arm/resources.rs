//! What all resource types have in common: GET, lists, PATCH, DELETE, actions. PUT is in `writing`.

use http::Method;
use serde_json::{Map, Value, json};

use super::authorization;
use super::cx::Cx;
use super::error::ArmError;
use super::front::{ArmCall, method_not_allowed};
use super::groups;
use super::id::{ArmPath, key};
use super::operations::{Monitor, watch};
use super::references::users;
use super::refusals::{busy, not_found, parent_missing};
use super::registry::{self, Flow, Kind};
use super::types::{locks, policies};
use super::writing::{Conditions, Written, check_conditions, check_tags, etag_text, put};
use crate::call::Reply;
use crate::filter::Filter;
use crate::state::{Effect, Resource, Verb};

pub(crate) fn answer(cx: &mut Cx<'_>, arm: &ArmCall<'_>, kind: &'static Kind) -> Result<Reply, ArmError> {
    let path = &arm.path;
    let own_key = key(&path.text);
    let authorize = |cx: &Cx<'_>, verb: &str, scope: &str| {
        authorization::authorize(cx.state, &arm.caller, &format!("{}/{verb}", kind.name), scope)
    };
    if !path.names_a_resource() {
        return match arm.call.method {
            Method::GET if registry::by_name(&path.kind()).is_some() => {
                // What lies below a resource is listed with rights on that resource.
                let scope = if path.types.len() > 1 {
                    path.without_last().text
                } else {
                    path.scope.clone()
                };
                authorize(cx, "read", &scope)?;
                list(cx, arm, kind)
            }
            Method::POST => {
                let resource_key = key(&path.without_last().text);
                let action = path.types.last().cloned().unwrap_or_default();
                authorize(cx, &format!("{action}/action"), &resource_key)?;
                container_exists(cx, path)?;
                if !cx.state.resources.contains(&resource_key) {
                    return Err(not_found(&path.without_last(), kind));
                }
                // A lock on writes stops every action: who asks for keys can write with them.
                locks::may_write(cx.state, kind.name, &resource_key)?;
                kind.behaviour
                    .action(cx, arm, &resource_key, &action)
                    .unwrap_or_else(|| Err(method_not_allowed(arm)))
            }
            _ => Err(method_not_allowed(arm)),
        };
    }
    match arm.call.method {
        Method::GET => {
            authorize(cx, "read", &own_key)?;
            container_exists(cx, path)?;
            let resource = cx.state.resources.get(&own_key).ok_or_else(|| not_found(path, kind))?;
            let reply = Reply::json(200, &view(cx, resource, arm.call.query("$expand")));
            Ok(if kind.etag {
                reply.with("etag", &etag_text(kind, resource))
            } else {
                reply
            })
        }
        Method::HEAD => {
            authorize(cx, "read", &own_key)?;
            Ok(Reply::empty(if cx.state.resources.contains(&own_key) {
                204
            } else {
                404
            }))
        }
        Method::PUT | Method::PATCH => {
            authorize(cx, "write", &own_key)?;
            if arm.call.method == Method::PATCH
                && let Some(tags) = only_tags(&arm.body()?)
            {
                return retag(cx, arm, kind, &own_key, tags);
            }
            let body = if arm.call.method == Method::PUT {
                arm.body()?
            } else {
                patched(cx, arm, kind, &own_key)?
            };
            let conditions = Conditions {
                if_match: arm.call.header("if-match"),
                if_none_match: arm.call.header("if-none-match"),
            };
            let written = put(cx, path, kind, body, &conditions, &arm.caller)?;
            Ok(put_reply(cx, arm, kind, &own_key, &written))
        }
        Method::DELETE => {
            authorize(cx, "delete", &own_key)?;
            delete(cx, arm, kind, &own_key)
        }
        _ => Err(method_not_allowed(arm)),
    }
}

/// The resource group and the subscription's registration, as far as the path has them.
pub(crate) fn container_exists(cx: &Cx<'_>, path: &ArmPath) -> Result<(), ArmError> {
    match path.group_key() {
        Some(group_key) => groups::exists(cx, &group_key, path.group.as_deref().unwrap_or_default()).map(|_| ()),
        None => Ok(()),
    }
}

fn list(cx: &Cx<'_>, arm: &ArmCall<'_>, kind: &Kind) -> Result<Reply, ArmError> {
    container_exists(cx, &arm.path)?;
    if arm.path.types.len() > 1 && !cx.state.resources.contains(&key(&arm.path.without_last().text)) {
        return Err(parent_missing(&arm.path.without_last()));
    }
    // A list at a scope shows what is below it; children belong to one parent, other types to a whole scope.
    let prefix = if arm.path.types.len() > 1 {
        format!("{}/", key(&arm.path.text))
    } else {
        format!("{}/", key(&arm.path.scope))
    };
    let resources = cx
        .state
        .resources
        .under(&prefix)
        .map(|(_, one)| one)
        .filter(|one| one.kind == kind.name);
    let value: Vec<Value> = resources
        .filter(|one| kind.behaviour.listed(one, arm.call.query("$filter")))
        .map(|one| view(cx, one, None))
        .collect();
    Ok(Reply::json(200, &json!({"value": value})))
}

/// The `$filter` of a list, if it has one.
pub(crate) fn filter(arm: &ArmCall<'_>) -> Result<Option<Filter>, ArmError> {
    let text = arm.call.query("$filter").map(str::trim).filter(|text| !text.is_empty());
    text.map(|text| {
        Filter::parse(text).ok_or_else(|| {
            ArmError::bad(
                "InvalidFilterInQueryString",
                format!("Invalid $filter '{text}' specified in the query string."),
            )
        })
    })
    .transpose()
}

/// Top-level resources below a prefix, in the short form of ARM's own lists.
pub(crate) fn list_all(cx: &Cx<'_>, arm: &ArmCall<'_>, prefix: &str) -> Result<Reply, ArmError> {
    let filter = filter(arm)?;
    let own = cx
        .state
        .resources
        .under(prefix)
        .filter(|(_, one)| one.kind != groups::KIND && !one.kind.starts_with("Microsoft.Authorization/"))
        .filter(|(_, one)| !one.kind.starts_with("Microsoft.Resources/"))
        .filter(|(_, one)| one.kind.matches('/').count() == 1)
        .map(|(_, one)| {
            let mut item = json!({"id": one.id, "name": one.name, "type": one.kind, "location": one.location});
            for member in ["tags", "sku", "kind", "identity", "zones", "managedBy"] {
                if let Some(value) = one.body.get(member) {
                    item[member] = value.clone();
                }
            }
            item
        });
    let relayed = cx
        .state
        .relayed
        .under(prefix)
        .map(|(_, one)| json!({"id": one.id, "name": one.name, "type": one.kind, "location": one.location}));
    let value: Vec<Value> = own
        .chain(relayed)
        .filter(|one| filter.as_ref().is_none_or(|filter| filter.fits(&filterable(one))))
        .collect();
    Ok(Reply::json(200, &json!({"value": value})))
}

/// What a filter on resources may name.
fn filterable(item: &Value) -> Value {
    let id = item["id"].as_str().unwrap_or_default();
    let mut parts = id.split('/');
    let group = parts
        .find(|part| part.eq_ignore_ascii_case("resourceGroups"))
        .and_then(|_| parts.next());
    json!({"resourceType": item["type"], "resourceGroup": group, "name": item["name"], "location": item["location"]})
}

/// The stored body changed by a merge patch.
fn patched(cx: &Cx<'_>, arm: &ArmCall<'_>, kind: &Kind, own_key: &str) -> Result<Value, ArmError> {
    let patch = arm.body()?;
    container_exists(cx, &arm.path)?;
    let resource = cx
        .state
        .resources
        .get(own_key)
        .ok_or_else(|| not_found(&arm.path, kind))?;
    let mut body = Value::Object(resource.body.clone());
    if let Some(location) = &resource.location {
        body["location"] = json!(location);
    }
    merge(&mut body, patch);
    strip(&mut body);
    Ok(body)
}

/// The tags, where a patch says nothing else.
fn only_tags(patch: &Value) -> Option<Value> {
    let patch = patch.as_object()?;
    let tags = patch.get("tags").filter(|tags| tags.is_object())?;
    (patch.len() == 1).then(|| tags.clone())
}

/// Tags are replaced as a whole, at once and by ARM alone.
fn retag(cx: &mut Cx<'_>, arm: &ArmCall<'_>, kind: &Kind, own_key: &str, tags: Value) -> Result<Reply, ArmError> {
    container_exists(cx, &arm.path)?;
    if !cx.state.resources.contains(own_key) {
        return Err(not_found(&arm.path, kind));
    }
    set_tags(cx, own_key, tags)?;
    let shown = cx.state.resources.get(own_key).map(|tagged| view(cx, tagged, None));
    Ok(Reply::json(200, &shown.unwrap_or_default()))
}

/// Gives a resource other tags, unless a lock, a policy or their form stands against it.
pub(crate) fn set_tags(cx: &mut Cx<'_>, own_key: &str, tags: Value) -> Result<(), ArmError> {
    let Some(mut tagged) = cx.state.resources.get(own_key).cloned() else {
        return Ok(());
    };
    locks::may_write(cx.state, &tagged.kind, own_key)?;
    check_tags(&tags)?;
    tagged.body.insert("tags".to_owned(), tags);
    policies::check(
        cx.state,
        &tagged.id,
        &tagged.kind,
        tagged.location.as_deref(),
        &tagged.body,
    )?;
    cx.state.resources.put(own_key.to_owned(), tagged);
    Ok(())
}

/// RFC 7396.
fn merge(into: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *into = patch;
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Value::Object(into) = into else { return };
    for (name, value) in patch {
        if value.is_null() {
            into.remove(&name);
        } else {
            merge(into.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Takes our own bookkeeping (`_…`) out of a body.
fn strip(body: &mut Value) {
    if let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !name.starts_with('_'));
    }
}

fn put_reply(cx: &Cx<'_>, arm: &ArmCall<'_>, kind: &Kind, own_key: &str, written: &Written) -> Reply {
    // A role definition is always answered as if it were new.
    let status = if written.created || kind.name == super::roles::ROLE_DEFINITION {
        201
    } else {
        200
    };
    let Some(resource) = cx.state.resources.get(own_key) else {
        return Reply::empty(204);
    };
    let body = view(cx, resource, None);
    let Some(operation) = &written.operation else {
        let reply = Reply::json(status, &body);
        return if kind.etag {
            reply.with("etag", &etag_text(kind, resource))
        } else {
            reply
        };
    };
    match kind.put {
        Flow::Watched => watch(cx, arm, operation, Monitor::Provider, false, Reply::json(status, &body)),
        Flow::Deployed => watch(
            cx,
            arm,
            operation,
            Monitor::Deployment,
            false,
            Reply::json(status, &body),
        ),
        Flow::Accepted => watch(cx, arm, operation, Monitor::Provider, true, Reply::json(202, &body)),
        Flow::AcceptedWhenNew | Flow::Now => {
            let mut reply = watch(cx, arm, operation, Monitor::Provider, true, Reply::empty(202));
            reply.headers.remove("azure-asyncoperation");
            reply
        }
    }
}

fn delete(cx: &mut Cx<'_>, arm: &ArmCall<'_>, kind: &'static Kind, own_key: &str) -> Result<Reply, ArmError> {
    container_exists(cx, &arm.path)?;
    let Some(resource) = cx.state.resources.get(own_key).cloned() else {
        return Ok(Reply::empty(204));
    };
    check_conditions(
        kind,
        Some(&resource),
        &Conditions {
            if_match: arm.call.header("if-match"),
            if_none_match: None,
        },
    )?;
    if let Some(operation) = cx
        .running(resource.operation.as_ref())
        .map(|operation| operation.id.clone())
    {
        if resource.deleting {
            return Ok(watch(cx, arm, &operation, Monitor::Provider, true, Reply::empty(202)));
        }
        return Err(busy(kind, &operation));
    }
    locks::may_delete(cx.state, kind.name, own_key)?;
    may_delete(cx, kind, own_key, &resource)?;
    match kind.delete {
        Flow::Now => {
            let shown = view(cx, &resource, None);
            remove(cx, own_key);
            // Role assignments answer with what was there; others with nothing.
            Ok(if kind.name.starts_with("Microsoft.Authorization/") {
                Reply::json(200, &shown)
            } else {
                Reply::empty(200)
            })
        }
        _ => {
            let operation = cx.begin(
                &resource.id,
                Verb::Delete,
                cx.facts.pace.base_of(kind.name, kind.delete_time),
                Effect::Remove,
            );
            cx.state.resources.change(own_key, |resource| {
                resource.deleting = true;
                resource.operation = Some(operation.clone());
                resource
                    .properties_mut()
                    .insert("provisioningState".to_owned(), json!("Deleting"));
            });
            Ok(watch(cx, arm, &operation, Monitor::Provider, true, Reply::empty(202)))
        }
    }
}

/// Refuses what Azure refuses to delete.
pub(crate) fn may_delete(cx: &Cx<'_>, kind: &Kind, own_key: &str, resource: &Resource) -> Result<(), ArmError> {
    kind.behaviour.may_delete(cx, resource)?;
    let users: Vec<String> = users(cx.state, own_key).map(|(_, one)| one.id.clone()).collect();
    if users.is_empty() {
        Ok(())
    } else {
        (kind.in_use)(resource, &users).map_or(Ok(()), Err)
    }
}

/// Takes a resource and everything below it out of the world.
pub(crate) fn remove(cx: &mut Cx<'_>, own_key: &str) {
    let prefix = format!("{own_key}/");
    let below: Vec<String> = cx.state.resources.under(&prefix).map(|(key, _)| key.clone()).collect();
    for one in below.iter().map(String::as_str).chain([own_key]) {
        let Some(resource) = cx.state.resources.remove(one) else {
            continue;
        };
        if let Some(kind) = registry::by_name(&resource.kind) {
            kind.behaviour.deleted(cx, one, &resource);
        }
    }
}

/// A resource as its provider shows it.
pub(crate) fn view(cx: &Cx<'_>, resource: &Resource, expand: Option<&str>) -> Value {
    if resource.kind == groups::KIND {
        return groups::view(resource);
    }
    let mut body = Value::Object(resource.body.clone());
    strip(&mut body);
    body["id"] = json!(resource.id);
    body["name"] = json!(resource.name);
    body["type"] = json!(resource.kind);
    if let Some(location) = &resource.location {
        body["location"] = json!(location);
    }
    if let Some(kind) = registry::by_name(&resource.kind) {
        if kind.etag {
            body["etag"] = json!(etag_text(kind, resource));
        }
        kind.behaviour.view(cx, resource, expand, &mut body);
    }
    body
}
