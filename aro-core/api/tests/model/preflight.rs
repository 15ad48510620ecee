//! Preflight of templates.

use aro_api::ApiVersion;
use aro_api::request::{Method, preflight};
use serde_json::{Value, json};

use super::sample::{Catalogue, ID, body};

fn verdict(template: &Value) -> Value {
    let catalogue = Catalogue::new();
    let template = template.to_string();
    let check = || -> Result<(), preflight::Objection> {
        for resource in preflight::resources(template.as_bytes())? {
            if let Some(wish) = preflight::wish(resource)? {
                assert_eq!(wish.key(), ID.to_lowercase());
                wish.check(&catalogue.request(wish.version, Method::Put, b""), None)?;
            }
        }
        Ok(())
    };
    serde_json::from_slice(&preflight::verdict(check().err().as_ref()).unwrap()).unwrap()
}

fn cluster(version: &str) -> Value {
    let mut cluster = body();
    cluster["id"] = ID.into();
    cluster["name"] = "Sample".into();
    cluster["type"] = "microsoft.redhatopenshift/OPENSHIFTCLUSTERS".into();
    cluster["apiVersion"] = version.into();
    cluster
}

#[test]
fn a_cluster_is_judged_by_its_own_version() {
    for version in ApiVersion::all().filter(|version| !version.is_admin()) {
        let template = json!({"resources": [{"type": "a/b"}, cluster(version.name())]});
        assert_eq!(verdict(&template), json!({"status": "Succeeded"}), "{version}");
    }
    let unknown = verdict(&json!({"resources": [cluster("2000-01-01")]}));
    assert!(
        unknown["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("400: InvalidResourceType: apiVersion: ")
    );
}

#[test]
fn the_first_fault_is_told_as_logs_do() {
    let mut wrong = cluster("2023-11-22");
    wrong["location"] = "elsewhere".into();
    let told = verdict(&json!({"resources": [wrong]}));
    assert_eq!(told["status"], "Failed");
    assert!(
        told["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("400: InvalidParameter: location: ")
    );
    assert!(told["error"].get("code").is_none());

    let mut uninstallable = cluster("2023-11-22");
    uninstallable["properties"]["clusterProfile"]["version"] = "4.1.1".into();
    assert_eq!(
        verdict(&json!({"resources": [uninstallable]}))["error"]["code"],
        "InvalidParameter"
    );
}

#[test]
fn what_is_no_template_is_told() {
    for template in [
        json!(null),
        json!([]),
        json!({"resources": [1]}),
        json!({"resources": {}}),
    ] {
        assert_eq!(verdict(&template)["status"], "Failed", "{template}");
    }
}
