//! Counts requests and how long they took, by route.

use std::time::Duration;

use aro_api::ApiVersion;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::api_version::queried;
use crate::router::App;

/// Upper bounds of the duration buckets, in seconds.
const BOUNDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// The route that a request matched; the innermost routes tell it to the outer layers on the reply.
#[derive(Debug, Clone)]
struct Route {
    path: String,
    /// Whether the quality of the service is counted by its replies.
    counts: bool,
}

/// Stands inside the router, where the route is known.
pub(crate) async fn remember_route(State(counts): State<bool>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| Route {
        path: path.as_str().to_string(),
        counts,
    });
    let mut reply = next.run(request).await;
    if let Some(route) = route {
        reply.extensions_mut().insert(route);
    }
    reply
}

/// Whether the quality of the service is counted by this reply.
pub(super) fn counts(reply: &Response) -> bool {
    reply.extensions().get::<Route>().is_some_and(|route| route.counts)
}

/// A reply that takes the place of another one to the same request.
pub(super) trait WithRoute {
    fn with_route_of(self, other: Response) -> Self;
}

impl WithRoute for Response {
    fn with_route_of(mut self, other: Response) -> Response {
        if let Some(route) = other.extensions().get::<Route>() {
            self.extensions_mut().insert(route.clone());
        }
        self
    }
}

pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let verb = request.method().clone();
    // A label takes only values we know, or a client could fill the registry with made-up ones.
    let version = queried(request.uri())
        .and_then(|text| ApiVersion::parse(&text))
        .map_or("other", ApiVersion::name);
    let started = tokio::time::Instant::now();
    let reply = next.run(request).await;
    let elapsed: Duration = started.elapsed();

    let route = reply
        .extensions()
        .get::<Route>()
        .map_or("", |route| route.path.as_str());
    let code = reply.status().as_u16().to_string();
    let verb = if is_known(&verb) { verb.as_str() } else { "other" };
    let labels = [
        ("verb", verb),
        ("api-version", version),
        ("code", code.as_str()),
        ("route", route),
    ];
    app.parts
        .metrics
        .counter("frontend.count", "Requests answered.", &labels)
        .inc();
    app.parts
        .metrics
        .histogram(
            "frontend.duration",
            "How long requests took, in seconds.",
            &labels,
            BOUNDS,
        )
        .observe_duration(elapsed);
    reply
}

fn is_known(verb: &http::Method) -> bool {
    matches!(
        verb.as_str(),
        "GET" | "HEAD" | "PUT" | "PATCH" | "POST" | "DELETE" | "OPTIONS"
    )
}
