//! What one process of the service writes, the others show.

use std::sync::Arc;
use std::time::Duration;

use aro_store::{KeyRing, Store, StoreConfig};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{SUBSCRIPTION, Service, parts, prepare};

fn list() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RedHatOpenShift/locations/eastus/openShiftVersions\
         ?api-version=2023-11-22"
    )
}

async fn versions(service: &Service) -> Vec<String> {
    let answer = service.get(&list()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let found = answer.json()["value"].as_array().unwrap().clone();
    let name = |one: &serde_json::Value| one["properties"]["version"].as_str().unwrap().to_string();
    found.iter().map(name).collect()
}

/// A frontend as another process would be: with a store of its own on the file in `folder`.
async fn frontend(folder: &TempDir, max_age: Duration) -> Service {
    let own = tempfile::tempdir().unwrap();
    let mut parts = parts(&own).await;
    parts.store.close().await;
    parts.store = Store::open_sqlite(
        &folder.path().join("shared.db"),
        StoreConfig::default(),
        KeyRing::load_or_create(&folder.path().join("keys.json")).unwrap(),
        Arc::new(aro_store::RandomIds),
    )
    .await
    .unwrap();
    parts.settings.catalogue_max_age = max_age;
    Service::of(parts, own)
}

fn version(name: &str) -> serde_json::Value {
    json!({"properties": {
        "version": name, "enabled": true,
        "openShiftPullspec": "quay.io/ocp@sha256:2", "installerPullspec": "quay.io/installer@sha256:2",
    }})
}

#[tokio::test]
async fn a_version_enabled_through_one_frontend_appears_on_another() {
    const SOON: Duration = Duration::from_millis(50);
    let folder = tempfile::tempdir().unwrap();
    let writing = frontend(&folder, Duration::from_secs(3600)).await;
    let following = frontend(&folder, SOON).await;
    let believing = frontend(&folder, Duration::from_secs(3600)).await;
    prepare(&writing.store).await;
    for service in [&writing, &following, &believing] {
        assert_eq!(versions(service).await, ["4.16.30"]);
    }

    let written = writing.put("/admin/versions", &version("4.17.1")).await;
    assert_eq!(written.status, 201, "{}", written.text);
    assert_eq!(
        versions(&writing).await,
        ["4.16.30", "4.17.1"],
        "who writes knows at once"
    );
    let appears = async |expected: &[&str]| {
        let seen = async {
            while versions(&following).await != expected {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap();
    };
    appears(&["4.16.30", "4.17.1"]).await;
    assert_eq!(
        versions(&believing).await,
        ["4.16.30"],
        "what was read is believed for its time"
    );

    // It goes the same way, and so does one that is deleted.
    let mut wish = written.json();
    wish["properties"]["enabled"] = json!(false);
    let disabled = writing.put("/admin/versions", &wish).await;
    assert_eq!(disabled.status, 200, "{}", disabled.text);
    appears(&["4.16.30"]).await;
    let stored = writing.store.openshift_versions().list().await.unwrap();
    for document in &stored {
        writing.store.openshift_versions().delete(document).await.unwrap();
    }
    appears(&[]).await;

    // The probe does not rest on what was read long ago.
    believing.store.close().await;
    assert_eq!(believing.get("/healthz/ready").await.status, 500);
}
