//! A value read as a type: unknown members, wrong types, and the value as the server writes it.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{List, Object, Quantity, Shape, Type, Written, builtin, time};

/// A value read.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// As the server writes it.
    pub value: Value,
    /// Paths of members that the type does not have, as `spec.parts[0].zzz`.
    pub unknown: Vec<String>,
}

/// A value that its type does not allow. `Display` is the message of the server's JSON reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct WrongType {
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A JSON value of the wrong kind.
    Kind {
        /// What was found: `number`, `string`, `bool`, `array`, `object`.
        found: String,
        /// Name of the innermost structure, without its package.
        structure: String,
        /// Members from the root, joined by dots.
        field: String,
        /// What belongs there: `string`, `int32`, `[]v1.Container`.
        expected: String,
    },
    /// A value that a type with its own syntax refuses.
    Text(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Kind {
                found,
                structure,
                expected,
                ..
            } if structure.is_empty() => {
                write!(f, "json: cannot unmarshal {found} into Go value of type {expected}")
            }
            Self::Kind {
                found,
                structure,
                field,
                expected,
            } => {
                write!(
                    f,
                    "json: cannot unmarshal {found} into Go struct field {structure}.{field} of type {expected}"
                )
            }
        }
    }
}

impl WrongType {
    /// The message for a value that was read from a merged document (strategic merge) instead of text.
    pub fn merged(&self) -> String {
        match &self.reason {
            Reason::Text(text) => text.clone(),
            Reason::Kind { found, expected, .. } => {
                let found = match found.split(' ').next().unwrap_or_default() {
                    "array" => "slice",
                    "object" => "map",
                    "number" => "int64",
                    other => other,
                };
                if expected.starts_with("[]") {
                    format!("cannot restore slice from {found}")
                } else if expected.starts_with("map[") {
                    format!("cannot restore map from {found}")
                } else if expected.contains('.') {
                    format!("cannot restore struct from: {found}")
                } else {
                    format!("unrecognized type: {expected}")
                }
            }
        }
    }
}

/// Reads a value as a type: unknown members go, empty members are written or not as the type says.
///
/// # Errors
/// [`WrongType`] for the first value that does not fit.
pub fn decode(ty: &Type, value: &Value) -> Result<Decoded, WrongType> {
    let mut reading = Reading {
        unknown: Vec::new(),
        place: String::new(),
        fields: Vec::new(),
        structures: Vec::new(),
    };
    let value = reading.value(ty, value)?;
    Ok(Decoded {
        value,
        unknown: reading.unknown,
    })
}

/// Reads the `metadata` of a custom resource, whose other members are the definition's matter.
///
/// # Errors
/// [`WrongType`] as [`decode`].
pub fn decode_meta(object: &Value) -> Result<Decoded, WrongType> {
    let mut object = object.clone();
    let mut unknown = Vec::new();
    if let Some(meta) = object.get_mut("metadata") {
        let mut decoded = decode(&builtin::object_meta(), meta)?;
        unknown.extend(decoded.unknown.drain(..).map(|path| format!("metadata.{path}")));
        *meta = decoded.value;
    }
    Ok(Decoded { value: object, unknown })
}

/// The empty value of a type: what the server writes of an object of which nothing was said.
pub fn empty(ty: &Type) -> Value {
    match ty.shape() {
        Shape::String => Value::from(""),
        Shape::Integer(_) | Shape::Number | Shape::IntOrString => Value::from(0),
        Shape::Boolean => Value::Bool(false),
        Shape::Quantity => Value::from("0"),
        Shape::Object(object) if !object.members.is_empty() => {
            let mut out = Map::new();
            fill(object, &mut out);
            Value::Object(out)
        }
        _ => Value::Null,
    }
}

/// What storage makes of a value: it does not tell an empty list from none where a list is always written.
pub(super) fn settle(ty: &Type, value: &mut Value) {
    match (ty.shape(), value) {
        (Shape::Object(object), Value::Object(members)) => {
            for (name, value) in members {
                let always = object
                    .members
                    .get(name)
                    .is_some_and(|member| member.written == Written::Always);
                if always && value.as_array().is_some_and(Vec::is_empty) {
                    *value = Value::Null;
                } else if let Some(ty) = object.member_type(name) {
                    settle(ty, value);
                }
            }
        }
        (Shape::List(list), Value::Array(items)) => items.iter_mut().for_each(|item| settle(&list.items, item)),
        _ => {}
    }
}

