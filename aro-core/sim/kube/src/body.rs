//! Request bodies: JSON with its duplicates, and YAML.

use serde_json::Value;

use crate::schema;

/// A decoded body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decoded {
    pub(crate) value: Value,
    /// Paths of members that came twice; the last one counts.
    pub(crate) duplicates: Vec<String>,
}

/// Reads JSON; the error is worded as the real server's parser words it.
pub(crate) fn json(bytes: &[u8]) -> Result<Decoded, String> {
    let (value, duplicates) = schema::json(bytes).map_err(|error| error.0.replace("'\\u{feff}'", "'\\ufeff'"))?;
    Ok(Decoded { value, duplicates })
}

/// Reads YAML as the server does; the error is worded as far as clients know it.
pub(crate) fn yaml(bytes: &[u8]) -> Result<Decoded, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    if text.trim_start().starts_with('{')
        && let Ok(decoded) = json(bytes)
    {
        // JSON is YAML, and its duplicates are told the same way.
        return Ok(decoded);
    }
    let mut value: Value = serde_saphyr::from_str(text).map_err(|error| yaml_error(text, &error.to_string()))?;
    old_booleans(&mut value, text);
    Ok(Decoded {
        value,
        duplicates: Vec::new(),
    })
}

/// The two faults clients know by their words.
fn yaml_error(text: &str, error: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    if first.matches(": ").count() > 1 || error.contains("mapping values are not allowed") {
        return "mapping values are not allowed in this context".to_owned();
    }
    if text.trim_end().ends_with(['[', '{', ',', ':']) {
        return "line 1: did not find expected node content".to_owned();
    }
    error.lines().next().unwrap_or_default().to_owned()
}

/// YAML 1.1 has more booleans than 1.2: plain `y`, `yes`, `on` and their opposites.
fn old_booleans(value: &mut Value, text: &str) {
    match value {
        Value::String(word) => {
            let meant = match word.to_ascii_lowercase().as_str() {
                "y" | "yes" | "on" => true,
                "n" | "no" | "off" => false,
                _ => return,
            };
            let quoted = [format!("\"{word}\""), format!("'{word}'")];
            if !quoted.iter().any(|quoted| text.contains(quoted.as_str())) {
                *value = Value::Bool(meant);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| old_booleans(item, text)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| old_booleans(member, text));
            // A plain `y` is true as a key too.
            for (word, meant) in [("y", "true"), ("yes", "true"), ("n", "false"), ("no", "false")] {
                let plain = text.lines().any(|line| {
                    line.trim_start()
                        .trim_start_matches("- ")
                        .starts_with(&format!("{word}:"))
                });
                if plain && let Some(member) = members.remove(word) {
                    members.insert(meant.to_owned(), member);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_is_read_as_version_1_1() {
        let read = |text: &str| yaml(text.as_bytes()).unwrap().value;
        assert_eq!(read("a: 1\nb:\n- x\n"), json!({"a": 1, "b": ["x"]}));
        assert_eq!(read("a: y\nb: \"no\"\n"), json!({"a": true, "b": "no"}));
    }
}
