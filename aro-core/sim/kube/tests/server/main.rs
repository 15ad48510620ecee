//! The server as its clients see it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod controller;
mod definitions;
mod kinds;
mod kubectl;
mod streams;
mod tls;
mod watching;
mod webhooks;

use aro_sim_kube::ApiServer;
use http::{HeaderMap, Request};
use serde_json::Value;

/// A client in the same process.
fn client(server: &ApiServer) -> kube::Client {
    kube::Client::new(server.clone(), "default")
}

/// Sends a request: headers and body of the answer, whatever its status.
async fn send(server: &ApiServer, method: &str, path: &str, media: &str, body: Option<&Value>) -> (HeaderMap, Value) {
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", media)
        .body(body.into_bytes().into())
        .unwrap();
    let (parts, body) = client(server).send(request).await.unwrap().into_parts();
    let bytes = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
    (parts.headers, serde_json::from_slice(&bytes).unwrap())
}
