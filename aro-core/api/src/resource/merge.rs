//! Lays the body of a request over a resource, straight from its bytes.
//!
//! Names match exactly, and in the legacy dialect else without regard to case. Element *i* of a list is laid over
//! element *i*, then the list is cut to the length of the body's. A value of a map replaces the one that was there.
//! What null does depends on the dialect. A member that appears twice is refused: which of the two was meant?

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::member::{Member, MemberName};
use super::view::NO_TIME;
use super::walk::reset;
use super::{Field, Kind, List, Map, Mut, Node, OptNode};
use crate::arm_id::eq_ignore_case;
use crate::error::{CloudError, Code};
use crate::secret::Secret;
use crate::version::{ApiVersion, Dialect};

/// How a body is laid over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Members that a PUT replaces as a whole start empty where it mentions them.
    Put,
    /// They start with what is there.
    Patch,
}

/// Lays `body` over `target`. Returns the JSON pointers of nulls in lists and maps of objects (modern dialect only):
/// the elements are there, empty, and a rule refuses them.
///
/// # Errors
/// 400 `InvalidRequestContent` without target: not JSON, a member of the wrong type or given twice, no object.
/// The message names the place as a JSON pointer and never contains a value.
pub(crate) fn merge(
    target: &mut dyn Node,
    version: ApiVersion,
    method: Method,
    body: &[u8],
) -> Result<Vec<String>, CloudError> {
    let modern = version.dialect() == Dialect::Modern;
    let mut at = At {
        version,
        modern,
        method,
        path: Vec::new(),
        nulls: Vec::new(),
        reason: None,
    };
    let mut json = serde_json::Deserializer::from_slice(body);
    let merged = Slot {
        target: Mut::Struct(target),
        field: None,
        at: &mut at,
        root: true,
    }
    .deserialize(&mut json)
    .and_then(|()| {
        // Behind the value nothing may follow; the place is then that of the whole body.
        at.path.clear();
        json.end()
    });
    match merged {
        Ok(()) => Ok(at.nulls),
        Err(error) => Err(at.describe(&error)),
    }
}

/// Where the walk is.
struct At {
    version: ApiVersion,
    modern: bool,
    method: Method,
    /// Not taken back after a failure, so that it then names the place.
    path: Vec<Segment>,
    nulls: Vec<String>,
    reason: Option<&'static str>,
}

enum Segment {
    Name(&'static str),
    Key(String),
    Index(usize),
}

impl At {
    fn fail<E: serde::de::Error>(&mut self, reason: &'static str) -> E {
        self.reason.get_or_insert(reason);
        E::custom(reason)
    }

    fn describe(&self, error: &serde_json::Error) -> CloudError {
        let message = match self.reason {
            Some(reason) => format!("The request content is invalid at '{}': {reason}.", self.pointer()),
            None => format!(
                "The request content is not valid JSON: it cannot be read at line {}, column {}.",
                error.line(),
                error.column()
            ),
        };
        CloudError::new(400, Code::INVALID_REQUEST_CONTENT, "", message)
    }

    /// The key of the map entry that the walk is at.
    fn last_key(&self) -> String {
        match self.path.last() {
            Some(Segment::Key(key)) => key.clone(),
            _ => String::new(),
        }
    }

