//! Functions of the template language that only compute.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::template::{invalid, plain};
use crate::arm::error::ArmError;

/// The value of a function, by its lower-cased name; nothing where there is no such function.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Result<Value, ArmError>> {
    let number = |at: usize| arguments.get(at).and_then(Value::as_i64);
    let text = |at: usize| arguments.get(at).map(plain);
    let list = |at: usize| arguments.get(at).and_then(Value::as_array);
    let value = match name {
        "add" => number(0)
            .zip(number(1))
            .and_then(|(a, b)| a.checked_add(b))
            .map(Value::from),
        "sub" => number(0)
            .zip(number(1))
            .and_then(|(a, b)| a.checked_sub(b))
            .map(Value::from),
        "mul" => number(0)
            .zip(number(1))
            .and_then(|(a, b)| a.checked_mul(b))
            .map(Value::from),
        "div" => number(0)
            .zip(number(1))
            .and_then(|(a, b)| a.checked_div(b))
            .map(Value::from),
        "mod" => number(0)
            .zip(number(1))
            .and_then(|(a, b)| a.checked_rem(b))
            .map(Value::from),
        "greater" => number(0).zip(number(1)).map(|(a, b)| json!(a > b)),
        "greaterorequals" => number(0).zip(number(1)).map(|(a, b)| json!(a >= b)),
        "less" => number(0).zip(number(1)).map(|(a, b)| json!(a < b)),
        "lessorequals" => number(0).zip(number(1)).map(|(a, b)| json!(a <= b)),
        "bool" => text(0).map(|text| json!(text.eq_ignore_ascii_case("true") || text == "1")),
        "true" => Some(json!(true)),
        "false" => Some(json!(false)),
        "null" => Some(Value::Null),
        "json" => text(0).and_then(|text| serde_json::from_str(&text).ok()),
        "base64" => text(0).map(|text| json!(STANDARD.encode(text))),
        "trim" => text(0).map(|text| json!(text.trim())),
        "range" => number(0)
            .zip(number(1))
            .filter(|(_, count)| (0..=10_000).contains(count))
            .map(|(from, count)| (0..count).map(|at| json!(from.saturating_add(at))).collect()),
        "first" => match arguments.first()? {
            Value::Array(items) => items.first().cloned(),
            Value::String(text) => Some(json!(text.chars().take(1).collect::<String>())),
            _ => None,
        },
        "last" => match arguments.first()? {
            Value::Array(items) => items.last().cloned(),
            Value::String(text) => Some(json!(text.chars().last().map(String::from).unwrap_or_default())),
            _ => None,
        },
        "split" => text(0)
            .zip(text(1).filter(|by| !by.is_empty()))
            .map(|(text, by)| text.split(&by).map(Value::from).collect()),
        "join" => list(0)
            .zip(text(1))
            .map(|(items, by)| json!(items.iter().map(plain).collect::<Vec<_>>().join(&by))),
        "replace" => match (text(0), text(1), text(2)) {
            (Some(text), Some(old), Some(new)) => Some(json!(text.replace(&old, &new))),
            _ => None,
        },
        "substring" => text(0).zip(number(1)).and_then(|(text, start)| {
            let all: Vec<char> = text.chars().collect();
            let start = usize::try_from(start).ok()?;
            let end = match number(2) {
                Some(length) => start.checked_add(usize::try_from(length).ok()?)?,
                None => all.len(),
            };
            all.get(start..end).map(|part| json!(part.iter().collect::<String>()))
        }),
        "startswith" => text(0)
            .zip(text(1))
            .map(|(text, start)| json!(text.to_lowercase().starts_with(&start.to_lowercase()))),
        "endswith" => text(0)
            .zip(text(1))
            .map(|(text, end)| json!(text.to_lowercase().ends_with(&end.to_lowercase()))),
        "contains" => match arguments {
            [Value::Array(items), wanted] => Some(json!(items.contains(wanted))),
            [Value::Object(object), wanted] => Some(json!(object.contains_key(&plain(wanted)))),
            [Value::String(text), wanted] => Some(json!(text.contains(&plain(wanted)))),
            _ => None,
        },
        "coalesce" => Some(arguments.iter().find(|one| !one.is_null()).cloned().unwrap_or_default()),
        "createobject" => arguments.len().is_multiple_of(2).then(|| {
            let pairs = arguments.chunks_exact(2);
            Value::Object(pairs.map(|pair| (plain(&pair[0]), pair[1].clone())).collect())
        }),
        "union" => union(arguments),
        _ => return None,
    };
    Some(value.ok_or_else(|| invalid(format!("the arguments of the template function '{name}' are not valid"))))
}

/// Lists without repeats, or objects whose later members win.
fn union(arguments: &[Value]) -> Option<Value> {
    if arguments.iter().all(Value::is_array) {
        let mut all: Vec<Value> = Vec::new();
        for item in arguments.iter().filter_map(Value::as_array).flatten() {
            if !all.contains(item) {
                all.push(item.clone());
            }
        }
        return Some(Value::Array(all));
    }
    let objects: Option<Vec<&Map<String, Value>>> = arguments.iter().map(Value::as_object).collect();
    let members = objects?.into_iter().flatten();
    Some(Value::Object(
        members.map(|(name, value)| (name.clone(), value.clone())).collect(),
    ))
}
