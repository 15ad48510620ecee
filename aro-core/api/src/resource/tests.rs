//! The rules of the merge and of the change rules, one by one.
#![allow(clippy::unwrap_used)]

use super::change::changed;
use super::merge::{Method, merge};
use crate::ApiVersion;
use crate::model::{Cluster, PlatformWorkloadIdentity, PlatformWorkloadIdentityProfile, WorkerProfile};

fn version(name: &str) -> ApiVersion {
    ApiVersion::parse(name).unwrap()
}

fn legacy() -> ApiVersion {
    version("2024-08-12-preview")
}

fn sample() -> Cluster {
    let mut cluster = Cluster::default();
    "eastus".clone_into(&mut cluster.location);
    cluster.tags = [("a".to_owned(), "1".to_owned())].into_iter().collect();
    let worker = |name: &str| WorkerProfile {
        name: name.to_owned(),
        count: 3,
        ..Default::default()
    };
    cluster.properties.worker_profiles = vec![worker("one"), worker("two")].into();
    let identity = PlatformWorkloadIdentity {
        resource_id: "r".to_owned(),
        ..Default::default()
    };
    cluster.properties.platform_workload_identity_profile = Some(PlatformWorkloadIdentityProfile {
        platform_workload_identities: [("x".to_owned(), identity)].into_iter().collect(),
        ..Default::default()
    });
    cluster
}

fn merged(version: ApiVersion, body: &str) -> Cluster {
    let mut cluster = sample();
    merge(&mut cluster, version, Method::Patch, body.as_bytes()).unwrap();
    cluster
}

fn message(version: ApiVersion, body: &str) -> String {
    merge(&mut sample(), version, Method::Patch, body.as_bytes())
        .unwrap_err()
        .message
}

#[test]
fn null_clears_what_can_be_absent_in_the_legacy_dialect_only() {
    let body =
        r#"{"location":null,"tags":null,"properties":{"workerProfiles":null,"platformWorkloadIdentityProfile":null}}"#;
    let old = merged(legacy(), body);
    assert_eq!(old.location, "eastus");
    assert!(old.tags.is_none() && old.properties.worker_profiles.is_none());
    assert!(old.properties.platform_workload_identity_profile.is_none());
    let new = merged(ApiVersion::latest(), body);
    assert!(new.tags.is_none() && new.properties.worker_profiles.is_some());
    assert!(new.properties.platform_workload_identity_profile.is_some());
}

#[test]
fn names_match_in_any_case_in_the_legacy_dialect_only() {
    assert_eq!(merged(legacy(), r#"{"LOCATION":"x"}"#).location, "x");
    assert_eq!(merged(ApiVersion::latest(), r#"{"LOCATION":"x"}"#).location, "eastus");
}

#[test]
fn lists_are_merged_by_position_and_cut() {
    let workers = merged(legacy(), r#"{"properties":{"workerProfiles":[{"count":5}]}}"#)
        .properties
        .worker_profiles;
    assert_eq!(
        (workers.len(), workers[0].name.as_str(), workers[0].count),
        (1, "one", 5)
    );
    let none = merged(legacy(), r#"{"properties":{"workerProfiles":[]}}"#)
        .properties
        .worker_profiles;
    assert!(none.is_some() && none.is_empty());
}

#[test]
fn values_of_maps_are_replaced_and_tags_as_a_whole() {
    let body = r#"{"tags":{"b":null},"properties":{"platformWorkloadIdentityProfile":
        {"platformWorkloadIdentities":{"x":{},"y":{"resourceId":"s"}}}}}"#;
    let cluster = merged(legacy(), body);
    assert_eq!(
        cluster.tags.iter().collect::<Vec<_>>(),
        [(&"b".to_owned(), &String::new())]
    );
    let identities = cluster
        .properties
        .platform_workload_identity_profile
        .unwrap()
        .platform_workload_identities;
    assert_eq!(
        (identities.len(), identities.get("x").unwrap().resource_id.as_str()),
        (2, "")
    );
    assert_eq!(merged(ApiVersion::admin(), r#"{"tags":{"b":"2"}}"#).tags.len(), 2);
}

#[test]
fn null_elements_are_noted_in_the_modern_dialect() {
    let body = br#"{"properties":{"workerProfiles":[{},null]}}"#;
    let notes = |version| merge(&mut sample(), version, Method::Patch, body).unwrap();
    assert_eq!(notes(ApiVersion::latest()), ["/properties/workerProfiles/1"]);
    assert!(notes(legacy()).is_empty());
}

#[test]
fn errors_point_at_the_place_and_say_what_was_expected() {
    let body = r#"{"properties":{"workerProfiles":[{},{"count":"many"}]}}"#;
    let text = message(legacy(), body);
    assert!(
        text.contains("'/properties/workerProfiles/1/count'") && text.contains("whole number"),
        "{text}"
    );
    assert!(!text.contains("many"));
    assert!(
        message(
            ApiVersion::latest(),
            r#"{"properties":{"workerProfiles":[{"count":3000000000}]}}"#
        )
        .contains("32 bits")
    );
    assert!(message(legacy(), "null").contains("an object"));
    for broken in ["", "{", "{}x", "[]", "\u{feff}{}"] {
        assert!(
            message(legacy(), broken).starts_with("The request content is"),
            "{broken}"
        );
    }
}

#[test]
fn members_that_a_version_lacks_are_ignored() {
    let body = r#"{"identity":{"type":"UserAssigned"},"unheard":[1]}"#;
    assert_eq!(merged(version("2023-11-22"), body), sample());
    assert!(merged(legacy(), body).identity.is_some());
}

#[test]
fn changes_are_named_as_customers_know_them() {
    let path = |version: ApiVersion, change: &dyn Fn(&mut Cluster)| {
        let mut cluster = sample();
        change(&mut cluster);
        changed(&cluster, &sample(), version).map(|change| change.path)
    };
    let two_changes = |cluster: &mut Cluster| {
        cluster.properties.worker_profiles[1].count = 4;
        "x".clone_into(&mut cluster.properties.apiserver_profile.url);
    };
    assert_eq!(
        path(legacy(), &two_changes).as_deref(),
        Some("properties.workerProfiles['two'].count")
    );
    assert_eq!(
        path(ApiVersion::latest(), &two_changes).as_deref(),
        Some("properties.apiserverProfile.url")
    );
    assert_eq!(path(legacy(), &|cluster| cluster.tags = Default::default()), None);
    assert_eq!(
        path(ApiVersion::admin(), &|cluster| cluster.tags = Default::default()).as_deref(),
        Some("tags")
    );
    assert_eq!(
        path(legacy(), &|cluster| "EASTUS".clone_into(&mut cluster.location)),
        None
    );
    assert_eq!(
        path(legacy(), &|cluster| cluster
            .properties
            .platform_workload_identity_profile = None)
        .as_deref(),
        Some("properties.platformWorkloadIdentityProfile")
    );
}
