//! Object-safe access to the members of a resource.

use std::any::Any;

use time::OffsetDateTime;

use super::{Extra, Kind, Shape};
use crate::error::CloudErrorBody;
use crate::model::ArchitectureVersion;
use crate::secret::{Secret, SecretBytes};

/// A resource struct.
pub trait Node: Send + Sync {
    /// Its descriptor.
    fn shape(&self) -> &'static Shape;
    /// The member with that number in the descriptor.
    fn get(&self, number: usize) -> Ref<'_>;
    /// The member with that number in the descriptor, to change it.
    fn get_mut(&mut self, number: usize) -> Mut<'_>;
    /// Members that this build does not know.
    fn extra(&self) -> &Extra;
    /// Members that this build does not know, to change them.
    fn extra_mut(&mut self) -> &mut Extra;
}

/// A type with a descriptor.
pub trait Described {
    /// The descriptor.
    fn described() -> &'static Shape;
}

/// What a member can be.
pub trait Value {
    /// Its type.
    const KIND: Kind;
    /// A view of it.
    fn get(&self) -> Ref<'_>;
    /// A view of it that can change it.
    fn get_mut(&mut self) -> Mut<'_>;
}

/// A view of a value.
#[derive(Clone, Copy)]
pub enum Ref<'a> {
    /// See [`Kind::Str`].
    Str(&'a str),
    /// See [`Kind::OptStr`].
    OptStr(Option<&'a str>),
    /// See [`Kind::Int`].
    Int(i64),
    /// See [`Kind::OptInt`].
    OptInt(Option<i64>),
    /// See [`Kind::Bool`].
    Bool(bool),
    /// See [`Kind::Time`].
    Time(Option<OffsetDateTime>),
    /// See [`Kind::Word`].
    Word(&'a str),
    /// See [`Kind::Secret`].
    Secret(&'a Secret),
    /// See [`Kind::OptSecret`].
    OptSecret(Option<&'a Secret>),
    /// See [`Kind::SecretBytes`].
    SecretBytes(&'a SecretBytes),
    /// See [`Kind::Struct`].
    Struct(&'a dyn Node),
    /// See [`Kind::OptStruct`].
    OptStruct(Option<&'a dyn Node>),
    /// See [`Kind::List`].
    List(&'a dyn List),
    /// See [`Kind::Map`].
    Map(&'a dyn Map),
    /// See [`Kind::Opaque`].
    Opaque(&'a dyn Opaque),
}

/// A view of a value that can change it.
pub enum Mut<'a> {
    /// See [`Kind::Str`].
    Str(&'a mut String),
    /// See [`Kind::OptStr`].
    OptStr(&'a mut Option<String>),
    /// See [`Kind::Int`].
    Int(&'a mut i64),
    /// See [`Kind::OptInt`].
    OptInt(&'a mut Option<i64>),
    /// See [`Kind::Bool`].
    Bool(&'a mut bool),
    /// See [`Kind::Time`].
    Time(&'a mut Option<OffsetDateTime>),
    /// See [`Kind::Word`].
    Word(&'a mut dyn Word),
    /// See [`Kind::Secret`].
    Secret(&'a mut Secret),
    /// See [`Kind::OptSecret`].
    OptSecret(&'a mut Option<Secret>),
    /// See [`Kind::SecretBytes`].
    SecretBytes(&'a mut SecretBytes),
    /// See [`Kind::Struct`].
    Struct(&'a mut dyn Node),
    /// See [`Kind::OptStruct`].
    OptStruct(&'a mut dyn OptNode),
    /// See [`Kind::List`].
    List(&'a mut dyn List),
    /// See [`Kind::Map`].
    Map(&'a mut dyn Map),
    /// See [`Kind::Opaque`].
    Opaque(&'a mut dyn Opaque),
}

/// A word of an enumeration.
pub trait Word: Send + Sync {
    /// The word; empty where there is none.
    fn word(&self) -> &str;
    /// Takes the word; `false` where the enumeration is closed and does not have it.
    fn set_word(&mut self, word: &str) -> bool;
    /// Whether it keeps words that it does not know.
    fn is_open(&self) -> bool;
}

/// A struct that may be absent.
pub trait OptNode: Send + Sync {
    /// The struct, if it is there.
    fn node(&self) -> Option<&dyn Node>;
    /// The struct; made if it is not there.
    fn node_mut(&mut self) -> &mut dyn Node;
    /// Makes it absent.
    fn clear(&mut self);
}

/// A list that may be absent.
pub trait List: Send + Sync {
    /// Whether there is no list, as opposed to an empty one.
    fn is_null(&self) -> bool;
    /// The number of elements.
    fn len(&self) -> usize;
    /// Whether there are no elements, or no list.
    fn is_empty(&self) -> bool;
    /// An element.
    fn at(&self, index: usize) -> Option<Ref<'_>>;
    /// The element, made if the list is one shorter.
    fn at_mut(&mut self, index: usize) -> Mut<'_>;
    /// Cuts the list; makes it if there is none.
    fn truncate(&mut self, len: usize);
    /// Makes it absent.
    fn clear(&mut self);
    /// A copy.
    fn boxed(&self) -> Box<dyn List>;
    /// For [`copy_from`](Self::copy_from) and [`shares`](Self::shares).
    fn as_any(&self) -> &dyn Any;
    /// Becomes a copy of a list of the same type; `false` where it is of another.
    fn copy_from(&mut self, other: &dyn List) -> bool;
    /// Whether both are known to be equal without looking at the elements, as copies that nobody changed are.
    fn shares(&self, other: &dyn List) -> bool;
}

/// A map that may be absent.
pub trait Map: Send + Sync {
    /// Whether there is no map, as opposed to an empty one.
    fn is_null(&self) -> bool;
    /// The number of entries.
    fn len(&self) -> usize;
    /// Whether there are no entries, or no map.
    fn is_empty(&self) -> bool;
    /// The entries by key.
    fn entries<'a>(&'a self) -> Box<dyn Iterator<Item = (&'a str, Ref<'a>)> + 'a>;
    /// A value.
    fn value(&self, key: &str) -> Option<Ref<'_>>;
    /// The value for the key, made if it is not there.
    fn value_mut(&mut self, key: &str) -> Mut<'_>;
    /// A fresh value for the key, in place of one that may be there.
    fn fresh(&mut self, key: String) -> Mut<'_>;
    /// Takes the key away.
    fn remove(&mut self, key: &str);
    /// Makes it present and empty.
    fn empty(&mut self);
    /// Makes it absent.
    fn clear(&mut self);
    /// For [`copy_from`](Self::copy_from) and [`shares`](Self::shares).
    fn as_any(&self) -> &dyn Any;
    /// Becomes a copy of a map of the same type; `false` where it is of another.
    fn copy_from(&mut self, other: &dyn Map) -> bool;
    /// Whether both are known to be equal without looking at the entries, as copies that nobody changed are.
    fn shares(&self, other: &dyn Map) -> bool;
}

/// A value with a JSON form of its own.
pub trait Opaque: Send + Sync {
    /// Whether there is no value.
    fn is_absent(&self) -> bool;
    /// Its JSON form.
    fn to_value(&self) -> Result<serde_json::Value, serde_json::Error>;
    /// Takes the JSON form.
    fn set_value(&mut self, value: serde_json::Value) -> Result<(), serde_json::Error>;
}

macro_rules! values {
    ($($type:ty: $variant:ident, $self:ident => $get:expr;)*) => {$(
        impl Value for $type {
            const KIND: Kind = Kind::$variant;

            fn get(&self) -> Ref<'_> {
                let $self = self;
                Ref::$variant($get)
            }

            fn get_mut(&mut self) -> Mut<'_> {
                Mut::$variant(self)
            }
        }
    )*};
}

values! {
    String: Str, text => text;
    Option<String>: OptStr, text => text.as_deref();
    i64: Int, number => *number;
    Option<i64>: OptInt, number => *number;
    bool: Bool, truth => *truth;
    Option<OffsetDateTime>: Time, time => *time;
    Secret: Secret, secret => secret;
    Option<Secret>: OptSecret, secret => secret.as_ref();
    SecretBytes: SecretBytes, secret => secret;
    Option<CloudErrorBody>: Opaque, body => body;
}

impl Value for ArchitectureVersion {
    const KIND: Kind = Kind::Int;

    fn get(&self) -> Ref<'_> {
        Ref::Int(self.0)
    }

    fn get_mut(&mut self) -> Mut<'_> {
        Mut::Int(&mut self.0)
    }
}

impl<T: Node + Described + Default> Value for Option<T> {
    const KIND: Kind = Kind::OptStruct(T::described);

    fn get(&self) -> Ref<'_> {
        Ref::OptStruct(self.as_ref().map(|node| node as &dyn Node))
    }

    fn get_mut(&mut self) -> Mut<'_> {
        Mut::OptStruct(self)
    }
}

impl<T: Node + Default> OptNode for Option<T> {
    fn node(&self) -> Option<&dyn Node> {
        self.as_ref().map(|node| node as &dyn Node)
    }

    fn node_mut(&mut self) -> &mut dyn Node {
        self.get_or_insert_with(T::default)
    }

    fn clear(&mut self) {
        *self = None;
    }
}

impl Opaque for Option<CloudErrorBody> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn to_value(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn set_value(&mut self, value: serde_json::Value) -> Result<(), serde_json::Error> {
        *self = serde_json::from_value(value)?;
        Ok(())
    }
}
