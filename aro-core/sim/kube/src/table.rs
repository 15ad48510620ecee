//! Columns of tables, by kind.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::call::Target;
use crate::clock;
use crate::meta;

/// Column definitions of a kind.
pub(crate) fn columns(_: &Target) -> Vec<Value> {
    vec![
        json!({"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}),
        json!({"name": "Age", "type": "string", "format": "", "description": "", "priority": 0}),
    ]
}

/// One row's cells.
pub(crate) fn cells(_: &Target, object: &Value, now: OffsetDateTime) -> Vec<Value> {
    vec![
        Value::from(meta::name(object)),
        Value::from(clock::age(meta::text(object, "creationTimestamp"), now)),
    ]
}
