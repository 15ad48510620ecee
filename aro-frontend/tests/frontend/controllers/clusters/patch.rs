use serde_json::json;

use crate::support::{CLUSTER, Service, cluster};

#[tokio::test]
async fn changes_what_the_body_names() {
    let service = Service::start().await;
    service.created().await;
    let answer = service
        .patch(&cluster("2023-11-22"), &json!({"tags": {"x": "y"}}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let shown = answer.json();
    assert_eq!(shown["tags"], json!({"x": "y"}), "tags are replaced as a whole");
    assert_eq!(shown["properties"]["provisioningState"], "Updating");
    assert_eq!(shown["properties"]["masterProfile"]["vmSize"], "Standard_D8s_v3");
    assert_eq!(answer.header("retry-after"), "15");
}

#[tokio::test]
async fn a_missing_cluster_is_not_created() {
    let service = Service::start().await;
    let answer = service.patch(&cluster("2023-11-22"), &crate::support::body()).await;
    assert_eq!(answer.error(), (404, "ResourceNotFound".to_string(), String::new()));
    assert_eq!(service.etag().await, None);
}

#[tokio::test]
async fn fixed_and_read_only_members_do_not_change() {
    let service = Service::start().await;
    service.created().await;
    let before = service.etag().await;
    for (change, target) in [
        (
            json!({"properties": {"clusterProfile": {"pullSecret": "{\"auths\":{}}"}}}),
            "properties.clusterProfile.pullSecret",
        ),
        (
            json!({"properties": {"masterProfile": {"vmSize": "Standard_D16s_v3"}}}),
            "properties.masterProfile.vmSize",
        ),
        (
            json!({"properties": {"consoleProfile": {"url": "https://x"}}}),
            "properties.consoleProfile.url",
        ),
    ] {
        let answer = service.patch(&cluster("2023-11-22"), &change).await;
        assert_eq!(
            answer.error(),
            (400, "PropertyChangeNotAllowed".to_string(), target.to_string())
        );
        assert_eq!(service.etag().await, before);
    }
}

#[tokio::test]
async fn a_failed_update_can_be_repaired() {
    let service = Service::start().await;
    service.created().await;
    service.settle(CLUSTER, "Failed").await;
    let answer = service.patch(&cluster("2023-11-22"), &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let document = service
        .store
        .clusters()
        .get(&CLUSTER.to_lowercase())
        .await
        .unwrap()
        .unwrap()
        .document;
    assert_eq!(document.cluster.properties.last_provisioning_state.as_str(), "Failed");
    assert_eq!(document.dequeues, 0);
}
