//! What follows from a change, under the same lock: definitions take effect, namespaces empty, garbage goes.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::auth::User;
use crate::call::Target;
use crate::crds;
use crate::meta;
use crate::options::{DeleteOptions, Propagation};
use crate::registry::Resource;
use crate::server::Inner;
use crate::verbs::delete;
use crate::webhooks::NOBODY;
use crate::world::World;

const CRDS: (&str, &str) = ("apiextensions.k8s.io", "customresourcedefinitions");

pub(crate) fn after_write(server: &Inner, world: &mut World, target: &Target, object: &Value) {
    note_owners(world, target, object);
    if target.resource.is(CRDS.0, CRDS.1) {
        crds::written(server, world, target, object);
        return;
    }
    let controllers = server.options.controllers;
    if target.resource.is_core("namespaces") {
        if meta::is_deleting(object) {
            if controllers.namespaces {
                empty_namespace(server, world, meta::name(object));
            }
        } else if controllers.service_accounts {
            furnish(server, world, meta::name(object));
        }
    }
    if controllers.kubelets && target.resource.is_core("pods") && meta::is_deleting(object) {
        if meta::finalizers(object).is_empty()
            && let Some(last) = world.state.remove(&target.resource.storage, &target.key())
        {
            server.after_delete(world, target, &last);
        }
        return;
    }
    if controllers.garbage && meta::is_deleting(object) {
        work_off(server, world, target, object);
    }
}

pub(crate) fn after_delete(server: &Inner, world: &mut World, target: &Target, object: &Value) {
    forget_owners(world, target, object);
    if target.resource.is(CRDS.0, CRDS.1) {
        crds::gone(world, object);
    }
    let controllers = server.options.controllers;
    if controllers.garbage {
        collect(server, world, meta::uid(object));
        for owner in owner_uids(object) {
            owner_lost_one(server, world, &owner);
        }
    }
    if controllers.namespaces && target.resource.namespaced {
        finish_namespace(server, world, meta::namespace(object));
    }
    crds::object_gone(server, world, target);
}

fn owner_uids(object: &Value) -> Vec<String> {
    object
        .pointer("/metadata/ownerReferences")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|owner| owner["uid"].as_str())
        .map(str::to_owned)
        .collect()
}

fn note_owners(world: &mut World, target: &Target, object: &Value) {
    for uid in owner_uids(object) {
        world
            .owners
            .entry(uid)
            .or_default()
            .insert((target.resource.storage.to_string(), target.key()));
    }
}

fn forget_owners(world: &mut World, target: &Target, object: &Value) {
    let entry = (target.resource.storage.to_string(), target.key());
    for uid in owner_uids(object) {
        if let Some(owned) = world.owners.get_mut(&uid) {
            owned.remove(&entry);
            if owned.is_empty() {
                world.owners.remove(&uid);
            }
        }
    }
}

/// A target for an object in a table.
pub(crate) fn target(world: &World, storage: &str, object: &Value) -> Option<Target> {
    let resource: Arc<Resource> = world
        .registry
        .all()
        .find(|resource| resource.storage == storage)
        .cloned()?;
    Some(Target {
        version: resource.versions.first()?.to_string(),
        namespace: resource.namespaced.then(|| meta::namespace(object).to_owned()),
        name: meta::name(object).to_owned(),
        resource,
        subresource: None,
        rest: Vec::new(),
    })
}

fn background() -> DeleteOptions {
    DeleteOptions {
        propagation: Some(Propagation::Background),
        ..DeleteOptions::default()
    }
}

/// Objects that name an owner by uid.
fn owned(world: &World, uid: &str) -> Vec<(String, Arc<Value>)> {
    world
        .owners
        .get(uid)
        .into_iter()
        .flatten()
        .filter_map(|(storage, key)| {
            world
                .state
                .get(storage, key)
                .map(|object| (storage.clone(), Arc::clone(object)))
        })
        .filter(|(_, object)| owner_uids(object).iter().any(|owner| owner == uid))
        .collect()
}

/// An owner is gone: what it alone owned goes too, what others own as well stays with them.
fn collect(server: &Inner, world: &mut World, uid: &str) {
    for (storage, object) in owned(world, uid) {
        let Some(target) = target(world, &storage, &object) else {
            continue;
        };
        if owner_uids(&object).len() > 1 {
            disown(server, world, &target, &object, uid);
        } else if let Err(status) = delete::remove(server, world, &target, &background(), &User::admin(), NOBODY) {
            tracing::debug!(%status, "an owned object could not be collected");
        }
    }
    world.owners.remove(uid);
}

fn disown(server: &Inner, world: &mut World, target: &Target, object: &Value, uid: &str) {
    let mut object = object.clone();
    let left: Vec<Value> = object
        .pointer("/metadata/ownerReferences")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|owner| owner["uid"] != uid)
        .cloned()
        .collect();
    if left.is_empty() {
        meta::remove(&mut object, "ownerReferences");
    } else {
        meta::set(&mut object, "ownerReferences", left);
    }
    let stored = world.state.put(&target.resource.storage, target.key(), object);
    server.after_write(world, target, &stored);
}

