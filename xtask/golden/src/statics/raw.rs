//! What is unusual about the bytes of a body.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Whether an object anywhere in the body has a member twice.
pub(crate) fn has_duplicate_members(body: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(body).is_ok()
        && serde_json::from_slice::<Distinct>(body).is_err_and(|error| error.to_string().starts_with(TWICE))
}

/// Whether the body is JSON but for text that is not Unicode: bytes that are no UTF-8, or halves of surrogate pairs.
pub(crate) fn is_not_unicode(body: &[u8]) -> bool {
    match std::str::from_utf8(body) {
        Err(_) => serde_json::from_str::<IgnoredAny>(&String::from_utf8_lossy(body)).is_ok(),
        Ok(_) => {
            // Skipping a string does not look at what its escapes stand for.
            let told = |error: serde_json::Error| error.to_string();
            let error = serde_json::from_slice::<Distinct>(body)
                .map_err(told)
                .err()
                .unwrap_or_default();
            serde_json::from_slice::<IgnoredAny>(body).is_ok()
                && (error.contains("surrogate") || error.contains("hex escape"))
        }
    }
}

const TWICE: &str = "member twice";

/// A value whose objects have each member once.
struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Distinct)
    }
}

impl<'de> Visitor<'de> for Distinct {
    type Value = Distinct;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_unit<E: Error>(self) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Distinct, A::Error> {
        while seq.next_element::<Distinct>()?.is_some() {}
        Ok(Distinct)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Distinct, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<Distinct>()?;
            if !names.insert(name) {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(Distinct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_found_at_any_depth() {
        assert!(has_duplicate_members(br#"{"a":1,"a":2}"#));
        assert!(has_duplicate_members(br#"[{"a":{"b":1,"b":null}}]"#));
        for other in [&br#"{"a":1,"b":2}"#[..], br#"{"a":1,"a":2"#, b"null", b""] {
            assert!(!has_duplicate_members(other));
        }
    }

    #[test]
    fn text_that_is_not_unicode_is_told_from_what_is_no_json() {
        assert!(is_not_unicode(b"{\"a\":\"\xff\"}"));
        assert!(is_not_unicode(br#"{"a":"\ud800"}"#));
        for other in [&b"{\"a\":\xff"[..], br#"{"a":"\ud83d\ude00"}"#, b"\xef\xbb\xbf{}", b"{"] {
            assert!(!is_not_unicode(other), "{other:?}");
        }
    }
}
