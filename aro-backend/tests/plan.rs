//! `aro-backend plan` prints plans as data.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::{Command, Output};

use serde_json::{Value, json};

fn plan(operation: &str, cluster: &Value, more: &[&str]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cluster.json");
    std::fs::write(&file, cluster.to_string()).unwrap();
    Command::new(env!("CARGO_BIN_EXE_aro-backend"))
        .args(["plan", operation, "--cluster"])
        .arg(&file)
        .args(more)
        .output()
        .unwrap()
}

fn ids(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listing: Value = serde_json::from_slice(&output.stdout).unwrap();
    let steps = listing["steps"].as_array().unwrap();
    for step in steps {
        assert!(step["timeoutSeconds"].as_u64().unwrap() > 0 && step["weight"].as_u64().unwrap() > 0);
        assert!(["action", "authorizationRetried", "condition"].contains(&step["kind"].as_str().unwrap()));
    }
    steps
        .iter()
        .map(|step| step["id"].as_str().unwrap().to_owned())
        .collect()
}

fn body(profile: &str, content: Value) -> Value {
    json!({"location": "eastus", "properties": {"clusterProfile": {"domain": "one"}, profile: content}})
}

#[test]
fn of_a_request_and_of_a_stored_document() {
    let request = body(
        "servicePrincipalProfile",
        json!({"clientId": "c", "clientSecret": "CANARY"}),
    );
    let output = plan("create", &request, &[]);
    let create = ids(&output);
    assert!(create.iter().any(|id| id == "servicePrincipalObjectId"), "{create:?}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("CANARY"));
    let stored = json!({"id": "1", "openShiftCluster": request});
    assert_eq!(ids(&plan("create", &stored, &[])), create);

    let identities = json!({"platformWorkloadIdentities": {"ingress": {"resourceId": "/i"}}});
    let identities = body("platformWorkloadIdentityProfile", identities);
    assert!(
        ids(&plan("create", &identities, &[]))
            .iter()
            .any(|id| id == "platformIdentities")
    );
    assert_ne!(ids(&plan("update", &request, &[])), ids(&plan("delete", &request, &[])));
    let mut maintained = request.clone();
    maintained["properties"]["maintenanceTask"] = json!("MigrateLoadBalancer");
    let everything = ids(&plan("admin-update", &request, &[]));
    assert!(ids(&plan("admin-update", &maintained, &[])).len() < everything.len());
    let table = plan("delete", &request, &["--output", "table"]);
    assert!(String::from_utf8_lossy(&table.stdout).contains("removeResourceGroup"));
}

#[test]
fn of_each_maintenance_task() {
    let request = body("servicePrincipalProfile", json!({"clientId": "c", "clientSecret": "s"}));
    let mut all = Vec::new();
    for task in [
        "Everything",
        "OperatorUpdate",
        "CertificatesRenewal",
        "SyncClusterObject",
        "MigrateLoadBalancer",
    ] {
        let steps = ids(&plan("admin-update", &request, &["--task", task]));
        assert!(steps.len() >= 3 && steps[0] == "billing", "{task}: {steps:?}");
        all.push(steps);
    }
    assert_eq!(all[0], ids(&plan("admin-update", &request, &[])));
    assert!(all[1..].iter().all(|steps| steps.len() < all[0].len()));
    let unknown = plan("admin-update", &request, &["--task", "Nothing"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("Nothing is no maintenance task"));
}

#[test]
fn what_is_no_cluster_is_refused() {
    let output = plan("create", &json!({"kind": "List"}), &[]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no properties"));
}
