//! The document of one group and version: paths that say what may be asked of each resource, and the schemas.
//!
//! Clients look for two things in it: the kind behind a path and the query parameters of its PATCH (may the server
//! validate?), and the schemas themselves (`kubectl explain`).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::schema::{self, ListKind, Member, Shape};

/// What a document says of one resource.
pub(crate) struct Served<'a> {
    pub(crate) plural: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) namespaced: bool,
    /// The published schema, where the resource is a custom one.
    pub(crate) custom: Option<&'a Value>,
}

/// Where schemas stand.
const SCHEMAS: &str = "#/components/schemas/";

/// The document of a group and version. `release` is the server's version, as `v1.33.0`.
pub(crate) fn document(group: &str, version: &str, release: &Value, resources: &[Served<'_>]) -> Value {
    let root = if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    };
    let mut document = Document {
        paths: Map::new(),
        schemas: Map::new(),
    };
    for resource in resources {
        let gvk = json!({ "group": group, "version": version, "kind": resource.kind });
        let name = match resource.custom {
            Some(published) => document.custom(group, version, resource.kind, published, &gvk),
            None => document.builtin(group, version, resource.kind, &gvk),
        };
        let Some(name) = name else { continue };
        let base = if resource.namespaced {
            format!("{root}/namespaces/{{namespace}}")
        } else {
            root.clone()
        };
        document.paths(&format!("{base}/{}", resource.plural), resource.namespaced, &name, &gvk);
    }
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Kubernetes", "version": release },
        "paths": document.paths,
        "components": { "schemas": document.schemas },
    })
}

struct Document {
    paths: Map<String, Value>,
    schemas: Map<String, Value>,
}

impl Document {
    fn builtin(&mut self, group: &str, version: &str, kind: &str, gvk: &Value) -> Option<String> {
        let name = schema::kinds()
            .find(|(known, _)| *known == (group, version, kind))
            .map(|(_, name)| name)?;
        self.add(name);
        self.schemas.get_mut(name)?["x-kubernetes-group-version-kind"] = json!([gvk]);
        Some(name.to_owned())
    }

    fn custom(&mut self, group: &str, version: &str, kind: &str, published: &Value, gvk: &Value) -> Option<String> {
        let reversed: Vec<&str> = group.rsplit('.').collect();
        let name = format!("{}.{version}.{kind}", reversed.join("."));
        let mut schema = published.clone();
        let properties = schema.as_object_mut()?.entry("properties").or_insert_with(|| json!({}));
        let text = |about: &str| json!({ "type": "string", "description": about });
        properties["apiVersion"] = text("Version of the schema of this object.");
        properties["kind"] = text("Kind of this object.");
        const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
        properties["metadata"] = json!({ "allOf": [{ "$ref": format!("{SCHEMAS}{META}") }] });
        schema["x-kubernetes-group-version-kind"] = json!([gvk]);
        self.schemas.insert(name.clone(), schema);
        self.add(META);
        Some(name)
    }

    /// Adds a published schema and all it refers to.
    fn add(&mut self, name: &str) {
        if self.schemas.contains_key(name) {
            return;
        }
        let Some(published) = schema::definition(name) else {
            return;
        };
        let mut found = BTreeSet::new();
        let mut schema = adapted(published, &mut found);
        annotate(name, &mut schema);
        self.schemas.insert(name.to_owned(), schema);
        for name in found {
            self.add(&name);
        }
    }

    fn paths(&mut self, collection: &str, namespaced: bool, name: &str, gvk: &Value) {
        let content = json!({ "application/json": { "schema": { "$ref": format!("{SCHEMAS}{name}") } } });
        let operation = |action: &str, query: &[&str]| {
            let query: Vec<Value> = query
                .iter()
                .map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string", "uniqueItems": true } }))
                .collect();
            json!({
                "x-kubernetes-action": action,
                "x-kubernetes-group-version-kind": gvk,
                "parameters": query,
                "responses": { "200": { "description": "OK", "content": content } },
            })
        };
        const WRITE: [&str; 3] = ["dryRun", "fieldManager", "fieldValidation"];
        let place = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "uniqueItems": true } });
        let mut places = Vec::new();
        if namespaced {
            places.push(place("namespace"));
        }
        self.paths.insert(
            collection.to_owned(),
            json!({
                "get": operation("list", &["limit", "continue", "labelSelector", "fieldSelector", "resourceVersion"]),
                "post": operation("post", &WRITE),
                "delete": operation("deletecollection", &["dryRun"]),
                "parameters": places,
            }),
        );
        places.push(place("name"));
        let mut patch = operation("patch", &WRITE);
        if let Some(parameters) = patch["parameters"].as_array_mut() {
            parameters
                .push(json!({ "name": "force", "in": "query", "schema": { "type": "boolean", "uniqueItems": true } }));
        }
        self.paths.insert(
            format!("{collection}/{{name}}"),
            json!({
                "get": operation("get", &[]),
                "put": operation("put", &WRITE),
                "patch": patch,
                "delete": operation("delete", &["dryRun", "gracePeriodSeconds", "propagationPolicy"]),
                "parameters": places,
            }),
        );
    }
}

