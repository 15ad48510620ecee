//! Reading a JSON body: its value and the members written twice.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a body is no JSON, in the words of the server's own reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// Reads JSON. The second part names members that occur twice, by path, in the order they were met.
///
/// # Errors
/// [`Malformed`] where the text is no JSON, or more than one value.
pub fn json(text: &[u8]) -> Result<(Value, Vec<String>), Malformed> {
    let mut duplicates = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Reader {
        path: &mut String::new(),
        duplicates: &mut duplicates,
    }
    .deserialize(&mut reader)
    .and_then(|value| reader.end().map(|()| value))
    .map_err(|error| malformed(text, &error))?;
    Ok((value, duplicates))
}

fn malformed(text: &[u8], error: &serde_json::Error) -> Malformed {
    if error.is_eof() {
        return Malformed("unexpected end of JSON input".to_owned());
    }
    let at = offset(text, error.line(), error.column());
    let rest = text.get(at..).unwrap_or_default();
    let found = String::from_utf8_lossy(&rest[..rest.len().min(4)])
        .chars()
        .next()
        .unwrap_or('\u{fffd}');
    let start = text[..at.min(text.len())].iter().all(u8::is_ascii_whitespace);
    let place = if start {
        "looking for beginning of value"
    } else {
        "after top-level value"
    };
    Malformed(format!("invalid character '{}' {place}", found.escape_debug()))
}

fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    start + column.saturating_sub(1)
}

struct Reader<'a> {
    path: &'a mut String,
    duplicates: &'a mut Vec<String>,
}

impl Reader<'_> {
    /// Reads a value one step deeper; the step is written to the path while it is read.
    fn below<R>(&mut self, step: fmt::Arguments<'_>, read: impl FnOnce(Reader<'_>) -> R) -> R {
        let length = self.path.len();
        // Writing to text cannot fail.
        let _ = fmt::Write::write_fmt(self.path, step);
        let result = read(Reader {
            path: self.path,
            duplicates: self.duplicates,
        });
        self.path.truncate(length);
        result
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let index = list.len();
            match self.below(format_args!("[{index}]"), |reader| items.next_element_seed(reader))? {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let dot = if self.path.is_empty() { "" } else { "." };
            if map.contains_key(&name) {
                self.duplicates.push(format!("{}{dot}{name}", self.path));
            }
            let value = self.below(format_args!("{dot}{name}"), |reader| members.next_value_seed(reader))?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_written_twice_are_named_by_path() {
        let (value, duplicates) = json(br#"{"kind":"A","spec":{"a":[{"b":1,"b":2}]},"kind":"B"}"#).unwrap();
        assert_eq!(value["kind"], "B");
        assert_eq!(duplicates, ["spec.a[0].b", "kind"]);
    }

    #[test]
    fn faults_have_the_servers_words() {
        assert_eq!(json(b"").unwrap_err().to_string(), "unexpected end of JSON input");
        assert_eq!(
            json(br#"{"a": "#).unwrap_err().to_string(),
            "unexpected end of JSON input"
        );
        assert_eq!(
            json("\u{feff}{}".as_bytes()).unwrap_err().to_string(),
            "invalid character '\\u{feff}' looking for beginning of value"
        );
    }
}
