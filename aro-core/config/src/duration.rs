//! Durations as people write them: `"500ms"`, `"15s"`, `"2m"`, `"1h"`, or a number of seconds.
//!
//! Use with `#[serde(with = "aro_config::duration")]` on a [`std::time::Duration`].

use std::fmt;
use std::time::Duration;

use serde::{Deserializer, Serializer, de};

/// Reads a duration from its written form.
///
/// # Errors
/// A sentence that names the accepted forms.
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(format!("{text} is no duration; write for example 500ms, 15s, 2m or 1h")),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| format!("{text} is no duration; write for example 500ms, 15s, 2m or 1h"))?;
    Duration::try_from_secs_f64(number * scale).map_err(|_| format!("{text} is too long for a duration"))
}

/// The shortest exact form that [`parse`] reads back.
pub fn format(duration: Duration) -> String {
    let millis = duration.as_millis();
    if !millis.is_multiple_of(1000) {
        return format!("{millis}ms");
    }
    match duration.as_secs() {
        0 => "0s".to_string(),
        s if s.is_multiple_of(3600) => format!("{}h", s / 3600),
        s if s.is_multiple_of(60) => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// Writes a duration, for serde.
///
/// # Errors
/// What the serialiser says.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*duration))
}

/// Reads a duration, for serde.
///
/// # Errors
/// When the value is neither text in one of the forms nor a number that is not negative.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    struct DurationVisitor;
    impl de::Visitor<'_> for DurationVisitor {
        type Value = Duration;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a duration such as 500ms, 15s, 2m or 1h")
        }
        fn visit_str<E: de::Error>(self, value: &str) -> Result<Duration, E> {
            parse(value).map_err(E::custom)
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<Duration, E> {
            u64::try_from(value)
                .map(Duration::from_secs)
                .map_err(|_| E::custom("a duration cannot be negative"))
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<Duration, E> {
            Ok(Duration::from_secs(value))
        }
        fn visit_f64<E: de::Error>(self, value: f64) -> Result<Duration, E> {
            Duration::try_from_secs_f64(value).map_err(|_| E::custom("a duration cannot be negative"))
        }
    }
    deserializer.deserialize_any(DurationVisitor)
}
