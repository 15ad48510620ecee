//! The form in which documents rest: stored names, secrets sealed, unknown members kept as they are.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::resource::member::{Member as Named, MemberName};
use crate::resource::view::{NO_TIME, serialize_time};
use crate::resource::walk::{is_zero, reset};
use crate::resource::{List, Map, Mut, Node, Ref};
use crate::secret::{SealError, Sealer, Secret, SecretBytes};

/// Why a document could not be written or read. It names places, never contents.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// A secret could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The document is not what this build can read.
    #[error("the stored document is malformed at {path}: {reason}")]
    Malformed {
        /// The member.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The document could not be written.
    #[error("the document cannot be written: {0}")]
    Unwritable(String),
}

/// Writes a resource as the value to store. `document` is the id of the document that holds it: secrets are sealed
/// for it and their place in it. Secrets that are sealed already are written as they are.
///
/// # Errors
/// When a secret cannot be sealed.
pub fn to_json<T: Node>(resource: &T, sealer: &dyn Sealer, document: &str) -> Result<serde_json::Value, StoredError> {
    let text = to_string(resource, sealer, document)?;
    serde_json::from_str(&text).map_err(|error| StoredError::Unwritable(error.to_string()))
}

/// Writes a resource as the text to store; unlike a [`serde_json::Value`] it keeps the digits of unknown numbers.
///
/// # Errors
/// When a secret cannot be sealed.
pub fn to_raw<T: Node>(resource: &T, sealer: &dyn Sealer, document: &str) -> Result<Box<RawValue>, StoredError> {
    let text = to_string(resource, sealer, document)?;
    RawValue::from_string(text).map_err(|error| StoredError::Unwritable(error.to_string()))
}

/// As [`to_raw`], as plain text.
///
/// # Errors
/// When a secret cannot be sealed.
pub fn to_string<T: Node>(resource: &T, sealer: &dyn Sealer, document: &str) -> Result<String, StoredError> {
    write(resource, sealer, document, false)
}

fn write<T: Node>(
    resource: &T,
    sealer: &dyn Sealer,
    document: &str,
    in_the_clear: bool,
) -> Result<String, StoredError> {
    let writer = Writer {
        sealer,
        document,
        in_the_clear,
        failed: RefCell::new(None),
    };
    let written = serde_json::to_string(&Object {
        node: resource,
        path: String::new(),
        writer: &writer,
    });
    match (writer.failed.into_inner(), written) {
        (Some(error), _) => Err(error.into()),
        (None, written) => written.map_err(|error| StoredError::Unwritable(error.to_string())),
    }
}

/// As [`to_string`], with all secrets opened: for whoever must be given them, never for a store. Secrets in bytes are base64.
/// `document` is the id of the document that the resource was read from.
///
/// # Errors
/// When a secret cannot be opened.
pub fn to_clear_string<T: Node>(
    resource: &T,
    sealer: &dyn Sealer,
    document: &str,
) -> Result<Zeroizing<String>, StoredError> {
    write(resource, sealer, document, true).map(Zeroizing::new)
}

/// Reads a resource from a stored value. Secrets stay sealed.
///
/// # Errors
/// When a member has the wrong type.
pub fn from_json<T: Node + Default>(value: &serde_json::Value) -> Result<T, StoredError> {
    // Through the text, because unknown members are kept as text.
    let text = serde_json::to_string(value).map_err(|error| StoredError::Malformed {
        path: String::new(),
        reason: error.to_string(),
    })?;
    from_str(&text)
}

/// Reads a resource from stored text. Secrets stay sealed.
///
/// # Errors
/// When the text is not JSON or a member has the wrong type.
pub fn from_str<T: Node + Default>(text: &str) -> Result<T, StoredError> {
    let mut resource = T::default();
    let mut at = Path {
        path: String::new(),
        reason: None,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Slot {
        target: Mut::Struct(&mut resource),
        at: &mut at,
    }
    .deserialize(&mut json)
    .and_then(|()| json.end());
    match read {
        Ok(()) => Ok(resource),
        Err(error) => {
            let reason = at.reason.map_or_else(
                || format!("not JSON at line {}, column {}", error.line(), error.column()),
                str::to_owned,
            );
            Err(StoredError::Malformed { path: at.path, reason })
        }
    }
}

struct Writer<'a> {
    sealer: &'a dyn Sealer,
    document: &'a str,
    in_the_clear: bool,
    /// Serialization can only fail with text; the cause is kept here.
    failed: RefCell<Option<SealError>>,
}

struct Object<'a> {
    node: &'a dyn Node,
    path: String,
    writer: &'a Writer<'a>,
}

