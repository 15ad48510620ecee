//! One request to any plane: reading it, recording it, failing it when ordered to, answering it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use serde_json::Value;

use crate::entra::token::Claims;
use crate::faults::{Order, Verdict};
use crate::listener::Reset;
use crate::shared::Shared;

/// Azure Resource Manager takes 4 MB.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// Which of Azure's hosts was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plane {
    Arm,
    Login,
    Graph,
    Data,
    /// API servers of clusters.
    Cluster,
    /// Hive's API server.
    Hive,
}

impl Plane {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arm => "arm",
            Self::Login => "login",
            Self::Graph => "graph",
            Self::Data => "data",
            Self::Cluster => "cluster",
            Self::Hive => "hive",
        }
    }
}

/// A request, read.
pub(crate) struct Call {
    pub(crate) number: u64,
    pub(crate) plane: Plane,
    pub(crate) method: Method,
    /// Decoded, `//` collapsed, no trailing slash.
    pub(crate) path: String,
    /// As sent, with the query.
    pub(crate) target: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) request_id: String,
    pub(crate) correlation_id: String,
    pub(crate) caller: Option<Claims>,
    /// The error in which the operation that this call starts is to end, on order.
    pub(crate) doomed: Option<Value>,
}

impl Call {
    /// A query parameter, its name without regard to case.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn api_version(&self) -> &str {
        self.query("api-version").unwrap_or_default()
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let mut reply = Self::empty(status);
        reply.headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        reply.body = Bytes::from(body.to_string());
        reply
    }

    /// Adds a header; a value that no header can carry is left out.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}

/// Serves one request of a plane, from the first byte to the last.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    plane: Plane,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Reset> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            let error = crate::arm::error::ArmError::new(
                413,
                "RequestContentTooLarge",
                "The request content exceeds the maximum size of 4194304 bytes.",
            );
            return Ok(respond(error.reply()));
        }
    };
    let uuid = || uuid::Uuid::new_v4().to_string();
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let mut call = Call {
        number: 0,
        plane,
        method: parts.method,
        path: clean_path(parts.uri.path()),
        target: parts
            .uri
            .path_and_query()
            .map_or_else(|| "/".to_owned(), ToString::to_string),
        query: url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
        request_id: uuid(),
        correlation_id: header("x-ms-correlation-request-id").unwrap_or_else(uuid),
        caller: None,
        doomed: None,
        headers: parts.headers,
        body,
    };
    call.caller = crate::entra::token::bearer(&shared.facts, &call.headers, shared.clock.now()).ok();
    call.number = shared.calls.arrived(&call, shared.clock.now());

    // The request lives on when its connection dies: Azure does not take back what it was asked to do.
    let number = call.number;
    let verdict = shared.faults.judge(&call);
    let work = shared.tasks.spawn(run(Arc::clone(&shared), call, verdict));
    let outcome = work.await.unwrap_or(Err(Reset));
    let status = outcome.as_ref().ok().map(|reply| reply.status.as_u16());
    shared.calls.answered(number, status, shared.clock.now());
    outcome.map(respond)
}

async fn run(shared: Arc<Shared>, mut call: Call, verdict: Option<Verdict>) -> Result<Reply, Reset> {
    if let Some(verdict) = &verdict {
        shared.calls.failed_on_order(call.number, &verdict.rule);
    }
    let order = verdict.as_ref().map(|verdict| &verdict.order);
    match order {
        Some(Order::Reply(reply)) => return Ok(stamp(&call, reply.reply())),
        Some(Order::Reset) => return Err(Reset),
        Some(Order::Delay(delay)) => tokio::select! {
            () = tokio::time::sleep(*delay) => {}
            () = shared.stop.cancelled() => return Err(Reset),
        },
        Some(Order::Hold(hold)) if !hold.wait(&shared.stop).await => return Err(Reset),
        Some(Order::FailOperation(error)) => call.doomed = Some(error.body()),
        Some(Order::Hold(_) | Order::LoseReply | Order::HoldReply(_)) | None => {}
    }
    let reply = dispatch(&shared, &call).await;
    let flushed = {
        let journal = shared.state().journal.clone();
        journal.flush().await
    };
    if let Err(error) = flushed {
        tracing::error!(error, "the state of the simulated world could not be kept");
        return Err(Reset);
    }
    match order {
        Some(Order::LoseReply) => return Err(Reset),
        Some(Order::HoldReply(hold)) if !hold.wait(&shared.stop).await => return Err(Reset),
        _ => {}
    }
    Ok(stamp(&call, reply))
}

async fn dispatch(shared: &Arc<Shared>, call: &Call) -> Reply {
    match call.plane {
        Plane::Arm => crate::arm::front::answer(shared, call).await,
        Plane::Login => crate::entra::answer(shared, call),
        Plane::Graph => crate::planes::graph::answer(shared, call),
        Plane::Data => crate::planes::answer(shared, call),
        // API servers have a listener of their own.
        Plane::Cluster | Plane::Hive => Reply::empty(404),
    }
}

/// The headers Azure puts on everything.
fn stamp(call: &Call, mut reply: Reply) -> Reply {
    if call.method == Method::HEAD {
        reply.body = Bytes::new();
    }
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            reply.headers.entry(HeaderName::from_static(name)).or_insert(value);
        }
    };
    set("x-ms-request-id", &call.request_id);
    set("x-ms-correlation-request-id", &call.correlation_id);
    if call
        .header("x-ms-return-client-request-id")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        && let Some(id) = call.header("x-ms-client-request-id")
    {
        set("x-ms-client-request-id", id);
    }
    set("cache-control", "no-cache");
    set("strict-transport-security", "max-age=31536000; includeSubDomains");
    set("x-content-type-options", "nosniff");
    reply
}

fn respond(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// Percent-decodes, collapses `//` and drops a trailing slash.
fn clean_path(raw: &str) -> String {
    let mut path = String::with_capacity(raw.len());
    for segment in raw.split('/').filter(|segment| !segment.is_empty()) {
        path.push('/');
        path.push_str(&percent_decode(segment));
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

fn percent_decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let decoded = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match decoded {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
