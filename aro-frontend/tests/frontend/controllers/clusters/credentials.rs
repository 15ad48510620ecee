use aro_api::{Secret, SecretBytes};
use serde_json::json;

use crate::support::{CLUSTER, SUBSCRIPTION, Service, cluster};

fn action(name: &str, version: &str) -> String {
    format!("{CLUSTER}/{name}?api-version={version}")
}

async fn with_credentials(service: &Service) {
    service.created().await;
    let clusters = service.store.clusters();
    let mut stored = clusters.get(&CLUSTER.to_lowercase()).await.unwrap().unwrap();
    stored.document.cluster.properties.kubeadmin_password = Secret::new("opensesame");
    stored.document.cluster.properties.user_admin_kubeconfig = SecretBytes::new("{}");
    clusters.replace(stored, None).await.unwrap();
}

#[tokio::test]
async fn are_given_to_who_asks_for_them() {
    let service = Service::start().await;
    with_credentials(&service).await;
    let answer = service.post(&action("listCredentials", "2023-11-22")).await;
    assert_eq!(
        answer.json(),
        json!({"kubeadminUsername": "kubeadmin", "kubeadminPassword": "opensesame"})
    );
    let answer = service.post(&action("listAdminCredentials", "2023-11-22")).await;
    assert_eq!(answer.json(), json!({"kubeconfig": "e30="}));
    // Nowhere else.
    assert!(!service.get(&cluster("2023-11-22")).await.text.contains("opensesame"));
}

#[tokio::test]
async fn may_not_be_there_yet() {
    let service = Service::start().await;
    service.created().await;
    let answer = service.post(&action("listCredentials", "2023-11-22")).await;
    assert_eq!(answer.json(), json!({"kubeadminUsername": "kubeadmin"}));
    assert_eq!(
        service.post(&action("listAdminCredentials", "2023-11-22")).await.json(),
        json!({})
    );
}

#[tokio::test]
async fn follow_version_body_subscription_and_state() {
    let service = Service::start().await;
    let missing = service.post(&action("listCredentials", "2023-11-22")).await;
    assert_eq!(missing.error().0, 404);
    with_credentials(&service).await;

    let old = service.post(&action("listAdminCredentials", "2020-04-30")).await;
    assert_eq!(old.error(), (400, "InvalidResourceType".to_string(), String::new()));
    let bad = service
        .send(http::Method::POST, &action("listCredentials", "2023-11-22"), "{".into())
        .await;
    assert_eq!(bad.error(), (400, "InvalidRequestContent".to_string(), String::new()));

    for state in ["Creating", "Deleting"] {
        service.settle(CLUSTER, state).await;
        let answer = service.post(&action("listCredentials", "2023-11-22")).await;
        assert_eq!(
            answer.error(),
            (400, "RequestNotAllowed".to_string(), String::new()),
            "{state}"
        );
    }
    service.settle(CLUSTER, "Updating").await;
    assert_eq!(service.post(&action("listCredentials", "2023-11-22")).await.status, 200);
    service.register(SUBSCRIPTION, "Warned").await;
    let answer = service.post(&action("listCredentials", "2023-11-22")).await;
    assert_eq!(
        answer.error(),
        (400, "InvalidSubscriptionState".to_string(), String::new())
    );
}
