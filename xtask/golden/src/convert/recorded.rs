//! Recorded outcomes that say only what changed, made whole, so that a rule can be about any leaf of a document.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::text;
use crate::case::{Case, Context};
use crate::compare;

/// Operations whose `out` lists changed leaves by path.
const CHANGES: [&str; 2] = ["patchMerge", "patch"];

/// The recorded outcome with the whole document in `out`, and with an `outText` taken apart.
pub(crate) fn whole(case: &Case, context: &Context, mut recorded: Value) -> Value {
    if let Some(exact) = recorded.get("outText").and_then(Value::as_str) {
        return text::taken_apart(exact);
    }
    let changes = recorded.get("out").and_then(Value::as_object).cloned();
    if let (Some(changes), Some(document)) = (changes, document(case, context)) {
        let mut document = document.clone();
        for (path, value) in &changes {
            set(&mut document, &segments(path), value);
        }
        recorded["out"] = document;
    }
    recorded
}

/// The leaves of the document before the request, by the paths that [`whole`] gives them; of the input where a case
/// takes it there and back.
pub(crate) fn before(case: &Case, context: &Context) -> BTreeMap<String, Value> {
    if case.op == "toExternalThenToInternalOverEmpty" {
        let input = case.get("/in").cloned().unwrap_or_default();
        return compare::leaves(&Value::Object(Map::from_iter([("out".to_owned(), input)])));
    }
    let referred = case
        .get("/args/currentRef")
        .and_then(Value::as_str)
        .and_then(|name| context.documents.get(name));
    let Some(document) = referred else {
        return BTreeMap::new();
    };
    compare::leaves(&Value::Object(Map::from_iter([("out".to_owned(), document.clone())])))
}

fn document<'a>(case: &Case, context: &'a Context) -> Option<&'a Value> {
    if !CHANGES.contains(&case.op.as_str()) {
        return None;
    }
    context.documents.get(case.get("/args/currentRef")?.as_str()?)
}

/// `a.b['c.d']` as its segments.
fn segments(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("['")
            && let Some((key, tail)) = quoted.split_once("']")
        {
            found.push(key.to_owned());
            rest = tail;
            continue;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        found.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    found
}

/// Puts a value at a place, or takes it away with the objects that become empty.
fn set(document: &mut Value, path: &[String], value: &Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    let Some(members) = document.as_object_mut() else {
        return;
    };
    if !rest.is_empty() {
        set(members.entry(first).or_insert(Value::Null), rest, value);
    } else if *value == "<absent>" {
        members.remove(first);
    } else {
        members.insert(first.clone(), value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changed_leaves_make_a_whole_document() {
        let mut document = json!({"a": {"b": 1, "c": 2}, "d": {"e.f": 3}});
        set(&mut document, &segments("a.b"), &json!(4));
        set(&mut document, &segments("a.c"), &json!("<absent>"));
        set(&mut document, &segments("d['e.f']"), &json!(5));
        set(&mut document, &segments("g.h"), &json!([1]));
        assert_eq!(document, json!({"a": {"b": 4}, "d": {"e.f": 5}, "g": {"h": [1]}}));
    }
}
