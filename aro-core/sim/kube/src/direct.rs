//! Into the store without a request: seeds, and what controllers and kubelets of a simulated cluster change.

use std::sync::Arc;

use serde_json::Value;

use crate::auth::User;
use crate::call::Target;
use crate::clock;
use crate::meta;
use crate::options::{DeleteOptions, Propagation};
use crate::registry::Resource;
use crate::server::{Collection, Inner};
use crate::status::{Cause, Qualified, Status};
use crate::types;
use crate::verbs::create::{self, New};
use crate::verbs::delete;
use crate::webhooks::NOBODY;
use crate::world::World;

fn resource_of(world: &World, object: &Value) -> Result<(Arc<Resource>, String), Status> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = text("apiVersion").rsplit_once('/').unwrap_or(("", text("apiVersion")));
    let kind = text("kind");
    let resource = world.registry.by_kind(group, version, kind).ok_or_else(|| {
        let message = format!("no matches for kind {kind:?} in version {:?}", text("apiVersion"));
        Status::new(404, "NotFound", message)
    })?;
    Ok((resource, version.to_owned()))
}

fn target_of(resource: Arc<Resource>, version: String, object: &Value) -> Target {
    let namespace = resource.namespaced.then(|| match meta::namespace(object) {
        "" => "default".to_owned(),
        namespace => namespace.to_owned(),
    });
    Target {
        name: meta::name(object).to_owned(),
        resource,
        version,
        namespace,
        subresource: None,
        rest: Vec::new(),
    }
}

/// See [`crate::ApiServer::seed`].
pub(crate) fn seed(server: &Inner, mut object: Value) -> Result<Value, Status> {
    let mut world = server.world();
    let (resource, version) = resource_of(&world, &object)?;
    let target = target_of(resource, version, &object);
    if target.name.is_empty() {
        let cause = Cause::required("metadata.name", "name is required");
        return Err(Status::invalid(target.resource.qualified_kind(), "", &[cause]));
    }
    let current = world.state.get(&target.resource.storage, &target.key()).cloned();
    if let Some(namespace) = &target.namespace {
        meta::set(&mut object, "namespace", namespace.as_str());
    }
    let kept = |field: &str| current.as_ref().map(|current| meta::text(current, field).to_owned());
    if meta::uid(&object).is_empty() {
        let uid = kept("uid").unwrap_or_else(|| server.uid());
        meta::set(&mut object, "uid", uid);
    }
    if meta::text(&object, "creationTimestamp").is_empty() {
        let at = kept("creationTimestamp").unwrap_or_else(|| clock::seconds(server.now()));
        meta::set(&mut object, "creationTimestamp", at);
    }
    if target.resource.is_core("namespaces") {
        if object.pointer("/spec/finalizers").is_none() {
            object["spec"]["finalizers"] = Value::from(vec!["kubernetes"]);
        }
        if object.pointer("/status/phase").is_none() {
            object["status"]["phase"] = Value::from("Active");
        }
    }
    if (target.resource.generation || target.resource.is_custom()) && meta::generation(&object) == 0 {
        meta::set(&mut object, "generation", 1);
    }
    let stored = world.state.put(&target.resource.storage, target.key(), object);
    server.after_write(&mut world, &target, &stored);
    Ok(types::show(target.typed(), &stored))
}

/// Creates an object as a request of a component would, with everything that goes with it.
pub(crate) fn create(server: &Inner, object: Value, manager: &str) -> Result<Value, Status> {
    let mut world = server.world();
    create_in(server, &mut world, object, manager)
}

pub(crate) fn create_in(server: &Inner, world: &mut World, object: Value, manager: &str) -> Result<Value, Status> {
    let (resource, version) = resource_of(world, &object)?;
    let target = target_of(resource, version, &object);
    let (object, _) = types::decode(target.typed(), &object).map_err(|why| Status::bad_request(why.to_string()))?;
    let new = New {
        target: &target,
        object,
        user: &User::admin(),
        manager: Some(manager),
        dry_run: false,
        hooks: NOBODY,
    };
    create::insert(server, world, new).map(|(object, _)| object)
}

fn named(world: &World, of: Collection<'_>, namespace: Option<&str>, name: &str) -> Option<Target> {
    let resource = world.registry.by_plural(of.group, of.plural)?;
    Some(Target {
        version: resource.versions.first()?.to_string(),
        resource,
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        subresource: None,
        rest: Vec::new(),
    })
}

/// See [`crate::ApiServer::edit`].
pub(crate) fn edit(
    server: &Inner,
    of: Collection<'_>,
    namespace: Option<&str>,
    name: &str,
    change: impl FnOnce(&mut Value),
) -> Option<Value> {
    let mut world = server.world();
    let target = named(&world, of, namespace, name)?;
    let current = world.state.get(&target.resource.storage, &target.key()).cloned()?;
    let mut object = Value::clone(&current);
    change(&mut object);
    if object == *current {
        return Some(object);
    }
    let specification = |object: &Value| object.get("spec").cloned();
    if meta::generation(&current) > 0
        && meta::generation(&object) == meta::generation(&current)
        && specification(&object) != specification(&current)
    {
        meta::set(&mut object, "generation", meta::generation(&current) + 1);
    }
    if meta::is_deleting(&object)
        && meta::finalizers(&object).is_empty()
        && object
            .pointer("/metadata/deletionGracePeriodSeconds")
            .and_then(Value::as_i64)
            .unwrap_or_default()
            == 0
        && !crate::lifecycle::holds(&target.resource, &object)
    {
        if let Some(last) = world.state.remove(&target.resource.storage, &target.key()) {
            server.after_delete(&mut world, &target, &last);
        }
        return Some(object);
    }
    let stored = world.state.put(&target.resource.storage, target.key(), object);
    server.after_write(&mut world, &target, &stored);
    Some(Value::clone(&stored))
}

/// See [`crate::ApiServer::delete`].
pub(crate) fn delete(server: &Inner, of: Collection<'_>, namespace: Option<&str>, name: &str) -> bool {
    let mut world = server.world();
    let Some(target) = named(&world, of, namespace, name) else {
        return false;
    };
    let options = DeleteOptions {
        propagation: Some(Propagation::Background),
        ..DeleteOptions::default()
    };
    delete::remove(server, &mut world, &target, &options, &User::admin(), NOBODY).is_ok()
}

/// As messages name a collection.
impl<'a> From<Collection<'a>> for Qualified<'a> {
    fn from(of: Collection<'a>) -> Self {
        Self {
            name: of.plural,
            group: of.group,
        }
    }
}
