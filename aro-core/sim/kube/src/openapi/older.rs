//! All documents in one, as version 2 writes it: for clients from before version 3.

use serde_json::{Map, Value, json};

/// Where schemas stand.
const DEFINITIONS: &str = "#/definitions/";

/// What version 2 has no words for.
const UNKNOWN: [&str; 4] = ["nullable", "anyOf", "oneOf", "not"];

/// One document made of those of all groups and versions.
pub(crate) fn document(release: &Value, documents: impl Iterator<Item = Value>) -> Value {
    let (mut paths, mut definitions) = (Map::new(), Map::new());
    for mut document in documents {
        let mut part = |pointer: &str| match document.pointer_mut(pointer).map(Value::take) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        definitions.extend(
            part("/components/schemas")
                .into_iter()
                .map(|(name, schema)| (name, older(&schema))),
        );
        paths.extend(part("/paths").into_iter().map(|(path, item)| (path, path_item(&item))));
    }
    json!({
        "swagger": "2.0",
        "info": { "title": "Kubernetes", "version": release },
        "paths": paths,
        "definitions": definitions,
    })
}

fn older(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut out = Map::new();
            for (name, value) in members {
                if let ("allOf", Some([only])) = (name.as_str(), value.as_array().map(Vec::as_slice)) {
                    out.insert("$ref".to_owned(), older(only)["$ref"].take());
                } else if let ("$ref", Some(path)) = (name.as_str(), value.as_str()) {
                    let target = path.rsplit('/').next().unwrap_or_default();
                    out.insert("$ref".to_owned(), Value::from(format!("{DEFINITIONS}{target}")));
                } else if !UNKNOWN.contains(&name.as_str()) {
                    out.insert(name.clone(), older(value));
                }
            }
            Value::Object(out)
        }
        Value::Array(items) => Value::Array(items.iter().map(older).collect()),
        scalar => scalar.clone(),
    }
}

fn path_item(item: &Value) -> Value {
    let members = item.as_object().into_iter().flatten();
    let older = members.map(|(name, value)| match name.as_str() {
        "parameters" => (name.clone(), parameters(value)),
        method => (name.clone(), operation(method, value)),
    });
    Value::Object(older.collect())
}

/// The type of a parameter stands beside its name.
fn parameters(parameters: &Value) -> Value {
    let flat = parameters.as_array().into_iter().flatten().map(|parameter| {
        let mut flat = parameter.as_object().cloned().unwrap_or_default();
        if let Some(Value::Object(schema)) = flat.remove("schema") {
            flat.extend(schema);
        }
        Value::Object(flat)
    });
    Value::Array(flat.collect())
}

fn operation(method: &str, operation: &Value) -> Value {
    let mut older_operation = operation.clone();
    let schema = older(&operation["responses"]["200"]["content"]["application/json"]["schema"]);
    older_operation["parameters"] = parameters(&operation["parameters"]);
    if matches!(method, "post" | "put" | "patch")
        && let Some(list) = older_operation["parameters"].as_array_mut()
    {
        list.push(json!({ "name": "body", "in": "body", "required": true, "schema": schema }));
    }
    older_operation["consumes"] = json!(["*/*"]);
    older_operation["produces"] = json!(["application/json", "application/yaml"]);
    older_operation["schemes"] = json!(["https"]);
    older_operation["responses"] = json!({ "200": { "description": "OK", "schema": schema } });
    older_operation
}
