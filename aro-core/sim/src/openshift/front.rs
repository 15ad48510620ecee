//! The listener of all API servers: those of clusters, and Hive's.

use std::sync::Arc;
use std::time::Duration;

use aro_sim_kube::{ApiServer, Body, Port, User};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::clusters::{self, domain_of};
use crate::call::{Call, Plane};
use crate::faults::{Order, Verdict};
use crate::hive;
use crate::listener::Reset;
use crate::shared::Shared;

/// How long a TLS handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long connections may take to end: watches end with their clusters.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a connection leads to. It ends when this goes.
pub(crate) trait Door: Send + Sync + 'static {
    fn server(&self) -> &ApiServer;
    fn tls(&self) -> &Arc<ServerConfig>;
    fn plane(&self) -> Plane;

    /// Around each request, before and after: what happens by itself happens. False when nobody gets in here any more.
    fn settle(&self, _shared: &Arc<Shared>) -> bool {
        true
    }
}

/// Serves until the world stops.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let (tasks, stop) = (shared.tasks.clone(), shared.stop.clone());
    aro_sim_kube::accept(listener, None, tasks, stop, move |stream, _| {
        let shared = Arc::clone(&shared);
        async move {
            match tokio::time::timeout(PATIENCE, greet(&shared, stream)).await {
                Ok(Some((live, stream))) => converse(shared, live, stream).await,
                // As behind a load balancer without a machine: the connection ends.
                Ok(None) => {}
                Err(_) => tracing::debug!("TLS handshake with a cluster took too long"),
            }
        }
    })
    .await;
}

/// TLS with the one whose name is asked for.
async fn greet(shared: &Arc<Shared>, stream: Box<dyn Port>) -> Option<(Arc<dyn Door>, TlsStream<Box<dyn Port>>)> {
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await.ok()?;
    let name = start.client_hello().server_name()?.to_owned();
    let world = Arc::clone(shared);
    // The first time, hundreds of objects are made.
    let found = tokio::task::spawn_blocking(move || behind(&world, &name)).await;
    let door = found.ok()??;
    let stream = start.into_stream(Arc::clone(door.tls())).await.ok()?;
    Some((door, stream))
}

fn behind(shared: &Arc<Shared>, name: &str) -> Option<Arc<dyn Door>> {
    if hive::is_host(name) {
        let found = hive::door(shared).inspect_err(|error| tracing::error!(error, "the simulated Hive does not start"));
        return found.ok().map(|door| door as Arc<dyn Door>);
    }
    let found = clusters::find(shared, domain_of(name)?);
    let found = found.inspect_err(|gone| tracing::debug!(?gone, "no cluster answers"));
    found.ok().map(|door| door as Arc<dyn Door>)
}

/// HTTP on one connection until it ends, the cluster goes or the world stops.
async fn converse(shared: Arc<Shared>, live: Arc<dyn Door>, stream: TlsStream<Box<dyn Port>>) {
    let user = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(|chain| chain.first())
        .and_then(|certificate| User::of_certificate(certificate));
    // The connection does not keep the cluster alive.
    let (weak, stop) = (Arc::downgrade(&live), shared.stop.clone());
    drop(live);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (shared, live, user) = (Arc::clone(&shared), weak.upgrade(), user.clone());
        async move {
            let Some(live) = live else { return Err(Reset) };
            if let Some(user) = user {
                request.extensions_mut().insert(user);
            }
            answer(&shared, live.as_ref(), request).await
        }
    });
    aro_sim_kube::converse(stream, service, stop, GOODBYE).await;
}

/// Answers one request: it is recorded, failed when ordered to, and handed on.
async fn answer(shared: &Arc<Shared>, live: &dyn Door, request: Request<Incoming>) -> Result<Response<Body>, Reset> {
    let call = described(&request, live.plane());
    let number = shared.calls.arrived(&call, shared.clock.now());
    let verdict = shared.faults.judge(&call);
    let outcome = obey(shared, live, request, verdict.as_ref(), number).await;
    let status = outcome.as_ref().ok().map(|response| response.status().as_u16());
    shared.calls.answered(number, status, shared.clock.now());
    outcome
}

async fn obey(
    shared: &Arc<Shared>,
    live: &dyn Door,
    request: Request<Incoming>,
    verdict: Option<&Verdict>,
    number: u64,
) -> Result<Response<Body>, Reset> {
    if let Some(verdict) = verdict {
        shared.calls.failed_on_order(number, &verdict.rule);
    }
    let order = verdict.map(|verdict| &verdict.order);
    match order {
        Some(Order::Reply(reply)) => {
            let reply = reply.reply();
            return Ok(refusal(reply.status, &reply.headers));
        }
        Some(Order::Reset) => return Err(Reset),
        Some(Order::Delay(delay)) => tokio::select! {
            () = tokio::time::sleep(*delay) => {}
            () = shared.stop.cancelled() => return Err(Reset),
        },
        Some(Order::Hold(hold)) if !hold.wait(&shared.stop).await => return Err(Reset),
        Some(Order::Hold(_) | Order::LoseReply | Order::HoldReply(_) | Order::FailOperation(_)) | None => {}
    }
    if !live.settle(shared) {
        return Err(Reset);
    }
    let response = live.server().respond(request).await;
    live.settle(shared);
    match order {
        Some(Order::LoseReply) => Err(Reset),
        Some(Order::HoldReply(hold)) if !hold.wait(&shared.stop).await => Err(Reset),
        _ => Ok(response),
    }
}

/// A refusal in the words of Kubernetes.
fn refusal(status: StatusCode, headers: &http::HeaderMap) -> Response<Body> {
    let reason = match status.as_u16() {
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        410 => "Expired",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "InternalError",
    };
    let body = serde_json::json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": reason,
        "message": "refused on order", "code": status.as_u16(),
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    if let Some(after) = headers.get(http::header::RETRY_AFTER) {
        response.headers_mut().insert(http::header::RETRY_AFTER, after.clone());
    }
    response
}

/// The request as the record and the orders of failures see it.
fn described(request: &Request<Incoming>, plane: Plane) -> Call {
    let query = request.uri().query().unwrap_or_default();
    Call {
        number: 0,
        plane,
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        target: request.uri().to_string(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: request.headers().clone(),
        body: Bytes::new(),
        request_id: String::new(),
        correlation_id: String::new(),
        caller: None,
        doomed: None,
    }
}

/// The type of a request to a cluster: group and resource, `config.openshift.io/clusteroperators`; `/version` and the
/// like as they are.
pub(crate) fn type_of(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let (group, rest) = match segments.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        other => return other.first().copied().unwrap_or_default().to_owned(),
    };
    let resource = match rest {
        ["namespaces", _, resource, ..] => resource,
        [resource, ..] => resource,
        [] => "",
    };
    if group.is_empty() {
        resource.to_owned()
    } else {
        format!("{group}/{resource}")
    }
}

/// Leads a tunnel of the world's proxy to the listener. False when there is no such cluster.
pub(crate) async fn tunnel(shared: &Arc<Shared>, mut stream: TcpStream) {
    let Some(port) = shared.facts.cluster_port else { return };
    let Ok(mut there) = TcpStream::connect((std::net::Ipv4Addr::LOCALHOST, port)).await else {
        return;
    };
    tokio::select! {
        result = tokio::io::copy_bidirectional(&mut stream, &mut there) => {
            if let Err(error) = result {
                tracing::trace!(%error, "a tunnel to a cluster ended");
            }
        }
        () = shared.stop.cancelled() => {}
    }
}
