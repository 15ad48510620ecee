//! A worker that stands still past its lease, and wakes up when another has done its work.

use std::time::Duration;

use serde_json::json;

use crate::estate::Estate;
use crate::process::eventually;

#[tokio::test]
async fn a_stalled_worker_that_wakes_up_is_refused() {
    let estate = Estate::start(1, 50.0).await;
    let _frontend = estate.frontend(0, "frontend").await;
    estate.create_group().await;

    // The first worker is held in the middle of a call, and then stopped. It starts when the frontend has asked Azure what
    // it has to know.
    let created = estate.put(&estate.wish("stalled", 1)).await;
    assert_eq!(created.status, 201, "{created:?}");
    estate
        .order(json!({"id": "held", "match": {"app_id": aro_sim::FIRST_PARTY_APP_ID, "nth": 4}, "effect": "hold"}))
        .await;
    let mut first = estate.worker("worker-1", &[]);
    estate.rule_in("held", "waiting").await;
    first.signal("STOP").await;

    // Its lease runs out; the second worker does the work.
    let second = estate.worker("worker-2", &[]);
    estate.advance_store_clock(Duration::from_secs(3600)).await;
    estate.succeeded(&created.operation.unwrap()).await;
    let cluster = estate
        .call(reqwest::Method::GET, &estate.cluster("stalled"), None)
        .await;
    assert_eq!(
        second.log_text().matches("took a cluster").count(),
        1,
        "{}",
        second.log_text()
    );

    // Awake again, the first is refused, lets go, and nothing has changed.
    first.signal("CONT").await;
    estate.release("held", true).await;
    eventually("the first worker is refused", || async {
        first
            .events()
            .iter()
            .any(|event| event["outcome"] == "lease lost")
            .then_some(())
    })
    .await;
    first.assert_running();
    let after = estate
        .call(reqwest::Method::GET, &estate.cluster("stalled"), None)
        .await;
    assert_eq!(cluster.body, after.body);
}
