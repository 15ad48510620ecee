//! Columns of tables, by kind: what `kubectl get` shows.

mod builtin;
mod cells;
mod pods;
mod references;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::call::Target;
use crate::clock;
use crate::crd;
use crate::meta;
use crate::schema;
use crate::types;

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// What a column is about.
#[derive(Debug, Clone, Copy)]
enum About {
    /// As the published schema describes a member of a type.
    Member(&'static str, &'static str),
    Text(&'static str),
}

/// A column of a built-in kind.
struct Column {
    name: &'static str,
    kind: &'static str,
    format: &'static str,
    priority: i64,
    about: About,
    cell: fn(&Value, OffsetDateTime) -> Value,
}

fn definition(name: &str, kind: &str, format: &str, priority: i64, description: &str) -> Value {
    json!({"name": name, "type": kind, "format": format, "priority": priority, "description": description})
}

fn described(type_name: &str, member: &str) -> &'static str {
    schema::description(type_name, Some(member)).unwrap_or_default()
}

/// The columns of a custom resource: those of its definition; an age where it has none.
fn custom(target: &Target) -> Option<&[crd::Column]> {
    target
        .resource
        .custom_version(&target.version)
        .map(|version| version.columns.as_slice())
}

/// Events are told by what happened; their name is the last column.
fn names_last(target: &Target) -> bool {
    target.resource.plural == "events" && !target.resource.is_custom()
}

/// Column definitions of a kind.
pub(crate) fn columns(target: &Target) -> Vec<Value> {
    let mut columns = Vec::new();
    if !names_last(target) {
        columns.push(definition("Name", "string", "name", 0, described(OBJECT_META, "name")));
    }
    if let Some(own) = custom(target) {
        for column in own {
            let description = if column.description.is_empty() {
                format!(
                    "Custom resource definition column (in JSONPath format): {}",
                    column.path
                )
            } else {
                column.description.clone()
            };
            columns.push(definition(
                &column.name,
                &column.kind,
                &column.format,
                column.priority,
                &description,
            ));
        }
        if own.is_empty() {
            columns.push(definition(
                "Age",
                "date",
                "",
                0,
                described(OBJECT_META, "creationTimestamp"),
            ));
        }
        return columns;
    }
    match builtin::columns(&target.resource.group, &target.resource.plural) {
        Some(own) => columns.extend(own.iter().map(|column| {
            let description = match column.about {
                About::Member(type_name, member) => described(type_name, member),
                About::Text(text) => text,
            };
            definition(column.name, column.kind, column.format, column.priority, description)
        })),
        None => {
            let about = described(OBJECT_META, "creationTimestamp");
            columns.push(definition("Created At", "date", "", 0, about));
        }
    }
    columns
}

/// The name of an object; the class that claims get by default says so beside it.
fn name(target: &Target, object: &Value) -> Value {
    let marks = ["storageclass.kubernetes.io", "storageclass.beta.kubernetes.io"];
    let default = target.resource.is("storage.k8s.io", "storageclasses")
        && marks.iter().any(|mark| {
            let annotation = format!("/metadata/annotations/{mark}~1is-default-class");
            object.pointer(&annotation).is_some_and(|value| value == "true")
        });
    let name = meta::name(object);
    Value::from(if default {
        format!("{name} (default)")
    } else {
        name.to_owned()
    })
}

/// One row's cells.
pub(crate) fn cells(target: &Target, object: &Value, now: OffsetDateTime) -> Vec<Value> {
    let mut cells = Vec::new();
    if !names_last(target) {
        cells.push(name(target, object));
    }
    let created = meta::text(object, "creationTimestamp");
    if let Some(own) = custom(target) {
        for column in own {
            let value = crd::find(object, &column.path);
            cells.push(match (column.kind.as_str(), value) {
                ("date", Some(Value::String(at))) => Value::from(clock::age(at, now)),
                (_, None) => Value::Null,
                ("integer", Some(value)) => value.as_i64().map_or(Value::Null, Value::from),
                ("number" | "boolean", Some(value)) => value.clone(),
                (_, Some(Value::String(text))) => Value::from(text.as_str()),
                (_, Some(other)) => Value::from(other.to_string()),
            });
        }
        if own.is_empty() {
            cells.push(Value::from(clock::age(created, now)));
        }
        return cells;
    }
    let inner;
    let object = if target.resource.group == "events.k8s.io" {
        // Events are shown by the names that the core group gives their members.
        let mut stored = object.clone();
        types::stored(target.typed(), &mut stored);
        inner = stored;
        &inner
    } else {
        object
    };
    match builtin::columns(&target.resource.group, &target.resource.plural) {
        Some(own) => cells.extend(own.iter().map(|column| (column.cell)(object, now))),
        None => cells.push(Value::from(created)),
    }
    cells
}
