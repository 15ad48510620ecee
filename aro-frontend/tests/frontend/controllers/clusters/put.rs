use std::sync::Arc;

use aro_api::model::{Cluster, ProvisioningState, Subscription};
use aro_api::{CloudError, Code};
use aro_frontend::Validators;
use async_trait::async_trait;
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::support::{CLUSTER, SUBSCRIPTION, Service, body, cluster};

#[tokio::test]
async fn creates_a_cluster_and_its_operation() {
    let service = Service::start().await;
    let answer = service.put(&cluster("2023-11-22"), &body()).await;

    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.header("azure-asyncoperation"),
        format!(
            "https://localhost:8443/subscriptions/{SUBSCRIPTION}/providers/microsoft.redhatopenshift/locations/eastus/\
             operationsstatus/02020202-0202-0202-0000-000000000001?api-version=2023-11-22"
        )
    );
    assert_eq!((answer.header("location"), answer.header("retry-after")), ("", "15"));
    let shown = answer.json();
    assert_eq!(shown["id"], CLUSTER);
    assert_eq!(shown["properties"]["provisioningState"], "Creating");
    assert_eq!(shown["properties"]["clusterProfile"].get("pullSecret"), None);
    assert_eq!(shown["properties"]["servicePrincipalProfile"].get("clientSecret"), None);
    assert!(
        answer.text.ends_with("}\n") && answer.text.starts_with("{\n    \"id\""),
        "{}",
        answer.text
    );

    let stored = service
        .store
        .clusters()
        .get(&CLUSTER.to_lowercase())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(answer.header("etag"), format!("\"{}\"", stored.etag));
    let document = stored.document;
    assert_eq!(document.id, "01010101-0101-0101-0000-000000000001");
    assert_eq!(document.async_operation_id, "02020202-0202-0202-0000-000000000001");
    assert_eq!(document.bucket, 1);
    assert!(document.is_queued());
    let operation = service
        .store
        .operations()
        .get(&document.async_operation_id)
        .await
        .unwrap()
        .unwrap()
        .document;
    assert_eq!(operation.openshift_cluster_key, CLUSTER.to_lowercase());
    assert_eq!(operation.async_operation.status, ProvisioningState::Creating);
}

#[tokio::test]
async fn takes_the_default_version_and_the_callers_correlation() {
    let service = Service::start().await;
    let mut wish = body();
    wish["properties"]["clusterProfile"]
        .as_object_mut()
        .unwrap()
        .remove("version");
    let request = Request::put(cluster("2023-11-22"))
        .header("content-type", "application/json")
        .header("x-ms-correlation-request-id", "correlation")
        .header("x-ms-client-principal-name", "somebody@example.com")
        .header(
            "x-ms-arm-resource-system-data",
            r#"{"createdBy":"me","createdByType":"User","unknown":1}"#,
        )
        .body(Body::from(wish.to_string()))
        .unwrap();
    let answer = service.raw(request).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.json()["properties"]["clusterProfile"]["version"], "4.16.30");
    assert_eq!(
        answer.json()["systemData"],
        json!({"createdBy": "me", "createdByType": "User"})
    );

    let document = service
        .store
        .clusters()
        .get(&CLUSTER.to_lowercase())
        .await
        .unwrap()
        .unwrap()
        .document;
    assert_eq!(document.correlation_data.correlation_id, "correlation");
    assert_eq!(document.correlation_data.request_id, answer.header("x-ms-request-id"));
    assert_eq!(
        document.correlation_data.client_principal_name, "",
        "only operators' tooling may say it"
    );
}

