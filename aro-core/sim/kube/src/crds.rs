//! Custom resource definitions: what they add to the registry, and their status.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use serde_json::{Value, json};

use crate::auth::User;
use crate::call::Target;
use crate::clock;
use crate::controllers;
use crate::crd;
use crate::lifecycle::{CLEANUP, set_condition};
use crate::meta;
use crate::options::{DeleteOptions, Propagation};
use crate::registry::{ALL_VERBS, Custom, GET_PATCH_UPDATE, Resource, Subresource, preference};
use crate::server::Inner;
use crate::types::{self, Manager, Part};
use crate::verbs::delete;
use crate::webhooks::NOBODY;
use crate::world::World;

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn texts(value: &Value, pointer: &str) -> Vec<Cow<'static, str>> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|text| Cow::Owned(text.to_owned()))
        .collect()
}

/// A version compiled; servers of one process that have the same definition share it.
fn compiled(entry: &Value) -> (Arc<crd::Version>, Arc<Value>) {
    type Known = HashMap<String, (Weak<crd::Version>, Weak<Value>)>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let text = entry.to_string();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((version, schema)) = known.get(&text)
        && let (Some(version), Some(schema)) = (version.upgrade(), schema.upgrade())
    {
        return (version, schema);
    }
    known.retain(|_, (version, _)| version.strong_count() > 0);
    let version = Arc::new(crd::Version::parse(entry));
    let schema = Arc::new(entry.pointer("/schema/openAPIV3Schema").cloned().unwrap_or_default());
    known.insert(text, (Arc::downgrade(&version), Arc::downgrade(&schema)));
    (version, schema)
}

/// The resource that a definition describes, by the names it was given.
fn resource(definition: &Value) -> Resource {
    let group = text(definition, "/spec/group").to_owned();
    let names = definition.pointer("/spec/names").cloned().unwrap_or_default();
    let kind = text(&names, "/kind").to_owned();
    let plural = text(&names, "/plural").to_owned();
    let list = definition.pointer("/spec/versions").and_then(Value::as_array);
    let mut versions = BTreeMap::new();
    let mut schemas = BTreeMap::new();
    let mut deprecated = BTreeMap::new();
    let mut served = Vec::new();
    let mut storage_version = String::new();
    let mut with: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for version in list.into_iter().flatten() {
        let name = text(version, "/name").to_owned();
        if version["deprecated"] == true {
            let warning = version["deprecationWarning"].as_str().map(str::to_owned);
            deprecated.insert(name.clone(), warning);
        }
        if version["storage"] == true {
            storage_version.clone_from(&name);
        }
        for sub in ["status", "scale"] {
            if version["subresources"].get(sub).is_some_and(|value| !value.is_null()) {
                with.entry(sub).or_default().push(name.clone());
            }
        }
        if version["served"] == true {
            served.push(name.clone());
        }
        let (compiled, schema) = compiled(version);
        schemas.insert(name.clone(), schema);
        versions.insert(name, compiled);
    }
    served.sort_by_key(|version| std::cmp::Reverse(preference(version)));
    let subresources = with
        .into_iter()
        .map(|(name, versions)| Subresource {
            name,
            group: if name == "scale" { "autoscaling" } else { "" },
            version: if name == "scale" { "v1" } else { "" },
            kind: Cow::Owned(if name == "scale" {
                "Scale".to_owned()
            } else {
                kind.clone()
            }),
            verbs: GET_PATCH_UPDATE,
            versions: Some(versions),
        })
        .collect();
    let or = |pointer: &str, other: String| match text(&names, pointer) {
        "" => other,
        given => given.to_owned(),
    };
    Resource {
        singular: or("/singular", kind.to_lowercase()).into(),
        list_kind: or("/listKind", format!("{kind}List")).into(),
        namespaced: text(definition, "/spec/scope") == "Namespaced",
        short_names: texts(&names, "/shortNames"),
        categories: texts(&names, "/categories"),
        versions: served.into_iter().map(Cow::Owned).collect(),
        storage_version: storage_version.into(),
        verbs: ALL_VERBS,
        subresources,
        generation: true,
        create_on_update: false,
        unconditional_update: false,
        returns_deleted: false,
        storage: format!("{plural}.{group}").into(),
        key_prefix: format!("{group}/{plural}").into(),
        definition: Some(Arc::new(Custom {
            name: meta::name(definition).to_owned(),
            versions,
            schemas,
            deprecated,
            terminating: meta::is_deleting(definition),
        })),
        group: group.into(),
        plural: plural.into(),
        kind: kind.into(),
    }
}

