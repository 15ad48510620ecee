//! PUT, and the way of every change of an object.

use serde_json::Value;

use super::create::{self, New};
use super::decode;
use crate::admission::{self, Operation};
use crate::auth::User;
use crate::call::{Call, Reply, Target};
use crate::meta;
use crate::options;
use crate::policy::Asked;
use crate::server::Inner;
use crate::status::{Cause, Status};
use crate::types::{self, Manager, Part};
use crate::webhooks::{self, Hooks};
use crate::world::World;

/// Which part a subresource changes; none for one that is no part of the object.
pub(crate) fn part(target: &Target) -> Option<Part> {
    Some(match target.subresource.as_ref().map(|sub| sub.name) {
        None => Part::Main,
        Some("status") => Part::Status,
        Some("approval") => Part::Approval,
        Some("finalize") => Part::Finalize,
        Some("ephemeralcontainers") => Part::Ephemeral,
        Some("resize") => Part::Resize,
        Some("scale") => Part::Scale,
        Some(_) => return None,
    })
}

/// A changed object on its way to storage.
pub(crate) struct Changed<'a> {
    pub(crate) target: &'a Target,
    pub(crate) object: Value,
    pub(crate) part: Part,
    pub(crate) user: &'a User,
    pub(crate) dry_run: bool,
    /// A change that only moves ownership counts.
    pub(crate) applied: bool,
    pub(crate) hooks: &'a Hooks,
}

pub(crate) fn check_name(target: &Target, object: &Value) -> Result<(), Status> {
    let name = meta::name(object);
    if name.is_empty() {
        return Err(Status::bad_request(format!(
            "the name of the object ({} based on URL) was undeterminable: name must be provided",
            target.name
        )));
    }
    if name != target.name {
        return Err(Status::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            target.name
        )));
    }
    let namespace = meta::namespace(object);
    if let Some(wanted) = &target.namespace
        && !namespace.is_empty()
        && namespace != wanted
    {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

pub(crate) fn update(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let options = options::write(&call.query, "UpdateOptions", false)?;
    let part = part(target).ok_or_else(Status::method_not_allowed)?;
    let mut object = decode::object(server, call, target, options.field_validation)?;
    check_name(target, &object)?;
    if let Some(namespace) = &target.namespace {
        meta::set(&mut object, "namespace", namespace.as_str());
    }
    let (resource, typed) = (&target.resource, target.typed());
    types::default(typed, &mut object);
    let manager = call.manager(options.field_manager.as_deref());
    let mut world = server.world();
    let current = world.state.get(&resource.storage, &target.key()).cloned();
    let Some(current) = current else {
        if !resource.create_on_update || part != Part::Main {
            return Err(Status::not_found(resource.qualified(), &target.name));
        }
        if !meta::resource_version(&object).is_empty() {
            return Err(Status::modified(resource.qualified(), &target.name));
        }
        let new = New {
            target,
            object,
            user: &call.user,
            manager: Some(&manager),
            dry_run: options.dry_run,
            hooks: &call.hooks,
        };
        let (object, warnings) = create::insert(server, &mut world, new)?;
        return Ok(Reply::Object {
            code: 201,
            object: types::show(typed, &object),
            warnings,
        });
    };
    precondition(target, &object, &current)?;
    let shown = types::show(typed, &current);
    let manager = Manager {
        name: &manager,
        part,
        now: server.now(),
    };
    types::track(typed, Some(&shown), &mut object, &manager);
    let changed = Changed {
        target,
        object,
        part,
        user: &call.user,
        dry_run: options.dry_run,
        applied: false,
        hooks: &call.hooks,
    };
    let (object, warnings) = store(server, &mut world, changed)?;
    Ok(Reply::Object {
        code: 200,
        object: types::show(typed, &object),
        warnings,
    })
}

/// A uid in the body of a PUT must be that of the object.
fn precondition(target: &Target, object: &Value, current: &Value) -> Result<(), Status> {
    let (wanted, own) = (meta::uid(object), meta::uid(current));
    if wanted.is_empty() || wanted == own {
        return Ok(());
    }
    let resource = &target.resource;
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: /registry/{}/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition \
         failed: UID in precondition: {wanted}, UID in object meta: {own}",
        resource.key_prefix,
        target.key()
    );
    Err(Status::conflict(resource.qualified(), &target.name, &why))
}

