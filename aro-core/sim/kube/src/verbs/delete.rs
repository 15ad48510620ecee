//! DELETE of one object and of a collection.

use serde_json::{Value, json};
use time::Duration;

use super::create::success;
use super::read;
use crate::admission::{self, Operation};
use crate::auth::User;
use crate::body;
use crate::call::{Call, Reply, Target};
use crate::clock;
use crate::lifecycle;
use crate::meta;
use crate::options::{self, DeleteOptions, Propagation};
use crate::policy::Asked;
use crate::server::Inner;
use crate::status::{Qualified, Status};
use crate::types;
use crate::webhooks::{self, Hooks};
use crate::world::World;

fn options_of(call: &Call) -> Result<DeleteOptions, Status> {
    if call.body.is_empty() {
        return options::delete(&call.query, None);
    }
    let decoded = match call.media() {
        "application/vnd.kubernetes.protobuf" => crate::protobuf::decode(&call.body).map(|decoded| decoded.value),
        _ => body::yaml(&call.body).map(|decoded| decoded.value),
    };
    let value =
        decoded.map_err(|why| Status::bad_request(format!("couldn't get version/kind; json parse error: {why}")))?;
    if value.is_null() {
        return options::delete(&call.query, None);
    }
    options::delete(&call.query, Some(&value))
}

pub(crate) fn delete(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let options = options_of(call)?;
    let mut world = server.world();
    let outcome = remove(server, &mut world, target, &options, &call.user, &call.hooks)?;
    drop(world);
    let mut warnings = Vec::new();
    if target.resource.is("batch", "jobs") && options.propagation.is_none() {
        warnings.push(
            "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set \
             propagationPolicy=Orphan to suppress this warning"
                .to_owned(),
        );
    }
    Ok(match outcome {
        Outcome::Stays(object) => Reply::Object {
            code: 200,
            object: types::show(target.typed(), &object),
            warnings,
        },
        Outcome::Gone(object) if target.resource.returns_deleted => {
            Reply::object(200, types::show(target.typed(), &object))
        }
        Outcome::Gone(object) => {
            let resource = &target.resource;
            let mut details = json!({"name": target.name, "kind": resource.plural, "uid": meta::uid(&object)});
            if !resource.group.is_empty() {
                details["group"] = Value::from(resource.group.as_ref());
            }
            Reply::object(200, success(None, Some(details)))
        }
    })
}

/// What a delete did.
pub(crate) enum Outcome {
    /// It is marked, and stays for its finalizers or its grace period.
    Stays(Value),
    /// It is gone.
    Gone(Value),
}

/// Asks those who have a say in a deletion.
fn admit(
    world: &World,
    target: &Target,
    current: &Value,
    options: &DeleteOptions,
    user: &User,
    hooks: &Hooks,
) -> Result<(), Status> {
    let shown = types::show(target.typed(), current);
    let asked = Asked {
        target,
        operation: Operation::Delete,
        object: None,
        current: Some(&shown),
        user,
        dry_run: options.dry_run,
    };
    // There is nothing to change, but whoever changes objects may say no.
    webhooks::mutate(world, hooks, &asked, &mut shown.clone())?;
    admission::validate(world, hooks, &asked).map(drop)
}

