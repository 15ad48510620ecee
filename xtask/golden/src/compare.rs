//! Comparison leaf by leaf.

use std::collections::BTreeMap;

use aro_api::CloudError;
use serde_json::{Map, Value, json};

/// A leaf that is not as recorded; `None` stands for a leaf that is not there.
pub(crate) struct Difference {
    pub(crate) path: String,
    pub(crate) expected: Option<Value>,
    pub(crate) ours: Option<Value>,
}

/// The leaves of a value by path. Empty lists and objects are leaves; a `result` is one leaf, its [verdict].
pub(crate) fn leaves(value: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    collect(String::new(), value, &mut found);
    found
}

fn collect(path: String, value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) if path == "result" => {
            found.insert(path, Value::from(verdict(members)));
        }
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let path = match (path.as_str(), name.contains('.')) {
                    (path, true) => format!("{path}['{name}']"),
                    ("", false) => name.clone(),
                    (path, false) => format!("{path}.{name}"),
                };
                collect(path, member, found);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (index, element) in elements.iter().enumerate() {
                collect(format!("{path}[{index}]"), element, found);
            }
        }
        leaf => {
            found.insert(path, leaf.clone());
        }
    }
}

/// `ok`, or status, code and target of an error.
fn verdict(result: &Map<String, Value>) -> String {
    if result.get("ok") == Some(&Value::Bool(true)) {
        return "ok".to_owned();
    }
    let text = |name: &str| result.get(name).and_then(Value::as_str).unwrap_or_default();
    let status = result.get("statusCode").and_then(Value::as_u64).unwrap_or_default();
    let how = match (result.contains_key("panic"), result.contains_key("internalError")) {
        (true, _) => " (panic)",
        (_, true) => " (internal error)",
        _ => "",
    };
    format!("{status} {} {}{how}", text("code"), text("target"))
        .trim_end()
        .to_owned()
}

/// The recorded form of our result. A message that breaks the conventions is part of it, so that it is seen.
pub(crate) fn result(outcome: Result<(), &CloudError>) -> Value {
    match outcome {
        Ok(()) => json!({"ok": true}),
        Err(error) => {
            let message = &error.message;
            let fault = !message.chars().next().is_some_and(char::is_uppercase)
                || !message.ends_with('.')
                || message.contains('"')
                || message.len() < 20;
            let target = if fault {
                format!("{} (message: {message})", error.target)
            } else {
                error.target.clone()
            };
            json!({"ok": false, "statusCode": error.status_code, "code": error.code.as_str(), "target": target})
        }
    }
}

/// Leaves that are not the same on both sides.
pub(crate) fn differences(expected: &BTreeMap<String, Value>, ours: &BTreeMap<String, Value>) -> Vec<Difference> {
    let mut found = Vec::new();
    for (path, value) in expected {
        let our = ours.get(path);
        if our != Some(value) {
            found.push(Difference {
                path: path.clone(),
                expected: Some(value.clone()),
                ours: our.cloned(),
            });
        }
    }
    for (path, value) in ours {
        if !expected.contains_key(path) {
            found.push(Difference {
                path: path.clone(),
                expected: None,
                ours: Some(value.clone()),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_have_paths_and_results_are_verdicts() {
        let value = json!({"result": {"ok": false, "statusCode": 400, "code": "A", "target": "b", "message": "x"},
            "out": {"a": [1, {"b.c": null}], "e": {}}});
        let found: Vec<(String, Value)> = leaves(&value).into_iter().collect();
        assert_eq!(
            found,
            [
                ("out.a[0]".to_owned(), json!(1)),
                ("out.a[1]['b.c']".to_owned(), json!(null)),
                ("out.e".to_owned(), json!({})),
                ("result".to_owned(), json!("400 A b")),
            ]
        );
    }

    #[test]
    fn missing_and_additional_leaves_differ() {
        let (a, b) = (leaves(&json!({"x": 1, "y": 2})), leaves(&json!({"y": 3, "z": 1})));
        let paths: Vec<String> = differences(&a, &b)
            .into_iter()
            .map(|difference| difference.path)
            .collect();
        assert_eq!(paths, ["x", "y", "z"]);
    }
}
