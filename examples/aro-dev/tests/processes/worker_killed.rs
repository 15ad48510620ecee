//! A worker is killed with SIGKILL in the middle of a call, at twelve points of a create; another goes on.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::estate::{Estate, text};
use crate::process::Process;
use crate::{figures, steps};

const POINTS: usize = 12;
/// How much faster than at its own pace the simulated Azure is.
const SPEED: f64 = 100.0;

#[tokio::test]
async fn a_killed_worker_is_replaced_at_twelve_points_of_a_create() {
    let estate = Estate::start(1, SPEED).await;
    let _frontend = estate.frontend(0, "frontend").await;
    estate.create_group().await;

    // Undisturbed, to know the calls and what they leave behind. The worker starts when the frontend has asked Azure
    // what it has to know: only the calls of the worker count.
    let created = estate.put(&estate.wish("victim", 1)).await;
    assert_eq!(created.status, 201, "{created:?}");
    let before = last_call(&estate).await;
    let mut worker = estate.worker("undisturbed", &[]);
    estate.succeeded(&created.operation.unwrap()).await;
    let calls = calls_of_the_rp(&estate, before).await;
    let expected = left_behind(&estate).await;
    figures::keep(
        "create-by-step",
        &json!({"speed": SPEED, "millisecondsByStep": steps::milliseconds(&worker.events())}),
    );
    let steps = steps_done(&worker);
    assert!(steps.len() >= 8, "{steps:?}");
    remove(&estate).await;
    worker.terminate().await;
    assert!(calls > POINTS, "{calls} calls");

    // How often an operation is asked about differs from run to run, so the last calls may not come every time.
    let last = calls - calls / 8;
    for point in 0..POINTS {
        let nth = 1 + point * (last - 1) / (POINTS - 1);
        // Every other time the call has its effect although nobody is there to read the reply.
        let perform = point % 2 == 1;
        println!(
            "killed at call {nth} of {calls}, effect {}",
            if perform { "done" } else { "not done" }
        );
        let id = format!("point-{point}");
        let created = estate.put(&estate.wish("victim", 1)).await;
        assert_eq!(created.status, 201, "{created:?}");
        estate
            .order(json!({"id": id, "match": {"app_id": aro_sim::FIRST_PARTY_APP_ID, "nth": nth}, "effect": "hold"}))
            .await;
        let mut first = estate.worker(&format!("killed-{point}"), &[]);
        estate.rule_in(&id, "waiting").await;
        first.kill().await;
        estate.release(&id, perform).await;

        estate.advance_store_clock(Duration::from_secs(3600)).await;
        let mut second = estate.worker(&format!("next-{point}"), &[]);
        estate.succeeded(&created.operation.unwrap()).await;
        let left = left_behind(&estate).await;
        let (missing, more): (Vec<_>, Vec<_>) = (
            expected.iter().filter(|one| !left.contains(one)).collect(),
            left.iter().filter(|one| !expected.contains(one)).collect(),
        );
        assert!(
            left == expected,
            "killed at call {nth}: missing {missing:#?}, too much {more:#?}"
        );
        let (done, again) = (steps_done(&first), steps_done(&second));
        assert!(
            done.iter().all(|step| !again.contains(step)),
            "recorded steps ran again: {done:?} and {again:?}"
        );
        assert_eq!([done, again].concat(), steps, "killed at call {nth}");
        remove(&estate).await;
        second.terminate().await;
    }
}

async fn last_call(estate: &Estate) -> u64 {
    let calls = estate.inspect("calls").await;
    calls["value"]
        .as_array()
        .and_then(|calls| calls.last())
        .map_or(0, |call| call["number"].as_u64().unwrap())
}

async fn calls_of_the_rp(estate: &Estate, after: u64) -> usize {
    let calls = estate.inspect(&format!("calls?after={after}")).await;
    let calls = calls["value"].as_array().unwrap();
    calls
        .iter()
        .filter(|call| call["app_id"] == aro_sim::FIRST_PARTY_APP_ID)
        .count()
}

/// What a create leaves in Azure: type and name of each resource.
async fn left_behind(estate: &Estate) -> Vec<(String, String)> {
    let page = estate.inspect("resources?resource_group=managed-victim").await;
    let mut left: Vec<(String, String)> = page["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one: &Value| {
            (
                text(&one["type"]).to_string(),
                without_chance(text(&one["type"]), text(&one["name"])),
            )
        })
        .collect();
    left.sort();
    left
}

/// A name without what differs from cluster to cluster: ids, random parts of five characters, and the suffix of storage
/// accounts.
fn without_chance(kind: &str, name: &str) -> String {
    if kind == "Microsoft.Storage/storageAccounts" {
        let purposes = ["cluster", "imageregistry"];
        let purpose = purposes.iter().find(|purpose| name.starts_with(**purpose));
        return purpose.map_or(name.to_string(), |purpose| format!("{purpose}*"));
    }
    let name = without_uuids(name);
    let parts = name.split_inclusive(['-', '_']);
    parts
        .map(|part| {
            if part.trim_end_matches(['-', '_']).len() == 5 {
                "*"
            } else {
                part
            }
        })
        .collect()
}

fn without_uuids(name: &str) -> String {
    const LENGTH: usize = 36;
    let mut left = name.to_string();
    while let Some(at) = (0..left.len().saturating_sub(LENGTH - 1)).find(|at| {
        left.get(*at..at + LENGTH)
            .is_some_and(|part| uuid::Uuid::parse_str(part).is_ok())
    }) {
        left.replace_range(at..at + LENGTH, "*");
    }
    left
}

/// The steps a worker has recorded, in order.
fn steps_done(worker: &Process) -> Vec<String> {
    let events = worker.events();
    let done = events
        .iter()
        .filter(|event| event["message"] == "step is done" && event["plan"] == "create");
    done.map(|event| text(&event["step"]).to_string()).collect()
}

async fn remove(estate: &Estate) {
    let deleted = estate.call(Method::DELETE, &estate.cluster("victim"), None).await;
    assert_eq!(deleted.status, 202, "{deleted:?}");
    estate.succeeded(&deleted.operation.unwrap()).await;
    let page = estate.inspect("resources?resource_group=managed-victim").await;
    assert_eq!(
        page["value"].as_array().unwrap().len(),
        0,
        "the delete left something: {page:#}"
    );
}
