//! A listener: HTTP/1.1 and HTTP/2, in the clear or with TLS, for one server or many.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::User;
use crate::call::Body;
use crate::server::ApiServer;

/// How long a TLS handshake, request headers and the goodbye at the end may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is known of a connection.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// The name the client asked for (SNI).
    pub server_name: Option<String>,
    /// Whom a client certificate stands for: common name and organizations.
    pub user: Option<User>,
}

/// Serves one server on a listener until `stop`. With TLS, a client certificate that `tls` verified is a user.
///
/// # Errors
/// When the listener fails for good; a failed connection is not one.
pub async fn serve(
    server: ApiServer,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    stop: CancellationToken,
) -> io::Result<()> {
    serve_many(move |_, _| Some(server.clone()), listener, tls, stop).await
}

/// Serves many servers on one listener: `choose` finds the one for a request, by name or path. It may change the request.
///
/// # Errors
/// As for [`serve`].
pub async fn serve_many<F>(
    choose: F,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    stop: CancellationToken,
) -> io::Result<()>
where
    F: Fn(&Peer, &mut Request<Incoming>) -> Option<ApiServer> + Clone + Send + Sync + 'static,
{
    let acceptor = tls.map(TlsAcceptor::from);
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: let some go before asking again.
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let (acceptor, choose, stop) = (acceptor.clone(), choose.clone(), stop.clone());
        tasks.spawn(async move {
            match acceptor {
                None => connection(stream, Peer::default(), choose, stop).await,
                Some(acceptor) => match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => {
                        let session = stream.get_ref().1;
                        let peer = Peer {
                            server_name: session.server_name().map(str::to_owned),
                            user: session
                                .peer_certificates()
                                .and_then(|chain| chain.first())
                                .and_then(|certificate| user_of(certificate)),
                        };
                        connection(stream, peer, choose, stop).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                    Err(_) => tracing::debug!("TLS handshake took too long"),
                },
            }
        });
    }
    tasks.close();
    tasks.wait().await;
    Ok(())
}

/// HTTP on one connection until it ends or `stop`.
pub async fn connection<S, F>(stream: S, peer: Peer, choose: F, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(&Peer, &mut Request<Incoming>) -> Option<ApiServer> + Clone + Send + Sync + 'static,
{
    let peer = Arc::new(peer);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (choose, peer) = (choose.clone(), Arc::clone(&peer));
        async move {
            let Some(server) = choose(&peer, &mut request) else {
                let mut response = Response::new(Body::from("no cluster of this name\n"));
                *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
                return Ok::<_, std::convert::Infallible>(response);
            };
            if let Some(user) = &peer.user {
                request.extensions_mut().insert(user.clone());
            }
            Ok(server.respond(request).await)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    builder.http2().timer(TokioTimer::new());
    let mut serving = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let result = tokio::select! {
        result = serving.as_mut() => result,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            match tokio::time::timeout(PATIENCE, serving).await {
                Ok(result) => result,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = result {
        tracing::trace!(error, "connection ended");
    }
}

/// Whom a client certificate stands for.
fn user_of(certificate: &[u8]) -> Option<User> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let subject = parsed.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?.to_owned();
    let groups = subject
        .iter_organization()
        .filter_map(|organization| organization.as_str().ok())
        .map(str::to_owned)
        .collect();
    Some(User {
        groups,
        ..User::new(name)
    })
}
