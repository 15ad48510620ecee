//! Scale: replicas of a workload, through one kind.

use http::Method;
use serde_json::{Value, json};

use crate::call::{Call, Reply, Target};
use crate::meta;
use crate::options;
use crate::server::Inner;
use crate::status::{Cause, Qualified, Status};
use crate::types::{self, Manager, Part};
use crate::verbs::decode::{self, Wanted};
use crate::verbs::patch;
use crate::verbs::update::{self, Changed};

/// Where a workload keeps what a Scale shows.
struct Places {
    replicas: String,
    status: String,
    selector: Option<String>,
}

fn pointer(path: &str) -> String {
    format!("/{}", path.trim_start_matches('.').replace('.', "/"))
}

fn places(target: &Target) -> Places {
    match target
        .resource
        .custom_version(&target.version)
        .and_then(|version| version.scale.as_ref())
    {
        None => Places {
            replicas: "/spec/replicas".to_owned(),
            status: "/status/replicas".to_owned(),
            selector: None,
        },
        Some(scale) => Places {
            replicas: pointer(&scale.spec_replicas),
            status: pointer(&scale.status_replicas),
            selector: scale.selector.as_deref().map(pointer),
        },
    }
}

/// The selector of a workload as text.
fn selector_text(selector: Option<&Value>) -> String {
    let Some(selector) = selector else {
        return String::new();
    };
    // Replication controllers have the labels themselves.
    let labels = selector.get("matchLabels").unwrap_or(selector);
    let mut terms: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| value.as_str().map(|value| format!("{name}={value}")))
        .collect();
    for entry in selector
        .get("matchExpressions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let key = entry["key"].as_str().unwrap_or_default();
        let mut values: Vec<&str> = entry["values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        values.sort_unstable();
        terms.push(match entry["operator"].as_str() {
            Some("In") => format!("{key} in ({})", values.join(",")),
            Some("NotIn") => format!("{key} notin ({})", values.join(",")),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    terms.sort();
    terms.join(",")
}

fn show(target: &Target, object: &Value) -> Value {
    let places = places(target);
    let number = |pointer: &str| object.pointer(pointer).and_then(Value::as_i64);
    let mut metadata = json!({
        "name": meta::name(object),
        "uid": meta::uid(object),
        "resourceVersion": meta::resource_version(object),
        "creationTimestamp": meta::text(object, "creationTimestamp"),
    });
    if let Some(namespace) = &target.namespace {
        metadata["namespace"] = Value::from(namespace.as_str());
    }
    let mut spec = json!({});
    if let Some(replicas) = number(&places.replicas).filter(|replicas| *replicas != 0) {
        spec["replicas"] = Value::from(replicas);
    }
    let mut status = json!({"replicas": number(&places.status).unwrap_or_default()});
    let selector = match &places.selector {
        Some(pointer) => object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        None if target.resource.is_custom() => String::new(),
        None => selector_text(object.pointer("/spec/selector")),
    };
    if !selector.is_empty() {
        status["selector"] = Value::from(selector);
    }
    json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status})
}

pub(crate) fn answer(server: &Inner, call: &Call, target: &Target, method: &Method) -> Result<Reply, Status> {
    let (resource, typed) = (&target.resource, target.typed());
    let mut world = server.world();
    let missing = || Status::not_found(resource.qualified(), &target.name);
    let current = world
        .state
        .get(&resource.storage, &target.key())
        .cloned()
        .ok_or_else(missing)?;
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(Reply::object(200, show(target, &current)));
    }
    let before = show(target, &current);
    let applies = call.media() == patch::APPLY;
    let kind = if *method == Method::PUT {
        "UpdateOptions"
    } else {
        "PatchOptions"
    };
    let options = options::write(&call.query, kind, *method == Method::PATCH && applies)?;
    let wanted = Wanted::of(target);
    let scale = if *method == Method::PUT {
        drop(world);
        let mut decoded = decode::parse(call, &wanted)?;
        decode::check_kind(server, call, &wanted, &mut decoded.value)?;
        update::check_name(target, &decoded.value)?;
        world = server.world();
        decoded.value
    } else if applies {
        if resource.is_custom() {
            return Err(Status::internal(
                "failed to create manager for existing fields: failed to convert live object (/; autoscaling/v1, Kind=Scale) \
                 to proper version: request to convert CR to an invalid group/version: autoscaling/v1",
            ));
        }
        let decoded = crate::body::yaml(&call.body).map_err(|why| {
            Status::bad_request(format!(
                "error decoding YAML: error converting YAML to JSON: yaml: {why}"
            ))
        })?;
        let mut scale = before.clone();
        types::merge(&mut scale, &decoded.value);
        scale
    } else {
        let (document, _) = patch::document(call, resource.is_custom())?;
        document.apply_to(target, &before)?
    };
    let replicas = scale
        .pointer("/spec/replicas")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    if replicas < 0 && !resource.is_custom() {
        let cause = Cause::invalid(
            "spec.replicas",
            &Value::from(replicas),
            "must be greater than or equal to 0",
        );
        let kind = Qualified {
            name: "Scale",
            group: "autoscaling",
        };
        return Err(Status::invalid(kind, &target.name, &[cause]));
    }
    let version = meta::resource_version(&scale).to_owned();
    if !version.is_empty() && version != meta::resource_version(&current) {
        return Err(Status::modified(resource.qualified(), &target.name));
    }
    let uid = meta::uid(&scale);
    if !uid.is_empty() && uid != meta::uid(&current) {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            meta::uid(&current)
        );
        return Err(Status::conflict(resource.qualified(), &target.name, &why));
    }
    let places = places(target);
    let shown = types::show(typed, &current);
    let name = call.manager(options.field_manager.as_deref());
    let manager = Manager {
        name: &name,
        part: Part::Scale,
        now: server.now(),
    };
    let mut object = if applies {
        let mut applied = json!({
            "apiVersion": resource.api_version(&target.version),
            "kind": resource.kind,
            "metadata": {"name": target.name},
        });
        if let Some(namespace) = &target.namespace {
            meta::set(&mut applied, "namespace", namespace.as_str());
        }
        put(&mut applied, &places.replicas, Value::from(replicas));
        types::apply(typed, Some(&shown), &applied, &manager, options.force)?
    } else {
        let mut object = shown.clone();
        put(&mut object, &places.replicas, Value::from(replicas));
        types::track(typed, Some(&shown), &mut object, &manager);
        object
    };
    settle_owners(&mut object, &shown, &places.replicas);
    let changed = Changed {
        target,
        object,
        part: Part::Scale,
        user: &call.user,
        dry_run: options.dry_run,
        applied: applies,
        hooks: &call.hooks,
    };
    let (object, warnings) = update::store(server, &mut world, changed)?;
    Ok(Reply::Object {
        code: 200,
        object: show(target, &object),
        warnings,
    })
}

/// Owners through a Scale have no time. A plain update takes the field from who had it in the object; from who had it
/// through a Scale, or from nobody, it takes it and nobody has it then.
fn settle_owners(object: &mut Value, before: &Value, replicas: &str) {
    let keys: Vec<String> = replicas
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| format!("f:{segment}"))
        .collect();
    let had = before
        .pointer("/metadata/managedFields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|owner| {
            let field = keys.iter().try_fold(&owner["fieldsV1"], |at, key| at.get(key));
            owner["subresource"] != "scale" && field.is_some()
        });
    let Some(owners) = object
        .pointer_mut("/metadata/managedFields")
        .and_then(Value::as_array_mut)
    else {
        return;
    };
    owners.retain(|owner| had || owner["subresource"] != "scale" || owner["operation"] == "Apply");
    for owner in owners.iter_mut().filter(|owner| owner["subresource"] == "scale") {
        if let Some(members) = owner.as_object_mut() {
            members.remove("time");
        }
    }
}

/// Sets a value by pointer, making the objects on the way.
fn put(object: &mut Value, pointer: &str, value: Value) {
    let mut at = object;
    for segment in pointer.split('/').filter(|segment| !segment.is_empty()) {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[segment];
    }
    *at = value;
}
