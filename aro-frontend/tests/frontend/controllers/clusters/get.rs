use std::sync::Arc;
use std::time::Duration;

use aro_api::model::Cluster;
use aro_frontend::Enricher;
use async_trait::async_trait;
use serde_json::json;

use crate::support::{CLUSTER, SUBSCRIPTION, Service, cluster};

#[tokio::test]
async fn shows_each_version_its_own_form() {
    let service = Service::start().await;
    service.created().await;
    let old = service.get(&cluster("2023-11-22")).await;
    let new = service.get(&cluster("2025-07-25")).await;
    assert_eq!((old.status.as_u16(), new.status.as_u16()), (200, 200));
    assert_eq!(old.header("etag"), new.header("etag"));
    assert_eq!(old.header("retry-after"), "");
    assert!(
        !old.text.contains("pullSecret") && !old.text.contains("clientSecret"),
        "{}",
        old.text
    );
    assert_ne!(old.text, new.text);
}

#[tokio::test]
async fn a_missing_cluster() {
    let service = Service::start().await;
    let answer = service.get(&cluster("2023-11-22")).await;
    assert_eq!(answer.error(), (404, "ResourceNotFound".to_string(), String::new()));
    assert_eq!(answer.header("retry-after"), "");
}

#[tokio::test]
async fn reading_needs_no_registered_subscription() {
    let service = Service::start().await;
    service.created().await;
    service.register(SUBSCRIPTION, "Suspended").await;
    assert_eq!(service.get(&cluster("2023-11-22")).await.status, 200);
}

/// Sees an address in the cluster, or hangs.
struct Live {
    hangs: bool,
}

#[async_trait]
impl Enricher for Live {
    async fn enrich(&self, _: &str, cluster: &mut Cluster) {
        cluster.properties.ingress_profiles.as_vec_mut()[0].ip = "1.2.3.4".to_string();
        if self.hangs {
            std::future::pending::<()>().await;
        }
    }
}

#[tokio::test]
async fn what_the_live_cluster_says_is_shown_and_not_stored() {
    let service = Service::with(|parts| parts.enricher = Arc::new(Live { hangs: false })).await;
    service.created().await;
    let shown = service.get(&cluster("2023-11-22")).await.json();
    assert_eq!(shown["properties"]["ingressProfiles"][0]["ip"], "1.2.3.4");

    assert_eq!(
        service.patch(&cluster("2023-11-22"), &json!({"tags": {}})).await.status,
        200
    );
    let document = service
        .store
        .clusters()
        .get(&CLUSTER.to_lowercase())
        .await
        .unwrap()
        .unwrap()
        .document;
    assert_eq!(document.cluster.properties.ingress_profiles[0].ip, "");
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_holds_up_nobody() {
    let service = Service::with(|parts| {
        parts.enricher = Arc::new(Live { hangs: true });
        parts.settings.enrichment_timeout = Duration::from_millis(5);
    })
    .await;
    service.created().await;
    let answer = service.get(&cluster("2023-11-22")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json()["properties"]["ingressProfiles"][0]["ip"],
        "1.2.3.4",
        "what has come is shown"
    );
}
