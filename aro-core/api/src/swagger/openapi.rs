//! OpenAPI 3.0 of the newest version, for programs that generate clients: everything in one document, enumerations open,
//! errors by status instead of `default`, secrets marked, and no api-version, which the client sets for all calls.
//!
//! Nothing in it makes a client refuse what a later service may say: texts have neither patterns nor lengths.

use super::common_types;
use super::document::{Reader, describe};
use super::json::Json;
use super::switches::Switches;
use crate::version::ApiVersion;

/// Its path below the folder of the descriptions.
pub const PATH: &str = "openapi/redhatopenshift.json";

/// Members of schemas that a generator has no use for, or that would make a client strict.
const DROPPED: [&str; 7] = [
    "x-ms-client-flatten",
    "x-ms-identifiers",
    "x-ms-mutability",
    "x-ms-azure-resource",
    "x-nullable",
    "x-ms-secret",
    "title",
];

/// Formats that a generator knows and that cannot make a client refuse a reply.
const FORMATS: [&str; 3] = ["int32", "date-time", "password"];

/// The document.
pub fn document() -> Json {
    let version = ApiVersion::latest();
    let swagger = describe(version, Reader::Generator).unwrap_or_default();
    let paths = members(&swagger, "paths").iter().map(|(path, operations)| {
        let operations = operations.members().iter();
        (
            path.clone(),
            Json::object(operations.map(|(method, operation)| (method.clone(), converted(operation)))),
        )
    });
    Json::object([
        ("openapi", "3.0.3".into()),
        (
            "info",
            Json::object([
                ("title", "Azure Red Hat OpenShift"),
                (
                    "description",
                    "Azure Red Hat OpenShift 4 through Azure Resource Manager.",
                ),
                ("version", version.name()),
            ]),
        ),
        (
            "servers",
            Json::list([Json::object([("url", "https://management.azure.com")])]),
        ),
        ("paths", Json::object(paths)),
        ("components", Json::object([("schemas", schemas(version, &swagger))])),
    ])
}

