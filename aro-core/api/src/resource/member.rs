//! Finds the member that a name in JSON means, without a copy of the names that are known.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Visitor};

/// Reads a name; the function says which member it means.
pub(crate) struct MemberName<F>(pub F);

/// What a name means.
pub(crate) enum Member {
    /// The member with that number.
    Known(usize),
    /// None that this build knows.
    Unknown(String),
}

impl<'de, F: FnOnce(&str) -> Option<usize>> DeserializeSeed<'de> for MemberName<F> {
    type Value = Member;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<F: FnOnce(&str) -> Option<usize>> Visitor<'_> for MemberName<F> {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Member, E> {
        Ok((self.0)(name).map_or_else(|| Member::Unknown(name.to_owned()), Member::Known))
    }
}
