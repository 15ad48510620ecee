//! Whether the service can be sent requests.

use std::time::Duration;

use aro_api::{CloudError, Code};
use axum::extract::State;
use http::StatusCode;

use crate::fault::Fault;
use crate::reply::Reply;
use crate::router::App;

/// The longest that the store may take to show that it answers.
const STORE_PATIENCE: Duration = Duration::from_secs(2);

/// GET /healthz/ready
pub(crate) async fn ready(State(app): State<App>) -> Result<Reply, Fault> {
    match unready(&app).await {
        None => Ok(Reply::json(StatusCode::OK, b"{}\n".to_vec())),
        Some(reason) => {
            tracing::warn!(reason, "not ready");
            let message = format!("The service is not ready: {reason}. Ask again in a few seconds.");
            Err(CloudError::new(500, Code::INTERNAL_SERVER_ERROR, "", message).into())
        }
    }
}

/// Why the service cannot be sent requests, if it cannot.
pub(crate) async fn unready(app: &App) -> Option<String> {
    let parts = &app.parts;
    if parts.stopping.is_cancelled() {
        return Some("it is being stopped".to_string());
    }
    let now = parts.clock.now();
    if now - app.started < parts.settings.readiness_delay {
        return Some("it has just started".to_string());
    }
    if let Err(refusal) = parts.authorizer.readiness(now).await {
        tracing::warn!(%refusal, "callers cannot be recognised");
        return Some("it cannot recognise its callers".to_string());
    }
    // Both are read by every request that may create a cluster.
    match tokio::time::timeout(STORE_PATIENCE, app.catalogue.read_again()).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => {
            tracing::error!(%error, "the store does not answer");
            Some("its data cannot be read".to_string())
        }
        Err(_) => Some("its data cannot be read in time".to_string()),
    }
}
