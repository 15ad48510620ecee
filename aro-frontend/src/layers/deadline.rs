//! No request takes longer than ARM waits for it.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::fault::Fault;
use crate::router::App;

pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(app.parts.settings.request_timeout, next.run(request)).await {
        Ok(reply) => reply,
        Err(_) => Fault::too_slow(app.parts.settings.retry_after).into_response(),
    }
}