impl Object<'_> {
    /// Whether nothing would be written.
    fn is_empty(&self) -> bool {
        let fields = self.node.shape().fields;
        self.node.extra().is_empty()
            && fields
                .iter()
                .enumerate()
                .all(|(number, field)| match self.node.get(number) {
                    _ if field.request_only => true,
                    _ if field.stored_always => false,
                    Ref::Struct(node) => Object {
                        node,
                        path: String::new(),
                        writer: self.writer,
                    }
                    .is_empty(),
                    value => is_zero(value),
                })
    }
}

/// The place of a member. Positions in lists and keys of maps are no part of it: elements may move.
fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (number, field) in self.node.shape().fields.iter().enumerate() {
            if field.request_only {
                continue;
            }
            let value = self.node.get(number);
            let path = match value {
                Ref::Struct(_)
                | Ref::OptStruct(_)
                | Ref::List(_)
                | Ref::Map(_)
                | Ref::Secret(_)
                | Ref::OptSecret(_)
                | Ref::SecretBytes(_) => below(&self.path, field.stored),
                _ => String::new(),
            };
            let written = match value {
                Ref::Struct(node) => {
                    field.stored_always
                        || !Object {
                            node,
                            path: String::new(),
                            writer: self.writer,
                        }
                        .is_empty()
                }
                value => field.stored_always || !is_zero(value),
            };
            if written {
                map.serialize_entry(
                    field.stored,
                    &Member {
                        value,
                        path,
                        writer: self.writer,
                    },
                )?;
            }
        }
        for (name, value) in self.node.extra().iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

struct Member<'a> {
    value: Ref<'a>,
    path: String,
    writer: &'a Writer<'a>,
}

impl Member<'_> {
    fn opened<S: Serializer>(
        &self,
        opened: Result<Zeroizing<String>, SealError>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = match &opened {
            Ok(text) => Ok(Cow::Borrowed(text.as_str())),
            Err(error) => Err(error.clone()),
        };
        self.sealed(text, serializer)
    }

    fn sealed<S: Serializer>(&self, sealed: Result<Cow<'_, str>, SealError>, serializer: S) -> Result<S::Ok, S::Error> {
        match sealed {
            Ok(text) => serializer.serialize_str(&text),
            Err(error) => {
                *self.writer.failed.borrow_mut() = Some(error);
                Err(S::Error::custom("a secret cannot be sealed"))
            }
        }
    }
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Writer { sealer, document, .. } = *self.writer;
        match self.value {
            Ref::Str(text) | Ref::Word(text) => serializer.serialize_str(text),
            Ref::OptStr(text) => text.serialize(serializer),
            Ref::Int(number) => serializer.serialize_i64(number),
            Ref::OptInt(number) => number.serialize(serializer),
            Ref::Bool(truth) => serializer.serialize_bool(truth),
            Ref::Time(time) => serialize_time(time, serializer),
            Ref::Secret(secret) | Ref::OptSecret(Some(secret)) if self.writer.in_the_clear => {
                self.opened(secret.open(sealer, document), serializer)
            }
            Ref::SecretBytes(secret) if self.writer.in_the_clear => {
                let opened = secret.open(sealer, document);
                self.opened(opened.map(|bytes| Zeroizing::new(STANDARD.encode(&*bytes))), serializer)
            }
            Ref::Secret(secret) => self.sealed(secret.store(sealer, document, &self.path), serializer),
            Ref::OptSecret(Some(secret)) => self.sealed(secret.store(sealer, document, &self.path), serializer),
            Ref::OptSecret(None) | Ref::OptStruct(None) => serializer.serialize_unit(),
            Ref::SecretBytes(secret) => self.sealed(secret.store(sealer, document, &self.path), serializer),
            Ref::Struct(node) | Ref::OptStruct(Some(node)) => Object {
                node,
                path: self.path.clone(),
                writer: self.writer,
            }
            .serialize(serializer),
            Ref::List(list) => {
                let elements = (0..list.len()).filter_map(|index| list.at(index));
                serializer.collect_seq(elements.map(|value| Member {
                    value,
                    path: self.path.clone(),
                    writer: self.writer,
                }))
            }
            Ref::Map(map) => {
                let entries = map.entries();
                serializer.collect_map(entries.map(|(key, value)| {
                    (
                        key,
                        Member {
                            value,
                            path: self.path.clone(),
                            writer: self.writer,
                        },
                    )
                }))
            }
            Ref::Opaque(opaque) => opaque.to_value().map_err(S::Error::custom)?.serialize(serializer),
        }
    }
}

