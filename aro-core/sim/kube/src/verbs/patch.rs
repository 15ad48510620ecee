//! PATCH: JSON patch, merge patch, strategic merge patch and server-side apply.

use serde_json::Value;

use super::create::{self, New};
use super::decode;
use super::update::{self, Changed, check_name};
use crate::body;
use crate::call::{Call, Reply, Target};
use crate::meta;
use crate::options::{self, FieldValidation, WriteOptions};
use crate::patch;
use crate::schema;
use crate::schema::CauseReason;
use crate::server::Inner;
use crate::status::{Cause, Qualified, Status};
use crate::types::{self, Manager};

pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(crate) const STRATEGIC: &str = "application/strategic-merge-patch+json";
pub(crate) const APPLY: &str = "application/apply-patch+yaml";

/// A patch document.
pub(crate) enum Patch {
    Json(Value),
    Merge(Value),
    Strategic(Value),
}

/// Reads the document of a patch that is no apply.
pub(crate) fn document(call: &Call, custom: bool) -> Result<(Patch, Vec<String>), Status> {
    let mut accepted = vec![JSON_PATCH, MERGE_PATCH, STRATEGIC, APPLY];
    if custom {
        accepted.remove(2);
    }
    let media = call.media();
    if !accepted.contains(&media) {
        if !custom {
            let mut status = Status::new(415, "UnsupportedMediaType", "415: Unsupported Media Type");
            status.details = Some(Value::Object(serde_json::Map::new()));
            return Err(status);
        }
        return Err(Status::unsupported_media(&accepted));
    }
    let decoded = body::json(&call.body).map_err(|why| {
        Status::bad_request(match media {
            JSON_PATCH | MERGE_PATCH => format!("error decoding patch: {why}"),
            _ => why,
        })
    })?;
    let duplicates = decoded
        .duplicates
        .iter()
        .map(|path| format!("duplicate field \"{path}\""))
        .collect();
    let patch = match media {
        JSON_PATCH => Patch::Json(decoded.value),
        MERGE_PATCH => Patch::Merge(decoded.value),
        _ => Patch::Strategic(decoded.value),
    };
    Ok((patch, duplicates))
}

impl Patch {
    pub(crate) fn apply_to(&self, target: &Target, current: &Value) -> Result<Value, Status> {
        match self {
            Self::Json(patch) => types::json_patch(current, patch),
            Self::Merge(patch) => {
                let mut patched = current.clone();
                types::merge(&mut patched, patch);
                Ok(patched)
            }
            Self::Strategic(patch) => types::strategic(target.typed(), current, patch),
        }
    }
}

pub(crate) fn patch(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let applies = call.media() == APPLY;
    let options = options::write(&call.query, "PatchOptions", applies)?;
    if applies {
        return apply(server, call, target, &options);
    }
    let part = update::part(target).ok_or_else(Status::method_not_allowed)?;
    let (document, duplicates) = document(call, target.resource.is_custom())?;
    let (resource, typed) = (&target.resource, target.typed());
    let manager = call.manager(options.field_manager.as_deref());

    let mut world = server.world();
    let current = world
        .state
        .get(&resource.storage, &target.key())
        .cloned()
        .ok_or_else(|| Status::not_found(resource.qualified(), &target.name))?;
    let shown = types::show(typed, &current);
    let patched = document.apply_to(target, &shown)?;
    let (mut object, strict) = decode_patched(target, &document, &patched, duplicates, options.field_validation)?;
    call.warn(strict);
    types::default(typed, &mut object);
    check_name(target, &object)?;
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
    let (object, warnings) = update::store(server, &mut world, changed)?;
    Ok(Reply::Object {
        code: 200,
        object: types::show(typed, &object),
        warnings,
    })
}

/// Decodes what a patch made of an object.
fn decode_patched(
    target: &Target,
    patch: &Patch,
    patched: &Value,
    mut strict: Vec<String>,
    how: FieldValidation,
) -> Result<(Value, Vec<String>), Status> {
    let typed = target.typed();
    let shown = match patch {
        // What was merged as a structure is shown as one.
        Patch::Strategic(document) => patch::printed(document),
        Patch::Merge(document) if !target.resource.is_custom() => patch::quoted(typed.of_schema(), patched, document),
        Patch::Merge(_) | Patch::Json(_) => patched.to_string(),
    };
    let refuse = |why: String| {
        let text = format!("Invalid value: {}: {why}", Value::from(shown.as_str()));
        let cause = Cause::new(CauseReason::Invalid, "patch", text);
        let nothing = Qualified { name: "", group: "" };
        Status::invalid(nothing, "", &[cause])
    };
    let resource = &target.resource;
    let kind = patched.get("kind").and_then(Value::as_str).unwrap_or_default();
    let api_version = patched.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let expected = resource.api_version(&target.version);
    if (kind != resource.kind || api_version != expected) && !(kind.is_empty() && api_version.is_empty()) {
        // It is read as what it says it is.
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        if let Some(Err(why)) = schema::lookup(group, version, kind).map(|ty| schema::decode(ty, patched)) {
            return Err(refuse(why.to_string()));
        }
        return Err(refuse(format!(
            "no kind \"{kind}\" is registered for version \"{api_version}\" in scheme \
             \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
        )));
    }
    let (object, unknown) = types::decode(typed, patched).map_err(|why| {
        refuse(match patch {
            Patch::Strategic(_) => why.merged(),
            _ => why.to_string(),
        })
    })?;
    strict.extend(unknown);
    let warnings = decode::judge(strict, how, refuse)?;
    Ok((object, warnings))
}

fn apply(server: &Inner, call: &Call, target: &Target, options: &WriteOptions) -> Result<Reply, Status> {
    let part = update::part(target).ok_or_else(Status::method_not_allowed)?;
    let (resource, typed) = (&target.resource, target.typed());
    let decoded = body::yaml(&call.body).map_err(|why| {
        Status::bad_request(format!(
            "error decoding YAML: error converting YAML to JSON: yaml: {why}"
        ))
    })?;
    let mut applied = decoded.value;
    let text = |name: &str| applied.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, api_version) = (text("kind"), text("apiVersion"));
    if kind != resource.kind || api_version != resource.api_version(&target.version) {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
        return Err(Status::bad_request(format!(
            "invalid object type: {group}/{version}, Kind={kind}"
        )));
    }
    check_name(target, &applied)?;
    let manager = call.manager(options.field_manager.as_deref());
    let manager = Manager {
        name: &manager,
        part,
        now: server.now(),
    };
    let mut world = server.world();
    let current = world.state.get(&resource.storage, &target.key()).cloned();
    let Some(current) = current else {
        if target.subresource.is_some() {
            return Err(Status::not_found(resource.qualified(), &target.name));
        }
        let uid = meta::uid(&applied).to_owned();
        if !uid.is_empty() {
            let why =
                format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
            return Err(Status::conflict(resource.qualified(), &target.name, &why));
        }
        meta::remove(&mut applied, "resourceVersion");
        let object = types::apply(typed, None, &applied, &manager, options.force)?;
        let new = New {
            target,
            object,
            user: &call.user,
            manager: None,
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
    let shown = types::show(typed, &current);
    let object = types::apply(typed, Some(&shown), &applied, &manager, options.force)?;
    let changed = Changed {
        target,
        object,
        part,
        user: &call.user,
        dry_run: options.dry_run,
        applied: true,
        hooks: &call.hooks,
    };
    let (object, warnings) = update::store(server, &mut world, changed)?;
    Ok(Reply::Object {
        code: 200,
        object: types::show(typed, &object),
        warnings,
    })
}
