//! Faults of documents, as causes of an `Invalid` status.

use std::fmt;

use serde_json::{Value, json};

/// Why a value is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseReason {
    /// `FieldValueRequired`.
    Required,
    /// `FieldValueInvalid`.
    Invalid,
    /// `FieldValueNotSupported`.
    NotSupported,
    /// `FieldValueForbidden`.
    Forbidden,
    /// `FieldValueDuplicate`.
    Duplicate,
    /// `FieldValueTooLong`.
    TooLong,
    /// `FieldValueTooMany`, written as `FieldValueInvalid` where the server has no word for it.
    TooMany,
    /// `FieldValueTypeInvalid`.
    Type,
    /// `FieldValueNotFound`.
    NotFound,
    /// `InternalError`.
    Internal,
}

impl CauseReason {
    /// The word in a status cause.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "FieldValueRequired",
            Self::Invalid => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Forbidden => "FieldValueForbidden",
            Self::Duplicate => "FieldValueDuplicate",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::Type => "FieldValueTypeInvalid",
            Self::NotFound => "FieldValueNotFound",
            Self::Internal => "InternalError",
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Why.
    pub reason: CauseReason,
    /// Where, as `spec.containers[0].name`.
    pub field: String,
    /// What is wrong, with the value.
    pub message: String,
}

impl Cause {
    /// A value is missing.
    pub fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new(CauseReason::Required, field, with_detail("Required value", detail))
    }

    /// A value is wrong; it is told as JSON.
    pub fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        Self::new(
            CauseReason::Invalid,
            field,
            with_detail(&format!("Invalid value: {value}"), detail),
        )
    }

    /// A value is wrong; it is told as the text given (JSON in the server's order).
    pub fn invalid_text(field: impl Into<String>, value: &str, detail: &str) -> Self {
        Self::new(
            CauseReason::Invalid,
            field,
            with_detail(&format!("Invalid value: {value}"), detail),
        )
    }

    /// A value is none of the known ones, which are told in the order given.
    pub fn not_supported(field: impl Into<String>, value: &Value, known: &[&str]) -> Self {
        let known: Vec<String> = known.iter().map(|known| format!("{known:?}")).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", known.join(", "));
        Self::new(CauseReason::NotSupported, field, message)
    }

    /// A value may not be here.
    pub fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new(CauseReason::Forbidden, field, with_detail("Forbidden", detail))
    }

    /// A value occurs twice.
    pub fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self::new(CauseReason::Duplicate, field, format!("Duplicate value: {value}"))
    }

    /// A text or an encoding is too long.
    pub fn too_long(field: impl Into<String>, bytes: usize) -> Self {
        Self::new(
            CauseReason::TooLong,
            field,
            format!("Too long: may not be more than {bytes} bytes"),
        )
    }

    /// A fault of any kind.
    pub fn new(reason: CauseReason, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            reason,
            field: field.into(),
            message: message.into(),
        }
    }

    /// The fault as an entry of a status' `details.causes`.
    pub fn to_value(&self) -> Value {
        json!({ "reason": self.reason.as_str(), "message": self.message, "field": self.field })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

fn with_detail(message: &str, detail: &str) -> String {
    if detail.is_empty() {
        message.to_owned()
    } else {
        format!("{message}: {detail}")
    }
}

/// A document that is refused: 422, with causes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    /// Group of the kind.
    pub group: String,
    /// Kind, or the empty text where the server has none.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// All faults; at least one.
    pub causes: Vec<Cause>,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            group,
            kind,
            name,
            causes,
        } = self;
        let dot = if group.is_empty() { "" } else { "." };
        write!(f, "{kind}{dot}{group} {name:?} is invalid: ")?;
        // A fault told twice is told once in the message, and stays twice among the causes.
        let mut told: Vec<String> = Vec::new();
        for cause in causes {
            let text = cause.to_string();
            if !told.contains(&text) {
                told.push(text);
            }
        }
        match told.as_slice() {
            [one] => f.write_str(one),
            many => write!(f, "[{}]", many.join(", ")),
        }
    }
}
