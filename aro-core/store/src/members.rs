//! A stored document as its members.
//!
//! Documents are taken apart member by member, so that what this release does not know stays exactly as it was
//! written, numbers included.

use std::collections::BTreeMap;

use aro_api::model::Extra;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::payload::Payload;
use crate::{KeyRing, StoreError};

/// Why a document could not be read or written, without its contents.
#[derive(Debug)]
pub struct Malformed(pub(crate) String);

impl Malformed {
    fn member(name: &str, reason: impl ToString) -> Self {
        Self(format!("member '{name}': {}", reason.to_string()))
    }

    /// The parser's message may quote what it found; its place does not.
    fn json(name: &str, error: &serde_json::Error) -> Self {
        let kind = match error.classify() {
            serde_json::error::Category::Data => "it has another type than expected",
            _ => "it is not JSON",
        };
        Self::member(
            name,
            format!("{kind} (line {}, column {})", error.line(), error.column()),
        )
    }

    pub(crate) fn corrupt(self, collection: &'static str, id: &str) -> StoreError {
        StoreError::Corrupt {
            collection,
            id: id.to_owned(),
            reason: self.0,
        }
    }
}

/// Members of an object, each as its text.
#[derive(Debug, Default)]
pub struct Members(BTreeMap<String, Box<RawValue>>);

impl Members {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(body).map(Self).map_err(|error| {
            Malformed(format!(
                "not a JSON object (line {}, column {})",
                error.line(),
                error.column()
            ))
        })
    }

    /// Starts a document with the members that another release knows.
    pub(crate) fn with_extra(extra: &Extra) -> Self {
        Self(
            extra
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// What is left after everything known was taken.
    pub(crate) fn into_extra(self) -> Extra {
        let mut extra = Extra::default();
        for (name, value) in self.0 {
            extra.insert(name, value);
        }
        extra
    }

    pub(crate) fn into_body(self) -> Result<Vec<u8>, Malformed> {
        serde_json::to_vec(&self.0).map_err(|error| Malformed::json("", &error))
    }

    /// A member, or the default if it is absent or null.
    pub(crate) fn take<T: DeserializeOwned + Default>(&mut self, name: &str) -> Result<T, Malformed> {
        match self.0.remove(name) {
            None => Ok(T::default()),
            Some(value) => serde_json::from_str::<Option<T>>(value.get())
                .map(Option::unwrap_or_default)
                .map_err(|error| Malformed::json(name, &error)),
        }
    }

    pub(crate) fn put<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), Malformed> {
        let value = serde_json::value::to_raw_value(value).map_err(|error| Malformed::json(name, &error))?;
        self.0.insert(name.to_owned(), value);
        Ok(())
    }

    /// Puts a text unless it is empty.
    pub(crate) fn put_text(&mut self, name: &str, value: &str) -> Result<(), Malformed> {
        if value.is_empty() {
            Ok(())
        } else {
            self.put(name, &value)
        }
    }

    /// A member of the model, if it is there.
    pub(crate) fn take_payload<T: Payload>(&mut self, name: &str) -> Result<Option<T>, Malformed> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(value) if value.get() == "null" => Ok(None),
            Some(value) => T::from_stored(&value)
                .map(Some)
                .map_err(|reason| Malformed::member(name, reason)),
        }
    }

    /// `document` is the id that secrets are bound to, together with their path below the member.
    pub(crate) fn put_payload<T: Payload>(
        &mut self,
        name: &str,
        value: &T,
        keys: &KeyRing,
        document: &str,
    ) -> Result<(), Malformed> {
        let value = value
            .to_stored(keys, document)
            .map_err(|reason| Malformed::member(name, reason))?;
        self.0.insert(name.to_owned(), value);
        Ok(())
    }

    /// Puts a member of the model unless nothing is in it.
    pub(crate) fn put_payload_unless_empty<T: Payload + Default + PartialEq>(
        &mut self,
        name: &str,
        value: &T,
        keys: &KeyRing,
        document: &str,
    ) -> Result<(), Malformed> {
        if *value == T::default() {
            Ok(())
        } else {
            self.put_payload(name, value, keys, document)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// JSON texts, numbers that no machine type holds among them.
    fn json() -> impl Strategy<Value = String> {
        let text = any::<String>().prop_map(|text| serde_json::Value::String(text).to_string());
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?[1-9][0-9]{0,40}(\\.[0-9]{1,30})?",
            text
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
                prop::collection::btree_map("[a-z]{1,4}", inner, 0..4).prop_map(object),
            ]
        })
    }

    fn object(members: BTreeMap<String, String>) -> String {
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn unknown_members_go_through_unchanged(unknown in prop::collection::btree_map("[a-z]{1,6}", json(), 0..6)) {
            let mut body = unknown.clone();
            body.insert("Known".to_owned(), "7".to_owned());
            let mut members = Members::parse(object(body.clone()).as_bytes()).unwrap();
            prop_assert_eq!(members.take::<u8>("Known").unwrap(), 7);
            let mut again = Members::with_extra(&members.into_extra());
            again.put("Known", &7).unwrap();
            let text = String::from_utf8(again.into_body().unwrap()).unwrap();
            prop_assert_eq!(text, object(body));
        }
    }

    #[test]
    fn errors_do_not_quote_the_document() {
        for body in ["canary", r#"{"a":"canary""#, r#"["canary"]"#] {
            assert!(!Members::parse(body.as_bytes()).unwrap_err().0.contains("canary"));
        }
        let mut members = Members::parse(br#"{"a":"canary"}"#).unwrap();
        let error = members.take::<u8>("a").unwrap_err().0;
        assert!(error.contains("'a'") && !error.contains("canary"), "{error}");
    }
}
