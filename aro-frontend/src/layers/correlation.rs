//! Gives each request its ids, has it logged and audited, and answers with the id a client can name when it asks for help.

use aro_store::IdKind;
use std::sync::Arc;

use aro_api::model::CorrelationData;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue};
use time::format_description::well_known::Rfc3339;
use tracing::{Instrument, field};

use super::access::{About, Arrived, ReadBytes, Sent, printable};
use super::metrics::{WithRoute, counts};
use crate::auth::Audience;
use crate::fault::Unanswered;
use crate::layers::authentication::audience;
use crate::router::{App, READY_PATH};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
static CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// The ids of the request, as they are also kept on the documents it writes.
#[derive(Debug, Clone)]
pub(crate) struct Correlated(pub(crate) Arc<CorrelationData>);

pub(crate) async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let correlation = Arc::new(data(&app, &request));
    let read = ReadBytes::default();
    request.extensions_mut().insert(Correlated(correlation.clone()));
    request.extensions_mut().insert(read.clone());
    let echo = echoed_client_id(request.headers());
    let arrived = Arrived::of(&request);
    let started = tokio::time::Instant::now();
    let span = span(&correlation, &arrived);

    let mut reply = async {
        arrived.log();
        let mut reply = next.run(request).await;
        let mut details = String::new();
        if let Some(Unanswered(fault)) = reply.extensions_mut().remove::<Unanswered>() {
            details = fault.to_string();
            reply = fault.reply(&correlation.request_id).with_route_of(reply);
        }
        let sent = Sent {
            status: reply.status(),
            read: read.get(),
            written: reply.body().size_hint().exact().unwrap_or_default(),
            seconds: started.elapsed().as_secs_f64(),
        };
        sent.log(&arrived);
        if counts(&reply) {
            sent.log_outcome(&arrived, &details);
        }
        if arrived.path != READY_PATH {
            app.audit.record(&app.parts, &correlation, &arrived, sent.status);
        }
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

/// The ids of the request and what it is about, on every line that is logged while it is served.
fn span(correlation: &CorrelationData, arrived: &Arrived) -> tracing::Span {
    let time = correlation.request_time.and_then(|time| time.format(&Rfc3339).ok());
    let span = tracing::info_span!(
        "request",
        request_id = %correlation.request_id,
        operation_id = %correlation.operation_id,
        correlation_id = %printable(&correlation.correlation_id),
        client_request_id = %printable(&correlation.client_request_id),
        client_principal_name = %printable(&correlation.client_principal_name),
        request_time = time.unwrap_or_default(),
        subscription_id = field::Empty,
        resource_group = field::Empty,
        resource_name = field::Empty,
        resource_id = field::Empty,
    );
    let about = About::of(&arrived.path);
    for (name, value) in [
        ("subscription_id", about.subscription),
        ("resource_group", about.resource_group),
        ("resource_name", about.name),
        ("resource_id", about.id),
    ] {
        if let Some(value) = value {
            span.record(name, value);
        }
    }
    span
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
        operation_id: app.parts.ids.new_id(IdKind::Request).to_string(),
        request_id: app.parts.ids.new_id(IdKind::Request).to_string(),
        client_principal_name,
        request_time: Some(app.parts.clock.now()),
        ..CorrelationData::default()
    }
}

fn echoed_client_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let wanted = text(headers, "x-ms-return-client-request-id").eq_ignore_ascii_case("true");
    wanted.then(|| headers.get(&CLIENT_REQUEST_ID).cloned()).flatten()
}

pub(crate) fn text(headers: &HeaderMap, name: &str) -> String {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_string()
}
