//! One connection, from the handshake to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::activity::{Activity, Counted, Watched};
use super::{Ending, ServerConfig};
use crate::auth::Caller;
use axum::Extension;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// For how long a connection that has not been used yet is waited for when the service closes.
const FIRST_REQUEST_GRACE: Duration = Duration::from_millis(500);

/// Headers of one request. ARM sends about forty.
const MAX_HEADERS: usize = 200;
/// Bytes that the head of a request may have, and that are kept of what a client sends before it is asked for.
const MAX_HEAD_SIZE: usize = 64 * 1024;
/// Bytes of one body, and of all bodies of an HTTP/2 connection, that a client may send before they are read. Who is not
/// let in has none of them read, so this is what a stranger's connection can hold.
const BODY_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 128 * 1024;
/// Requests that one HTTP/2 connection may have in flight.
const MAX_STREAMS: u32 = 100;

pub(super) struct Incoming {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) tls: Option<TlsAcceptor>,
}

/// Serves every request of one connection. Ends by itself when the client closes, when a time limit passes, and when
/// the service ends: after the requests in flight are answered, or at once when that took too long.
pub(super) async fn serve(incoming: Incoming, router: axum::Router, config: Arc<ServerConfig>, ending: Ending) {
    let cut = ending.cut.clone();
    tokio::select! {
        () = converse(incoming, router, config, ending) => {}
        () = cut.cancelled() => {}
    }
}

async fn converse(incoming: Incoming, router: axum::Router, config: Arc<ServerConfig>, ending: Ending) {
    let Incoming { stream, peer, tls } = incoming;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "the connection was gone before it was served");
        return;
    }
    let mut caller = Caller {
        certificates: Arc::new([]),
        peer: Some(peer),
    };
    let Some(tls) = tls else {
        return speak(stream, caller, false, router, &config, ending).await;
    };
    match tokio::time::timeout(config.header_timeout, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let (_, session) = stream.get_ref();
            caller.certificates = session
                .peer_certificates()
                .unwrap_or_default()
                .iter()
                .cloned()
                .collect();
            let http2 = session.alpn_protocol() == Some(b"h2");
            speak(stream, caller, http2, router, &config, ending).await;
        }
        Ok(Err(error)) => tracing::debug!(%peer, %error, "the TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
    }
}

async fn speak<S>(stream: S, caller: Caller, http2: bool, router: axum::Router, config: &ServerConfig, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let peer = caller.peer;
    let activity = Activity::new();
    let service = TowerToHyperService::new(router.layer(Extension(caller)));
    let service = Counted {
        service,
        activity: activity.clone(),
        ending: ending.asked.clone(),
    };

    let mut http = auto::Builder::new(TokioExecutor::new());
    // The limits are those of `Activity`; hyper's would close a connection that only waits for its next request.
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_SIZE);
    http.http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD_SIZE as u32)
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(BODY_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(MAX_HEAD_SIZE)
        .keep_alive_interval(Some(config.idle_timeout / 4));
    let connection = http.serve_connection(
        Watched {
            io: TokioIo::new(stream),
            activity: activity.clone(),
        },
        service,
    );
    let mut connection = std::pin::pin!(connection);

    let head = (!http2).then_some(config.header_timeout);
    let overdue = tokio::select! {
        ended = connection.as_mut() => return log_end(peer, ended),
        () = ending.closing.cancelled() => false,
        () = activity.until_overdue(head, config.idle_timeout, config.write_timeout) => true,
    };
    if !overdue {
        // A connection that was taken as the service closed has a request under way; hyper would drop it unread.
        tokio::select! {
            ended = connection.as_mut() => return log_end(peer, ended),
            _ = tokio::time::timeout(FIRST_REQUEST_GRACE, activity.used()) => {}
        }
    }
    // Closes at once when nothing is in flight, else after the replies.
    connection.as_mut().graceful_shutdown();
    if overdue {
        // The peer gets a short time to take the goodbye; half a request is never answered.
        let patience = config.header_timeout.min(config.write_timeout);
        if let Ok(ended) = tokio::time::timeout(patience, connection).await {
            log_end(peer, ended);
        }
    } else {
        log_end(peer, connection.await);
    }
}

fn log_end<E: std::fmt::Display>(peer: Option<SocketAddr>, ended: Result<(), E>) {
    if let Err(error) = ended {
        tracing::debug!(?peer, %error, "the connection ended early");
    }
}
