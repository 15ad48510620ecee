//! Prints what the server costs: requests a second, fan-out to watchers, memory of many idle servers.

use std::time::{Duration, Instant};

use aro_sim_kube::ApiServer;
use futures::StreamExt as _;
use http::Request;
use serde_json::json;

fn post(name: &str) -> Request<axum::body::Body> {
    let body = json!({"metadata": {"name": name}, "data": {"a": "1"}}).to_string();
    let mut request = Request::new(axum::body::Body::from(body));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = http::Uri::from_static("/api/v1/namespaces/default/configmaps");
    request
}

fn get(path: &str) -> Request<axum::body::Body> {
    let mut request = Request::new(axum::body::Body::empty());
    if let Ok(uri) = path.parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// Resident memory of this process, KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    const REQUESTS: u32 = 2_000;
    const WATCHERS: usize = 1_000;
    const CHANGES: usize = 100;

    let server = ApiServer::default();
    server.respond(post("warm")).await;
    let started = Instant::now();
    for number in 0..REQUESTS {
        server.respond(post(&format!("c{number}"))).await;
    }
    let rate = |started: Instant, count: u32| f64::from(count) / started.elapsed().as_secs_f64();
    println!("creates a second: {:.0}", rate(started, REQUESTS));
    let started = Instant::now();
    for number in 0..REQUESTS {
        server
            .respond(get(&format!("/api/v1/namespaces/default/configmaps/c{number}")))
            .await;
    }
    println!("gets a second: {:.0}", rate(started, REQUESTS));

    let server = ApiServer::default();
    let path =
        "/api/v1/namespaces/default/configmaps?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..WATCHERS {
        let response = server.respond(get(path)).await;
        tasks.spawn(async move {
            let mut stream = response.into_body().into_data_stream();
            let mut lines = 0;
            while lines < CHANGES {
                match stream.next().await {
                    Some(Ok(bytes)) => lines += bytes.iter().filter(|byte| **byte == b'\n').count(),
                    _ => break,
                }
            }
            lines
        });
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let started = Instant::now();
    for number in 0..CHANGES {
        server.respond(post(&format!("w{number}"))).await;
        tokio::task::yield_now().await;
    }
    let mut told = 0;
    while let Some(lines) = tasks.join_next().await {
        told += lines.unwrap_or_default();
    }
    let elapsed = started.elapsed();
    println!("{WATCHERS} watchers, {CHANGES} changes: {told} events told in {elapsed:.2?}");

    let before = resident();
    let servers: Vec<ApiServer> = (0..100).map(|_| ApiServer::default()).collect();
    let after = resident();
    println!("{} idle servers: {} KiB each", servers.len(), (after - before) / 100);
}
