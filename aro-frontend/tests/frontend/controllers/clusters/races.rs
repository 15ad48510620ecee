//! Requests that write at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aro_api::model::Cluster;
use aro_frontend::Enricher;
use aro_store::Store;
use async_trait::async_trait;
use serde_json::json;
use std::sync::OnceLock;

use crate::support::{CLUSTER, Service, body, cluster};

/// Writes the cluster itself in the middle of somebody else's update, the first few times.
struct Meddler {
    store: OnceLock<Store>,
    times: AtomicU32,
}

#[async_trait]
impl Enricher for Meddler {
    async fn enrich(&self, _: &str, _: &mut Cluster) {
        let left = self.times.load(Ordering::Relaxed);
        if left == 0 {
            return;
        }
        self.times.store(left - 1, Ordering::Relaxed);
        let clusters = self.store.get().unwrap().clusters();
        let mut stored = clusters.get(&CLUSTER.to_lowercase()).await.unwrap().unwrap();
        stored
            .document
            .cluster
            .tags
            .as_map_mut()
            .insert("meddler".to_string(), left.to_string());
        clusters.replace(stored, None).await.unwrap();
    }
}

async fn meddled_with(times: u32) -> (Service, Arc<Meddler>) {
    let meddler = Arc::new(Meddler {
        store: OnceLock::new(),
        times: AtomicU32::new(0),
    });
    let part = meddler.clone();
    let service = Service::with(|parts| {
        part.store.set(parts.store.clone()).unwrap();
        parts.enricher = part;
    })
    .await;
    service.created().await;
    meddler.times.store(times, Ordering::Relaxed);
    (service, meddler)
}

#[tokio::test]
async fn a_lost_race_starts_over_with_what_is_there_now() {
    let (service, _) = meddled_with(4).await;
    let change = json!({"properties": {"servicePrincipalProfile": {"clientSecret": "new"}}});
    let answer = service.patch(&cluster("2023-11-22"), &change).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["tags"]["meddler"], "1", "the other writes are not lost");
    // One operation for the request, not one for each attempt.
    assert_eq!(service.store.operations().list().await.unwrap().len(), 2);
    assert!(
        answer
            .header("azure-asyncoperation")
            .contains("02020202-0202-0202-0000-000000000002")
    );
}

#[tokio::test]
async fn who_always_loses_is_told_to_come_back() {
    let (service, _) = meddled_with(u32::MAX).await;
    let answer = service
        .patch(&cluster("2023-11-22"), &json!({"tags": {"x": "y"}}))
        .await;
    assert_eq!(answer.error(), (409, "RequestNotAllowed".to_string(), String::new()));
    assert_eq!(answer.header("retry-after"), "15");
    assert_eq!(answer.header("azure-asyncoperation"), "");
    assert_eq!(service.store.operations().list().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_puts_at_once_one_creates_and_the_others_wait() {
    let service = Arc::new(Service::start().await);
    let puts: Vec<_> = (0..8)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { service.put(&cluster("2023-11-22"), &body()).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for put in puts {
        statuses.push(put.await.unwrap());
    }
    statuses.sort_unstable();
    // The others find the cluster in Creating.
    assert_eq!(statuses, [201, 400, 400, 400, 400, 400, 400, 400]);
    assert_eq!(service.store.operations().list().await.unwrap().len(), 1);
}

/// Fifty clients and one worker that ends every update: each state has one winner, and each winner one operation.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_patches_has_one_winner_for_each_state() {
    let service = Arc::new(Service::start().await);
    service.created().await;
    let before = service.store.operations().list().await.unwrap().len();
    let start = Arc::new(tokio::sync::Barrier::new(50));
    let patches: Vec<_> = (0..50)
        .map(|number| {
            let (service, start) = (service.clone(), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                // Every other one insists on the state that it has read.
                let etag = service.etag().await.unwrap();
                let mut request =
                    http::Request::patch(cluster("2023-11-22")).header("content-type", "application/json");
                if number % 2 == 0 {
                    request = request.header("if-match", format!("\"{etag}\""));
                }
                let body = json!({"tags": {"winner": number.to_string()}}).to_string();
                let answer = service.raw(request.body(body.into()).unwrap()).await;
                let status = answer.status.as_u16();
                if status != 200 {
                    assert!(matches!(status, 400 | 409 | 412), "{status} {}", answer.text);
                    answer.error();
                    assert_eq!(answer.header("azure-asyncoperation"), "");
                    return 0;
                }
                assert_eq!(answer.json()["tags"]["winner"], number.to_string());
                // While it is Updating nobody else gets in; so this one ends it, as the worker does.
                service.settle(CLUSTER, "Succeeded").await;
                1
            })
        })
        .collect();
    let mut winners = 0;
    for patch in patches {
        winners += patch.await.unwrap();
    }
    assert!(winners >= 1);
    let operations = service.store.operations().list().await.unwrap().len() - before;
    assert_eq!(
        operations, winners,
        "one operation for each winner and none for the others"
    );
}
