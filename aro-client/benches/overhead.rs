//! What a call costs more than one with bare reqwest: `cargo bench -p aro-client`. A bare server in this process answers
//! with one cluster over loopback, without TLS; the rows take turns in one run, so that the ratios mean something on any
//! machine.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on fails by panicking")]

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::{Duration, Instant};

use aro_client::types::OpenShiftCluster;
use aro_client::{Client, Cloud};
use axum::Router;
use axum::http::header;
use futures::StreamExt as _;
use serde_json::Value;
use serde_json::value::RawValue;

/// Calls of one row in one round, and rounds.
const CALLS: usize = 500;
const ROUNDS: usize = 20;
/// Calls at the same time, in the second table.
const TOGETHER: usize = 16;

const EXAMPLE: &str = include_str!(
    "../../swagger/redhatopenshift/resource-manager/Microsoft.RedHatOpenShift/openshiftclusters/stable/2025-07-25/\
     examples/OpenShiftClusters_Get_MaximumSet_Gen.json"
);

type Call = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>>>;

#[tokio::main]
async fn main() {
    let example: Value = serde_json::from_str(EXAMPLE).unwrap();
    let body = example["responses"]["200"]["body"].to_string();
    let rows = rows(serve(body.clone()).await);
    println!(
        "GET of a cluster ({} bytes), {} calls a row",
        body.len(),
        CALLS * ROUNDS
    );
    for (together, unit) in [(1, "one after the other"), (TOGETHER, "16 at a time")] {
        let mut best = vec![Vec::new(); rows.len()];
        for round in 0..=ROUNDS {
            for (row, (_, call)) in rows.iter().enumerate() {
                let took = measured(call, together).await;
                // The first round makes connections and does not count.
                if round > 0 {
                    best[row].push(took);
                }
            }
        }
        println!("{unit:<38} {:>12} {:>10}", "a call", "of bare");
        let medians = best.iter_mut().map(|times| median(times)).collect::<Vec<_>>();
        for ((name, _), took) in rows.iter().zip(&medians) {
            let ratio = took.as_secs_f64() / medians[0].as_secs_f64();
            println!("  {name:<36} {took:>12.1?} {ratio:>9.2}x");
        }
    }
}

/// The time of one call, over one round.
async fn measured(call: &Call, together: usize) -> Duration {
    let started = Instant::now();
    let calls = futures::stream::iter((0..CALLS).map(|_| call()));
    calls.buffer_unordered(together).count().await;
    started.elapsed() / u32::try_from(CALLS).unwrap()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

async fn serve(body: String) -> SocketAddr {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], body) };
    tokio::spawn(async move { axum::serve(socket, Router::new().fallback(answer)).await });
    address
}

fn rows(address: SocketAddr) -> Vec<(&'static str, Call)> {
    let base = format!("http://{address}");
    let url = format!(
        "{base}/subscriptions/s/resourceGroups/g/providers/Microsoft.RedHatOpenShift/openShiftClusters/n\
         ?api-version=2025-07-25"
    );
    let bare = reqwest::Client::builder().no_proxy().build().unwrap();
    let read = {
        let url = url.clone();
        move || {
            let request = bare.get(&url).bearer_auth("token");
            async move { request.send().await.unwrap().bytes().await.unwrap() }
        }
    };
    let typed = read.clone();
    let client = Client::builder("s")
        .cloud(Cloud::custom(&base, &base))
        .token("token")
        .build()
        .unwrap();
    let raw = client.raw::<Box<RawValue>>("2025-07-25");
    vec![
        (
            "bare reqwest",
            Box::new(move || {
                let read = read();
                Box::pin(async move { drop(read.await) })
            }),
        ),
        (
            "bare reqwest, into the type",
            Box::new(move || {
                let read = typed();
                Box::pin(async move {
                    serde_json::from_slice::<OpenShiftCluster>(&read.await).unwrap();
                })
            }),
        ),
        (
            "aro-client, raw",
            Box::new(move || {
                let raw = raw.clone();
                Box::pin(async move { drop(raw.get("g", "n").await.unwrap()) })
            }),
        ),
        (
            "aro-client, typed",
            Box::new(move || {
                let client = client.clone();
                Box::pin(async move { drop(client.clusters().get("g", "n").await.unwrap()) })
            }),
        ),
    ]
}
