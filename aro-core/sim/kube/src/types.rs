//! What the server asks of types: the one place that knows how built-in and custom resources differ.
//!
//! The way of a body: [`decode`] → [`default`] → managed fields → [`admit`] → [`prepare_create`] or [`prepare_update`] →
//! [`validate_create`] or [`validate_update`].

use std::sync::LazyLock;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::clock;
use crate::crd;
use crate::managed_fields::{self, ApplyError, Writer};
use crate::meta;
use crate::patch::{self, PatchError};
use crate::registry::Resource;
use crate::schema::{self, Field, Gvk, Member, Object, Shape, Strategy, Type, Written, WrongType};
use crate::status::{Cause, Status};

/// A kind in one version.
#[derive(Clone, Copy)]
pub(crate) struct Typed<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) version: &'a str,
}

impl<'a> Typed<'a> {
    fn gvk(self) -> Gvk<'a> {
        (&self.resource.group, self.version, &self.resource.kind)
    }

    /// The type: of the schemas, or open for what has none.
    pub(crate) fn of_schema(self) -> &'a Type {
        static OPEN: LazyLock<Type> = LazyLock::new(open);
        let (group, version, kind) = self.gvk();
        if let Some(custom) = self.resource.custom_version(self.version) {
            return custom.ty();
        }
        schema::lookup(group, version, kind).unwrap_or(&OPEN)
    }
}

/// Metadata, and anything beside.
fn open() -> Type {
    let member = |ty| Member {
        ty,
        order: 0,
        written: Written::Present,
        patch: Strategy::default(),
        key_default: None,
        field: Field::default(),
    };
    Type::new(Shape::Object(Object {
        members: [
            ("apiVersion".to_owned(), member(Type::new(Shape::String))),
            ("kind".to_owned(), member(Type::new(Shape::String))),
            ("metadata".to_owned(), member(schema::object_meta())),
        ]
        .into(),
        rest: Some(Box::new(Type::new(Shape::Any))),
        ..Object::default()
    }))
}

/// The part of an object that a request may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything but what subresources own.
    Main,
    Status,
    /// Conditions of a certificate signing request.
    Approval,
    /// `spec.finalizers` of a namespace.
    Finalize,
    /// Ephemeral containers of a pod.
    Ephemeral,
    /// Resources of a pod.
    Resize,
    /// Replicas, through a Scale.
    Scale,
}

impl Part {
    /// As managed fields name it.
    pub(crate) fn subresource(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Status => "status",
            Self::Approval => "approval",
            Self::Finalize => "finalize",
            Self::Ephemeral => "ephemeralcontainers",
            Self::Resize => "resize",
            Self::Scale => "scale",
        }
    }
}

/// A manager of fields and when it acts.
pub(crate) struct Manager<'a> {
    pub(crate) name: &'a str,
    pub(crate) part: Part,
    pub(crate) now: OffsetDateTime,
}

/// Brings a body into the form the server keeps, with the paths of members that the type does not have.
pub(crate) fn decode(typed: Typed<'_>, body: &Value) -> Result<(Value, Vec<String>), WrongType> {
    let mut decoded = if typed.resource.is_custom() {
        schema::decode_meta(body)?
    } else {
        schema::decode(typed.of_schema(), body)?
    };
    if let Some(custom) = typed.resource.custom_version(typed.version) {
        decoded.unknown.extend(custom.prune(&mut decoded.value));
        decoded.unknown.sort();
    }
    let unknown = decoded
        .unknown
        .iter()
        .map(|path| format!("unknown field \"{path}\""))
        .collect();
    Ok((decoded.value, unknown))
}

/// Fills in what a kind's decoder fills in.
pub(crate) fn default(typed: Typed<'_>, object: &mut Value) {
    match typed.resource.custom_version(typed.version) {
        Some(custom) => custom.default(object),
        None => schema::default(typed.gvk(), object),
    }
}

