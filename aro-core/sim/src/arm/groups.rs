//! Resource groups.

use std::time::Duration;

use http::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::authorization;
use super::cx::Cx;
use super::error::ArmError;
use super::front::{ArmCall, method_not_allowed};
use super::id::key;
use super::operations::{Monitor, accepted};
use super::resources;
use super::types::{locks, policies};
use super::writing::{check_tags, known_location};
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::state::{Effect, Resource, Verb};

pub(crate) const KIND: &str = "Microsoft.Resources/resourceGroups";
/// How policies call a group.
const POLICY_TYPE: &str = "Microsoft.Resources/subscriptions/resourceGroups";
const DELETE_TIME: Duration = Duration::from_millis(200);

pub(super) fn answer(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let group_key = arm.path.group_key().unwrap_or_default();
    let name = arm.path.group.clone().unwrap_or_default();
    if let Some(below) = arm.path.segments.get(4) {
        if below.eq_ignore_ascii_case("resources") && arm.path.segments.len() == 5 {
            exists(cx, &group_key, &name)?;
            return resources::list_all(cx, arm, &format!("{group_key}/"));
        }
        return Err(ArmError::new(
            404,
            "InvalidResourceType",
            format!("The resource type '{below}' could not be found below a resource group."),
        ));
    }
    let action = |verb: &str| format!("Microsoft.Resources/subscriptions/resourceGroups/{verb}");
    let authorize =
        |cx: &Cx<'_>, verb: &str| authorization::authorize(cx.state, &arm.caller, &action(verb), &group_key);
    match arm.call.method {
        Method::GET => {
            authorize(cx, "read")?;
            Ok(Reply::json(200, &view(exists(cx, &group_key, &name)?)))
        }
        Method::HEAD => {
            authorize(cx, "read")?;
            Ok(Reply::empty(if cx.state.resources.contains(&group_key) {
                204
            } else {
                404
            }))
        }
        Method::PUT => {
            authorize(cx, "write")?;
            put(cx, arm, &group_key, &name)
        }
        Method::PATCH => {
            authorize(cx, "write")?;
            patch(cx, arm, &group_key, &name)
        }
        Method::DELETE => {
            authorize(cx, "delete")?;
            delete(cx, arm, &group_key, &name)
        }
        _ => Err(method_not_allowed(arm)),
    }
}

pub(super) fn list(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let prefix = format!("{}/", arm.path.text.to_lowercase());
    let groups = cx
        .state
        .resources
        .under(&prefix)
        .map(|(_, one)| one)
        .filter(|one| one.kind == KIND);
    let filter = resources::filter(arm)?;
    let tagged = groups.filter(|one| {
        let tags = one.body.get("tags").and_then(Value::as_object);
        let mut rows = tags
            .into_iter()
            .flatten()
            .map(|(name, value)| json!({"tagName": name, "tagValue": value}));
        filter.as_ref().is_none_or(|filter| rows.any(|row| filter.fits(&row)))
    });
    let visible = tagged.filter(|one| authorization::sees(cx.state, &arm.caller.oid, &key(&one.id)));
    Ok(Reply::json(
        200,
        &json!({"value": visible.map(view).collect::<Vec<_>>()}),
    ))
}

/// The group, or what ARM says when it is missing.
pub(crate) fn exists<'a>(cx: &'a Cx<'_>, group_key: &str, name: &str) -> Result<&'a Resource, ArmError> {
    cx.state.resources.get(group_key).ok_or_else(|| {
        ArmError::new(
            404,
            "ResourceGroupNotFound",
            format!("Resource group '{name}' could not be found."),
        )
    })
}