fn fill(object: &Object, out: &mut Map<String, Value>) {
    for (name, member) in &object.members {
        match member.written {
            Written::Always if !out.contains_key(name) => {
                out.insert(name.clone(), empty(&member.ty));
            }
            Written::Null if !out.contains_key(name) => {
                out.insert(name.clone(), Value::Null);
            }
            _ => {}
        }
    }
}

struct Reading {
    unknown: Vec<String>,
    /// Path for unknown members, with indexes.
    place: String,
    /// Members from the root, without indexes.
    fields: Vec<String>,
    /// Names of the structures around.
    structures: Vec<String>,
}

impl Reading {
    fn value(&mut self, ty: &Type, value: &Value) -> Result<Value, WrongType> {
        if value.is_null() {
            return Ok(empty(ty));
        }
        match ty.shape() {
            Shape::Object(object) => match value {
                Value::Object(members) => self.object(object, members),
                other => Err(self.wrong(other, ty)),
            },
            Shape::List(list) => match value {
                Value::Array(items) => self.list(list, items),
                other => Err(self.wrong(other, ty)),
            },
            _ => self.scalar(ty, value),
        }
    }

    fn object(&mut self, object: &Object, members: &Map<String, Value>) -> Result<Value, WrongType> {
        if !object.members.is_empty() {
            self.structures
                .push(object.name.rsplit('.').next().unwrap_or_default().to_owned());
        }
        let mut out = Map::new();
        for (name, value) in members {
            let length = self.place.len();
            let dot = if length == 0 { "" } else { "." };
            // Writing to text cannot fail.
            let _ = write!(self.place, "{dot}{name}");
            if let Some(member) = object.members.get(name) {
                if !value.is_null() {
                    self.fields.push(name.clone());
                    let value = self.value(&member.ty, value)?;
                    self.fields.pop();
                    match member.written {
                        Written::NotEmpty if is_empty(&value) => {}
                        _ => {
                            out.insert(name.clone(), value);
                        }
                    }
                }
            } else if let Some(rest) = &object.rest {
                let value = self.value(rest, value)?;
                out.insert(name.clone(), value);
            } else {
                self.unknown.push(self.place.clone());
            }
            self.place.truncate(length);
        }
        fill(object, &mut out);
        if !object.members.is_empty() {
            self.structures.pop();
        }
        Ok(Value::Object(out))
    }

    fn list(&mut self, list: &List, items: &[Value]) -> Result<Value, WrongType> {
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let length = self.place.len();
            let _ = write!(self.place, "[{index}]");
            out.push(self.value(&list.items, item)?);
            self.place.truncate(length);
        }
        Ok(Value::Array(out))
    }

    fn scalar(&self, ty: &Type, value: &Value) -> Result<Value, WrongType> {
        let text = |text: String| WrongType {
            reason: Reason::Text(text),
        };
        match (ty.shape(), value) {
            (Shape::Any | Shape::Scalar, _)
            | (Shape::String | Shape::IntOrString, Value::String(_))
            | (Shape::Boolean, Value::Bool(_))
            | (Shape::Number, Value::Number(_)) => Ok(value.clone()),
            (Shape::Integer(bits), Value::Number(number)) => match number.as_i64() {
                Some(whole) if *bits == 64 || i32::try_from(whole).is_ok() => Ok(value.clone()),
                _ => Err(self.wrong_kind(format!("number {number}"), ty)),
            },
            (Shape::IntOrString, Value::Number(number)) => match number.as_i64().map(i32::try_from) {
                Some(Ok(_)) => Ok(value.clone()),
                _ => Err(self.wrong_kind(format!("number {number}"), ty)),
            },
            (Shape::Bytes, Value::String(given)) => match STANDARD.decode(given) {
                Ok(_) => Ok(value.clone()),
                Err(error) => Err(text(format!(
                    "illegal base64 data at input byte {}",
                    offset(&error, given)
                ))),
            },
            (Shape::Time, Value::String(given)) => time::seconds(given).map(Value::from).map_err(text),
            (Shape::MicroTime, Value::String(given)) => time::micros(given).map(Value::from).map_err(text),
            (Shape::Quantity, Value::String(given)) => quantity(given).ok_or_else(|| text(NO_QUANTITY.to_owned())),
            (Shape::Quantity, Value::Number(given)) => {
                quantity(&given.to_string()).ok_or_else(|| text(NO_QUANTITY.to_owned()))
            }
            (Shape::Quantity, _) => Err(text(NO_QUANTITY.to_owned())),
            _ => Err(self.wrong(value, ty)),
        }
    }

    fn wrong(&self, value: &Value, ty: &Type) -> WrongType {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        self.wrong_kind(found.to_owned(), ty)
    }

    fn wrong_kind(&self, found: String, ty: &Type) -> WrongType {
        WrongType {
            reason: Reason::Kind {
                found,
                structure: self.structures.last().cloned().unwrap_or_default(),
                field: self.fields.join("."),
                expected: name(ty),
            },
        }
    }
}

