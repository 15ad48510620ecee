//! After a 429 with `Retry-After`, other calls to the same scope wait too: they would only be refused, and refused calls
//! count against the limit.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use http::{Method, StatusCode};
use time::OffsetDateTime;
use tokio::time::Instant;
use tower::{Layer, Service};

use crate::{AzureError, OperationContext, Request, Response, reply};

/// Scope of ARM's limits: host, subscription, and reads apart from writes.
type Scope = (String, Option<String>, bool);

#[derive(Debug, Clone)]
pub(crate) struct ThrottleLayer {
    gates: Arc<Mutex<HashMap<Scope, Instant>>>,
    longest: Duration,
}

impl ThrottleLayer {
    pub(crate) fn new(longest: Duration) -> Self {
        Self {
            gates: Arc::default(),
            longest,
        }
    }
}

impl<S> Layer<S> for ThrottleLayer {
    type Service = Throttle<S>;

    fn layer(&self, inner: S) -> Throttle<S> {
        Throttle {
            inner,
            gates: self.gates.clone(),
            longest: self.longest,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Throttle<S> {
    inner: S,
    gates: Arc<Mutex<HashMap<Scope, Instant>>>,
    longest: Duration,
}

impl<S> Service<Request> for Throttle<S>
where
    S: Service<Request, Response = Response, Error = AzureError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = AzureError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, AzureError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), AzureError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let (gates, longest) = (self.gates.clone(), self.longest);
        Box::pin(async move {
            let scope = scope_of(&request);
            let cancellation = request
                .extensions()
                .get::<OperationContext>()
                .map(|context| context.cancellation.clone())
                .unwrap_or_default();
            let opens = lock(&gates).get(&scope).copied();
            if let Some(opens) = opens {
                tokio::select! {
                    () = tokio::time::sleep_until(opens) => {}
                    () = cancellation.cancelled() => return Err(AzureError::cancelled()),
                }
                // Whoever waited longest opens the gate, unless it was closed anew meanwhile.
                let mut gates = lock(&gates);
                if gates.get(&scope) == Some(&opens) {
                    gates.remove(&scope);
                }
            }
            let response = inner.call(request).await?;
            if response.status() == StatusCode::TOO_MANY_REQUESTS
                && let Some(pause) = reply::retry_after(response.headers(), OffsetDateTime::now_utc())
            {
                lock(&gates).insert(scope, Instant::now() + pause.min(longest));
            }
            Ok(response)
        })
    }
}

fn scope_of(request: &Request) -> Scope {
    let uri = request.uri();
    let mut segments = uri.path().split('/');
    let subscription = segments
        .find(|segment| segment.eq_ignore_ascii_case("subscriptions"))
        .and_then(|_| segments.next())
        .map(str::to_ascii_lowercase);
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    (
        host,
        subscription,
        matches!(*request.method(), Method::GET | Method::HEAD),
    )
}

/// The map holds no invariant that a panic elsewhere could break.
fn lock(gates: &Mutex<HashMap<Scope, Instant>>) -> std::sync::MutexGuard<'_, HashMap<Scope, Instant>> {
    gates.lock().unwrap_or_else(PoisonError::into_inner)
}
