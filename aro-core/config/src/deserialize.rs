//! Reads a struct from the layered tree. Serde's own `deny_unknown_fields` knows neither the path nor where a value
//! came from; this reader knows both, and turns the text of variables and flags into the kind the struct asks for.

use std::fmt;

use serde::de::{self, DeserializeOwned, IntoDeserializer, Visitor};

use crate::error::{ConfigError, Origin};
use crate::layers::{Node, Value};

pub(crate) fn read<T: DeserializeOwned>(root: &Node) -> Result<T, ConfigError> {
    T::deserialize(Reader {
        node: root,
        path: String::new(),
    })
    .map_err(Problem::into_error)
}

/// An error on its way up; the innermost reader it passes adds where it happened.
#[derive(Debug)]
struct Problem {
    place: Option<(String, Origin)>,
    unknown: Option<String>,
    reason: String,
}

impl Problem {
    fn at(mut self, path: &str, origin: &Origin) -> Problem {
        if self.place.is_none() {
            self.place = Some((path.to_string(), origin.clone()));
        }
        self
    }

    fn into_error(self) -> ConfigError {
        match (self.place, self.unknown) {
            (Some((key, origin)), Some(hint)) => ConfigError::UnknownKey { key, origin, hint },
            (Some((key, origin)), None) if !key.is_empty() => ConfigError::Value {
                key,
                origin,
                reason: self.reason,
            },
            _ => ConfigError::Invalid { reason: self.reason },
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Problem {
            place: None,
            unknown: None,
            reason: message.to_string(),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        de::Error::custom(format!("{field} is required; set it"))
    }
}

struct Reader<'a> {
    node: &'a Node,
    path: String,
}

impl<'a> Reader<'a> {
    fn child(&self, key: &str, node: &'a Node) -> Reader<'a> {
        let path = if self.path.is_empty() {
            key.to_string()
        } else {
            format!("{}.{key}", self.path)
        };
        Reader { node, path }
    }

    fn placed<T>(path: &str, origin: &Origin, result: Result<T, Problem>) -> Result<T, Problem> {
        result.map_err(|problem| problem.at(path, origin))
    }

    fn parse<T: std::str::FromStr>(&self, text: &str, kind: &str) -> Result<T, Problem> {
        text.trim().parse().map_err(|_| {
            // The text itself is not repeated: it might be a secret set under the wrong name.
            let problem: Problem = de::Error::custom(format!("{kind} is expected"));
            problem.at(&self.path, &self.node.origin)
        })
    }

    fn table<V: Visitor<'a>>(self, fields: Option<&'static [&'static str]>, visitor: V) -> Result<V::Value, Problem> {
        let Value::Table(table) = &self.node.value else {
            let problem: Problem = de::Error::custom("a table is expected");
            return Err(problem.at(&self.path, &self.node.origin));
        };
        if let Some(fields) = fields {
            for (key, node) in table {
                if !fields.contains(&key.as_str()) {
                    let path = self.child(key, node).path;
                    let mut hint = format!("the keys here are {}", fields.join(", "));
                    if let Origin::Environment(_) = node.origin {
                        hint.push_str("; a setting of one service only is written ARO_<SERVICE>__<SECTION>__<KEY>");
                    }
                    return Err(Problem {
                        place: Some((path, node.origin.clone())),
                        unknown: Some(hint),
                        reason: "unknown key".to_string(),
                    });
                }
            }
        }
        let (path, origin) = (self.path.clone(), self.node.origin.clone());
        let entries = Entries {
            parent: self,
            entries: table.iter(),
            pending: None,
        };
        Reader::placed(&path, &origin, visitor.visit_map(entries))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ty, $words:literal;)*) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
            match &self.node.value {
                Value::Untyped(text) => {
                    let number: $kind = self.parse(text, $words)?;
                    Reader::placed(&self.path, &self.node.origin, visitor.$visit(number))
                }
                _ => self.deserialize_any(visitor),
            }
        })*
    };
}

