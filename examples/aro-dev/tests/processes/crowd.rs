//! Many clusters, several frontends and workers on one data directory.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::estate::{Estate, text};

const CLUSTERS: usize = 50;

#[tokio::test]
async fn fifty_clusters_at_once_each_held_by_one_worker_at_a_time() {
    let estate = Estate::start_with(2, 50.0, &["--service-principals", &(CLUSTERS + 1).to_string()]).await;
    let _frontends = [
        estate.frontend(0, "frontend-1").await,
        estate.frontend(1, "frontend-2").await,
    ];
    estate.create_group().await;
    let workers: Vec<_> = (1..=3)
        .map(|n| estate.worker(&format!("worker-{n}"), &[("queue.concurrency", "20")]))
        .collect();

    // The first service principal is the client's own.
    let mut wishes = Vec::new();
    for number in 1..=CLUSTERS {
        wishes.push(estate.wish_apart(&format!("crowd-{number:02}"), number).await);
    }
    let replies = futures::future::join_all(wishes.iter().map(|wish| estate.put(wish))).await;
    for reply in &replies {
        assert_eq!(reply.status, 201, "{reply:?}");
    }
    futures::future::join_all(
        replies
            .iter()
            .map(|reply| estate.succeeded(reply.operation.as_deref().unwrap())),
    )
    .await;

    let held = held(workers.iter().flat_map(|worker| worker.events()));
    assert_eq!(held.len(), CLUSTERS, "{held:#?}");
    for (cluster, times) in &held {
        assert_eq!(times.len(), 1, "{cluster} was taken more than once: {times:?}");
    }
    let busy = workers
        .iter()
        .filter(|worker| worker.log_text().contains("took a cluster"))
        .count();
    assert!(busy > 1, "one worker did everything");
}

/// From when to when each cluster was held, from the log lines of all workers; fails where two overlap.
fn held(events: impl Iterator<Item = Value>) -> BTreeMap<String, Vec<(String, String)>> {
    let mut marks: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for event in events {
        let taken = match event["message"].as_str() {
            Some("took a cluster") => true,
            Some("let go of a cluster") => false,
            _ => continue,
        };
        let cluster = text(&event["span"]["resource_id"]).to_string();
        marks
            .entry(cluster)
            .or_default()
            .push((text(&event["timestamp"]).to_string(), taken));
    }
    marks
        .into_iter()
        .map(|(cluster, mut marks)| {
            marks.sort();
            let times = marks
                .chunks(2)
                .map(|pair| match pair {
                    [(from, true), (to, false)] => (from.clone(), to.clone()),
                    other => panic!("{cluster} was held twice at the same time: {other:?}"),
                })
                .collect();
            (cluster, times)
        })
        .collect()
}
