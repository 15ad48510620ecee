//! Beyond what the service can answer in good time it says so at once, instead of letting everybody wait.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::fault::Fault;
use crate::router::{App, READY_PATH};

pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    // A busy service is not a dead one.
    if request.uri().path() == READY_PATH {
        return next.run(request).await;
    }
    match app.places.clone().try_acquire_owned() {
        // Held until the reply is made; sending it is the connection's business.
        Ok(_place) => next.run(request).await,
        Err(_) => Fault::busy(app.parts.settings.retry_after).into_response(),
    }
}
