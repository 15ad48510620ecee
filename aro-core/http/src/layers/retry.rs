//! When a try may be repeated, and after which pause.

use std::{future::Future, pin::Pin, sync::Arc};

use http::Method;
use time::OffsetDateTime;
use tower::retry::Policy;

use crate::{AzureError, FailureKind, HttpPace, Idempotent, OperationContext, Request, Response, reply};

/// Retry of one call. Cloned for each call, so `tries` counts that call's.
#[derive(Debug, Clone)]
pub(crate) struct RetryPolicy {
    pace: Arc<HttpPace>,
    tries: u32,
}

impl RetryPolicy {
    pub(crate) fn new(pace: Arc<HttpPace>) -> Self {
        Self { pace, tries: 0 }
    }
}

impl Policy<Request, Response, AzureError> for RetryPolicy {
    type Future = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn retry(&mut self, request: &mut Request, result: &mut Result<Response, AzureError>) -> Option<Self::Future> {
        self.tries += 1;
        let asked = match result {
            Ok(response) if repeatable_status(request, response) => {
                reply::retry_after(response.headers(), OffsetDateTime::now_utc())
            }
            Err(error) if repeatable_error(request, error) => None,
            _ => return None,
        };
        if self.tries >= self.pace.attempts {
            return None;
        }
        let pause = self.pace.pause(self.tries, asked);
        let cancellation = request
            .extensions()
            .get::<OperationContext>()
            .map(|context| context.cancellation.clone())
            .unwrap_or_default();
        if cancellation.is_cancelled() {
            *result = Err(AzureError::cancelled());
            return None;
        }
        let why = match result {
            Ok(response) => response.status().to_string(),
            Err(error) => error.message.clone(),
        };
        tracing::warn!(method = %request.method(), path = request.uri().path(), attempt = self.tries,
            pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX), why, "azure call is repeated");
        Some(Box::pin(async move {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // The next try is then refused by the cancellation layer.
                () = cancellation.cancelled() => {}
            }
        }))
    }

    fn clone_request(&mut self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }
}

/// Whether doing it twice is the same as doing it once.
fn idempotent(request: &Request) -> bool {
    !matches!(*request.method(), Method::POST) || request.extensions().get::<Idempotent>().is_some()
}

fn repeatable_status(request: &Request, response: &Response) -> bool {
    match response.status().as_u16() {
        // Refused before any effect: also safe for POST.
        429 | 503 => true,
        408 | 500 | 502 | 504 => idempotent(request),
        // ARM's way to say that another operation on the resource must end first.
        409 => idempotent(request) && response.headers().contains_key(http::header::RETRY_AFTER),
        _ => false,
    }
}

fn repeatable_error(request: &Request, error: &AzureError) -> bool {
    match error.kind {
        FailureKind::Connect => true,
        FailureKind::Transport | FailureKind::Timeout => idempotent(request),
        _ => false,
    }
}