fn put(cx: &mut Cx<'_>, arm: &ArmCall<'_>, group_key: &str, name: &str) -> Result<Reply, ArmError> {
    let Value::Object(mut body) = arm.body()? else {
        return Err(method_not_allowed(arm));
    };
    check_name(name)?;
    let known = ["location", "tags", "managedBy", "properties", "id", "name", "type"];
    if let Some(unknown) = body.keys().find(|member| !known.contains(&member.as_str())) {
        return Err(ArmError::bad(
            "InvalidRequestContent",
            format!(
                "The request content was invalid and could not be deserialized: 'Could not find member '{unknown}' on \
                 object of type 'ResourceGroupDefinition'. Path '{unknown}', line 1.'."
            ),
        ));
    }
    let Some(location) = body.get("location").and_then(Value::as_str).map(known_location) else {
        return Err(ArmError::bad(
            "LocationRequired",
            "The location property is required for this definition.",
        ));
    };
    let Some(location) = location else {
        return Err(ArmError::bad(
            "LocationNotAvailableForResourceGroup",
            format!(
                "The provided location '{}' is not available for resource group.",
                body["location"]
            ),
        ));
    };
    let old = cx.state.resources.get(group_key).cloned();
    let managed_by = body.remove("managedBy");
    if let Some(old) = &old {
        if old.deleting {
            return Err(being_deleted(name));
        }
        if old.location.as_deref() != Some(&location) {
            return Err(ArmError::new(
                409,
                "InvalidResourceGroupLocation",
                format!(
                    "Invalid resource group location '{location}'. The Resource group already exists in location '{}'.",
                    old.location.as_deref().unwrap_or_default()
                ),
            ));
        }
        let owner = old.body.get("managedBy").and_then(Value::as_str).unwrap_or_default();
        if managed_by
            .as_ref()
            .and_then(Value::as_str)
            .is_some_and(|new| !new.eq_ignore_ascii_case(owner))
        {
            return Err(ArmError::new(
                409,
                "ResourceGroupManagedByMismatch",
                format!("Resource group '{name}' is managed by '{owner}'; its managedBy property cannot be changed."),
            ));
        }
    }
    let managed_by = managed_by
        .filter(|one| !one.is_null())
        .or_else(|| old.as_ref()?.body.get("managedBy").cloned());
    let mut stored = Map::new();
    stored.insert(
        "tags".to_owned(),
        body.remove("tags")
            .filter(|tags| !tags.is_null())
            .unwrap_or_else(|| json!({})),
    );
    if let Some(managed_by) = managed_by {
        stored.insert("managedBy".to_owned(), managed_by);
    }
    stored.insert("properties".to_owned(), json!({"provisioningState": "Succeeded"}));
    let created = old.is_none();
    check_tags(&stored["tags"])?;
    locks::may_write(cx.state, KIND, group_key)?;
    policies::check(cx.state, &arm.path.text, POLICY_TYPE, Some(&location), &stored)?;
    let at = rfc3339(cx.now);
    let group = Resource {
        id: old.as_ref().map_or_else(
            || {
                format!(
                    "/subscriptions/{}/resourceGroups/{name}",
                    arm.path.subscription.as_deref().unwrap_or_default()
                )
            },
            |old| old.id.clone(),
        ),
        kind: KIND.to_owned(),
        name: old.as_ref().map_or_else(|| name.to_owned(), |old| old.name.clone()),
        location: Some(location),
        body: stored,
        etag: Uuid::new_v4().to_string(),
        created_at: old.map_or_else(|| at.clone(), |old| old.created_at),
        changed_at: at,
        operation: None,
        deleting: false,
        refs: Vec::new(),
    };
    let reply = Reply::json(if created { 201 } else { 200 }, &view(&group));
    cx.state.resources.put(group_key.to_owned(), group);
    Ok(reply)
}

fn patch(cx: &mut Cx<'_>, arm: &ArmCall<'_>, group_key: &str, name: &str) -> Result<Reply, ArmError> {
    let body = arm.body()?;
    if exists(cx, group_key, name)?.deleting {
        return Err(being_deleted(name));
    }
    match body.get("tags") {
        Some(tags) => set_tags(cx, group_key, tags.clone())?,
        None => locks::may_write(cx.state, KIND, group_key)?,
    }
    Ok(Reply::json(200, &view(exists(cx, group_key, name)?)))
}

/// Gives a group other tags, unless a lock or their form stands against it.
pub(super) fn set_tags(cx: &mut Cx<'_>, group_key: &str, tags: Value) -> Result<(), ArmError> {
    check_tags(&tags)?;
    locks::may_write(cx.state, KIND, group_key)?;
    let changed_at = rfc3339(cx.now);
    cx.state.resources.change(group_key, |group| {
        group.body.insert("tags".to_owned(), tags);
        group.changed_at = changed_at;
    });
    Ok(())
}

fn delete(cx: &mut Cx<'_>, arm: &ArmCall<'_>, group_key: &str, name: &str) -> Result<Reply, ArmError> {
    let group = exists(cx, group_key, name)?;
    locks::may_delete(cx.state, KIND, group_key)?;
    let id = group.id.clone();
    let running = cx
        .running(group.operation.as_ref())
        .map(|operation| operation.id.clone());
    let operation = match running {
        Some(operation) if group.deleting => operation,
        _ => {
            let operation = cx.begin(
                &id,
                Verb::Delete,
                cx.facts.pace.base_of(KIND, DELETE_TIME),
                Effect::RemoveGroup,
            );
            cx.state.resources.change(group_key, |group| {
                group.deleting = true;
                group.operation = Some(operation.clone());
                group
                    .properties_mut()
                    .insert("provisioningState".to_owned(), json!("Deleting"));
            });
            operation
        }
    };
    Ok(accepted(cx, arm, &operation, Monitor::Group))
}

pub(crate) fn being_deleted(name: &str) -> ArmError {
    ArmError::new(
        409,
        "ResourceGroupBeingDeleted",
        format!("The resource group '{name}' is in deprovisioning state and cannot perform this operation."),
    )
}

fn check_name(name: &str) -> Result<(), ArmError> {
    let good = name.chars().all(|c| c.is_alphanumeric() || "-_().".contains(c));
    if name.chars().count() <= 90 && good && !name.ends_with('.') {
        return Ok(());
    }
    Err(ArmError::bad(
        "InvalidResourceGroup",
        format!(
            "The provided resource group name '{name}' has these invalid characters or length: it may have up to 90 \
             letters, digits, and -_(). and may not end with a period."
        ),
    ))
}

pub(crate) fn view(group: &Resource) -> Value {
    let mut view = group.body.clone();
    view.insert("id".to_owned(), json!(group.id));
    view.insert("name".to_owned(), json!(group.name));
    view.insert("type".to_owned(), json!(KIND));
    view.insert("location".to_owned(), json!(group.location));
    Value::Object(view)
}
