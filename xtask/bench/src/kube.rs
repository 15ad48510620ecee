//! The simulated Kubernetes API server, called in this process: what a request costs the server itself, how a change
//! reaches many watchers, and what idle servers hold.

use std::time::{Duration, Instant};

use aro_sim_kube::{ApiServer, Body};
use axum::body::to_bytes;
use futures::StreamExt as _;
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::Arguments;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{method} {path} was answered with {status}: {body}")]
    Answer {
        method: Method,
        path: String,
        status: StatusCode,
        body: String,
    },
    #[error(transparent)]
    Request(#[from] http::Error),
    #[error(transparent)]
    Task(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("{told} of {wanted} events reached the watchers")]
    Lost { told: usize, wanted: usize },
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const ROUTES: &str = "/apis/example.com/v1/namespaces/default/routes";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const MOST: usize = 64 * 1024 * 1024;
const WATCHERS: usize = 1_000;
const CHANGES: usize = 100;
const SERVERS: u64 = 100;
/// Objects of the collection that is listed.
const LISTED: usize = 100;

/// One request and its whole answer.
async fn send(server: &ApiServer, method: Method, path: &str, media: &str, body: &str) -> Result<(), Failure> {
    let request = Request::builder()
        .method(method.clone())
        .uri(path)
        .header(header::CONTENT_TYPE, media)
        .body(Body::from(body.to_owned()))?;
    let response = server.respond(request).await;
    let status = response.status();
    let body = to_bytes(response.into_body(), MOST).await.unwrap_or_default();
    if status.is_success() {
        return Ok(());
    }
    Err(Failure::Answer {
        method,
        path: path.to_owned(),
        status,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// Runs one kind of request a number of times, and prints its figures.
async fn row(name: &str, count: usize, mut one: impl AsyncFnMut(usize) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut times = Vec::with_capacity(count);
    let started = Instant::now();
    for number in 0..count {
        let began = Instant::now();
        one(number).await?;
        times.push(began.elapsed());
    }
    let rate = count as f64 / started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!("{name:<34} {rate:>10.0} {:>12.2?} {:>12.2?}", at(50), at(99));
    Ok(())
}

fn map(name: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"a": "b"}},
        "data": {"one": "1", "two": "2"}})
    .to_string()
}

/// A definition as operators have them: nested objects, lists with keys, defaults, limits, rules.
fn definition() -> Value {
    let condition = json!({"type": "object", "required": ["type", "status"], "properties": {
        "type": {"type": "string"}, "status": {"type": "string", "enum": ["True", "False", "Unknown"]},
        "reason": {"type": "string", "maxLength": 1024}, "message": {"type": "string"},
    }});
    let spec = json!({"type": "object", "required": ["host", "to"], "properties": {
        "host": {"type": "string", "maxLength": 253, "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?\\.)*[a-z0-9-]+$"},
        "path": {"type": "string", "default": "/"},
        "to": {"type": "object", "required": ["kind", "name"], "properties": {
            "kind": {"type": "string", "enum": ["Service"], "default": "Service"},
            "name": {"type": "string", "minLength": 1},
            "weight": {"type": "integer", "minimum": 0, "maximum": 256, "default": 100},
        }},
        "ports": {"type": "array", "maxItems": 16, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string"}, "port": {"type": "integer", "format": "int32"}}}},
        "tls": {"type": "object", "properties": {
            "termination": {"type": "string", "enum": ["edge", "passthrough", "reencrypt"]}, "key": {"type": "string"}},
            "x-kubernetes-validations": [{"rule": "self.termination != 'passthrough' || !has(self.key)"}]},
    }, "x-kubernetes-validations": [{"rule": "self.path.startsWith('/')", "message": "path must start with a slash"}]});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "routes.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "routes", "singular": "route", "kind": "Route", "listKind": "RouteList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": {
                    "type": "object", "properties": {"conditions": {"type": "array", "items": condition}}}}}}}],
        },
    })
}

