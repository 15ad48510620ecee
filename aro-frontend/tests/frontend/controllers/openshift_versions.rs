use aro_api::model::{
    OpenShiftVersion, OpenShiftVersionProperties, PlatformWorkloadIdentityRoleSet,
    PlatformWorkloadIdentityRoleSetProperties,
};
use aro_frontend::{ConfiguredVersion, SeedError, seed_openshift_versions};
use aro_store::{OpenShiftVersionDocument, PlatformWorkloadIdentityRoleSetDocument};
use serde_json::Value;

use crate::support::{SUBSCRIPTION, Service, parts};

fn path(rest: &str, version: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RedHatOpenShift/locations/EastUS/{rest}?api-version={version}"
    )
}

async fn add(service: &Service, id: &str, version: &str, enabled: bool) {
    let properties = OpenShiftVersionProperties {
        version: version.to_string(),
        enabled,
        ..OpenShiftVersionProperties::default()
    };
    let document = OpenShiftVersionDocument {
        id: id.to_string(),
        openshift_version: OpenShiftVersion {
            properties,
            ..OpenShiftVersion::default()
        },
        ..OpenShiftVersionDocument::default()
    };
    service.store.openshift_versions().create(document).await.unwrap();
}

fn values(list: &Value, pointer: &str) -> Vec<String> {
    list["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item.pointer(pointer).unwrap().as_str().unwrap().to_string())
        .collect()
}

#[tokio::test]
async fn enabled_versions_in_the_order_of_their_numbers() {
    let service = Service::start().await;
    for (id, version, enabled) in [("a", "4.16.9", true), ("b", "4.9.1", true), ("c", "4.17.0", false)] {
        add(&service, id, version, enabled).await;
    }
    let list = service.get(&path("openShiftVersions", "2023-11-22")).await;
    assert_eq!(
        values(&list.json(), "/properties/version"),
        ["4.9.1", "4.16.9", "4.16.30"]
    );
    let one = service.get(&path("openShiftVersions/4.16.9", "2023-11-22")).await;
    assert_eq!(one.json()["properties"]["version"], "4.16.9");
    for missing in ["4.17.0", "4.1.1", "bad"] {
        let answer = service
            .get(&path(&format!("openShiftVersions/{missing}"), "2023-11-22"))
            .await;
        assert_eq!(answer.error(), (400, "ResourceNotFound".to_string(), String::new()));
    }
    let old = service.get(&path("openShiftVersions", "2020-04-30")).await;
    assert_eq!(old.error(), (400, "InvalidResourceType".to_string(), String::new()));
}

#[tokio::test]
async fn role_sets_in_the_order_of_their_numbers() {
    let service = Service::start().await;
    for minor in ["4.16", "4.9", "4.14"] {
        let properties = PlatformWorkloadIdentityRoleSetProperties {
            openshift_version: minor.to_string(),
            ..PlatformWorkloadIdentityRoleSetProperties::default()
        };
        let document = PlatformWorkloadIdentityRoleSetDocument {
            id: minor.to_string(),
            platform_workload_identity_role_set: PlatformWorkloadIdentityRoleSet {
                properties,
                ..PlatformWorkloadIdentityRoleSet::default()
            },
            ..PlatformWorkloadIdentityRoleSetDocument::default()
        };
        service.store.role_sets().create(document).await.unwrap();
    }
    let list = service
        .get(&path("platformWorkloadIdentityRoleSets", "2025-07-25"))
        .await;
    assert_eq!(
        values(&list.json(), "/properties/openShiftVersion"),
        ["4.9", "4.14", "4.16"]
    );
    let one = service
        .get(&path("platformWorkloadIdentityRoleSets/4.14", "2025-07-25"))
        .await;
    assert_eq!(one.json()["properties"]["openShiftVersion"], "4.14");
    let missing = service
        .get(&path("platformWorkloadIdentityRoleSets/4.1", "2025-07-25"))
        .await;
    assert_eq!(missing.error(), (400, "ResourceNotFound".to_string(), String::new()));
    let old = service
        .get(&path("platformWorkloadIdentityRoleSets", "2023-11-22"))
        .await;
    assert_eq!(old.error(), (400, "InvalidResourceType".to_string(), String::new()));
}

#[tokio::test]
async fn a_fresh_store_is_given_the_configured_versions_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = parts(&folder).await.store;
    let version = |version: &str, default| ConfiguredVersion {
        version: version.to_string(),
        default,
        ..ConfiguredVersion::default()
    };
    let bad = seed_openshift_versions(&store, &[version("4.x", true)]).await;
    assert!(matches!(bad, Err(SeedError::Version(_))));
    let none = seed_openshift_versions(&store, &[version("4.16.1", false), version("4.16.2", false)]).await;
    assert!(matches!(none, Err(SeedError::Default(0))));

    let versions = [version("4.16.1", false), version("4.16.2", true)];
    // Two processes that start at once.
    let (one, other) = tokio::join!(
        seed_openshift_versions(&store, &versions),
        seed_openshift_versions(&store, &versions)
    );
    assert_eq!(one.unwrap() + other.unwrap(), 2);
    assert_eq!(
        seed_openshift_versions(&store, &[version("4.17.1", true)])
            .await
            .unwrap(),
        0
    );
    assert_eq!(store.openshift_versions().list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_version_enabled_through_one_frontend_appears_on_another() {
    let folder = tempfile::tempdir().unwrap();
    // Two handles on one file, as two processes have.
    let open = async || {
        let keys = aro_store::KeyRing::load_or_create(&folder.path().join("keys.json")).unwrap();
        let (config, ids) = (
            aro_store::StoreConfig::default(),
            std::sync::Arc::new(aro_store::RandomIds),
        );
        aro_store::Store::open_sqlite(folder.path().join("shared.db"), config, keys, ids)
            .await
            .unwrap()
    };
    let (mut one, mut other) = (parts(&folder).await, parts(&tempfile::tempdir().unwrap()).await);
    (one.store, other.store) = (open().await, open().await);
    let one = Service::of(one, folder);
    let other = Service::of(other, tempfile::tempdir().unwrap());
    let list = "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.RedHatOpenShift/locations/\
                eastus/openShiftVersions?api-version=2023-11-22";
    let numbers = async || other.get(list).await.json()["value"].as_array().unwrap().len();
    assert_eq!(numbers().await, 0);
    for (enabled, shown) in [(true, 1), (false, 0), (true, 1)] {
        let version = serde_json::json!({"name": "4.17.1", "type": "Microsoft.RedHatOpenShift/OpenShiftVersion",
            "properties": {"version": "4.17.1", "enabled": enabled,
            "openShiftPullspec": "quay.io/ocp@sha256:2", "installerPullspec": "quay.io/installer@sha256:2"}});
        let put = one.put("/admin/versions", &version).await;
        assert!(put.status.is_success(), "{}", put.text);
        assert_eq!(numbers().await, shown);
    }
}
