//! Gives each request its ids, logs it, and answers with the id a client can name when it asks for help.

use std::sync::Arc;

use aro_api::model::CorrelationData;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use tracing::Instrument;

use super::path::OriginalPath;
use crate::auth::{Audience, Caller};
use crate::fault::Unanswered;
use crate::layers::authentication::audience;
use crate::parts::IdKind;
use crate::router::App;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
static CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// The ids of the request, as they are also kept on the documents it writes.
#[derive(Debug, Clone)]
pub(crate) struct Correlated(pub(crate) Arc<CorrelationData>);

pub(crate) async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let correlation = Arc::new(data(&app, &request));
    request.extensions_mut().insert(Correlated(correlation.clone()));
    let echo = echoed_client_id(request.headers());
    let started = tokio::time::Instant::now();
    let span = tracing::info_span!(
        "request",
        request_id = %correlation.request_id,
        operation_id = %correlation.operation_id,
        correlation_id = %printable(&correlation.correlation_id),
        client_request_id = %printable(&correlation.client_request_id),
        client_principal_name = %printable(&correlation.client_principal_name),
        method = %request.method(),
        path = %printable(request.uri().path()),
    );

    let mut reply = async {
        log_arrival(&request);
        let mut reply = next.run(request).await;
        if let Some(Unanswered(fault)) = reply.extensions_mut().remove::<Unanswered>() {
            reply = fault.reply(&correlation.request_id);
        }
        tracing::info!(
            status = reply.status().as_u16(),
            seconds = started.elapsed().as_secs_f64(),
            "sent response"
        );
        reply
    }
    .instrument(span)
    .await;

    let headers = reply.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&correlation.request_id) {
        headers.insert(REQUEST_ID.clone(), id);
    }
    if let Some(id) = echo {
        headers.insert(CLIENT_REQUEST_ID.clone(), id);
    }
    // Also on replies without a body, as the reference does.
    headers
        .entry(CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("application/json"));
    reply
}

fn data(app: &App, request: &Request) -> CorrelationData {
    let header = |name: &str| text(request.headers(), name);
    // Only operators' tooling is trusted to say who sits in front of it.
    let client_principal_name = match audience(request.uri()) {
        Audience::Admin => header("x-ms-client-principal-name"),
        Audience::Arm => String::new(),
    };
    CorrelationData {
        correlation_id: header("x-ms-correlation-request-id"),
        client_request_id: header("x-ms-client-request-id"),
        operation_id: app.parts.ids.next(IdKind::Request).to_string(),
        request_id: app.parts.ids.next(IdKind::Request).to_string(),
        client_principal_name,
        request_time: Some(app.parts.clock.now()),
        ..CorrelationData::default()
    }
}

fn echoed_client_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let wanted = text(headers, "x-ms-return-client-request-id").eq_ignore_ascii_case("true");
    wanted.then(|| headers.get(&CLIENT_REQUEST_ID).cloned()).flatten()
}

fn log_arrival(request: &Request) {
    let original = request
        .extensions()
        .get::<OriginalPath>()
        .map_or("", |path| path.0.as_str());
    let peer = request.extensions().get::<Caller>().and_then(|caller| caller.peer);
    tracing::info!(
        original_path = %printable(original),
        proto = ?request.version(),
        remote = ?peer,
        user_agent = %printable(&text(request.headers(), USER_AGENT.as_str())),
        "read request"
    );
}

pub(crate) fn text(headers: &HeaderMap, name: &str) -> String {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_string()
}

/// Without the characters with which a client could forge a log line.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
