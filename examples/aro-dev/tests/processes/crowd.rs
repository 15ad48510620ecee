//! Many clusters, several frontends and workers on one data directory.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::estate::{Estate, text};
use crate::{figures, steps};

/// Clusters of a default run, and with `ARO_TEST_ALL=1`.
const CLUSTERS: [usize; 2] = [12, 100];
/// How long all of them may take together.
const ALL: Duration = Duration::from_secs(900);
/// How much faster than at its own pace the simulated Azure is.
const SPEED: f64 = 50.0;

#[tokio::test]
async fn many_clusters_at_once_each_held_by_one_worker_at_a_time() {
    let clusters = CLUSTERS[usize::from(std::env::var_os("ARO_TEST_ALL").is_some())];
    let estate = Estate::start_with(2, SPEED, &["--service-principals", &(clusters + 1).to_string()]).await;
    let frontends = [
        estate.frontend(0, "frontend-1").await,
        estate.frontend(1, "frontend-2").await,
    ];
    estate.create_group().await;
    let workers: Vec<_> = (1..=3)
        .map(|n| estate.worker(&format!("worker-{n}"), &[("queue.concurrency", "40")]))
        .collect();

    // The first service principal is the client's own.
    let mut wishes = Vec::new();
    for number in 1..=clusters {
        wishes.push(estate.wish_apart(&format!("crowd-{number:02}"), number).await);
    }
    let begun = Instant::now();
    let replies = futures::future::join_all(wishes.iter().map(|wish| estate.put(wish))).await;
    for reply in &replies {
        assert_eq!(reply.status, 201, "{reply:?}");
    }
    futures::future::join_all(
        replies
            .iter()
            .map(|reply| estate.succeeded_within(ALL, reply.operation.as_deref().unwrap())),
    )
    .await;

    let took = begun.elapsed();
    let processes = frontends.iter().chain(&workers).chain([&estate.world]);
    let used: serde_json::Map<String, Value> = processes.map(|one| (one.name.clone(), one.used())).collect();
    let events: Vec<Value> = workers.iter().flat_map(|worker| worker.events()).collect();
    figures::keep(
        "creates-in-flight",
        &json!({"clusters": clusters, "speed": SPEED, "seconds": took.as_secs(), "processes": used,
            "processorsOfTheMachine": std::thread::available_parallelism().map_or(0, usize::from),
            "millisecondsByStep": steps::milliseconds(&events)}),
    );

    let held = held(workers.iter().flat_map(|worker| worker.events()));
    assert_eq!(held.len(), clusters, "{held:#?}");
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
