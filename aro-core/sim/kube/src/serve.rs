//! A listener for one server or many.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::call::Body;
use crate::listener::{Peer, accept, converse};
use crate::server::ApiServer;

/// How long connections may take to end.
const GOODBYE: Duration = Duration::from_secs(10);

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
    let tasks = TaskTracker::new();
    let ending = stop.clone();
    accept(listener, tls, tasks.clone(), stop, move |stream, peer| {
        let (choose, ending) = (choose.clone(), ending.clone());
        async move {
            let peer = Arc::new(peer);
            let service = service_fn(move |request| respond(choose.clone(), Arc::clone(&peer), request));
            converse(stream, service, ending, GOODBYE).await;
        }
    })
    .await;
    tasks.close();
    tasks.wait().await;
    Ok(())
}

async fn respond<F>(
    choose: F,
    peer: Arc<Peer>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, std::convert::Infallible>
where
    F: Fn(&Peer, &mut Request<Incoming>) -> Option<ApiServer>,
{
    let Some(server) = choose(&peer, &mut request) else {
        let mut response = Response::new(Body::from("no cluster of this name\n"));
        *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
        return Ok(response);
    };
    if let Some(user) = &peer.user {
        request.extensions_mut().insert(user.clone());
    }
    Ok(server.respond(request).await)
}
