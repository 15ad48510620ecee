//! A subscription as the reply shows it: everything that ARM sent, in the one JSON form of this product.

use std::fmt;

use aro_api::model::Subscription;
use aro_api::secret::InTheClear;
use aro_api::{json, stored};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::fault::Fault;

/// The body of the reply. A subscription holds no secrets.
pub(super) fn body(subscription: &Subscription) -> Result<Vec<u8>, Fault> {
    let unexpected = |error: String| Fault::Unexpected(format!("a subscription cannot be shown: {error}"));
    let raw = stored::to_raw(subscription, &InTheClear, "").map_err(|error| unexpected(error.to_string()))?;
    json::to_vec(&Laid(&raw)).map_err(|error| unexpected(error.to_string()))
}

/// JSON text, serialized anew: members keep their order, numbers their digits, and the writer decides the layout.
struct Laid<'a>(&'a RawValue);

impl Serialize for Laid<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.get();
        match text.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text).map_err(S::Error::custom)?;
                serializer.collect_map(members.iter().map(|(name, value)| (name, Laid(value))))
            }
            Some(b'[') => {
                let elements: Vec<Box<RawValue>> = serde_json::from_str(text).map_err(S::Error::custom)?;
                serializer.collect_seq(elements.iter().map(|value| Laid(value)))
            }
            Some(b'"') => {
                let text: String = serde_json::from_str(text).map_err(S::Error::custom)?;
                serializer.serialize_str(&text)
            }
            _ => self.0.serialize(serializer),
        }
    }
}

struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    members.push(entry);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}
