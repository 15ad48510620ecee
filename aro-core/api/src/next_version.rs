//! Adds an api-version, as `docs/adding-an-api-version.md` tells, and proves that no older one notices.
//!
//! The unit tests of this crate are built with one version more: a row of the registry and a member of the console
//! profile, both for tests only. The crate as everybody gets it is a dependency of these tests under another name, so
//! the answers of both can be laid side by side.

#[path = "../tests/model/sample.rs"]
#[allow(dead_code, reason = "this needs a part of the samples only")]
mod sample;

use std::fs;
use std::path::Path;

use aro_api_as_published as published;
use serde_json::{Value, json};

use crate::model::{Cluster, SoftwareDefinedNetwork};
use crate::request::Method;
use crate::secret::InTheClear;
use crate::{ApiVersion, request, stored, view};
use sample::{Catalogue, ID, body, full, workload_identity_body};

const NEXT: &str = "2099-01-01";

fn older() -> impl Iterator<Item = (ApiVersion, published::ApiVersion)> {
    published::ApiVersion::all().map(|version| (ApiVersion::parse(version.name()).unwrap(), version))
}

fn text(cluster: &Cluster) -> String {
    stored::to_string(cluster, &InTheClear, "document").unwrap()
}

/// The same bodies for both: good ones, and good ones less one member each, at any depth.
fn bodies() -> Vec<Vec<u8>> {
    let mut bodies = vec![json!({}), json!({"properties": {"consoleProfile": {"theme": "dark"}}})];
    for body in [body(), workload_identity_body()] {
        let mut pointers = Vec::new();
        collect(&body, String::new(), &mut pointers);
        for pointer in pointers {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let mut less = body.clone();
            if let Some(Value::Object(members)) = less.pointer_mut(parent) {
                members.remove(name);
            }
            bodies.push(less);
        }
        bodies.push(body);
    }
    bodies.iter().map(|body| body.to_string().into_bytes()).collect()
}

fn collect(value: &Value, at: String, pointers: &mut Vec<String>) {
    if let Value::Object(members) = value {
        for (name, value) in members.iter().filter(|(name, _)| !name.contains('/')) {
            let at = format!("{at}/{name}");
            collect(value, at.clone(), pointers);
            pointers.push(at);
        }
    }
}

/// Makes a request of the sample catalogue with the types of either crate, and gives the outcome as JSON.
macro_rules! answer {
    ($api:ident, $version:expr, $method:expr, $body:expr, $current:expr) => {{
        let mut version = $api::model::OpenShiftVersion::default();
        version.properties.version = "4.16.30".to_owned();
        version.properties.enabled = true;
        version.properties.default = true;
        let request = $api::request::PutOrPatch {
            version: $version,
            method: $method,
            path: ID,
            body: $body,
            now: time::macros::datetime!(2026-01-02 03:04:05 UTC),
            system_data: None,
            identity_url: Some("https://identity.example/"),
            home_tenant_id: Some("tenant"),
            rp: &$api::request::RpFacts {
                location: "eastus",
                domain: "eastus.example.io",
                require_d2s_workers: false,
                commit: "build",
                gateway_enabled: true,
            },
            versions: &[version],
            role_sets: &[],
            secrets: None,
        };
        let outcome = match $current {
            None => $api::request::create(&request),
            Some(current) => {
                $api::request::update(&request, &$api::stored::from_str(current).unwrap())
            }
        };
        match outcome {
            Ok(cluster) => {
                let stored = $api::stored::to_json(&cluster, &$api::secret::InTheClear, "document").unwrap();
                let shown = String::from_utf8($api::view::cluster(&cluster, $version)).unwrap();
                json!({ "stored": stored, "shown": shown })
            }
            Err(error) => json!({ "status": error.status_code, "body": String::from_utf8(error.body_json()).unwrap() }),
        }
    }};
}

#[test]
fn the_version_is_there_in_these_tests_only() {
    assert!(published::ApiVersion::parse(NEXT).is_none());
    let version = ApiVersion::parse(NEXT).unwrap();
    assert_eq!(version, ApiVersion::latest());
    assert!(version.has_role_sets() && version.has_admin_credentials());
}

#[test]
fn older_versions_show_what_they_showed() {
    let stored = text(&full());
    let before: published::model::Cluster = published::stored::from_str(&stored).unwrap();
    for (new, old) in older() {
        assert_eq!(
            view::cluster(&full(), new),
            published::view::cluster(&before, old),
            "{old}"
        );
    }
}

#[test]
fn older_versions_answer_as_they_did() {
    let catalogue = Catalogue::new();
    let first = body().to_string();
    let mut current = request::create(&catalogue.request(ApiVersion::latest(), Method::Put, first.as_bytes())).unwrap();
    current.properties.network_profile.software_defined_network = SoftwareDefinedNetwork::OvnKubernetes;
    "dark".clone_into(&mut current.properties.console_profile.theme);
    let current = text(&current);
    for body in bodies() {
        for (new, old) in older() {
            let created = answer!(crate, new, Method::Put, &body, None::<&str>);
            let as_before = answer!(published, old, published::request::Method::Put, &body, None::<&str>);
            assert_eq!(created, as_before, "{old} {}", String::from_utf8_lossy(&body));
            for (method, same) in [
                (Method::Put, published::request::Method::Put),
                (Method::Patch, published::request::Method::Patch),
            ] {
                let updated = answer!(crate, new, method, &body, Some(current.as_str()));
                let as_before = answer!(published, old, same, &body, Some(current.as_str()));
                assert_eq!(updated, as_before, "{old} {}", String::from_utf8_lossy(&body));
            }
        }
    }
}

#[test]
fn the_new_member_is_read_written_and_survives_older_versions() {
    let catalogue = Catalogue::new();
    let mut wish = body();
    wish["properties"]["consoleProfile"] = json!({"theme": "dark"});
    let wish = wish.to_string();
    let next = ApiVersion::latest();
    let mut cluster = request::create(&catalogue.request(next, Method::Put, wish.as_bytes())).unwrap();
    cluster.properties.network_profile.software_defined_network = SoftwareDefinedNetwork::OvnKubernetes;
    assert_eq!(cluster.properties.console_profile.theme, "dark");
    let shown: Value = serde_json::from_slice(&view::cluster(&cluster, next)).unwrap();
    assert_eq!(shown["properties"]["consoleProfile"]["theme"], "dark");
    let change = br#"{"properties":{"consoleProfile":{"theme":"light"}}}"#;
    for version in ApiVersion::all() {
        let request = catalogue.request(version, Method::Patch, change);
        let after = request::update(&request, &cluster).unwrap();
        let theme = if version == next { "light" } else { "dark" };
        assert_eq!(after.properties.console_profile.theme, theme, "{version}");
    }
}

/// What the version costs: lines that name it.
#[test]
fn a_version_costs_one_line_and_one_for_each_member() {
    let mut lines = 0;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    count(&source, &mut lines);
    assert_eq!(lines, 2, "a row of the registry, and the annotation of the new member");
}

fn count(folder: &Path, lines: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count(&path, lines);
        } else if !path.ends_with("next_version.rs") {
            let text = fs::read_to_string(&path).unwrap();
            *lines += text.lines().filter(|line| line.contains(NEXT)).count();
        }
    }
}