fn route(name: &str) -> String {
    json!({"apiVersion": "example.com/v1", "kind": "Route", "metadata": {"name": name}, "spec": {
        "host": "console.apps.example.com",
        "to": {"name": "console"},
        "ports": [{"name": "http", "port": 80}, {"name": "https", "port": 443}],
        "tls": {"termination": "edge", "key": "none"},
    }})
    .to_string()
}

/// Measures, and prints a row for each figure.
///
/// # Errors
/// [`Failure`]: a figure over failures is worth nothing.
pub(crate) async fn measure(arguments: &Arguments) -> Result<(), Failure> {
    const JSON: &str = "application/json";
    println!("simulated Kubernetes API server, in this process, one request after the other");
    println!("{:<34} {:>10} {:>12} {:>12}", "", "requests/s", "p50", "p99");
    let server = ApiServer::default();
    for number in 0..LISTED {
        send(&server, Method::POST, MAPS, JSON, &map(&format!("m{number}"))).await?;
    }
    let (reads, writes) = (arguments.reads / 4, arguments.writes);
    let one = format!("{MAPS}/m0");
    row("GET ConfigMap", reads, async |_| {
        send(&server, Method::GET, &one, JSON, "").await
    })
    .await?;
    row(&format!("LIST {LISTED} ConfigMaps"), reads / 10, async |_| {
        send(&server, Method::GET, MAPS, JSON, "").await
    })
    .await?;
    row("POST ConfigMap", writes, async |number| {
        send(&server, Method::POST, MAPS, JSON, &map(&format!("c{number}"))).await
    })
    .await?;
    row("PATCH ConfigMap (merge)", writes, async |number| {
        let body = json!({"data": {"one": number.to_string()}}).to_string();
        send(&server, Method::PATCH, &one, MERGE, &body).await
    })
    .await?;
    let applied = format!("{MAPS}/applied?fieldManager=bench");
    row("PATCH ConfigMap (apply)", writes, async |number| {
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"},
            "data": {"one": number.to_string()}});
        send(&server, Method::PATCH, &applied, APPLY, &body.to_string()).await
    })
    .await?;
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    send(&server, Method::POST, definitions, JSON, &definition().to_string()).await?;
    row("POST custom resource (validated)", writes, async |number| {
        send(&server, Method::POST, ROUTES, JSON, &route(&format!("r{number}"))).await
    })
    .await?;
    watchers().await?;

    let before = resident()?;
    let servers: Vec<ApiServer> = (0..SERVERS).map(|_| ApiServer::default()).collect();
    let each = resident()?.saturating_sub(before) / SERVERS;
    println!("{} idle servers: {each} KiB each", servers.len());
    Ok(())
}

async fn watchers() -> Result<(), Failure> {
    let server = ApiServer::default();
    let path = format!("{MAPS}?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..WATCHERS {
        let request = Request::get(&path).body(Body::empty())?;
        let response = server.respond(request).await;
        tasks.spawn(async move {
            let mut stream = response.into_body().into_data_stream();
            let (mut lines, mut last) = (0, Instant::now());
            while lines < CHANGES {
                match stream.next().await {
                    Some(Ok(bytes)) => {
                        lines += bytes.iter().filter(|byte| **byte == b'\n').count();
                        last = Instant::now();
                    }
                    _ => break,
                }
            }
            (lines, last)
        });
    }
    let started = Instant::now();
    for number in 0..CHANGES {
        send(
            &server,
            Method::POST,
            MAPS,
            "application/json",
            &map(&format!("w{number}")),
        )
        .await?;
        tokio::task::yield_now().await;
    }
    let (mut told, mut elapsed) = (0, Duration::ZERO);
    while let Some(watcher) = tasks.join_next().await {
        let (lines, last) = watcher?;
        told += lines;
        elapsed = elapsed.max(last - started);
    }
    let wanted = WATCHERS * CHANGES;
    if told != wanted {
        return Err(Failure::Lost { told, wanted });
    }
    let rate = told as f64 / elapsed.as_secs_f64();
    println!("{WATCHERS} watchers, {CHANGES} changes: {told} events told in {elapsed:.2?}, {rate:.0} a second");
    Ok(())
}

/// Resident memory of this process, KiB.
fn resident() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    Ok(line
        .split_whitespace()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or_default())
}
