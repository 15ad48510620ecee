//! Custom resources: what their definitions say about them.
//!
//! | part | what |
//! |---|---|
//! | [`validate_create`], [`validate_update`] | faults of a definition itself |
//! | [`Version`] | one version, compiled: defaults, unknown fields, validation, rules, columns |

mod check;
mod columns;
mod definition;
mod library;
mod rules;
mod schema;

use serde_json::Value;

use self::schema::Schema;
use crate::schema::{Cause, Type};

pub use columns::{Column, find};
pub use definition::{validate_create, validate_update};
pub(crate) use library::unsupported;
pub(crate) use rules::{compile, language as context, plain as seen};

/// One version of a custom resource, compiled once.
#[derive(Debug)]
pub struct Version {
    /// Name, as `v1alpha1`.
    pub name: String,
    /// It is the one objects are kept in.
    pub storage: bool,
    /// `status` is a subresource.
    pub status: bool,
    /// Paths of the `scale` subresource.
    pub scale: Option<Scale>,
    /// Paths that field selectors may name, as `.spec.size`.
    pub selectable: Vec<String>,
    /// Columns of tables, name and age aside.
    pub columns: Vec<Column>,
    published: Value,
    schema: Schema,
    ty: Type,
}

/// Where a custom resource keeps what a `Scale` shows: paths as `.spec.replicas`.
#[derive(Debug, Clone)]
pub struct Scale {
    /// Wanted replicas.
    pub spec_replicas: String,
    /// Replicas there are.
    pub status_replicas: String,
    /// Label selector as text, where the kind has one.
    pub selector: Option<String>,
}

impl Version {
    /// Compiles an entry of a definition's `spec.versions`.
    pub fn parse(entry: &Value) -> Self {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let subresources = entry.get("subresources").cloned().unwrap_or_default();
        let scale = subresources
            .get("scale")
            .filter(|scale| scale.is_object())
            .map(|scale| Scale {
                spec_replicas: text(scale, "specReplicasPath"),
                status_replicas: text(scale, "statusReplicasPath"),
                selector: scale
                    .get("labelSelectorPath")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            });
        let fields = entry.get("selectableFields").and_then(Value::as_array);
        let published = entry.pointer("/schema/openAPIV3Schema").cloned().unwrap_or_default();
        let schema = Schema::parse(&published);
        let ty = schema.resource_type();
        Self {
            name: text(entry, "name"),
            storage: entry.get("storage") == Some(&Value::Bool(true)),
            status: subresources.get("status").is_some_and(Value::is_object),
            scale,
            selectable: fields
                .into_iter()
                .flatten()
                .map(|field| text(field, "jsonPath"))
                .collect(),
            columns: columns::columns(entry),
            published,
            schema,
            ty,
        }
    }

    /// The schema as its definition has it.
    pub fn published(&self) -> &Value {
        &self.published
    }

    /// The type of the resource, for patches and ownership.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// Fills in defaults. A null where null is not allowed and there is a default counts as missing.
    pub fn default(&self, object: &mut Value) {
        self.schema.fill(object);
    }

    /// Removes what the schema does not know and tells the paths, sorted.
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut unknown = Vec::new();
        self.schema.prune_resource(object, &mut unknown);
        unknown.sort();
        unknown
    }

    /// Faults of a new object, or of a changed one where `current` is given: what did not change is not held against it.
    /// Metadata is not looked at.
    pub fn validate(&self, object: &Value, current: Option<&Value>) -> Vec<Cause> {
        let mut faults = check::value(&self.schema, object, current, "", "");
        if let Some(scale) = &self.scale {
            check::scale(object, &scale.spec_replicas, &mut faults);
            check::scale(object, &scale.status_replicas, &mut faults);
        }
        check::lists(&self.schema, object, "", &mut faults);
        rules::validate(&self.schema, object, current, "", &mut faults);
        faults
    }

    /// As [`Version::validate`], for a request to `status`.
    pub fn validate_status(&self, object: &Value, current: Option<&Value>) -> Vec<Cause> {
        let mut faults = Vec::new();
        let old = current.and_then(|current| current.get("status"));
        if let (Some(schema), Some(status)) = (self.schema.property("status"), object.get("status")) {
            faults.extend(check::value(schema, status, old, "status", ""));
        }
        if let Some(scale) = &self.scale {
            check::scale(object, &scale.status_replicas, &mut faults);
        }
        check::lists(&self.schema, object, "", &mut faults);
        rules::validate(&self.schema, object, current, "", &mut faults);
        faults
    }
}