/// Paths that an endpoint drops, as keys of `fieldsV1`.
fn dropped(resource: &Resource, version: &str, part: Part) -> &'static [&'static [&'static str]] {
    const STATUS: &[&str] = &["f:status"];
    const SPEC: &[&str] = &["f:spec"];
    const METADATA: &[&str] = &["f:metadata"];
    const LABELS: &[&str] = &["f:metadata", "f:labels"];
    const DELETION: &[&str] = &["f:metadata", "f:deletionTimestamp"];
    const OWNERS: &[&str] = &["f:metadata", "f:ownerReferences"];
    const CONDITIONS: &[&str] = &["f:status", "f:conditions"];
    const CERTIFICATE: &[&str] = &["f:status", "f:certificate"];
    match part {
        Part::Main if resource.plural == "certificatesigningrequests" => &[SPEC, STATUS],
        Part::Main | Part::Ephemeral | Part::Resize if resource.subresource("status", version).is_some() => &[STATUS],
        Part::Main | Part::Ephemeral | Part::Resize => &[],
        Part::Status if resource.is_custom() || resource.group == "apiextensions.k8s.io" => &[SPEC, METADATA],
        Part::Status => match resource.plural.as_ref() {
            "deployments" => &[SPEC, LABELS],
            "pods" => &[SPEC, DELETION, OWNERS],
            "certificatesigningrequests" => &[SPEC, CONDITIONS],
            _ => &[SPEC],
        },
        Part::Approval => &[SPEC, CERTIFICATE],
        Part::Finalize => &[STATUS],
        Part::Scale => &[],
    }
}