impl<'a> de::Deserializer<'a> for Reader<'a> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        let result = match &self.node.value {
            Value::Table(_) => return self.table(None, visitor),
            Value::Array(_) => return self.deserialize_seq(visitor),
            Value::Text(text) | Value::Untyped(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Bool(flag) => visitor.visit_bool(*flag),
        };
        Reader::placed(&self.path, &self.node.origin, result)
    }

    numbers! {
        deserialize_bool visit_bool bool, "true or false";
        deserialize_i8 visit_i64 i64, "a whole number";
        deserialize_i16 visit_i64 i64, "a whole number";
        deserialize_i32 visit_i64 i64, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_u8 visit_u64 u64, "a whole number that is not negative";
        deserialize_u16 visit_u64 u64, "a whole number that is not negative";
        deserialize_u32 visit_u64 u64, "a whole number that is not negative";
        deserialize_u64 visit_u64 u64, "a whole number that is not negative";
        deserialize_f32 visit_f64 f64, "a number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.node.value {
            // An empty variable means not set: there is no other way to say it in an environment.
            Value::Untyped(text) if text.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        let (path, origin) = (self.path.clone(), self.node.origin.clone());
        let result = match &self.node.value {
            Value::Array(items) => visitor.visit_seq(Items {
                parent: &self,
                items: items.iter(),
                index: 0,
            }),
            Value::Untyped(text) => {
                let parts: Vec<Node> = text
                    .split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .map(|part| Node {
                        origin: origin.clone(),
                        value: Value::Untyped(part.to_string()),
                    })
                    .collect();
                // The parts live only here, so the visitor gets owned values through a reader over them.
                visitor.visit_seq(OwnedItems {
                    path: &path,
                    items: parts.into_iter(),
                })
            }
            _ => Err(de::Error::custom("a list is expected")),
        };
        Reader::placed(&path, &origin, result)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.table(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.table(Some(fields), visitor)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let result = match &self.node.value {
            Value::Text(text) | Value::Untyped(text) => {
                let deserializer: de::value::StrDeserializer<'_, Problem> = text.as_str().into_deserializer();
                de::Deserializer::deserialize_enum(deserializer, name, variants, visitor)
            }
            _ => Err(de::Error::custom(format!("one of {} is expected", variants.join(", ")))),
        };
        Reader::placed(&self.path, &self.node.origin, result)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        <W: Visitor<'a>>
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

struct Entries<'a> {
    parent: Reader<'a>,
    entries: std::collections::btree_map::Iter<'a, String, Node>,
    pending: Option<Reader<'a>>,
}

impl<'a> de::MapAccess<'a> for Entries<'a> {
    type Error = Problem;

    fn next_key_seed<K: de::DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Problem> {
        let Some((key, node)) = self.entries.next() else {
            return Ok(None);
        };
        self.pending = Some(self.parent.child(key, node));
        seed.deserialize(de::value::StrDeserializer::new(key.as_str()))
            .map(Some)
    }

    fn next_value_seed<V: de::DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let reader = self
            .pending
            .take()
            .ok_or_else(|| -> Problem { de::Error::custom("a value without a key") })?;
        let (path, origin) = (reader.path.clone(), reader.node.origin.clone());
        Reader::placed(&path, &origin, seed.deserialize(reader))
    }
}

struct Items<'a, 'p> {
    parent: &'p Reader<'a>,
    items: std::slice::Iter<'a, Node>,
    index: usize,
}

impl<'a> de::SeqAccess<'a> for Items<'a, '_> {
    type Error = Problem;

    fn next_element_seed<T: de::DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Problem> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let reader = Reader {
            node,
            path: format!("{}[{}]", self.parent.path, self.index),
        };
        self.index += 1;
        let (path, origin) = (reader.path.clone(), reader.node.origin.clone());
        Reader::placed(&path, &origin, seed.deserialize(reader)).map(Some)
    }
}

/// The comma separated parts of a variable. They are text or numbers, so nothing in them needs to be borrowed.
struct OwnedItems<'p> {
    path: &'p str,
    items: std::vec::IntoIter<Node>,
}

impl<'a> de::SeqAccess<'a> for OwnedItems<'_> {
    type Error = Problem;

    fn next_element_seed<T: de::DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Problem> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let Value::Untyped(text) = node.value else {
            return Ok(None);
        };
        let element = Element {
            text,
            path: self.path.to_string(),
            origin: node.origin,
        };
        seed.deserialize(element).map(Some)
    }
}

/// One part of a comma separated variable.
struct Element {
    text: String,
    path: String,
    origin: Origin,
}

macro_rules! element_numbers {
    ($($method:ident $visit:ident $kind:ty;)*) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
            let number: $kind = self.text.parse().map_err(|_| -> Problem {
                let problem: Problem = de::Error::custom("a list of numbers separated by commas is expected");
                problem.at(&self.path, &self.origin)
            })?;
            visitor.$visit(number)
        })*
    };
}

impl<'a> de::Deserializer<'a> for Element {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        Reader::placed(&self.path, &self.origin, visitor.visit_string(self.text))
    }

    element_numbers! {
        deserialize_i32 visit_i64 i64;
        deserialize_i64 visit_i64 i64;
        deserialize_u16 visit_u64 u64;
        deserialize_u32 visit_u64 u64;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let deserializer: de::value::StringDeserializer<Problem> = self.text.into_deserializer();
        Reader::placed(
            &self.path,
            &self.origin,
            de::Deserializer::deserialize_enum(deserializer, name, variants, visitor),
        )
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        <W: Visitor<'a>>
        bool i8 i16 i128 u8 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}