/// A published schema as version 3 writes it: what stands beside a reference stands beside an `allOf`.
fn adapted(schema: &Value, found: &mut BTreeSet<String>) -> Value {
    match schema {
        Value::Object(members) => {
            let mut out = Map::new();
            for (name, value) in members {
                match (name.as_str(), value.as_str()) {
                    ("$ref", Some(path)) => {
                        let target = path.rsplit('/').next().unwrap_or_default().to_owned();
                        let reference = json!({ "$ref": format!("{SCHEMAS}{target}") });
                        found.insert(target);
                        if members.len() == 1 {
                            return reference;
                        }
                        out.insert("allOf".to_owned(), json!([reference]));
                    }
                    _ => {
                        out.insert(name.clone(), adapted(value, found));
                    }
                }
            }
            Value::Object(out)
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| adapted(item, found)).collect()),
        scalar => scalar.clone(),
    }
}

/// Adds how members are merged.
fn annotate(name: &str, schema: &mut Value) {
    let Some(object) = schema::named(name).and_then(schema::Type::object) else {
        return;
    };
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties {
        if let (Some(member), Value::Object(property)) = (object.members.get(name), property) {
            merged(member, property);
        }
    }
}

fn merged(member: &Member, property: &mut Map<String, Value>) {
    if let Shape::List(list) = &member.ty.shape {
        let (kind, keys) = match &list.kind {
            ListKind::Atomic => ("atomic", None),
            ListKind::Set => ("set", None),
            ListKind::Map(keys) => ("map", Some(keys)),
        };
        property.insert("x-kubernetes-list-type".to_owned(), Value::from(kind));
        if let Some(keys) = keys {
            property.insert("x-kubernetes-list-map-keys".to_owned(), json!(keys));
        }
    }
    let mut strategies = Vec::new();
    if let Some(key) = &member.patch.merge {
        strategies.push("merge");
        if !key.is_empty() {
            property.insert("x-kubernetes-patch-merge-key".to_owned(), Value::from(key.as_str()));
        }
    }
    if member.patch.retain_keys {
        strategies.push("retainKeys");
    }
    if !strategies.is_empty() {
        property.insert(
            "x-kubernetes-patch-strategy".to_owned(),
            Value::from(strategies.join(",")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let custom = json!({ "type": "object", "properties": { "spec": { "type": "object" } } });
        let served = [
            Served {
                plural: "deployments",
                kind: "Deployment",
                namespaced: true,
                custom: None,
            },
            Served {
                plural: "widgets",
                kind: "Widget",
                namespaced: false,
                custom: Some(&custom),
            },
        ];
        let document = document("apps", "v1", &json!("v1.33.0"), &served);
        let text = document.to_string();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for reference in text.split(SCHEMAS).skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
        let path = &document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"];
        assert_eq!(path["get"]["x-kubernetes-group-version-kind"]["kind"], "Deployment");
        let parameters = path["patch"]["parameters"].as_array().unwrap();
        assert!(
            parameters
                .iter()
                .any(|parameter| parameter["name"] == "fieldValidation")
        );
        let pod = &schemas["io.k8s.api.core.v1.PodSpec"]["properties"];
        assert_eq!(pod["containers"]["x-kubernetes-patch-merge-key"], "name");
        assert_eq!(pod["volumes"]["x-kubernetes-patch-strategy"], "merge,retainKeys");
        assert!(document["paths"]["/apis/apps/v1/widgets/{name}"]["get"].is_object());
    }
}
