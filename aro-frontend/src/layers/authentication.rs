//! Lets ARM and operators in. Stands before everything that reads a body or asks the store: who is not known gets no
//! work done, and learns nothing.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Uri;

use aro_api::{CloudError, Code};

use super::api_version::queried;
use crate::auth::{Audience, Caller, Knock};
use crate::fault::Fault;
use crate::router::{App, READY_PATH};

pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    // Load balancers probe without a certificate.
    if request.uri().path() == READY_PATH {
        return next.run(request).await;
    }
    let audience = audience(request.uri());
    let caller = request.extensions().get::<Caller>().cloned().unwrap_or_default();
    let knock = Knock {
        caller: &caller,
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
    };
    let judged = app
        .parts
        .authorizer
        .authorize(audience, &knock, app.parts.clock.now())
        .await;
    match judged {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            tracing::warn!(%refusal, ?audience, peer = ?caller.peer, "turned away");
            Fault::from(CloudError::new(
                403,
                Code::FORBIDDEN,
                "",
                "The caller is not allowed to use this service. Send the request to Azure Resource Manager, which \
                 passes it on with its own client certificate.",
            ))
            .into_response()
        }
    }
}

/// Whose certificate a request needs.
pub(crate) fn audience(uri: &Uri) -> Audience {
    if uri.path().starts_with("/admin") || queried(uri).as_deref() == Some("admin") {
        Audience::Admin
    } else {
        Audience::Arm
    }
}
