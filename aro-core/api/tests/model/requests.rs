//! Creating and updating clusters.

use aro_api::model::{Cluster, ProvisioningState};
use aro_api::request::{self, Method};
use aro_api::secret::InTheClear;
use aro_api::{ApiVersion, Code, stored, view};
use serde_json::{Value, json};

use super::sample::{Catalogue, ID, body, workload_identity_body};

/// The cluster as it comes out of the store, after its creation has ended well.
fn created(version: ApiVersion, body: &Value) -> Cluster {
    let catalogue = Catalogue::new();
    let body = body.to_string();
    let mut cluster = request::create(&catalogue.request(version, Method::Put, body.as_bytes())).unwrap();
    assert_eq!(cluster.properties.provisioning_state, ProvisioningState::Creating);
    cluster.properties.provisioning_state = ProvisioningState::Succeeded;
    "https://console.example/".clone_into(&mut cluster.properties.console_profile.url);
    "https://api.example:6443/".clone_into(&mut cluster.properties.apiserver_profile.url);
    "10.1.2.3".clone_into(&mut cluster.properties.apiserver_profile.ip);
    cluster.properties.ingress_profiles[0].ip = "10.1.2.4".to_owned();
    if let Some(profile) = &mut cluster.properties.service_principal_profile {
        "object".clone_into(&mut profile.sp_object_id);
    }
    stored::from_str(&stored::to_string(&cluster, &InTheClear, "document").unwrap()).unwrap()
}

fn update(version: ApiVersion, method: Method, body: &str, current: &Cluster) -> Result<Cluster, aro_api::CloudError> {
    request::update(&Catalogue::new().request(version, method, body.as_bytes()), current)
}

/// What is stored, less what every write changes.
fn settled(cluster: &Cluster) -> Value {
    let mut cluster = cluster.clone();
    cluster.properties.provisioning_state = ProvisioningState::Succeeded;
    cluster.properties.last_provisioning_state = ProvisioningState::Unset;
    stored::to_json(&cluster, &InTheClear, "document").unwrap()
}

fn dated() -> impl Iterator<Item = ApiVersion> {
    ApiVersion::all().filter(|version| !version.is_admin())
}

#[test]
fn a_new_cluster_keeps_the_case_of_its_path_and_lowers_its_resource_group() {
    for version in dated() {
        let cluster = created(version, &body());
        assert_eq!((cluster.id.as_str(), cluster.name.as_str()), (ID, "Sample"));
        assert!(
            cluster
                .properties
                .cluster_profile
                .resource_group_id
                .ends_with("/managed"),
            "{version}"
        );
        assert!(!cluster.client_id_key().is_empty() && !cluster.resource_group_key().is_empty());
    }
}

#[test]
fn deploying_the_same_template_again_changes_nothing() {
    for version in dated() {
        let current = created(version, &body());
        let after = update(version, Method::Put, &body().to_string(), &current);
        let mut expected = body();
        if shows_read_only_as_immutable(version) {
            // These versions compare what the service wrote, so a template has to repeat it.
            let error = after.unwrap_err();
            assert_eq!(error.code, Code::PROPERTY_CHANGE_NOT_ALLOWED, "{version}");
            expected["properties"]["consoleProfile"] = json!({"url": "https://console.example/"});
            expected["properties"]["apiserverProfile"]["url"] = json!("https://api.example:6443/");
            expected["properties"]["apiserverProfile"]["ip"] = json!("10.1.2.3");
            expected["properties"]["ingressProfiles"][0]["ip"] = json!("10.1.2.4");
            let after = update(version, Method::Put, &expected.to_string(), &current).unwrap();
            assert_eq!(settled(&after), settled(&current), "{version}");
        } else {
            assert_eq!(settled(&after.unwrap()), settled(&current), "{version}");
        }
    }
}

/// Whether a new cluster in that version has no read-only members.
fn shows_read_only_as_immutable(version: ApiVersion) -> bool {
    let mut cluster = Cluster::default();
    "x".clone_into(&mut cluster.properties.console_profile.url);
    String::from_utf8(view::writable_part(&cluster, version))
        .unwrap()
        .contains("\"url\"")
}

#[test]
fn what_get_shows_can_be_put_and_patched_back() {
    for version in dated() {
        for body in [body(), workload_identity_body()] {
            if body.get("identity").is_some() && !version.has_role_sets() {
                continue;
            }
            let mut current = created(version, &body);
            current.properties.worker_profiles_status = current.properties.worker_profiles.clone();
            let shown = String::from_utf8(view::cluster(&current, version)).unwrap();
            let patched = update(version, Method::Patch, &shown, &current).unwrap();
            assert_eq!(settled(&patched), settled(&current), "{version}");
            let put = update(version, Method::Put, &shown, &current).unwrap();
            assert_eq!(settled(&put), settled(&current), "{version}");
        }
    }
}

#[test]
fn another_case_of_ids_is_no_change() {
    for version in dated().filter(|version| !shows_read_only_as_immutable(*version)) {
        let current = created(version, &body());
        let upper = body()
            .to_string()
            .replace("resourceGroups/Managed", "RESOURCEGROUPS/MANAGED");
        let after = update(version, Method::Put, &upper, &current).unwrap();
        assert_eq!(settled(&after), settled(&current), "{version}");
    }
}