#[tokio::test]
async fn an_identical_put_is_accepted_and_runs_again() {
    let service = Service::start().await;
    service.created().await;
    let answer = service.put(&cluster("2023-11-22"), &body()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["properties"]["provisioningState"], "Updating");
    assert!(
        answer
            .header("azure-asyncoperation")
            .contains("02020202-0202-0202-0000-000000000002")
    );

    // What GET shows can be put back as it is.
    service.settle(CLUSTER, "Succeeded").await;
    let shown = service.get(&cluster("2023-11-22")).await.json();
    let answer = service.put(&cluster("2023-11-22"), &shown).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn secrets_left_out_of_an_update_stay_as_they_are_stored() {
    let service = Service::start().await;
    service.created().await;
    let sealed = || async {
        let document = service
            .store
            .clusters()
            .get(&CLUSTER.to_lowercase())
            .await
            .unwrap()
            .unwrap()
            .document;
        let properties = document.cluster.properties;
        let client_secret = properties.service_principal_profile.unwrap().client_secret;
        let text = |secret: &aro_api::Secret| secret.sealed_text().unwrap().to_string();
        (text(&properties.cluster_profile.pull_secret), text(&client_secret))
    };
    let before = sealed().await;
    let mut wish = body();
    wish["properties"]["clusterProfile"]
        .as_object_mut()
        .unwrap()
        .remove("pullSecret");
    wish["properties"]["servicePrincipalProfile"]
        .as_object_mut()
        .unwrap()
        .remove("clientSecret");
    assert_eq!(service.put(&cluster("2023-11-22"), &wish).await.status, 200);
    assert_eq!(sealed().await, before);
}

#[tokio::test]
async fn refuses_what_cannot_be_and_writes_nothing() {
    let service = Service::start().await;
    let change = |pointer: &str, value: Value| {
        let mut wish = body();
        *wish.pointer_mut(pointer).unwrap() = value;
        wish
    };
    for (wish, code, target) in [
        (change("/location", json!("westus")), "InvalidParameter", "location"),
        (
            change("/properties/masterProfile/vmSize", json!("tiny")),
            "InvalidParameter",
            "properties.masterProfile.vmSize",
        ),
        (
            change("/properties/clusterProfile/version", json!("4.11.0")),
            "InvalidParameter",
            "properties.clusterProfile.version",
        ),
        (
            change("/properties/workerProfiles/0/count", json!(1)),
            "InvalidParameter",
            "properties.workerProfiles['worker'].count",
        ),
    ] {
        let answer = service.put(&cluster("2023-11-22"), &wish).await;
        assert_eq!(answer.error(), (400, code.to_string(), target.to_string()));
        assert_eq!(answer.header("azure-asyncoperation"), "");
        assert_eq!(service.etag().await, None);
    }
    assert!(service.store.operations().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn refuses_to_change_what_is_fixed() {
    let service = Service::start().await;
    service.created().await;
    let before = service.etag().await;
    let mut wish = body();
    wish["properties"]["apiserverProfile"]["visibility"] = json!("Private");
    let answer = service.put(&cluster("2023-11-22"), &wish).await;
    let target = "properties.apiserverProfile.visibility".to_string();
    assert_eq!(answer.error(), (400, "PropertyChangeNotAllowed".to_string(), target));
    assert_eq!(service.etag().await, before);
}

#[tokio::test]
async fn refuses_while_an_operation_runs_or_has_left_a_torso() {
    let service = Service::start().await;
    assert_eq!(service.put(&cluster("2023-11-22"), &body()).await.status, 201);
    for (state, failed) in [
        ("Creating", ""),
        ("Updating", ""),
        ("Deleting", ""),
        ("Failed", "Creating"),
        ("Failed", "Deleting"),
    ] {
        let clusters = service.store.clusters();
        let mut stored = clusters.get(&CLUSTER.to_lowercase()).await.unwrap().unwrap();
        stored.document.cluster.properties.provisioning_state = state.into();
        stored.document.cluster.properties.failed_provisioning_state = failed.into();
        clusters.replace(stored, None).await.unwrap();
        let before = service.etag().await;

        let answer = service.put(&cluster("2023-11-22"), &body()).await;
        assert_eq!(
            answer.error(),
            (400, "RequestNotAllowed".to_string(), String::new()),
            "{state} {failed}"
        );
        assert_eq!(service.etag().await, before);
    }
}

#[tokio::test]
async fn a_subscription_must_be_registered() {
    let service = Service::start().await;
    let other = "11111111-2222-3333-4444-555555555555";
    let path = cluster("2023-11-22").replace(SUBSCRIPTION, other);
    let answer = service.put(&path, &body()).await;
    assert_eq!(
        answer.error(),
        (400, "InvalidSubscriptionState".to_string(), String::new())
    );
    for state in ["Unregistered", "Warned", "Suspended", "Deleted"] {
        service.register(SUBSCRIPTION, state).await;
        let answer = service.put(&cluster("2023-11-22"), &body()).await;
        assert_eq!(
            answer.error(),
            (400, "InvalidSubscriptionState".to_string(), String::new())
        );
        assert!(answer.text.contains(state));
    }
    assert_eq!(service.etag().await, None);
}

#[tokio::test]
async fn no_two_clusters_share_an_identity_or_a_resource_group() {
    let service = Service::start().await;
    service.created().await;
    let second = cluster("2023-11-22").replace("resourceName", "second");
    let answer = service.put(&second, &body()).await;
    assert_eq!(answer.error(), (400, "DuplicateClientID".to_string(), String::new()));
    assert_eq!(answer.header("azure-asyncoperation"), "");

    let mut wish = body();
    wish["properties"]["servicePrincipalProfile"]["clientId"] = json!("22222222-2222-2222-2222-222222222222");
    let answer = service.put(&second, &wish).await;
    assert_eq!(
        answer.error(),
        (400, "DuplicateResourceGroup".to_string(), String::new())
    );
    assert_eq!(answer.header("azure-asyncoperation"), "");

    let id = second.split('?').next().unwrap().to_lowercase();
    assert_eq!(service.store.clusters().get(&id).await.unwrap(), None);
    // Only the first cluster's operation is there: a refused request leaves none behind.
    assert_eq!(service.store.operations().list().await.unwrap().len(), 1);
}

/// Refuses every cluster, as a full region would.
struct NoQuota;

#[async_trait]
impl Validators for NoQuota {
    async fn sizes(&self, _: &str, _: &Subscription, _: &str, _: &str) -> Result<Vec<String>, CloudError> {
        Ok(Vec::new())
    }

    async fn validate_new_cluster(&self, _: &Cluster, subscription: &Subscription, _: &str) -> Result<(), CloudError> {
        assert_eq!(
            subscription.properties.as_ref().unwrap().tenant_id,
            "44444444-4444-4444-4444-444444444444"
        );
        Err(CloudError::bad_request(
            Code::RESOURCE_QUOTA_EXCEEDED,
            "",
            "Not enough cores. Ask for more.",
        ))
    }
}

#[tokio::test]
async fn azure_has_a_say_in_new_clusters_only() {
    let service = Service::with(|parts| parts.validators = Arc::new(NoQuota)).await;
    let answer = service.put(&cluster("2023-11-22"), &body()).await;
    assert_eq!(
        answer.error(),
        (400, "ResourceQuotaExceeded".to_string(), String::new())
    );
    assert_eq!(service.etag().await, None);
}

#[tokio::test]
async fn links_lead_to_arm_and_nowhere_else() {
    let service = Service::with(|parts| {
        let links = parts.settings.links.clone();
        parts.settings.links = links;
    })
    .await;
    let path = cluster("2023-11-22");
    for (number, (referer, host)) in [
        (
            "https://management.azure.com/x?api-version=2023-11-22&y=z",
            "https://management.azure.com/",
        ),
        (
            "https://evil.example/x?api-version=2023-11-22",
            "https://localhost:8443/",
        ),
        ("http://management.azure.com/x", "https://localhost:8443/"),
        ("http://127.0.0.1:9/x", "https://localhost:8443/"),
        ("%zz", "https://localhost:8443/"),
        ("relative", "https://localhost:8443/"),
    ]
    .into_iter()
    .enumerate()
    {
        let request = Request::builder()
            .method("PUT")
            .uri(path.replace("resourceName", &format!("c{number}")))
            .header("content-type", "application/json")
            .header("referer", referer);
        let mut wish = body();
        wish["properties"]["servicePrincipalProfile"]["clientId"] =
            json!(format!("22222222-2222-2222-2222-00000000000{number}"));
        wish["properties"]["clusterProfile"]["resourceGroupId"] =
            json!(format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/managed{number}"));
        let answer = service.raw(request.body(Body::from(wish.to_string())).unwrap()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let link = answer.header("azure-asyncoperation");
        assert!(link.starts_with(host), "{referer}: {link}");
        assert!(link.contains("api-version=2023-11-22"), "{link}");
    }
}