/// Brings a changed object into the store: versions, admission, validation, finalizers. Returns it as stored.
pub(crate) fn store(server: &Inner, world: &mut World, changed: Changed<'_>) -> Result<(Value, Vec<String>), Status> {
    let Changed {
        target,
        mut object,
        part,
        user,
        dry_run,
        applied,
        hooks,
    } = changed;
    let (resource, typed) = (&target.resource, target.typed());
    let current = world
        .state
        .get(&resource.storage, &target.key())
        .cloned()
        .ok_or_else(|| Status::not_found(resource.qualified(), &target.name))?;
    let version = meta::resource_version(&object).to_owned();
    if version.is_empty() && (!resource.unconditional_update || resource.is_custom()) {
        let cause = Cause::invalid(
            "metadata.resourceVersion",
            &Value::from(0),
            "must be specified for an update",
        );
        return Err(Status::invalid(resource.qualified(), &target.name, &[cause]));
    }
    if !version.is_empty() && version != meta::resource_version(&current) {
        return Err(Status::modified(resource.qualified(), &target.name));
    }
    let old_version = meta::resource_version(&current).to_owned();
    meta::set(&mut object, "resourceVersion", old_version);
    meta::before_update(&mut object, &current);
    let shown_current = types::show(typed, &current);
    let asked = |object| Asked {
        target,
        operation: Operation::Update,
        object: Some(object),
        current: Some(&shown_current),
        user,
        dry_run,
    };
    let before = object.clone();
    webhooks::mutate(world, hooks, &asked(&before), &mut object)?;
    types::prepare_update(typed, &mut object, &shown_current, part);
    if part == Part::Approval {
        date_conditions(&mut object, &crate::clock::seconds(server.now()));
    }
    server.allocate(world, target, &mut object, Some(&current))?;
    meta::tidy(&mut object);

    let mut warnings = meta::finalizer_warnings(&object, resource);
    // The general layer and the kind's own rules both look at metadata.
    let mut general = meta::validate_update(&object, &current);
    general.extend(meta::validate_content(&object, resource));
    let mut causes = meta::validate_content(&object, resource);
    causes.extend(general.clone());
    causes.extend(general);
    if matches!(
        resource.plural.as_ref(),
        "configmaps" | "secrets" | "services" | "serviceaccounts"
    ) {
        // Their rules for an update start with those for a create.
        causes.extend(meta::validate_content(&object, resource));
    }
    causes.extend(types::validate_update(typed, &object, &shown_current, part));
    if !causes.is_empty() {
        return Err(Status::invalid(resource.qualified_kind(), &target.name, &causes));
    }
    crate::rbac_escalation::check(server, world, target, &object, Some(&current), user)?;
    warnings.extend(admission::validate(world, hooks, &asked(&object))?);

    types::stored(typed, &mut object);
    let owners = |object: &Value| object.pointer("/metadata/managedFields").cloned();
    if same(&object, &current) && (!applied || owners(&object) == owners(&current)) {
        return Ok((Value::clone(&current), warnings));
    }
    if dry_run {
        return Ok((object, warnings));
    }
    let gone = meta::is_deleting(&object)
        && meta::finalizers(&object).is_empty()
        && object
            .pointer("/metadata/deletionGracePeriodSeconds")
            .and_then(Value::as_i64)
            .is_none_or(|grace| grace == 0)
        && !crate::lifecycle::holds(resource, &object);
    if gone {
        let last = world.state.remove(&resource.storage, &target.key());
        if let Some(last) = last {
            server.after_delete(world, target, &last);
        }
        return Ok((object, warnings));
    }
    let stored = world.state.put(&resource.storage, target.key(), object);
    server.after_write(world, target, &stored);
    Ok((Value::clone(&stored), warnings))
}

/// Conditions of an approval that say no time are of now.
fn date_conditions(object: &mut Value, now: &str) {
    let conditions = object.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        for field in ["lastUpdateTime", "lastTransitionTime"] {
            if condition.get(field).is_none_or(Value::is_null) {
                condition[field] = Value::from(now);
            }
        }
    }
}

/// Whether two states are the same, however their versions are named.
fn same(a: &Value, b: &Value) -> bool {
    let (Value::Object(a), Value::Object(b)) = (a, b) else {
        return a == b;
    };
    let members = |map: &serde_json::Map<String, Value>| {
        map.iter()
            .filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind"))
            .count()
    };
    members(a) == members(b)
        && a.iter()
            .filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind"))
            .all(|(name, value)| b.get(name) == Some(value))
}
