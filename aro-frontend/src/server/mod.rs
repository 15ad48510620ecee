//! The listening side: sockets, TLS, HTTP/1.1 and HTTP/2, time limits of a connection, and the graceful end.

mod activity;
mod connection;
mod listener;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use listener::{BoundListener, ListenAddress, ListenError};
pub use tls::{ServerCertificate, TlsError, certificates, server_config};

use crate::controllers::health::unready;
use crate::parts::Parts;
use crate::router::{App, layered};

/// How long things may take on a connection, and at the end of the service.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// For the TLS handshake and for the head of each request.
    pub header_timeout: Duration,
    /// For which a connection may stay open without a request.
    pub idle_timeout: Duration,
    /// For which a client may not take what is sent to it.
    pub write_timeout: Duration,
    /// Connections that are open at the same time; more are closed as they come.
    pub max_connections: usize,
    /// After being asked to stop: for how long the service still accepts connections while it says that it is not
    /// ready, so that the load balancer learns of it before a request can fail.
    pub drain_delay: Duration,
    /// After that: for how long requests in flight may still run.
    pub drain_timeout: Duration,
}

impl Default for ServerConfig {
    fn default() -> ServerConfig {
        ServerConfig {
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(120),
            write_timeout: Duration::from_secs(30),
            max_connections: 20_000,
            drain_delay: Duration::from_secs(80),
            drain_timeout: Duration::from_secs(60),
        }
    }
}

/// How often the service says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// The end of the service, in its three stages.
#[derive(Debug, Clone, Default)]
struct Ending {
    /// The service is asked to stop. It still takes connections and requests, and asks clients to go elsewhere.
    asked: CancellationToken,
    /// No more connections are taken: each finishes what it has begun and closes.
    closing: CancellationToken,
    /// What is still open is cut off.
    cut: CancellationToken,
}

/// Serves the router on `listeners` until `stop`, then drains: readiness turns false at once, requests are still taken
/// for [`ServerConfig::drain_delay`], and those in flight are finished.
///
/// `parts.stopping` is replaced by `stop`, which is what readiness looks at.
pub async fn serve(mut parts: Parts, config: ServerConfig, listeners: Vec<BoundListener>, stop: CancellationToken) {
    parts.stopping = stop.clone();
    let app = App::of(parts);
    let router = layered(app.clone());
    let config = Arc::new(config);
    let ending = Ending {
        asked: stop.clone(),
        ..Ending::default()
    };
    // Nothing outlives this function, even when it is dropped half way.
    let _cut = ending.cut.clone().drop_guard();
    let connections = TaskTracker::new();

    let accepting = listeners.into_iter().map(|listener| {
        let (router, config, ending, connections) =
            (router.clone(), config.clone(), ending.clone(), connections.clone());
        async move { accept(listener, router, config, ending, connections).await }
    });
    let drain = async {
        stop.cancelled().await;
        tracing::info!(delay = ?config.drain_delay, "asked to stop, no longer ready, still serving");
        tokio::time::sleep(config.drain_delay).await;
        ending.closing.cancel();
    };
    let beating = async {
        tokio::select! {
            () = stop.cancelled() => {}
            () = heartbeat(&app) => {}
        }
    };
    futures::future::join3(futures::future::join_all(accepting), drain, beating).await;

    connections.close();
    tracing::info!(open = connections.len(), "no more connections are taken");
    if tokio::time::timeout(config.drain_timeout, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            open = connections.len(),
            "requests were still running at the end of the drain and are cut off"
        );
    }
}

/// Says every minute that the service can be sent requests, for as long as it can.
async fn heartbeat(app: &App) {
    let labels = [("version", app.parts.settings.commit.as_str())];
    let help = "1 while the service can be sent requests.";
    let gauge = app.parts.metrics.gauge("frontend.heartbeat", help, &labels);
    let mut ticks = tokio::time::interval(HEARTBEAT);
    loop {
        ticks.tick().await;
        gauge.set(i64::from(unready(app).await.is_none()));
    }
}

async fn accept(
    listener: BoundListener,
    router: axum::Router,
    config: Arc<ServerConfig>,
    ending: Ending,
    connections: TaskTracker,
) {
    let start = |stream, peer: std::net::SocketAddr| {
        if connections.len() >= config.max_connections {
            // Dropped, which closes it: whoever it is can try another instance.
            tracing::warn!(%peer, open = connections.len(), "a connection too many");
            return;
        }
        let serving = connection::serve(
            connection::Incoming {
                stream,
                peer,
                tls: listener.tls.clone(),
            },
            router.clone(),
            config.clone(),
            ending.clone(),
        );
        connections.spawn(serving);
    };
    loop {
        let accepted = tokio::select! {
            biased;
            () = ending.closing.cancelled() => break,
            accepted = listener.socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => start(stream, peer),
            Err(error) => {
                // Out of file descriptors, or a connection that was gone before it was taken. Without the pause the
                // former would spin.
                tracing::warn!(%error, address = %listener.url(), "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    // Who has connected already is served: the kernel would answer them with a reset.
    while let Some(Ok((stream, peer))) = listener.socket.accept().now_or_never() {
        start(stream, peer);
    }
}
