//! The registry pull secret of a customer: JSON of the form `{"auths": {"registry": {…}}}`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// Checks the outer form of a pull secret: an object (or `null`, or nothing at all) whose `auths`, in any case of
/// letters, is an object of objects. Nothing is kept and nothing of the text enters the error.
///
/// # Errors
/// The place and kind of the first mistake.
pub fn check(text: &str) -> Result<(), Malformed> {
    if text.is_empty() {
        return Ok(());
    }
    serde_json::from_str::<Option<Outer>>(text)
        .map(drop)
        .map_err(|error| Malformed {
            line: error.line(),
            column: error.column(),
            syntax: !error.is_data(),
        })
}

/// Why a pull secret is refused. Carries places only: the text is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Line of the mistake, from 1.
    pub line: usize,
    /// Column of the mistake, from 1 (0 when unknown).
    pub column: usize,
    /// Whether the text is no JSON at all (otherwise it has the wrong shape).
    pub syntax: bool,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.syntax {
            "is not valid JSON"
        } else {
            "is not an object with an object 'auths' of objects"
        };
        write!(f, "{what} (line {}, column {})", self.line, self.column)
    }
}

impl std::error::Error for Malformed {}

struct Outer;
struct Auths;
struct Registry;

/// An object of which each member is visited by `M`.
struct Object<M>(M);

trait Members<'de> {
    type Done;
    const EXPECTING: &'static str;
    fn member<A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<(), A::Error>;
    fn done() -> Self::Done;
}

struct Key<'a>(std::borrow::Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(text.into()))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(text.to_owned().into()))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl<'de, M: Members<'de>> Visitor<'de> for Object<M> {
    type Value = M::Done;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(M::EXPECTING)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<M::Done, A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            M::member(&key, &mut map)?;
        }
        Ok(M::done())
    }
}

macro_rules! object {
    ($name:ident, $expecting:literal, |$key:ident, $map:ident| $member:expr) => {
        impl<'de> Members<'de> for $name {
            type Done = $name;
            const EXPECTING: &'static str = $expecting;
            fn member<A: MapAccess<'de>>($key: &str, $map: &mut A) -> Result<(), A::Error> {
                $member
            }
            fn done() -> $name {
                $name
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map(Object($name))
            }
        }
    };
}

object!(Outer, "an object", |key, map| if key.eq_ignore_ascii_case("auths")
    || crate::arm_id::eq_ignore_case(key, "auths")
{
    map.next_value::<Option<Auths>>().map(drop)
} else {
    map.next_value::<IgnoredAny>().map(drop)
});
object!(Auths, "an object of registries", |_key, map| map
    .next_value::<Option<Registry>>()
    .map(drop));
object!(Registry, "an object", |_key, map| map
    .next_value::<IgnoredAny>()
    .map(drop));

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_the_outer_form_counts() {
        for valid in [
            "",
            "null",
            "{}",
            " {} ",
            "{\"auths\":{\"x\":{}}}\n",
            r#"{"auths":null}"#,
            r#"{"auths":{"x":null}}"#,
            r#"{"auths":{"x":{"auth":1,"email":{}}},"more":[1]}"#,
            r#"{"AUTHS":{"X":{"AUTH":"DXNLCJPWYXNZ"}}}"#,
        ] {
            assert_eq!(check(valid), Ok(()), "{valid}");
        }
    }

    #[test]
    fn mistakes_are_placed_and_not_quoted() {
        for wrong in [
            "{",
            "not json",
            "1",
            "true",
            "\"str\"",
            "[]",
            "{}x",
            r#"{"auths":[]}"#,
            r#"{"auths":{"x":"y"}}"#,
            r#"{"AUTHS":1}"#,
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        let error = check(r#"{"auths":{"registry":"hunter2"}}"#).unwrap_err();
        assert!(!error.syntax);
        assert!(!error.to_string().contains("hunter2"));
        assert!(check("{").unwrap_err().syntax);
    }
}
