//! The three patch documents that change what is stored: JSON patch, JSON merge patch, strategic merge patch.
//!
//! Each takes the stored document and gives the changed one; what that means for its kind (types, defaults,
//! ownership, validation) is [`crate::schema`]'s and [`crate::managed_fields`]' matter.

mod json;
mod strategic;

use serde_json::Value;

use crate::schema::{Type, in_order_except};

pub use json::json;
pub use strategic::strategic;

/// A patch that cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The document is no patch of its kind: 400.
    #[error("{0}")]
    Malformed(String),
    /// The patch is well formed and does not fit what is stored: 422 without causes, in these words.
    #[error("the server rejected our request due to an error in our request")]
    Failed,
    /// The document names something a strategic merge cannot do: 500.
    #[error("{0}")]
    Impossible(String),
    /// More operations than the server takes: 413.
    #[error("{0}")]
    TooLarge(String),
}

/// JSON merge patch (RFC 7386).
pub fn merge(current: &Value, patch: &Value) -> Value {
    let mut merged = current.clone();
    json_patch::merge(&mut merged, patch);
    merged
}

/// The merged document as the server quotes it in a message.
pub fn quoted(ty: &Type, merged: &Value, patch: &Value) -> String {
    in_order_except(ty, merged, patch)
}

/// A value as the server's own formatter prints it: `map[a:1 b:[x y]]`.
pub fn printed(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(printed).collect::<Vec<_>>().join(" ")),
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name}:{}", printed(value)))
                .collect();
            format!("map[{}]", members.join(" "))
        }
        scalar => scalar.to_string(),
    }
}