/// Deletes one object, or marks it.
pub(crate) fn remove(
    server: &Inner,
    world: &mut World,
    target: &Target,
    options: &DeleteOptions,
    user: &User,
    hooks: &Hooks,
) -> Result<Outcome, Status> {
    let resource = &target.resource;
    let current = world
        .state
        .get(&resource.storage, &target.key())
        .cloned()
        .ok_or_else(|| Status::not_found(resource.qualified(), &target.name))?;
    admission::may_delete(target)?;
    preconditions(target, options, &current)?;
    admit(world, target, &current, options, user, hooks)?;
    let mut object = Value::clone(&current);
    let now = server.now();
    let deleting = meta::is_deleting(&object);
    let mut finalizers = gc_finalizers(target, options, &object);
    let changes_finalizers = finalizers != meta::finalizers(&object);

    let mut graceful = false;
    if resource.is_core("pods") {
        let period = lifecycle::grace(&object, options.grace);
        if deleting {
            let old = object
                .pointer("/metadata/deletionGracePeriodSeconds")
                .and_then(Value::as_i64)
                .unwrap_or_default();
            match options.grace {
                Some(_) if period < old => {
                    let at = clock::parse(meta::text(&object, "deletionTimestamp")).unwrap_or(now);
                    let at = at - Duration::seconds(old) + Duration::seconds(period);
                    meta::set(&mut object, "deletionTimestamp", clock::seconds(at));
                    meta::set(&mut object, "deletionGracePeriodSeconds", period);
                    graceful = true;
                }
                // Nothing shorter was asked for: it goes on as it was.
                _ => return Ok(Outcome::Stays(object)),
            }
        } else {
            let at = now + Duration::seconds(period);
            meta::set(&mut object, "deletionTimestamp", clock::seconds(at));
            meta::set(&mut object, "deletionGracePeriodSeconds", period);
            bump(&mut object);
            graceful = true;
        }
    } else if lifecycle::mark(resource, &mut object, now, deleting) {
        // Kinds with a life after deletion (namespaces, custom resource definitions): their generation stays.
        // What keeps them was added just now.
        finalizers = gc_finalizers(target, options, &object);
        graceful = true;
    }
    let pending = !finalizers.is_empty();
    meta::set_finalizers(&mut object, finalizers);
    if !graceful && (pending || changes_finalizers) && !deleting {
        meta::set(&mut object, "deletionTimestamp", clock::seconds(now));
        meta::set(&mut object, "deletionGracePeriodSeconds", 0);
        bump(&mut object);
    }
    let grace = object
        .pointer("/metadata/deletionGracePeriodSeconds")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let stays = pending || (graceful && grace > 0) || lifecycle::holds(resource, &object);
    if options.dry_run {
        return Ok(if stays {
            Outcome::Stays(object)
        } else {
            Outcome::Gone(object)
        });
    }
    if (graceful || pending) && object != *current {
        let stored = world.state.put(&resource.storage, target.key(), object);
        object = Value::clone(&stored);
        if stays {
            server.after_write(world, target, &stored);
        }
    }
    if stays {
        return Ok(Outcome::Stays(object));
    }
    if let Some(last) = world.state.remove(&resource.storage, &target.key()) {
        server.after_delete(world, target, &last);
        // It is told as it went: under the revision of its end.
        object = Value::clone(&last);
    }
    Ok(Outcome::Gone(object))
}

fn bump(object: &mut Value) {
    let generation = meta::generation(object);
    if generation > 0 {
        meta::set(object, "generation", generation + 1);
    }
}

fn preconditions(target: &Target, options: &DeleteOptions, current: &Value) -> Result<(), Status> {
    let kind = Qualified {
        name: &target.resource.kind,
        group: &target.resource.group,
    };
    let conflict = |why: String| Status::conflict(kind, &target.name, &why);
    if let Some(uid) = &options.uid
        && uid != meta::uid(current)
    {
        return Err(conflict(format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted \
             and then recreated",
            meta::uid(current)
        )));
    }
    if let Some(version) = &options.resource_version
        && version != meta::resource_version(current)
    {
        return Err(conflict(format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({}). The \
             object might have been modified",
            meta::resource_version(current)
        )));
    }
    Ok(())
}

/// Finalizers after a delete: those that garbage collection works by are set as asked, others stay.
fn gc_finalizers(target: &Target, options: &DeleteOptions, object: &Value) -> Vec<String> {
    let own = meta::finalizers(object);
    let has = |name: &str| own.contains(&name);
    let orphans_by_default = target.resource.is("batch", "jobs") || target.resource.is_core("replicationcontrollers");
    let (orphan, foreground) = match options.propagation {
        Some(Propagation::Orphan) => (true, false),
        Some(Propagation::Foreground) => (false, true),
        Some(Propagation::Background) => (false, false),
        None => (
            has("orphan") || (!has("foregroundDeletion") && orphans_by_default),
            has("foregroundDeletion"),
        ),
    };
    let mut finalizers: Vec<String> = own
        .iter()
        .filter(|name| !matches!(**name, "orphan" | "foregroundDeletion"))
        .map(|name| (*name).to_owned())
        .collect();
    if orphan {
        finalizers.push("orphan".to_owned());
    }
    if foreground {
        finalizers.push("foregroundDeletion".to_owned());
    }
    finalizers
}

/// DELETE of a collection: answers the list of what it deleted.
pub(crate) fn delete_collection(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let options = options_of(call)?;
    let mut world = server.world();
    let page = read::select(server, &mut world, call, target)?;
    let mut list = page.list(target);
    let one = |object: &Value| {
        let mut one = target.clone();
        meta::name(object).clone_into(&mut one.name);
        one.namespace = target.resource.namespaced.then(|| meta::namespace(object).to_owned());
        one
    };
    // Nothing goes before everybody who has a say has answered about everything.
    for object in &page.items {
        admit(&world, &one(object), object, &options, &call.user, &call.hooks)?;
    }
    for object in &page.items {
        match remove(server, &mut world, &one(object), &options, &call.user, &call.hooks) {
            Ok(_) => {}
            Err(status) if status.code == 404 => {}
            Err(status) => return Err(status),
        }
    }
    list["metadata"]["resourceVersion"] = Value::from(page.revision.to_string());
    Ok(Reply::List { list })
}
