//! A defect in one handler must not cost the client its reply, nor the others their connection.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;

use crate::fault::Fault;

pub(crate) async fn layer(request: Request, next: Next) -> Response {
    // Nothing that the request shares with others is left half changed: the store's writes are atomic, and the rest
    // of the service's state is behind locks that are held for single assignments.
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(reply) => reply,
        Err(panic) => Fault::Unexpected(format!("panic: {}", message(panic.as_ref()))).into_response(),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}