/// A number that changes with the document (FNV-1a of its text), so that what was made of it can be told stale without
/// making it again.
pub fn fingerprint() -> String {
    let text = document().to_text();
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// All definitions: ours, and those of the common types that they lead to.
fn schemas(version: ApiVersion, swagger: &Json) -> Json {
    let edition = Switches::of(version).map_or("", |switches| switches.common_types);
    let common = common_types::files(edition);
    let shared = || common.iter().flat_map(|(_, file)| members(file, "definitions"));
    let mut out = members(swagger, "definitions")
        .iter()
        .map(|(name, definition)| (name.clone(), schema(&whole(definition, &shared().collect::<Vec<_>>()))))
        .collect::<Vec<_>>();
    for (name, definition) in shared() {
        let is_base = name.ends_with("Resource");
        if !is_base {
            out.push((component(name).to_owned(), schema(definition)));
        }
    }
    // The two members of system data with the same words are one type.
    out.push((
        "CreatedByType".to_owned(),
        out.iter()
            .find(|(name, _)| name == "SystemData")
            .and_then(|(_, data)| data.get("properties")?.get("createdByType"))
            .cloned()
            .unwrap_or_default()
            .with("description", "What kind of principal created or changed a resource."),
    ));
    if let Some((_, data)) = out.iter_mut().find(|(name, _)| name == "SystemData")
        && let Some(members) = data.get_mut("properties")
    {
        for name in ["createdByType", "lastModifiedByType"] {
            members.set(name, Json::object([("$ref", "#/components/schemas/CreatedByType")]));
        }
    }
    out.sort_by(|(a, _), (b, _)| a.cmp(b));
    Json::Object(out)
}

/// A definition with the members of what it is based on.
fn whole(definition: &Json, shared: &[&(String, Json)]) -> Json {
    let mut properties = Vec::new();
    let mut required = Vec::new();
    collect(definition, shared, &mut properties, &mut required);
    let mut out = definition.clone();
    out.remove("allOf");
    if !properties.is_empty() {
        out.set("properties", Json::Object(properties));
    }
    if !required.is_empty() {
        out.set("required", Json::List(required));
    }
    out
}

fn collect(
    definition: &Json,
    shared: &[&(String, Json)],
    properties: &mut Vec<(String, Json)>,
    required: &mut Vec<Json>,
) {
    for base in definition.get("allOf").map(Json::elements).unwrap_or_default() {
        let name = base.get("$ref").and_then(Json::as_str).map(last).unwrap_or_default();
        if let Some((_, base)) = shared.iter().find(|(found, _)| found == name) {
            collect(base, shared, properties, required);
        }
    }
    properties.extend_from_slice(members(definition, "properties"));
    required.extend_from_slice(definition.get("required").map(Json::elements).unwrap_or_default());
}

fn schema(swagger: &Json) -> Json {
    if let Some(target) = swagger.get("$ref").and_then(Json::as_str) {
        let target = format!("#/components/schemas/{}", component(last(target)));
        let reference = Json::object([("$ref", target)]);
        // Nothing may stand beside a reference.
        let mut out = Json::Object(Vec::new());
        for name in ["description", "readOnly"] {
            if let Some(value) = swagger.get(name) {
                out.set(name, value.clone());
            }
        }
        return if out.members().is_empty() {
            reference
        } else {
            out.with("allOf", Json::list([reference]))
        };
    }
    if let Some(words) = swagger.get("enum") {
        let known = Json::object([("type", "string".into()), ("enum", words.clone())]);
        let any = Json::object([("type", "string")]);
        let open = Json::list([known, any]);
        return match swagger.get("description") {
            Some(doc) => Json::object([("description", doc.clone()), ("anyOf", open)]),
            None => Json::object([("anyOf", open)]),
        };
    }
    let mut out = Vec::new();
    for (name, value) in swagger.members() {
        let value = match name.as_str() {
            dropped if DROPPED.contains(&dropped) => continue,
            "format" if !FORMATS.contains(&value.as_str().unwrap_or_default()) => continue,
            "properties" => Json::object(
                value
                    .members()
                    .iter()
                    .map(|(name, value)| (name.clone(), schema(value))),
            ),
            "items" | "additionalProperties" => schema(value),
            _ => value.clone(),
        };
        out.push((name.clone(), value));
    }
    Json::Object(out)
}

fn converted(operation: &Json) -> Json {
    let mut out = Json::Object(Vec::new());
    for (name, value) in operation.members() {
        match name.as_str() {
            "parameters" => {
                let parameters = value.elements().iter().filter_map(parameter).collect();
                out.set("parameters", Json::List(parameters));
                let is_body = |parameter: &&Json| parameter.get("in").and_then(Json::as_str) == Some("body");
                if let Some(body) = value.elements().iter().find(is_body) {
                    let content = content(body).with("required", true);
                    out.set("requestBody", content);
                }
            }
            "responses" => out.set("responses", responses(value)),
            "x-ms-examples" | "x-ms-long-running-operation-options" => {}
            _ => out.set(name, value.clone()),
        }
    }
    out
}

fn parameter(swagger: &Json) -> Option<Json> {
    let (name, doc) = match swagger.get("$ref").and_then(Json::as_str).map(last) {
        Some("SubscriptionIdParameter") => ("subscriptionId", "The subscription."),
        Some("ResourceGroupNameParameter") => ("resourceGroupName", "The resource group."),
        Some("LocationParameter") => ("location", "The Azure region."),
        Some(_) => return None,
        None if swagger.get("in").and_then(Json::as_str) == Some("path") => {
            (swagger.get("name")?.as_str()?, swagger.get("description")?.as_str()?)
        }
        None => return None,
    };
    Some(Json::object([
        ("name", name.into()),
        ("in", "path".into()),
        ("description", doc.into()),
        ("required", Json::Bool(true)),
        ("schema", Json::object([("type", "string")])),
    ]))
}

fn responses(swagger: &Json) -> Json {
    let mut out = Json::Object(Vec::new());
    for (status, response) in swagger.members() {
        let mut converted = content(response);
        if let Some(doc) = response.get("description") {
            converted.set_first("description", doc.clone());
        }
        if status == "default" {
            out.set("4XX", converted.clone());
            out.set("5XX", converted);
        } else {
            out.set(status, converted);
        }
    }
    out
}

/// The schema of a body as JSON; nothing where there is no body.
fn content(holder: &Json) -> Json {
    match holder.get("schema") {
        Some(body) => {
            let media = Json::object([("schema", schema(body))]);
            Json::object([("content", Json::object([("application/json", media)]))])
        }
        None => Json::Object(Vec::new()),
    }
}

fn members<'a>(json: &'a Json, name: &str) -> &'a [(String, Json)] {
    json.get(name).map(Json::members).unwrap_or_default()
}

fn last(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// The name of a definition here. Azure writes one of its own in lower case.
fn component(name: &str) -> &str {
    if name == "systemData" { "SystemData" } else { name }
}
