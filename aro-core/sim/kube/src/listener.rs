//! Connections: accepted in the clear or with TLS, and HTTP/1.1 or HTTP/2 on each.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::User;
use crate::content::Port;

/// How long a TLS handshake and request headers may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Before accepting again where it failed.
const PAUSE: Duration = Duration::from_millis(100);

/// What is known of a connection.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// The name the client asked for (SNI).
    pub server_name: Option<String>,
    /// Whom a client certificate stands for: common name and organizations.
    pub user: Option<User>,
}

/// Why a conversation ends early.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Accepts connections until `stop`; each is a task of `tasks`, which the caller waits for.
pub async fn accept<C, F>(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    talk: C,
) where
    C: Fn(Box<dyn Port>, Peer) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let acceptor = tls.map(TlsAcceptor::from);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: let some go before asking again.
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let (acceptor, talk) = (acceptor.clone(), talk.clone());
        tasks.spawn(async move {
            match acceptor {
                None => talk(Box::new(stream), Peer::default()).await,
                Some(acceptor) => match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => {
                        let session = stream.get_ref().1;
                        let certificates = session.peer_certificates();
                        let peer = Peer {
                            server_name: session.server_name().map(str::to_owned),
                            user: certificates
                                .and_then(|chain| chain.first())
                                .and_then(|leaf| User::of_certificate(leaf)),
                        };
                        talk(Box::new(stream), peer).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                    Err(_) => tracing::debug!("TLS handshake took too long"),
                },
            }
        });
    }
}

/// HTTP on one connection, upgrades included, until it ends or `stop`; then it has as long as `goodbye` to end.
pub async fn converse<S, V, B>(stream: S, service: V, stop: CancellationToken, goodbye: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    V: Service<Request<Incoming>, Response = Response<B>>,
    V::Future: Send + 'static,
    V::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    builder.http2().timer(TokioTimer::new());
    let mut serving = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let result = tokio::select! {
        result = serving.as_mut() => result,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            match tokio::time::timeout(goodbye, serving).await {
                Ok(result) => result,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = result {
        tracing::trace!(error, "connection ended");
    }
}
