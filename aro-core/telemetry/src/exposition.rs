//! Measurements for those who come for them: the registry as Prometheus reads it, at `/metrics` over plain HTTP.
//!
//! Nothing that is measured is a secret, and labels hold no customer's names, so the listener asks nobody who he is. Its
//! address is the operator's choice.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{Registry, StatsdSink, TelemetryError};

/// Connections that are open at the same time; a scraper needs one.
const CONNECTIONS: usize = 16;
/// How long a connection may live, and a request take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// `[metrics]`: where the measurements of a service go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricsConfig {
    /// `host:port` of a statsd daemon; nothing is sent where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statsd: Option<String>,
    /// Where Prometheus finds `/metrics`, for example `127.0.0.1:9090`; nowhere where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

impl MetricsConfig {
    /// The registry that sends its measurements where the settings say.
    ///
    /// # Errors
    /// When the statsd address is of no use.
    pub fn registry(&self) -> Result<Registry, TelemetryError> {
        Ok(match &self.statsd {
            Some(address) => Registry::with_sink(Arc::new(StatsdSink::new(address)?)),
            None => Registry::new(),
        })
    }

    /// Takes the address for Prometheus, if there is to be one.
    ///
    /// # Errors
    /// When the system refuses the address.
    pub async fn bind(&self) -> Result<Option<MetricsListener>, TelemetryError> {
        match self.listen {
            Some(address) => MetricsListener::bind(address).await.map(Some),
            None => Ok(None),
        }
    }
}

/// An address at which measurements can be read.
#[derive(Debug)]
pub struct MetricsListener {
    socket: TcpListener,
    address: SocketAddr,
}

impl MetricsListener {
    /// # Errors
    /// When the system refuses the address.
    pub async fn bind(address: SocketAddr) -> Result<MetricsListener, TelemetryError> {
        let refused = |error: std::io::Error| TelemetryError::Listen {
            address,
            reason: error.to_string(),
        };
        let socket = TcpListener::bind(address).await.map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        tracing::info!(%address, "measurements can be read at /metrics");
        Ok(MetricsListener { socket, address })
    }

    /// The address with the port that was really taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop`. No connection outlives the returned future.
    pub async fn serve(self, registry: Registry, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.socket.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection for measurements could not be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            // Who comes when all places are taken is closed at once, and comes again.
            let Ok(place) = places.clone().try_acquire_owned() else {
                continue;
            };
            let registry = registry.clone();
            connections.spawn(async move {
                let _place = place;
                let answering = service_fn(move |request| {
                    let reply = reply(&request, &registry);
                    async move { Ok::<_, Infallible>(reply) }
                });
                let serving = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(PATIENCE)
                    .serve_connection(TokioIo::new(stream), answering);
                if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, serving).await {
                    tracing::debug!(%error, "a connection for measurements ended early");
                }
            });
        }
    }
}

fn reply(request: &Request<Incoming>, registry: &Registry) -> Response<Full<Bytes>> {
    let with = |status: StatusCode, text: String| {
        let mut reply = Response::new(Full::new(Bytes::from(text)));
        *reply.status_mut() = status;
        reply
    };
    if request.uri().path() != "/metrics" {
        return with(StatusCode::NOT_FOUND, "Measurements are at /metrics.\n".to_string());
    }
    if request.method() != Method::GET {
        let mut reply = with(StatusCode::METHOD_NOT_ALLOWED, String::new());
        reply.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return reply;
    }
    let mut reply = with(StatusCode::OK, registry.render_prometheus());
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    reply.headers_mut().insert(CONTENT_TYPE, text);
    reply
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    async fn ask(address: SocketAddr, head: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    }

    #[tokio::test]
    async fn a_scraper_reads_what_was_measured_until_the_end() {
        let config = MetricsConfig {
            statsd: None,
            listen: Some("127.0.0.1:0".parse().unwrap()),
        };
        let registry = config.registry().unwrap();
        registry.counter("frontend.count", "Requests answered.", &[]).inc();
        let listener = config.bind().await.unwrap().unwrap();
        let address = listener.address();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(listener.serve(registry.clone(), stop.clone()));

        let reply = ask(address, "GET /metrics").await;
        assert!(
            reply.starts_with("HTTP/1.1 200") && reply.contains("aro_frontend_count 1"),
            "{reply}"
        );
        registry.counter("frontend.count", "Requests answered.", &[]).inc();
        assert!(ask(address, "GET /metrics").await.contains("aro_frontend_count 2"));
        assert!(ask(address, "GET /").await.starts_with("HTTP/1.1 404"));
        assert!(ask(address, "POST /metrics").await.starts_with("HTTP/1.1 405"));

        // Not even a connection that never asks holds up the end.
        let _idle = TcpStream::connect(address).await.unwrap();
        stop.cancel();
        serving.await.unwrap();
        let taken = MetricsConfig {
            listen: Some("192.0.2.1:1".parse().unwrap()),
            ..MetricsConfig::default()
        };
        assert!(taken.bind().await.unwrap_err().to_string().contains("192.0.2.1:1"));
    }
}
