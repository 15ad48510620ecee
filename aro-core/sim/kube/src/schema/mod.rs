//! Types of the kinds a server knows: what a document may hold, how it is written, who may own which part of it.
//!
//! The way of a written document, top to bottom; each arrow is one function of this crate:
//!
//! ```text
//! body ── json() ──► value ── decode() ──► value as the server writes it, unknown fields, or what is of the wrong type
//!                                │
//!                            default()        what the kind fills in while it is decoded (tracked in managedFields)
//!                                │
//!          managed_fields::{update, apply}()
//!                                │
//!                            admit()          what admission adds (not tracked)
//!                                │
//!               prepare_create/prepare_update()   what storage decides: status, generation, derived fields
//!                                │
//!               validate_create/validate_update()
//! ```
//!
//! Custom resources go the same way with [`crate::crd::Version`] in the place of a built-in type.

mod admission;
mod builtin;
mod convert;
mod decode;
mod defaults;
mod fault;
mod json;
mod kinds;
mod prepare;
mod quantity;
mod time;
pub(crate) mod validation;
mod wire;

use std::collections::BTreeMap;

use serde_json::Value;

pub use admission::{admit, admit_update};
pub use builtin::{definition, description, kinds, lookup, named, object_meta};
pub use convert::{from_storage, to_storage};
pub(crate) use decode::in_order_except;
pub use decode::{Decoded, Reason, WrongType, decode, decode_meta, empty, in_order};
pub use defaults::default;
pub use fault::{Cause, CauseReason, Invalid};
pub use json::{Malformed, json};
pub use prepare::{prepare_create, prepare_update};
pub use quantity::Quantity;
pub use validation::{validate_create, validate_update};
pub use wire::{MAGIC, protobuf};

/// Group, version and kind, in that order; the core group is empty.
pub type Gvk<'a> = (&'a str, &'a str, &'a str);

/// A type: its shape, and whether one manager owns a value of it whole.
#[derive(Debug, Clone)]
pub struct Type {
    /// What values look like.
    pub shape: Shape,
    /// Stated ownership; where absent, the shape's own.
    pub ownership: Option<Ownership>,
}

/// Whether parts of an object have owners of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// Each part has its owners.
    Granular,
    /// The object is owned as one value.
    Atomic,
}

/// What values of a type look like.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Text.
    String,
    /// Octets as base64 text.
    Bytes,
    /// An amount such as `100m` or `1Gi`.
    Quantity,
    /// A time in seconds, RFC 3339.
    Time,
    /// A time in microseconds, RFC 3339 with exactly six decimals.
    MicroTime,
    /// A whole number of 32 or 64 bits.
    Integer(u8),
    /// A number.
    Number,
    /// true or false.
    Boolean,
    /// A whole number or text, such as a port.
    IntOrString,
    /// Any scalar (custom resources without a type).
    Scalar,
    /// Named members, a map, or both.
    Object(Object),
    /// A list.
    List(List),
    /// Anything: objects are granular, lists atomic.
    Any,
    /// A type of the built-in definitions, by its number there.
    Named(usize),
}

/// Members of an object.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// Name of the type, as `v1.PodSpec`; empty where it has none.
    pub name: String,
    /// Declared members by name.
    pub members: BTreeMap<String, Member>,
    /// Type of all other members; where absent there may be none.
    pub rest: Option<Box<Type>>,
    /// Type-level ownership.
    pub ownership: Option<Ownership>,
}

/// A declared member of an object.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its type.
    pub ty: Type,
    /// Position in which the server writes it.
    pub order: u16,
    /// When the server writes it.
    pub written: Written,
    /// How a strategic merge patch treats it.
    pub patch: Strategy,
    /// Value of the member where it is absent and a list key.
    pub key_default: Option<Value>,
    /// Where it is in the protobuf form.
    pub field: Field,
}

/// Place of a member in the protobuf form of its object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Field {
    /// Field number; 0 where the member has none.
    pub number: u32,
    /// Field number of the message that holds the member, where it is one of an inner message.
    pub within: u32,
}

/// When the server writes a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Although empty; a missing one is written as the empty value of its type.
    Always,
    /// As null when it is missing.
    Null,
    /// When present, although empty.
    Present,
    /// When it is not empty.
    NotEmpty,
}

/// How a strategic merge patch treats a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strategy {
    /// A list is merged; by this key, or as values where the key is empty.
    pub merge: Option<String>,
    /// `$retainKeys` is known.
    pub retain_keys: bool,
    /// A map is replaced.
    pub replace: bool,
}

/// A list.
#[derive(Debug, Clone)]
pub struct List {
    /// Type of its items.
    pub items: Box<Type>,
    /// Identity of its items.
    pub kind: ListKind,
}

/// How items of a list are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListKind {
    /// They are not: the list is one value.
    Atomic,
    /// By their value.
    Set,
    /// By the named members.
    Map(Vec<String>),
}

impl Type {
    /// A type of this shape.
    pub fn new(shape: Shape) -> Self {
        Self { shape, ownership: None }
    }

    /// The shape after following names.
    pub fn shape(&self) -> &Shape {
        match &self.shape {
            Shape::Named(number) => builtin::resolve(*number).shape(),
            shape => shape,
        }
    }

    /// Whether a value of this type has one owner.
    pub fn is_atomic(&self) -> bool {
        let own = match &self.shape {
            Shape::Object(object) => object.ownership,
            Shape::Named(number) => {
                return self
                    .ownership
                    .map_or_else(|| builtin::resolve(*number).is_atomic(), atomic);
            }
            Shape::List(list) => return list.kind == ListKind::Atomic,
            _ => None,
        };
        self.ownership.or(own).is_some_and(atomic)
    }

    /// The members, where it is an object.
    pub fn object(&self) -> Option<&Object> {
        match self.shape() {
            Shape::Object(object) => Some(object),
            _ => None,
        }
    }
}

fn atomic(ownership: Ownership) -> bool {
    ownership == Ownership::Atomic
}

impl Object {
    /// Type of the member of this name: declared, or of the rest.
    pub fn member_type(&self, name: &str) -> Option<&Type> {
        self.members.get(name).map(|member| &member.ty).or(self.rest.as_deref())
    }
}
