use aro_api::{
    Secret,
    model::{
        Cluster, PlatformWorkloadIdentity, PlatformWorkloadIdentityProfile, PlatformWorkloadIdentityRole,
        SecretLocation,
    },
};
use aro_config::ConfigSecret;

use super::*;
use crate::installer::{GraphKey, custom_manifests, pull_secret};

const ID: &str = "11111111-2222-4333-8444-555555555555";

fn settings() -> HiveSettings {
    HiveSettings {
        registry: "arosvc.azurecr.io".to_owned(),
        environment: [("DOMAIN_NAME".to_owned(), ConfigSecret::new("aro.example"))].into(),
        ..HiveSettings::default()
    }
}

fn request() -> InstallRequest {
    let subscription = "99999999-0000-4000-8000-000000000000";
    InstallRequest {
        cluster_resource_id: format!(
            "/subscriptions/{subscription}/resourceGroups/g/providers/Microsoft.RedHatOpenShift/openShiftClusters/one"
        ),
        resource_group_id: format!("/subscriptions/{subscription}/resourcegroups/managed"),
        location: "eastus".to_owned(),
        infra_id: "one-abcde".to_owned(),
        domain: "one.aro.example".to_owned(),
        handover: Some(Handover {
            name: "one".to_owned(),
            subscription_id: subscription.to_owned(),
            cluster: Secret::new("{\"id\":\"cluster\"}"),
            subscription: "{\"state\":\"Registered\"}".to_owned(),
            service_principal: Some(Secret::new("{\"clientId\":\"c\"}")),
            pull_secret: Secret::new("{\"auths\":{}}"),
            private_endpoint: "10.0.0.4".to_owned(),
            release_image: "quay.io/openshift-release-dev/ocp-release@sha256:1".to_owned(),
            installer_image: "arosvc.azurecr.io/aro-installer:release-4.18".to_owned(),
            kubeconfig: Secret::new("kubeconfig"),
            correlation: CorrelationData {
                correlation_id: "correlation-1".to_owned(),
                request_id: "request-1".to_owned(),
                ..CorrelationData::default()
            },
            graph_key: GraphKey {
                id: "key-1".to_owned(),
                key: Secret::new("a key"),
            },
            ..Handover::default()
        }),
        ..InstallRequest::default()
    }
}

#[test]
fn objects_of_an_installation_with_a_service_principal() {
    insta::assert_json_snapshot!(installation(ID, &request(), &settings()).unwrap());
}

#[test]
fn objects_of_an_installation_with_workload_identities() {
    let mut request = request();
    let handover = request.handover.as_mut().unwrap();
    let (mut cluster, mut roles) = (Cluster::default(), Vec::new());
    cluster.location = "eastus".to_owned();
    cluster.properties.cluster_profile.oidc_issuer = Some("https://issuer/t/1".to_owned());
    let identity = |name: &str| {
        let identity = PlatformWorkloadIdentity {
            client_id: format!("client-of-{name}"),
            ..PlatformWorkloadIdentity::default()
        };
        (name.to_owned(), identity)
    };
    for name in ["aro-operator", "ingress"] {
        roles.push(PlatformWorkloadIdentityRole {
            operator_name: name.to_owned(),
            secret_location: SecretLocation {
                namespace: format!("openshift-{name}"),
                name: "cloud-credentials".to_owned(),
                ..SecretLocation::default()
            },
            ..PlatformWorkloadIdentityRole::default()
        });
    }
    cluster.properties.platform_workload_identity_profile = Some(PlatformWorkloadIdentityProfile {
        platform_workload_identities: ["aro-operator", "ingress", "unknown"]
            .map(identity)
            .into_iter()
            .collect(),
        ..PlatformWorkloadIdentityProfile::default()
    });
    let manifests = custom_manifests(&cluster, "tenant", "subscription", &roles).unwrap();
    insta::assert_json_snapshot!("custom_manifests", manifests);
    request.manifests = manifests;
    roles[1].secret_location.name.clear();
    let error = custom_manifests(&cluster, "tenant", "subscription", &roles).unwrap_err();
    assert!(error.contains(&roles[1].operator_name), "{error}");
    handover.service_principal = None;
    handover.signing_key = Some(Secret::new("PEM"));
    insta::assert_json_snapshot!(installation(ID, &request, &settings()).unwrap());
}

#[test]
fn objects_of_an_adoption() {
    insta::assert_json_snapshot!(adoption(ID, &request()).unwrap());
}

#[test]
fn an_installation_without_handover_is_refused() {
    let request = InstallRequest::default();
    assert!(installation(ID, &request, &settings()).is_err() && adoption(ID, &request).is_err());
}

#[test]
fn registries_go_into_the_pull_secret() {
    let registries = [("arosvc.azurecr.io".to_owned(), "token-1".to_owned(), Secret::new("p"))];
    let merged = pull_secret(Some(r#"{"auths":{"quay.io":{"auth":"x"}}}"#), &registries).unwrap();
    let merged: Value = serde_json::from_str(merged.plain().unwrap()).unwrap();
    assert_eq!(
        merged,
        json!({"auths": {"quay.io": {"auth": "x"}, "arosvc.azurecr.io": {"auth": STANDARD.encode("token-1:p")}}})
    );
    assert!(pull_secret(None, &[]).is_ok());
    for wrong in ["CANARY", r#"{"auths":"CANARY"}"#] {
        assert!(!pull_secret(Some(wrong), &registries).unwrap_err().contains("CANARY"));
    }
}