/// A definition was written: it takes effect, and its status says so.
pub(crate) fn written(server: &Inner, world: &mut World, target: &Target, definition: &Value) {
    let new = resource(definition);
    let (group, plural) = (new.group.to_string(), new.plural.to_string());
    let wanted = definition.pointer("/spec/names").cloned().unwrap_or_default();
    let had = definition.pointer("/status/acceptedNames").cloned().unwrap_or_default();
    let (accepted, clash) = names(world, &new, &wanted, &had);
    let mut object = definition.clone();
    let now = clock::seconds(server.now());
    let condition = |kind: &str, status: bool, reason: &str, message: &str| {
        json!({
            "type": kind,
            "status": if status { "True" } else { "False" },
            "lastTransitionTime": now,
            "reason": reason,
            "message": message,
        })
    };
    let established = object
        .pointer("/status/conditions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|known| known["type"] == "Established" && known["status"] == "True");
    if !meta::is_deleting(definition) {
        object["status"]["acceptedNames"] = accepted;
        match &clash {
            None => {
                settle(
                    &mut object,
                    condition("NamesAccepted", true, "NoConflicts", "no conflicts found"),
                );
                let message = "the initial names have been accepted";
                settle(
                    &mut object,
                    condition("Established", true, "InitialNamesAccepted", message),
                );
            }
            Some((reason, message)) => {
                settle(&mut object, condition("NamesAccepted", false, reason, message));
                if !established {
                    let message = "not all names are accepted";
                    settle(&mut object, condition("Established", false, "NotAccepted", message));
                }
            }
        }
    }
    let stored: Vec<String> = texts(definition, "/status/storedVersions")
        .iter()
        .map(ToString::to_string)
        .collect();
    if !new.storage_version.is_empty() && !stored.iter().any(|known| *known == new.storage_version) {
        let mut stored = stored;
        stored.push(new.storage_version.to_string());
        object["status"]["storedVersions"] = json!(stored);
    }
    if clash.is_none() || established {
        world.registry.put(new);
    }
    if object != *definition {
        let manager = Manager {
            name: "kube-apiserver",
            part: Part::Status,
            now: server.now(),
        };
        types::track(target.typed(), Some(definition), &mut object, &manager);
        world.state.put(&target.resource.storage, target.key(), object);
    }
    if meta::is_deleting(definition) {
        clean_up(server, world, &group, &plural);
    }
}

/// Sets a condition, leaving the time of one that says the same.
fn settle(object: &mut Value, condition: Value) {
    let known = object
        .pointer("/status/conditions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|known| known["type"] == condition["type"]);
    if known.is_some_and(|known| known["status"] == condition["status"] && known["reason"] == condition["reason"]) {
        return;
    }
    set_condition(object, condition);
}

/// Which names a definition gets, and the last conflict with another of its group.
fn names(world: &World, new: &Resource, wanted: &Value, had: &Value) -> (Value, Option<(&'static str, String)>) {
    let own = new
        .definition
        .as_ref()
        .map(|custom| custom.name.clone())
        .unwrap_or_default();
    let others: Vec<&Arc<Resource>> = world
        .registry
        .custom()
        .filter(|other| other.group == new.group)
        .filter(|other| other.definition.as_ref().is_none_or(|custom| custom.name != own))
        .collect();
    let taken = |name: &str| {
        others.iter().any(|other| {
            other.plural == name || other.singular == name || other.short_names.iter().any(|known| known == name)
        })
    };
    let kinds = |name: &str| others.iter().any(|other| other.kind == name || other.list_kind == name);
    let mut accepted = if had.is_object() {
        had.clone()
    } else {
        json!({"plural": "", "kind": ""})
    };
    let mut conflict = None;
    let mut settle = |field: &str, reason: &'static str, clash: Option<&str>| match clash {
        Some(name) => conflict = Some((reason, format!("\"{name}\" is already in use"))),
        None => match wanted.get(field) {
            Some(value) => accepted[field] = value.clone(),
            None => {
                if let Some(accepted) = accepted.as_object_mut() {
                    accepted.remove(field);
                }
            }
        },
    };
    settle(
        "plural",
        "PluralConflict",
        taken(&new.plural).then_some(new.plural.as_ref()),
    );
    settle(
        "singular",
        "SingularConflict",
        taken(&new.singular).then_some(new.singular.as_ref()),
    );
    let short = new.short_names.iter().find(|name| taken(name)).map(AsRef::as_ref);
    settle("shortNames", "ShortNamesConflict", short);
    settle("kind", "KindConflict", kinds(&new.kind).then_some(new.kind.as_ref()));
    settle(
        "listKind",
        "ListKindConflict",
        kinds(&new.list_kind).then_some(new.list_kind.as_ref()),
    );
    settle("categories", "", None);
    (accepted, conflict)
}

/// Deletes the objects of a definition that is going.
fn clean_up(server: &Inner, world: &mut World, group: &str, plural: &str) {
    let storage = format!("{plural}.{group}");
    let objects: Vec<Arc<Value>> = world
        .state
        .scan(&storage, "")
        .map(|(_, object)| Arc::clone(object))
        .collect();
    for object in objects {
        if meta::is_deleting(&object) {
            continue;
        }
        let options = DeleteOptions {
            propagation: Some(Propagation::Background),
            ..DeleteOptions::default()
        };
        if let Some(target) = controllers::target(world, &storage, &object)
            && let Err(status) = delete::remove(server, world, &target, &options, &User::admin(), NOBODY)
        {
            tracing::debug!(%status, "a custom resource could not be deleted");
        }
    }
    finish(server, world, &format!("{plural}.{group}"), &storage);
}

/// Lets a definition go whose objects are gone.
fn finish(server: &Inner, world: &mut World, name: &str, storage: &str) {
    const TABLE: &str = "customresourcedefinitions.apiextensions.k8s.io";
    let Some(definition) = world.state.get(TABLE, name).cloned() else {
        return;
    };
    if !meta::is_deleting(&definition)
        || !meta::finalizers(&definition).contains(&CLEANUP)
        || world.state.scan(storage, "").next().is_some()
    {
        return;
    }
    if let Some(target) = controllers::target(world, TABLE, &definition) {
        controllers::drop_finalizer(server, world, &target, CLEANUP);
    }
}

/// An object is gone: its definition may have waited for it.
pub(crate) fn object_gone(server: &Inner, world: &mut World, target: &Target) {
    if let Some(custom) = &target.resource.definition {
        finish(server, world, &custom.name.clone(), &target.resource.storage);
    }
}

/// A definition is gone, and its resource with it.
pub(crate) fn gone(world: &mut World, definition: &Value) {
    let (group, plural) = (text(definition, "/spec/group"), text(definition, "/spec/names/plural"));
    world.registry.remove(group, plural);
    world.state.wake(&format!("{plural}.{group}"));
}
