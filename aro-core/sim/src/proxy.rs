//! The HTTPS proxy: Azure's own host names, answered by this world.
//!
//! Some published clients always call the hosts of the public cloud. They reach this world through `CONNECT`, with its
//! authority among those they trust. The API servers of this world's clusters are led to as they are, because their
//! names resolve nowhere. Every other host is refused, so nothing leaves the machine.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderValue, LOCATION, WWW_AUTHENTICATE};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::call::{self, Plane};
use crate::listener::{self, Reset};
use crate::openshift::clusters::domain_of;
use crate::openshift::front;
use crate::shared::Shared;

/// The hosts this world answers for.
pub(crate) const HOSTS: [(&str, Plane); 3] = [
    ("management.azure.com", Plane::Arm),
    ("login.microsoftonline.com", Plane::Login),
    ("graph.microsoft.com", Plane::Graph),
];

/// How long a client may take to say where it wants to go.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than any client sends before the connection is made.
const HEAD_LIMIT: usize = 16 * 1024;

/// Serves the proxy until the world stops.
pub(crate) async fn serve(listener: TcpListener, tls: Arc<rustls::ServerConfig>, shared: Arc<Shared>) {
    let acceptor = TlsAcceptor::from(tls);
    loop {
        let accepted = tokio::select! {
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (acceptor, inner) = (acceptor.clone(), Arc::clone(&shared));
        shared.tasks.spawn(async move {
            let stop = inner.stop.clone();
            let Some((stream, goal)) = connect(&inner, stream).await else {
                return;
            };
            let plane = match goal {
                Goal::Plane(plane) => plane,
                Goal::Cluster => return front::tunnel(&inner, stream).await,
            };
            let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await else {
                tracing::debug!("TLS handshake behind the proxy failed");
                return;
            };
            let handle = move |request| answer(Arc::clone(&inner), plane, request);
            listener::converse(stream, handle, stop).await;
        });
    }
}

/// Where a client may want to go.
enum Goal {
    Plane(Plane),
    /// The API server of a cluster.
    Cluster,
}

/// The API server of a cluster of this world: `api.{domain}:6443`.
fn is_cluster(shared: &Shared, target: &str) -> bool {
    target
        .strip_suffix(":6443")
        .and_then(domain_of)
        .is_some_and(|domain| shared.state().clusters.contains(&domain.to_lowercase()))
}

/// Reads `CONNECT host:443` and agrees or refuses.
async fn connect(shared: &Shared, mut stream: TcpStream) -> Option<(TcpStream, Goal)> {
    let head = tokio::time::timeout(PATIENCE, read_head(&mut stream)).await.ok()??;
    let mut words = head.lines().next().unwrap_or_default().split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let wanted = target.strip_suffix(":443").unwrap_or_default();
    let plane = HOSTS.iter().find(|(host, _)| host.eq_ignore_ascii_case(wanted));
    let goal = match plane {
        Some((_, plane)) => Some(Goal::Plane(*plane)),
        None => is_cluster(shared, target).then_some(Goal::Cluster),
    };
    let answer = match (method, &goal) {
        ("CONNECT", Some(_)) => "HTTP/1.1 200 Connection established\r\n\r\n",
        ("CONNECT", None) => "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        _ => "HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    };
    stream.write_all(answer.as_bytes()).await.ok()?;
    goal.filter(|_| method == "CONNECT").map(|goal| (stream, goal))
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    // Byte by byte, because what follows the blank line belongs to TLS.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == HEAD_LIMIT {
            return None;
        }
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// Answers as the plane does, with the public names in place of ours.
async fn answer(shared: Arc<Shared>, plane: Plane, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Reset> {
    let response = call::serve(Arc::clone(&shared), plane, request).await?;
    let at = &shared.facts.endpoints;
    let own = [at.arm.as_str(), at.login.as_str(), at.graph.as_str()];
    let publish = |text: &str| {
        own.iter().zip(HOSTS).fold(text.to_owned(), |text, (own, (host, _))| {
            text.replace(own, &format!("https://{host}"))
                .replace(own.trim_start_matches("https://"), host)
        })
    };
    let (mut parts, body) = response.into_parts();
    for name in [
        LOCATION,
        WWW_AUTHENTICATE,
        http::HeaderName::from_static("azure-asyncoperation"),
    ] {
        if let Some(value) = parts.headers.get(&name).and_then(|value| value.to_str().ok())
            && let Ok(value) = HeaderValue::from_str(&publish(value))
        {
            parts.headers.insert(name, value);
        }
    }
    let Ok(body) = body.collect().await;
    let body = body.to_bytes();
    let body = match std::str::from_utf8(&body) {
        Ok(text) => Bytes::from(publish(text)),
        Err(_) => body,
    };
    Ok(Response::from_parts(parts, Full::new(body)))
}