const NO_QUANTITY: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

fn quantity(text: &str) -> Option<Value> {
    Quantity::parse(text).map(|quantity| Value::from(quantity.to_string()))
}

fn offset(error: &base64::DecodeError, given: &str) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at - at % 4,
        base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => given.len() - given.len() % 4,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// The name of a type in the server's messages.
fn name(ty: &Type) -> String {
    match ty.shape() {
        Shape::Integer(bits) => format!("int{bits}"),
        Shape::Number => "float64".to_owned(),
        Shape::Boolean => "bool".to_owned(),
        Shape::Bytes => "[]uint8".to_owned(),
        Shape::List(list) => format!("[]{}", name(&list.items)),
        Shape::Object(object) if object.members.is_empty() => object
            .rest
            .as_ref()
            .map_or_else(|| object.name.clone(), |rest| format!("map[string]{}", name(rest))),
        Shape::Object(object) => object.name.clone(),
        _ => "string".to_owned(),
    }
}

/// The document as text, members of built-in types in the server's order, all others by name.
pub fn in_order(ty: &Type, value: &Value) -> String {
    let mut out = String::new();
    write_ordered(&mut out, Some(ty), value, None);
    out
}

/// As [`in_order`], but objects that `changes` reaches into are written by name: so does the server with what it merged.
pub(crate) fn in_order_except(ty: &Type, value: &Value, changes: &Value) -> String {
    let mut out = String::new();
    write_ordered(&mut out, Some(ty), value, Some(changes));
    out
}

fn write_ordered(out: &mut String, ty: Option<&Type>, value: &Value, changes: Option<&Value>) {
    let shape = ty.map(Type::shape);
    match value {
        Value::Object(members) => {
            let object = match shape {
                Some(Shape::Object(object)) => Some(object),
                _ => None,
            };
            let mut names: Vec<&String> = members.keys().collect();
            if let (Some(object), None) = (object, changes) {
                names.sort_by_key(|name| object.members.get(*name).map_or(u16::MAX, |member| member.order));
            }
            out.push('{');
            for (at, name) in names.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&quoted(name));
                out.push(':');
                let deeper = changes
                    .and_then(|changes| changes.get(name))
                    .filter(|changes| changes.is_object());
                write_ordered(
                    out,
                    object.and_then(|object| object.member_type(name)),
                    &members[name],
                    deeper,
                );
            }
            out.push('}');
        }
        Value::Array(items) => {
            let items_type = match shape {
                Some(Shape::List(list)) => Some(list.items.as_ref()),
                _ => None,
            };
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_ordered(out, items_type, item, None);
            }
            out.push(']');
        }
        Value::String(text) => out.push_str(&quoted(text)),
        scalar => out.push_str(&scalar.to_string()),
    }
}

/// JSON text of a string as the server writes it: `<`, `>` and `&` escaped.
fn quoted(text: &str) -> String {
    Value::from(text)
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}