fn with_writer<R>(typed: Typed<'_>, manager: &Manager<'_>, act: impl FnOnce(&Writer<'_>) -> R) -> R {
    let ty = typed.of_schema();
    let types = |api_version: &str| {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let known = group == typed.resource.group && typed.resource.serves(version);
        known.then(|| {
            Typed {
                resource: typed.resource,
                version,
            }
            .of_schema()
            .clone()
        })
    };
    let api_version = typed.resource.api_version(typed.version);
    let time = clock::seconds(manager.now);
    let writer = Writer {
        manager: manager.name,
        api_version: &api_version,
        subresource: manager.part.subresource(),
        time: &time,
        ty,
        types: &types,
        dropped: dropped(typed.resource, typed.version, manager.part),
    };
    act(&writer)
}

/// What there is before a create.
fn nothing(typed: Typed<'_>) -> Value {
    if typed.resource.is_custom() {
        Value::Object(Map::new())
    } else {
        schema::empty(typed.of_schema())
    }
}

/// Notes who set what by a create or an update.
pub(crate) fn track(typed: Typed<'_>, current: Option<&Value>, object: &mut Value, manager: &Manager<'_>) {
    let empty;
    let before = match current {
        Some(current) => current,
        None => {
            empty = nothing(typed);
            &empty
        }
    };
    with_writer(typed, manager, |writer| managed_fields::update(before, object, writer));
}

/// Server-side apply.
pub(crate) fn apply(
    typed: Typed<'_>,
    current: Option<&Value>,
    applied: &Value,
    manager: &Manager<'_>,
    force: bool,
) -> Result<Value, Status> {
    let empty;
    let before = match current {
        Some(current) => current,
        None => {
            empty = nothing(typed);
            &empty
        }
    };
    let outcome = with_writer(typed, manager, |writer| {
        managed_fields::apply(before, applied, writer, force)
    });
    let applied = outcome.map_err(|error| match error {
        ApplyError::Conflicts(conflicts) => {
            let mut status = Status::new(409, "Conflict", conflicts.to_string());
            status.details = Some(serde_json::json!({"causes": conflicts.causes()}));
            status
        }
        ApplyError::Untyped(message) => Status::internal(message),
        ApplyError::BadRequest(message) => Status::bad_request(message),
    })?;
    if !applied.changed && current.is_some() {
        return Ok(applied.object);
    }
    let (mut object, _) = decode(typed, &applied.object).map_err(|error| Status::internal(error.to_string()))?;
    default(typed, &mut object);
    Ok(object)
}

/// What admission adds to an object. The suffix is for the name of a volume.
pub(crate) fn admit(typed: Typed<'_>, object: &mut Value, suffix: &str) {
    if !typed.resource.is_custom() {
        schema::admit(typed.gvk(), object, suffix);
    }
}

/// What storage decides at a create.
pub(crate) fn prepare_create(typed: Typed<'_>, object: &mut Value) {
    let resource = typed.resource;
    if resource.generation {
        meta::set(object, "generation", 1);
    }
    if resource.subresource("status", typed.version).is_some()
        && !resource.is_core("nodes")
        && let Some(members) = object.as_object_mut()
    {
        // An empty status is written by some kinds and not by others.
        match (resource.is_custom(), nothing(typed).get("status").cloned()) {
            (false, Some(empty)) => members.insert("status".to_owned(), empty),
            _ => members.remove("status"),
        };
    }
    if resource.is_custom() {
        return;
    }
    schema::prepare_create(typed.gvk(), object);
}

/// What storage decides at an update: the parts that the request may not change come from the current object.
pub(crate) fn prepare_update(typed: Typed<'_>, object: &mut Value, current: &Value, part: Part) {
    let resource = typed.resource;
    let has_status = resource.subresource("status", typed.version).is_some();
    match part {
        Part::Main if resource.is_core("namespaces") => {
            keep(object, current, "/spec");
            keep(object, current, "/status");
        }
        Part::Main if resource.plural == "certificatesigningrequests" => {
            keep(object, current, "/spec");
            keep(object, current, "/status");
        }
        Part::Main if has_status => keep(object, current, "/status"),
        Part::Status => keep_for_status(resource, object, current),
        Part::Approval => {
            keep(object, current, "/spec");
            keep(object, current, "/status/certificate");
        }
        Part::Finalize => {
            let finalizers = object.pointer("/spec/finalizers").cloned();
            keep(object, current, "/spec");
            keep(object, current, "/status");
            set(object, "/spec", "finalizers", finalizers);
        }
        Part::Ephemeral => {
            let containers = object.pointer("/spec/ephemeralContainers").cloned();
            keep(object, current, "/spec");
            keep(object, current, "/status");
            set(object, "/spec", "ephemeralContainers", containers);
        }
        Part::Resize => keep(object, current, "/status"),
        Part::Main | Part::Scale => {}
    }
    if !resource.is_custom() && part == Part::Main {
        schema::admit_update(typed.gvk(), object);
        schema::prepare_update(typed.gvk(), object, current);
    }
    if resource.generation && part != Part::Status && counts(resource, has_status, object, current) {
        meta::set(object, "generation", meta::generation(current) + 1);
    }
}

/// What `/status` leaves of the rest.
fn keep_for_status(resource: &Resource, object: &mut Value, current: &Value) {
    if resource.is_custom() {
        let (status, managed) = (
            object.get("status").cloned(),
            object.pointer("/metadata/managedFields").cloned(),
        );
        *object = current.clone();
        set(object, "", "status", status);
        set(object, "/metadata", "managedFields", managed);
        return;
    }
    keep(object, current, "/spec");
    match resource.plural.as_ref() {
        "deployments" => keep(object, current, "/metadata/labels"),
        "pods" => keep(object, current, "/metadata/ownerReferences"),
        "certificatesigningrequests" => keep(object, current, "/status/conditions"),
        "customresourcedefinitions" => {
            let managed = object.pointer("/metadata/managedFields").cloned();
            keep(object, current, "/metadata");
            set(object, "/metadata", "managedFields", managed);
        }
        _ => {}
    }
}

/// Takes a member from the current object, or away where it has none.
fn keep(object: &mut Value, current: &Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    set(object, parent, name, current.pointer(pointer).cloned());
}

fn set(object: &mut Value, parent: &str, name: &str, value: Option<Value>) {
    if let Some(members) = object.pointer_mut(parent).and_then(Value::as_object_mut) {
        match value {
            Some(value) => members.insert(name.to_owned(), value),
            None => members.remove(name),
        };
    }
}

/// Whether a change is one of the specification.
fn counts(resource: &Resource, has_status: bool, object: &Value, current: &Value) -> bool {
    if resource.is_custom() {
        let rest = |object: &Value| {
            let mut members = object.as_object().cloned().unwrap_or_default();
            for field in ["metadata", "apiVersion", "kind"] {
                members.remove(field);
            }
            if has_status {
                members.remove("status");
            }
            members
        };
        return rest(object) != rest(current);
    }
    let body = if resource.group == "admissionregistration.k8s.io" && object.get("webhooks").is_some() {
        "/webhooks"
    } else {
        match resource.plural.as_ref() {
            "podtemplates" => "/template",
            "priorityclasses" => "/value",
            "endpointslices" => "/endpoints",
            _ => "/spec",
        }
    };
    object.pointer(body) != current.pointer(body)
        // A roll-out is told by annotations too.
        || (resource.plural == "deployments"
            && object.pointer("/metadata/annotations") != current.pointer("/metadata/annotations"))
}

/// Faults of a new object, metadata aside.
pub(crate) fn validate_create(typed: Typed<'_>, object: &Value) -> Vec<Cause> {
    if let Some(custom) = typed.resource.custom_version(typed.version) {
        return custom.validate(object, None);
    }
    if typed.resource.group == "apiextensions.k8s.io" {
        return crd::validate_create(object);
    }
    schema::validate_create(typed.gvk(), object)
}

/// Faults of a changed object, metadata aside.
pub(crate) fn validate_update(typed: Typed<'_>, object: &Value, current: &Value, part: Part) -> Vec<Cause> {
    if let Some(custom) = typed.resource.custom_version(typed.version) {
        return match part {
            Part::Status => custom.validate_status(object, Some(current)),
            _ => custom.validate(object, Some(current)),
        };
    }
    if typed.resource.group == "apiextensions.k8s.io" {
        return match part {
            Part::Status => Vec::new(),
            _ => crd::validate_update(object, current),
        };
    }
    let subresource = if part == Part::Scale { "" } else { part.subresource() };
    schema::validate_update(typed.gvk(), object, current, subresource)
}

/// Brings an object of a request into the form it is stored in.
pub(crate) fn stored(typed: Typed<'_>, object: &mut Value) {
    if !typed.resource.is_custom() {
        schema::to_storage(typed.gvk(), object);
    }
}

/// A stored object as a version shows it.
pub(crate) fn show(typed: Typed<'_>, object: &Value) -> Value {
    let mut shown = object.clone();
    if let Some(members) = shown.as_object_mut() {
        members.insert(
            "apiVersion".to_owned(),
            Value::from(typed.resource.api_version(typed.version)),
        );
        members.insert("kind".to_owned(), Value::from(typed.resource.kind.as_ref()));
    }
    if let Some(custom) = typed.resource.custom_version(typed.version) {
        // The definition may have changed since it was written.
        custom.prune(&mut shown);
        custom.default(&mut shown);
    } else {
        schema::from_storage(typed.gvk(), &mut shown);
        if typed.resource.group == "events.k8s.io"
            && let Some(members) = shown.as_object_mut()
        {
            // What the core group writes empty, this one leaves out.
            members.retain(|name, value| !name.starts_with("reporting") || value != "");
        }
    }
    shown
}

fn patch_refused(error: PatchError) -> Status {
    let message = error.to_string();
    match error {
        PatchError::Malformed(_) => Status::bad_request(message),
        PatchError::Failed => {
            let mut status = Status::new(422, "Invalid", message);
            status.details = Some(Value::Object(Map::new()));
            status
        }
        PatchError::Impossible(_) => Status::internal(message),
        PatchError::TooLarge(_) => Status::new(413, "RequestEntityTooLarge", message),
    }
}

/// JSON merge patch.
pub(crate) fn merge(target: &mut Value, document: &Value) {
    *target = patch::merge(target, document);
}

/// JSON patch.
pub(crate) fn json_patch(current: &Value, document: &Value) -> Result<Value, Status> {
    patch::json(current, document).map_err(patch_refused)
}

/// Strategic merge patch.
pub(crate) fn strategic(typed: Typed<'_>, current: &Value, document: &Value) -> Result<Value, Status> {
    patch::strategic(current, document, typed.of_schema()).map_err(patch_refused)
}