/// Where reading is, in the form that secrets are sealed for; not taken back after a failure.
struct Path {
    path: String,
    reason: Option<&'static str>,
}

impl Path {
    fn fail<E: serde::de::Error>(&mut self, reason: &'static str) -> E {
        self.reason.get_or_insert(reason);
        E::custom(reason)
    }
}

struct Slot<'m, 'a> {
    target: Mut<'m>,
    at: &'a mut Path,
}

impl<'de> DeserializeSeed<'de> for Slot<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.target {
            Mut::Opaque(opaque) => {
                let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                opaque
                    .set_value(value)
                    .map_err(|_| self.at.fail("not what the member holds"))
            }
            target => deserializer.deserialize_any(Slot { target, at: self.at }),
        }
    }
}

impl<'de> Visitor<'de> for Slot<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        match self.target {
            Mut::Bool(truth) => *truth = value,
            _ => return Err(self.at.fail("the type is not that of the member")),
        }
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        match self.target {
            Mut::Int(number) => *number = value,
            Mut::OptInt(number) => *number = Some(value),
            _ => return Err(self.at.fail("the type is not that of the member")),
        }
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(self.at.fail("the number does not fit into 64 bits")),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Err(self.at.fail("the type is not that of the member"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        match self.target {
            Mut::Str(text) => value.clone_into(text),
            Mut::OptStr(text) => *text = Some(value.to_owned()),
            Mut::Secret(secret) => *secret = read_secret(value, &self.at.path),
            Mut::OptSecret(secret) => *secret = Some(read_secret(value, &self.at.path)),
            Mut::SecretBytes(secret) => {
                *secret = if value.is_empty() {
                    SecretBytes::default()
                } else {
                    SecretBytes::sealed(value.to_owned(), &self.at.path)
                }
            }
            Mut::Word(word) => {
                if !word.set_word(value) {
                    return Err(self.at.fail("not one of the words of this member"));
                }
            }
            Mut::Time(time) => {
                let parsed = OffsetDateTime::parse(value, &Rfc3339).map_err(|_| self.at.fail("not a time"))?;
                // The first moment of year 1 is how other writers say that there is no time.
                *time = (parsed != NO_TIME).then_some(parsed);
            }
            _ => return Err(self.at.fail("the type is not that of the member")),
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        reset(self.target);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        match self.target {
            Mut::List(list) => visit_list(list, self.at, seq),
            _ => Err(self.at.fail("the type is not that of the member")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        match self.target {
            Mut::Struct(node) => visit_node(node, self.at, map),
            Mut::OptStruct(node) => visit_node(node.node_mut(), self.at, map),
            Mut::Map(entries) => visit_entries(entries, self.at, map),
            _ => Err(self.at.fail("the type is not that of the member")),
        }
    }
}

fn read_secret(text: &str, path: &str) -> Secret {
    if text.is_empty() {
        Secret::default()
    } else {
        Secret::sealed(text.to_owned(), path)
    }
}

fn visit_list<'de, A: SeqAccess<'de>>(list: &mut dyn List, at: &mut Path, mut seq: A) -> Result<(), A::Error> {
    let mut index = 0;
    loop {
        let slot = Slot {
            target: list.at_mut(index),
            at: &mut *at,
        };
        if seq.next_element_seed(slot)?.is_none() {
            list.truncate(index);
            return Ok(());
        }
        index += 1;
    }
}

fn visit_entries<'de, A: MapAccess<'de>>(entries: &mut dyn Map, at: &mut Path, mut map: A) -> Result<(), A::Error> {
    entries.empty();
    while let Some(key) = map.next_key::<String>()? {
        map.next_value_seed(Slot {
            target: entries.fresh(key),
            at: &mut *at,
        })?;
    }
    Ok(())
}

fn visit_node<'de, A: MapAccess<'de>>(node: &mut dyn Node, at: &mut Path, mut map: A) -> Result<(), A::Error> {
    let fields = node.shape().fields;
    let length = at.path.len();
    let find = |name: &str| {
        let mut fields = fields.iter();
        fields.position(|field| field.stored == name && !field.request_only)
    };
    while let Some(name) = map.next_key_seed(MemberName(find))? {
        match name {
            Named::Known(number) => {
                if length > 0 {
                    at.path.push('.');
                }
                at.path.push_str(fields[number].stored);
                map.next_value_seed(Slot {
                    target: node.get_mut(number),
                    at: &mut *at,
                })?;
                at.path.truncate(length);
            }
            Named::Unknown(name) => {
                let value = map.next_value::<Box<RawValue>>()?;
                node.extra_mut().insert(name, value);
            }
        }
    }
    Ok(())
}
