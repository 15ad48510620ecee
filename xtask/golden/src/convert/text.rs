//! Exact texts: order of members and layout count, but the secrets in them are leaves of their own.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value, json};

/// JSON that keeps the order of members.
enum Ordered {
    Scalar(Value),
    List(Vec<Ordered>),
    Object(Vec<(String, Ordered)>),
}

/// Members that are secret wherever they are.
const SECRETS: [&str; 2] = ["pullSecret", "clientSecret"];

/// The text without its secrets as `outText`, and the secrets by path as `apart`. A text in another layout than ours
/// stays as it is.
pub(super) fn taken_apart(text: &str) -> Value {
    let Ok(mut value) = serde_json::from_str::<Ordered>(text) else {
        return json!({ "outText": text });
    };
    if printed(&value).as_deref() != Some(text) {
        return json!({ "outText": text });
    }
    let mut apart = Map::new();
    value.take_apart("", &mut apart);
    let mut parts = json!({ "outText": printed(&value) });
    if !apart.is_empty() {
        parts["apart"] = Value::Object(apart);
    }
    parts
}

fn printed(value: &Ordered) -> Option<String> {
    let text = String::from_utf8(aro_api::json::to_vec(value).ok()?).ok()?;
    Some(text.trim_end_matches('\n').to_owned())
}

impl Ordered {
    fn take_apart(&mut self, path: &str, found: &mut Map<String, Value>) {
        match self {
            Self::Scalar(_) => {}
            Self::List(elements) => {
                for (index, element) in elements.iter_mut().enumerate() {
                    element.take_apart(&format!("{path}/{index}"), found);
                }
            }
            Self::Object(members) => {
                members.retain_mut(|(name, value)| {
                    let path = format!("{path}/{name}");
                    match value {
                        Self::Scalar(secret) if SECRETS.contains(&name.as_str()) => {
                            found.insert(path, secret.take());
                            false
                        }
                        Self::Scalar(Value::String(text))
                            if text.is_empty() && ["name", "version"].contains(&name.as_str()) =>
                        {
                            found.insert(path, json!(""));
                            false
                        }
                        // Whether an empty profile is shown is a leaf of its own as well.
                        Self::Object(members) if members.is_empty() && name == "consoleProfile" => {
                            found.insert(path, json!({}));
                            false
                        }
                        other => {
                            other.take_apart(&path, found);
                            true
                        }
                    }
                });
            }
        }
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scalar(value) => value.serialize(serializer),
            Self::List(elements) => {
                let mut list = serializer.serialize_seq(Some(elements.len()))?;
                elements
                    .iter()
                    .try_for_each(|element| list.serialize_element(element))?;
                list.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members
                    .iter()
                    .try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrderedVisitor)
    }
}

struct OrderedVisitor;

impl<'de> Visitor<'de> for OrderedVisitor {
    type Value = Ordered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Ordered, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Ordered::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Ordered::Object(members))
    }
}
