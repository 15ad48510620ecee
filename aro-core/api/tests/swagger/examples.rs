//! The examples are true: each body is what a definition says, and the references lead somewhere.

use std::collections::BTreeMap;

use aro_api::ApiVersion;
use aro_api::model::{OpenShiftVersion, PlatformWorkloadIdentityRole, PlatformWorkloadIdentityRoleSet};
use aro_api::request::{Method, PutOrPatch, RpFacts, Secrets};
use aro_api::secret::InTheClear;
use aro_api::swagger::{Json, files};

/// Every file by path, parsed as a reader would.
fn tree() -> BTreeMap<String, Json> {
    files().into_iter().map(|file| (file.path, file.content)).collect()
}

#[test]
fn every_reference_leads_somewhere() {
    let tree = tree();
    for (path, content) in &tree {
        let mut references = Vec::new();
        collect(content, &mut references);
        for reference in references {
            assert!(resolve(&tree, path, &reference).is_some(), "{path}: {reference}");
        }
    }
}

#[test]
fn the_bodies_of_the_examples_fit_their_definitions() {
    let tree = tree();
    let mut checked = 0;
    for (path, document) in tree.iter().filter(|(path, _)| path.ends_with("redhatopenshift.json")) {
        let Some(operations) = document.get("paths").filter(|_| document.get("swagger").is_some()) else {
            continue;
        };
        for (_, methods) in operations.members() {
            for (_, operation) in methods.members() {
                let example = operation.get("x-ms-examples").unwrap().members()[0]
                    .1
                    .get("$ref")
                    .unwrap();
                let example = resolve(&tree, path, example.as_str().unwrap()).unwrap().1;
                for parameter in operation.get("parameters").unwrap().elements() {
                    if let Some(schema) = parameter.get("schema") {
                        let body = example.get("parameters").unwrap().get("parameters").unwrap();
                        fits(&tree, path, schema, body, "body");
                        checked += 1;
                    }
                }
                for (status, reply) in example.get("responses").unwrap().members() {
                    let declared = operation.get("responses").unwrap().get(status).unwrap();
                    assert_eq!(declared.get("schema").is_some(), reply.get("body").is_some());
                    if let (Some(schema), Some(body)) = (declared.get("schema"), reply.get("body")) {
                        fits(&tree, path, schema, body, status);
                        checked += 1;
                    }
                }
            }
        }
    }
    assert!(checked > 100, "only {checked} bodies were looked at");
}

#[test]
fn the_service_accepts_the_examples_of_creates() {
    let mut catalogue = OpenShiftVersion::default();
    catalogue.properties.version = "4.14.40".to_owned();
    catalogue.properties.enabled = true;
    catalogue.properties.default = true;
    let mut roles = PlatformWorkloadIdentityRoleSet::default();
    roles.properties.openshift_version = "4.14".to_owned();
    roles.properties.platform_workload_identity_roles = ["file-csi-driver", "ingress"]
        .into_iter()
        .map(|operator| PlatformWorkloadIdentityRole {
            operator_name: operator.to_owned(),
            ..Default::default()
        })
        .collect();
    let facts = RpFacts {
        location: "location",
        domain: "location.aroapp.io",
        require_d2s_workers: false,
        commit: "build",
        gateway_enabled: true,
    };
    let tree = tree();
    let creates = tree
        .iter()
        .filter(|(path, _)| path.contains("OpenShiftClusters_CreateOrUpdate"));
    let mut created = 0;
    for (path, example) in creates {
        let parameters = example.get("parameters").unwrap();
        let version = parameters.get("api-version").and_then(Json::as_str).unwrap();
        let reply = example
            .get("responses")
            .and_then(|replies| replies.get("201")?.get("body"))
            .unwrap();
        let body = parameters.get("parameters").unwrap().to_text();
        let request = PutOrPatch {
            version: ApiVersion::parse(version).unwrap(),
            method: Method::Put,
            path: reply.get("id").and_then(Json::as_str).unwrap(),
            body: body.as_bytes(),
            now: time::macros::datetime!(2026-01-02 03:04:05 UTC),
            system_data: None,
            identity_url: Some("https://identity.example/"),
            home_tenant_id: Some("tenant"),
            rp: &facts,
            versions: std::slice::from_ref(&catalogue),
            role_sets: std::slice::from_ref(&roles),
            secrets: Some(Secrets {
                sealer: &InTheClear,
                document: "document",
            }),
        };
        aro_api::request::create(&request).unwrap_or_else(|error| panic!("{path}: {error}"));
        created += 1;
    }
    assert_eq!(created, 10);
}

