//! POST.

use serde_json::{Value, json};

use super::decode;
use crate::admission::{self, Operation};
use crate::call::{Call, Reply, Target};
use crate::clock;
use crate::meta;
use crate::options::{self, WriteOptions};
use crate::policy::Asked;
use crate::server::Inner;
use crate::status::{Cause, Status};
use crate::types::{self, Manager, Part};
use crate::webhooks::{self, Hooks};
use crate::world::World;

/// What a new object is made of.
pub(crate) struct New<'a> {
    pub(crate) target: &'a Target,
    pub(crate) object: Value,
    pub(crate) user: &'a crate::auth::User,
    /// Who is noted as having set the fields; none when an apply did so already.
    pub(crate) manager: Option<&'a str>,
    pub(crate) dry_run: bool,
    pub(crate) hooks: &'a Hooks,
}

pub(crate) fn create(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let options: WriteOptions = options::write(&call.query, "CreateOptions", false)?;
    let object = decode::object(server, call, target, options.field_validation)?;
    let manager = call.manager(options.field_manager.as_deref());
    let mut target = target.clone();
    meta::name(&object).clone_into(&mut target.name);
    let mut world = server.world();
    let (object, warnings) = insert(
        server,
        &mut world,
        New {
            target: &target,
            object,
            user: &call.user,
            manager: Some(&manager),
            dry_run: options.dry_run,
            hooks: &call.hooks,
        },
    )?;
    drop(world);
    Ok(Reply::Object {
        code: 201,
        object: types::show(target.typed(), &object),
        warnings,
    })
}

/// Stores a new object; returns it as stored, and warnings of admission.
pub(crate) fn insert(server: &Inner, world: &mut World, new: New<'_>) -> Result<(Value, Vec<String>), Status> {
    let target = new.target;
    let (resource, typed) = (&target.resource, target.typed());
    let mut object = new.object;
    let now = server.now();
    if let Some(namespace) = &target.namespace {
        let own = meta::namespace(&object);
        if !own.is_empty() && own != namespace {
            return Err(Status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        meta::set(&mut object, "namespace", namespace.as_str());
    } else {
        meta::remove(&mut object, "namespace");
    }
    if resource.definition.as_ref().is_some_and(|custom| custom.terminating) {
        let why = "create not allowed while custom resource definition is terminating";
        return Err(Status::new(405, "MethodNotAllowed", why));
    }
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        meta::remove(&mut object, field);
    }
    types::default(typed, &mut object);
    meta::remove(&mut object, "creationTimestamp");
    meta::remove(&mut object, "uid");
    if let Some(manager) = new.manager {
        let manager = Manager {
            name: manager,
            part: Part::Main,
            now,
        };
        types::track(typed, None, &mut object, &manager);
    }
    if !matches!(meta::resource_version(&object), "" | "0") {
        return Err(Status::internal(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    meta::remove(&mut object, "resourceVersion");
    if meta::name(&object).is_empty() && !meta::text(&object, "generateName").is_empty() {
        let base: String = meta::text(&object, "generateName").chars().take(58).collect();
        meta::set(
            &mut object,
            "name",
            format!("{base}{}", new.hooks.once("name", || server.suffix())),
        );
        // What follows from the name is not of the writer's making.
        types::default(typed, &mut object);
    }
    admission::namespace_exists(world, target, meta::name(&object))?;
    meta::set(&mut object, "creationTimestamp", clock::seconds(now));
    meta::set(&mut object, "uid", new.hooks.once("uid", || server.uid()));
    admission::mutate(world, target, &mut object, new.user)?;
    types::admit(typed, &mut object, &new.hooks.once("volume", || server.suffix()));
    let asked = |object| Asked {
        target,
        operation: Operation::Create,
        object: Some(object),
        current: None,
        user: new.user,
        dry_run: new.dry_run,
    };
    let before = object.clone();
    webhooks::mutate(world, new.hooks, &asked(&before), &mut object)?;

    types::prepare_create(typed, &mut object);
    server.allocate(world, target, &mut object, None)?;
    meta::tidy(&mut object);

    let mut warnings = meta::finalizer_warnings(&object, resource);
    if resource.is_core("services") && meta::name(&object).is_empty() {
        // Its address is allocated before its name is looked at, and an address belongs to a name.
        let address = object
            .pointer("/spec/clusterIP")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let why = format!(
            "failed to allocate IP: IPAddress.networking.k8s.io \"{address}\" is invalid: spec.parentRef.name: Required value"
        );
        let cause = Cause::invalid("spec.clusterIPs", &json!([""]), &why);
        return Err(Status::invalid(resource.qualified_kind(), "", &[cause]));
    }
    let mut causes: Vec<Cause> = meta::validate(&object, resource);
    causes.extend(types::validate_create(typed, &object));
    if !causes.is_empty() {
        return Err(Status::invalid(resource.qualified_kind(), meta::name(&object), &causes));
    }
    crate::rbac_escalation::check(server, world, target, &object, None, new.user)?;
    warnings.extend(admission::validate(world, new.hooks, &asked(&object))?);

    types::stored(typed, &mut object);
    let key = crate::storage::key(target.namespace.as_deref(), meta::name(&object));
    if let Some(existing) = world.state.get(&resource.storage, &key) {
        let mut status = Status::already_exists(resource.qualified(), meta::name(&object));
        if meta::is_deleting(existing) {
            status.message = format!("object is being deleted: {}", status.message);
        }
        return Err(status);
    }
    if new.dry_run {
        return Ok((object, warnings));
    }
    admission::charge_quota(server, world, target, &object)?;
    let stored = world.state.put(&resource.storage, key, object);
    server.after_write(world, target, &stored);
    Ok((Value::clone(&stored), warnings))
}

/// The answer to a successful request without an object: `Status`.
pub(crate) fn success(code: Option<u16>, details: Option<Value>) -> Value {
    let mut status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"});
    if let Some(details) = details {
        status["details"] = details;
    }
    if let Some(code) = code {
        status["code"] = Value::from(code);
    }
    status
}