#[test]
fn another_service_principal_forgets_the_object_id_and_the_same_one_does_not() {
    let version = ApiVersion::latest();
    let current = created(version, &body());
    let object_id = |cluster: Cluster| cluster.properties.service_principal_profile.unwrap().sp_object_id;
    let same = r#"{"properties":{"servicePrincipalProfile":{"clientSecret":"not a secret"}}}"#;
    assert_eq!(
        object_id(update(version, Method::Patch, same, &current).unwrap()),
        "object"
    );
    let other = r#"{"properties":{"servicePrincipalProfile":{"clientSecret":"another"}}}"#;
    assert_eq!(object_id(update(version, Method::Patch, other, &current).unwrap()), "");
}

#[test]
fn a_patch_swaps_the_cluster_identity() {
    let version = ApiVersion::latest();
    let mut current = created(version, &workload_identity_body());
    let identity = current.identity.as_mut().unwrap();
    for known in identity.user_assigned_identities.as_map_mut().values_mut() {
        "client".clone_into(&mut known.client_id);
    }
    let id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/ids/providers/\
              Microsoft.ManagedIdentity/userAssignedIdentities/other";
    let body = json!({"identity": {"userAssignedIdentities": {id: {}}}}).to_string();
    let after = update(version, Method::Patch, &body, &current).unwrap();
    assert_eq!(after.cluster_identity_id(), Some(id));
    assert_eq!(
        after
            .identity
            .unwrap()
            .user_assigned_identities
            .get(id)
            .unwrap()
            .client_id,
        ""
    );
}

#[test]
fn immutable_members_are_refused_by_path() {
    let version = ApiVersion::latest();
    let current = created(version, &body());
    for (change, target) in [
        (json!({"location": "westus"}), "location"),
        (
            json!({"properties": {"networkProfile": {"podCidr": "10.0.0.0/14"}}}),
            "properties.networkProfile.podCidr",
        ),
        (
            json!({"properties": {"workerProfiles": [{"count": 5}]}}),
            "properties.workerProfiles['worker'].count",
        ),
        (
            json!({"properties": {"workerProfiles": []}}),
            "properties.workerProfiles",
        ),
        (
            json!({"properties": {"consoleProfile": {"url": "https://x/"}}}),
            "properties.consoleProfile.url",
        ),
    ] {
        let error = update(version, Method::Patch, &change.to_string(), &current).unwrap_err();
        let code = if target == "location" {
            Code::INVALID_PARAMETER
        } else {
            Code::PROPERTY_CHANGE_NOT_ALLOWED
        };
        assert_eq!((error.code, error.target.as_str()), (code, target));
    }
}

#[test]
fn a_change_that_is_not_allowed_is_found_by_pointer() {
    let version = ApiVersion::latest();
    let current = created(version, &body());
    let change = r#"{"properties":{"workerProfiles":[{"count":5}]}}"#;
    let catalogue = Catalogue::new();
    let found = request::findings(
        &catalogue.request(version, Method::Patch, change.as_bytes()),
        Some(&current),
    )
    .unwrap();
    let places = found
        .iter()
        .map(|finding| (finding.target.as_str(), finding.pointer.as_str()));
    assert_eq!(
        places.collect::<Vec<_>>(),
        [(
            "properties.workerProfiles['worker'].count",
            "/properties/workerProfiles/0/count"
        )]
    );
}

#[test]
fn members_given_twice_are_refused_where_they_are() {
    let current = created(ApiVersion::latest(), &body());
    let error = update(
        ApiVersion::latest(),
        Method::Patch,
        r#"{"tags":{"a":"1","a":"2"}}"#,
        &current,
    )
    .unwrap_err();
    assert_eq!((error.status_code, error.code), (400, Code::INVALID_REQUEST_CONTENT));
    assert!(error.message.contains("'/tags/a'"), "{}", error.message);
    let unknown = r#"{"x":1,"x":2}"#;
    assert!(update(ApiVersion::latest(), Method::Patch, unknown, &current).is_err());
}

#[test]
fn an_admin_patch_sets_the_state_for_its_task() {
    let current = created(ApiVersion::latest(), &body());
    let after = update(ApiVersion::admin(), Method::Patch, "{}", &current).unwrap();
    assert_eq!(after.properties.provisioning_state, ProvisioningState::AdminUpdating);
    assert_eq!(after.properties.maintenance_task.as_str(), "Everything");
    let pending = r#"{"properties":{"maintenanceTask":"Pending"}}"#;
    let after = update(ApiVersion::admin(), Method::Patch, pending, &current).unwrap();
    assert_eq!(after.properties.provisioning_state, ProvisioningState::Succeeded);
    assert_eq!(after.properties.maintenance_state.as_str(), "Pending");
    let reset = r#"{"operatorFlagsMergeStrategy":"reset","properties":{"operatorFlags":{"x":"y"}}}"#;
    let flags = update(ApiVersion::admin(), Method::Patch, reset, &current)
        .unwrap()
        .properties
        .operator_flags;
    assert_eq!(
        (flags.get("x").map(String::as_str), flags.len()),
        (Some("y"), request::OPERATOR_FLAGS.len() + 1)
    );
}

#[test]
fn a_put_with_managed_identities_needs_the_headers_of_arm() {
    let catalogue = Catalogue::new();
    let body = workload_identity_body().to_string();
    let mut request = catalogue.request(ApiVersion::latest(), Method::Put, body.as_bytes());
    request.identity_url = None;
    assert_eq!(request::create(&request).unwrap_err().status_code, 400);
}