fn collect(json: &Json, found: &mut Vec<String>) {
    for (name, value) in json.members() {
        match value {
            Json::Text(reference) if name == "$ref" => found.push(reference.clone()),
            value => collect(value, found),
        }
    }
    json.elements().iter().for_each(|element| collect(element, found));
}

/// The file and the place in it that a reference in the file `from` leads to.
fn resolve<'a>(tree: &'a BTreeMap<String, Json>, from: &str, reference: &str) -> Option<(String, &'a Json)> {
    let (file, place) = reference.split_once('#').unwrap_or((reference, ""));
    let mut path = from.to_owned();
    if !file.is_empty() {
        let mut parts = from.split('/').collect::<Vec<_>>();
        parts.pop();
        for part in file.split('/') {
            match part {
                "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        path = parts.join("/");
    }
    let mut at = tree.get(&path)?;
    for part in place.split('/').filter(|part| !part.is_empty()) {
        at = at.get(part)?;
    }
    Some((path, at))
}

/// Fails where the body has a member that the schema does not know, or one of another type.
fn fits(tree: &BTreeMap<String, Json>, file: &str, schema: &Json, body: &Json, at: &str) {
    if let Some(reference) = schema.get("$ref") {
        let (file, schema) = resolve(tree, file, reference.as_str().unwrap()).unwrap();
        return fits(tree, &file, schema, body, at);
    }
    match body {
        Json::Object(members) => {
            let mut known = Vec::new();
            properties(tree, file, schema, &mut known);
            for (name, value) in members {
                let at = format!("{at}/{name}");
                // Azure's common types v2, to which the versions of 2021 and 2022-04 refer, do not have it yet; ARM sends it.
                if schema_is_older(&known, name) {
                    continue;
                }
                match known.iter().find(|(_, found, _)| found == name) {
                    Some((file, _, schema)) => fits(tree, file, schema, value, &at),
                    None => {
                        let values = schema.get("additionalProperties");
                        fits(
                            tree,
                            file,
                            values.unwrap_or_else(|| panic!("{file}: {at} is unknown")),
                            value,
                            &at,
                        );
                    }
                }
            }
        }
        Json::List(elements) => {
            let items = schema.get("items").unwrap_or_else(|| panic!("{file}: {at} is no list"));
            elements.iter().for_each(|element| fits(tree, file, items, element, at));
        }
        Json::Int(_) => assert_eq!(schema.get("type"), Some(&"integer".into()), "{file}: {at}"),
        Json::Text(text) => {
            assert_eq!(schema.get("type"), Some(&"string".into()), "{file}: {at}");
            if let Some(words) = schema.get("enum") {
                let known = words.elements().iter().any(|word| word.as_str() == Some(text));
                // In these versions the list is documentation; what is accepted is more.
                assert!(known || at.ends_with("vmSize"), "{file}: {at}: {text}");
            }
        }
        other => panic!("{file}: {at}: {other:?}"),
    }
}

/// Whether the schema is a resource in an edition of the common types from before system data.
fn schema_is_older(known: &[(String, String, Json)], name: &str) -> bool {
    name == "systemData"
        && known
            .iter()
            .any(|(file, found, _)| found == "location" && file.contains("/v2/"))
}

fn properties(tree: &BTreeMap<String, Json>, file: &str, schema: &Json, known: &mut Vec<(String, String, Json)>) {
    for base in schema.get("allOf").map(Json::elements).unwrap_or_default() {
        let (file, base) = resolve(tree, file, base.get("$ref").unwrap().as_str().unwrap()).unwrap();
        properties(tree, &file, base, known);
    }
    for (name, schema) in schema.get("properties").map(Json::members).unwrap_or_default() {
        known.push((file.to_owned(), name.clone(), schema.clone()));
    }
}