/// Works off the finalizers of garbage collection.
fn work_off(server: &Inner, world: &mut World, target: &Target, object: &Value) {
    let finalizers = meta::finalizers(object);
    let uid = meta::uid(object);
    if finalizers.contains(&"orphan") {
        for (storage, dependent) in owned(world, uid) {
            if let Some(of) = self::target(world, &storage, &dependent) {
                disown(server, world, &of, &dependent, uid);
            }
        }
        drop_finalizer(server, world, target, "orphan");
    } else if finalizers.contains(&"foregroundDeletion") {
        for (storage, dependent) in owned(world, uid) {
            if let Some(of) = self::target(world, &storage, &dependent)
                && !meta::is_deleting(&dependent)
            {
                let mut options = background();
                options.propagation = Some(Propagation::Foreground);
                if let Err(status) = delete::remove(server, world, &of, &options, &User::admin(), NOBODY) {
                    tracing::debug!(%status, "a dependent object could not be deleted");
                }
            }
        }
        if owned(world, uid).is_empty() {
            drop_finalizer(server, world, target, "foregroundDeletion");
        }
    }
}

/// A dependent is gone: an owner that waited for it may go.
fn owner_lost_one(server: &Inner, world: &mut World, uid: &str) {
    if !owned(world, uid).is_empty() {
        return;
    }
    let storages: Vec<String> = world.state.storages().map(|(name, _)| name.clone()).collect();
    for storage in storages {
        let found = world
            .state
            .scan(&storage, "")
            .find(|(_, object)| meta::uid(object) == uid)
            .map(|(_, object)| Arc::clone(object));
        if let Some(owner) = found {
            if meta::is_deleting(&owner)
                && meta::finalizers(&owner).contains(&"foregroundDeletion")
                && let Some(target) = target(world, &storage, &owner)
            {
                drop_finalizer(server, world, &target, "foregroundDeletion");
            }
            return;
        }
    }
}

/// Takes a finalizer from an object that is being deleted; the last one lets it go.
pub(crate) fn drop_finalizer(server: &Inner, world: &mut World, target: &Target, finalizer: &str) {
    let Some(current) = world.state.get(&target.resource.storage, &target.key()).cloned() else {
        return;
    };
    let left: Vec<String> = meta::finalizers(&current)
        .into_iter()
        .filter(|known| *known != finalizer)
        .map(str::to_owned)
        .collect();
    if left.is_empty() && !crate::lifecycle::holds(&target.resource, &current) {
        if let Some(last) = world.state.remove(&target.resource.storage, &target.key()) {
            server.after_delete(world, target, &last);
        }
        return;
    }
    let mut object = Value::clone(&current);
    meta::set_finalizers(&mut object, left);
    let stored = world.state.put(&target.resource.storage, target.key(), object);
    server.after_write(world, target, &stored);
}

/// Deletes everything in a namespace.
fn empty_namespace(server: &Inner, world: &mut World, namespace: &str) {
    let prefix = format!("{namespace}/");
    let storages: Vec<String> = world
        .registry
        .all()
        .filter(|resource| resource.namespaced)
        .map(|resource| resource.storage.to_string())
        .collect();
    for storage in storages {
        let objects: Vec<Arc<Value>> = world
            .state
            .scan(&storage, &prefix)
            .map(|(_, object)| Arc::clone(object))
            .collect();
        for object in objects.iter().filter(|object| !meta::is_deleting(object)) {
            if let Some(target) = target(world, &storage, object)
                && let Err(status) = delete::remove(server, world, &target, &background(), &User::admin(), NOBODY)
            {
                tracing::debug!(%status, "content of a namespace could not be deleted");
            }
        }
    }
    finish_namespace(server, world, namespace);
}

/// Lets a namespace go whose content is gone.
fn finish_namespace(server: &Inner, world: &mut World, namespace: &str) {
    let Some(current) = world.state.get("namespaces", namespace).cloned() else {
        return;
    };
    if !meta::is_deleting(&current) {
        return;
    }
    let prefix = format!("{namespace}/");
    let storages: Vec<String> = world
        .registry
        .all()
        .filter(|resource| resource.namespaced)
        .map(|resource| resource.storage.to_string())
        .collect();
    if storages
        .iter()
        .any(|storage| world.state.scan(storage, &prefix).next().is_some())
    {
        return;
    }
    let Some(target) = target(world, "namespaces", &current) else {
        return;
    };
    let mut object = Value::clone(&current);
    if let Some(finalizers) = object.pointer_mut("/spec/finalizers").and_then(Value::as_array_mut) {
        finalizers.retain(|finalizer| finalizer != "kubernetes");
    }
    if object.pointer("/spec/finalizers") == Some(&json!([])) {
        object["spec"] = json!({});
    }
    if object == *current {
        return;
    }
    if meta::finalizers(&object).is_empty() && !crate::lifecycle::holds(&target.resource, &object) {
        if let Some(last) = world.state.remove("namespaces", namespace) {
            server.after_delete(world, &target, &last);
        }
        return;
    }
    world.state.put("namespaces", namespace.to_owned(), object);
}

/// What each namespace has.
fn furnish(server: &Inner, world: &mut World, namespace: &str) {
    let objects = [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}}),
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "kube-root-ca.crt", "namespace": namespace},
            "data": {"ca.crt": ""},
        }),
    ];
    for object in objects {
        let storage = if object["kind"] == "ConfigMap" {
            "configmaps"
        } else {
            "serviceaccounts"
        };
        let key = format!("{namespace}/{}", meta::name(&object));
        if world.state.get(storage, &key).is_none()
            && let Err(status) = crate::direct::create_in(server, world, object, "kube-controller-manager")
        {
            tracing::debug!(%status, "a namespace could not be furnished");
        }
    }
}