    /// The place as a JSON pointer (RFC 6901), without double quotes.
    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for segment in &self.path {
            pointer.push('/');
            match segment {
                Segment::Name(name) => pointer.push_str(name),
                Segment::Key(key) => {
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1").replace('"', "'"));
                }
                Segment::Index(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }
}

/// The value that the next JSON value is laid over.
struct Slot<'m, 'a> {
    target: Mut<'m>,
    field: Option<&'static Field>,
    at: &'a mut At,
    root: bool,
}

impl<'de> DeserializeSeed<'de> for Slot<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Slot<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(expected(&self.target))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        match self.target {
            Mut::Bool(truth) => *truth = value,
            other => return Err(self.at.fail(expected(&other))),
        }
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        if self.at.modern && i32::try_from(value).is_err() && matches!(self.target, Mut::Int(_) | Mut::OptInt(_)) {
            return Err(self.at.fail("the number does not fit into 32 bits"));
        }
        match self.target {
            Mut::Int(number) => *number = value,
            Mut::OptInt(number) => *number = Some(value),
            other => return Err(self.at.fail(expected(&other))),
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
        Err(self.at.fail(expected(&self.target)))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        match self.target {
            Mut::Str(text) => value.clone_into(text),
            Mut::OptStr(text) => *text = Some(value.to_owned()),
            Mut::Secret(secret) => *secret = Secret::new(value),
            Mut::OptSecret(secret) => *secret = Some(Secret::new(value)),
            Mut::Word(word) => {
                if !word.set_word(value) {
                    return Err(self.at.fail("expected one of the words of this member"));
                }
            }
            Mut::Time(time) => match parse_time(value, self.at.modern) {
                // How no time is shown where there always is one.
                Some(parsed) if parsed == NO_TIME && self.field.is_some_and(|field| field.not_null) => *time = None,
                Some(parsed) => *time = Some(parsed),
                None => return Err(self.at.fail("expected a time in the form of RFC 3339")),
            },
            other => return Err(self.at.fail(expected(&other))),
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        if self.root {
            return Err(self.at.fail("expected an object, found null"));
        }
        if self.at.modern && !self.field.is_some_and(|field| field.null_clears) {
            return Ok(());
        }
        match self.target {
            Mut::Word(word) if !word.is_open() => {
                return Err(self.at.fail("expected one of the words of this member"));
            }
            // What cannot be absent is left as it is.
            Mut::Str(_) | Mut::Int(_) | Mut::Bool(_) | Mut::Word(_) | Mut::Secret(_) | Mut::Struct(_) => {}
            _ if self.field.is_some_and(|field| field.not_null) => {}
            optional => reset(optional),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        match self.target {
            Mut::List(list) => visit_list(list, self.field, self.at, seq),
            other => Err(self.at.fail(expected(&other))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        match self.target {
            Mut::Struct(node) => visit_node(node, self.at, map),
            Mut::OptStruct(node) => {
                if self.at.method == Method::Put && self.field.is_some_and(|field| field.fresh_on_put) {
                    node.clear();
                }
                visit_node(OptNode::node_mut(node), self.at, map)
            }
            Mut::Map(entries) => visit_entries(entries, self.field, self.at, map),
            other => Err(self.at.fail(expected(&other))),
        }
    }
}

fn visit_list<'de, A: SeqAccess<'de>>(
    list: &mut dyn List,
    field: Option<&'static Field>,
    at: &mut At,
    mut seq: A,
) -> Result<(), A::Error> {
    let nullable = at.modern
        && matches!(
            field,
            Some(Field {
                kind: Kind::List(Kind::Struct(_)),
                ..
            })
        );
    let mut index = 0;
    loop {
        at.path.push(Segment::Index(index));
        // An element that is not there yet is made by the look at it, so it is taken back at the end of the list.
        let before = list.len();
        let slot = Element {
            target: list.at_mut(index),
            at: &mut *at,
            nullable,
        };
        if seq.next_element_seed(slot)?.is_none() {
            at.path.pop();
            list.truncate(index.min(before));
            return Ok(());
        }
        at.path.pop();
        index += 1;
    }
}

fn visit_entries<'de, A: MapAccess<'de>>(
    entries: &mut dyn Map,
    field: Option<&'static Field>,
    at: &mut At,
    mut map: A,
) -> Result<(), A::Error> {
    if entries.is_null() || field.is_some_and(|field| field.replace.contains(at.version)) {
        entries.empty();
    }
    let nullable = at.modern
        && matches!(
            field,
            Some(Field {
                kind: Kind::Map(Kind::Struct(_)),
                ..
            })
        );
    // In a map that starts empty, what is there came from this body.
    let starts_empty = entries.is_empty();
    let mut seen = HashSet::new();
    while let Some(key) = map.next_key::<String>()? {
        let twice = if starts_empty {
            entries.value(&key).is_some()
        } else {
            !seen.insert(key.clone())
        };
        at.path.push(Segment::Key(key));
        if twice {
            return Err(at.fail("the member appears twice"));
        }
        let slot = Entry {
            entries,
            at: &mut *at,
            nullable,
        };
        map.next_value_seed(slot)?;
        at.path.pop();
    }
    Ok(())
}

fn visit_node<'de, A: MapAccess<'de>>(node: &mut dyn Node, at: &mut At, mut map: A) -> Result<(), A::Error> {
    let shape = node.shape();
    let mut seen = 0_u64;
    let mut unknown = HashSet::new();
    let version = at.version;
    while let Some(name) = map.next_key_seed(MemberName(|name: &str| find(name, shape.fields, version)))? {
        match name {
            Member::Known(number) => {
                let field = &shape.fields[number];
                at.path.push(Segment::Name(field.name));
                if seen & (1 << number) != 0 {
                    return Err(at.fail("the member appears twice"));
                }
                seen |= 1 << number;
                let slot = Slot {
                    target: node.get_mut(number),
                    field: Some(field),
                    at: &mut *at,
                    root: false,
                };
                map.next_value_seed(slot)?;
                at.path.pop();
            }
            Member::Unknown(name) => {
                if unknown.contains(&name) {
                    at.path.push(Segment::Key(name));
                    return Err(at.fail("the member appears twice"));
                }
                unknown.insert(name);
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    Ok(())
}

/// A time of RFC 3339. Its letters are capital in the legacy dialect; a comma may stand before the fraction, as ISO 8601
/// has it.
fn parse_time(text: &str, modern: bool) -> Option<OffsetDateTime> {
    if !modern && text.contains(['t', 'z']) {
        return None;
    }
    let point = text.contains(',').then(|| text.replacen(',', ".", 1));
    OffsetDateTime::parse(point.as_deref().unwrap_or(text), &Rfc3339).ok()
}

/// An element of a list; null is noted and makes it empty where objects may be null.
struct Element<'m, 'a> {
    target: Mut<'m>,
    at: &'a mut At,
    nullable: bool,
}

impl<'de> DeserializeSeed<'de> for Element<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if !self.nullable {
            return Slot {
                target: self.target,
                field: None,
                at: self.at,
                root: false,
            }
            .deserialize(deserializer);
        }
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Element<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(expected(&self.target))
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        let place = self.at.pointer();
        self.at.nulls.push(place);
        reset(self.target);
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        Slot {
            target: self.target,
            field: None,
            at: self.at,
            root: false,
        }
        .deserialize(deserializer)
    }
}

/// A value of a map, which replaces the one that was there; null is noted where objects may be null. Its key is the end
/// of the path.
struct Entry<'m, 'a> {
    entries: &'m mut dyn Map,
    at: &'a mut At,
    nullable: bool,
}

impl<'de> DeserializeSeed<'de> for Entry<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Entry<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        if self.nullable {
            let place = self.at.pointer();
            self.at.nulls.push(place);
        }
        self.entries.fresh(self.at.last_key());
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let target = self.entries.fresh(self.at.last_key());
        Slot {
            target,
            field: None,
            at: self.at,
            root: false,
        }
        .deserialize(deserializer)
    }
}

/// The member that a name in the body means.
fn find(name: &str, fields: &[Field], version: ApiVersion) -> Option<usize> {
    let find = |same: &dyn Fn(&str) -> bool| {
        fields
            .iter()
            .position(|field| same(field.name) && field.visible.contains(version))
    };
    let exact = find(&|known| known == name);
    if exact.is_none() && version.dialect() == Dialect::Legacy {
        return find(&|known| eq_ignore_case(known, name));
    }
    exact
}

fn expected(target: &Mut<'_>) -> &'static str {
    match target {
        Mut::Str(_) | Mut::OptStr(_) | Mut::Word(_) | Mut::Secret(_) | Mut::OptSecret(_) => "expected a text",
        Mut::Int(_) | Mut::OptInt(_) => "expected a whole number",
        Mut::Bool(_) => "expected true or false",
        Mut::Time(_) => "expected a time in the form of RFC 3339",
        Mut::SecretBytes(_) | Mut::Opaque(_) => "expected nothing: the member cannot be set",
        Mut::Struct(_) | Mut::OptStruct(_) | Mut::Map(_) => "expected an object",
        Mut::List(_) => "expected a list",
    }
}
