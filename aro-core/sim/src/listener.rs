//! Accept loops: https for the planes of Azure, plain http on loopback for inspection.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The connection ends without a reply: what a client sees when a reply is lost.
#[derive(Debug, thiserror::Error)]
#[error("the connection was reset on purpose")]
pub(crate) struct Reset;

/// How long connections may take to end at shutdown.
const GOODBYE: Duration = Duration::from_secs(10);

/// Serves `handle` on `listener` until `stop`; each connection is a task of `tasks`.
pub(crate) async fn serve<H, F>(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    handle: H,
) where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Full<Bytes>>, Reset>> + Send + 'static,
{
    let ending = stop.clone();
    aro_sim_kube::accept(listener, tls, tasks, stop, move |stream, _| {
        converse(stream, handle.clone(), ending.clone())
    })
    .await;
}

/// HTTP on one connection until it ends or the world stops.
pub(crate) async fn converse<S, H, F>(stream: S, handle: H, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Full<Bytes>>, Reset>> + Send + 'static,
{
    aro_sim_kube::converse(stream, service_fn(handle), stop, GOODBYE).await;
}

/// Serves a router in plain text.
pub(crate) async fn serve_router(
    listener: TcpListener,
    router: TowerToHyperService<axum::Router>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    let ending = stop.clone();
    aro_sim_kube::accept(listener, None, tasks, stop, move |stream, _| {
        aro_sim_kube::converse(stream, router.clone(), ending.clone(), GOODBYE)
    })
    .await;
}
