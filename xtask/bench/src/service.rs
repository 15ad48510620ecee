//! The service that is measured, and the bare handler it is measured against, both on loopback sockets.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use aro_frontend::auth::{Audience, ByAudience, DevelopmentAuthorizer};
use aro_frontend::server::{ListenAddress, ServerConfig};
use aro_frontend::{
    AcceptAll, ConfiguredVersion, Links, NoDetectors, NoEnrichment, NoProgress, Parts, Settings, SystemClock,
    SystemRandomSource, seed_openshift_versions,
};
use aro_store::{KeyRing, PageTokenKey, Store, StoreConfig};
use aro_telemetry::Registry;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::frontend::Failure;

/// A server with its task. It is stopped by [`Server::stop`].
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Server {
    /// Stops the server and waits for its end.
    pub async fn stop(self) -> Result<(), Failure> {
        self.stop.cancel();
        Ok(self.task.await?)
    }
}

/// The frontend as it runs in a service, on a store in `folder`; every caller is allowed.
pub async fn frontend(folder: &Path) -> Result<Server, Failure> {
    let keys = KeyRing::ephemeral()?;
    let ids = Arc::new(aro_store::RandomIds);
    let store = Store::open_sqlite(folder.join("rp.db"), StoreConfig::default(), keys, ids).await?;
    let version = ConfiguredVersion {
        version: "4.17.27".into(),
        default: true,
        ..ConfiguredVersion::default()
    };
    seed_openshift_versions(&store, &[version]).await?;

    let address = ListenAddress::parse("http://127.0.0.1:0")?;
    let listener = address.bind(None).await?;
    let address = listener.address();
    let base = format!("http://{address}")
        .parse()
        .map_err(|_| Failure::Address(address))?;
    let mut settings = Settings::new("eastus", "eastus.aroapp.io", Links::new([], base).with_loopback());
    settings.readiness_delay = std::time::Duration::ZERO;
    let stop = CancellationToken::new();
    let parts = Parts {
        store,
        clock: Arc::new(SystemClock),
        ids: Arc::new(aro_store::RandomIds),
        random: Arc::new(SystemRandomSource::default()),
        page_token_key: Arc::new(PageTokenKey::ephemeral()?),
        validators: Arc::new(AcceptAll),
        enricher: Arc::new(NoEnrichment),
        detectors: Arc::new(NoDetectors),
        progress: Arc::new(NoProgress),
        authorizer: Arc::new(ByAudience {
            arm: Arc::new(DevelopmentAuthorizer::open(Audience::Arm)),
            admin: Arc::new(DevelopmentAuthorizer::open(Audience::Admin)),
        }),
        metrics: Registry::default(),
        settings,
        stopping: stop.clone(),
    };
    let config = ServerConfig {
        drain_delay: std::time::Duration::ZERO,
        ..ServerConfig::default()
    };
    let task = tokio::spawn(aro_frontend::serve(parts, config, vec![listener], stop.clone()));
    Ok(Server { address, task, stop })
}

/// A handler that answers GET and PUT with `body` and does nothing else.
pub async fn bare(body: Bytes) -> Result<Server, Failure> {
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    let answer = move || {
        let body = body.clone();
        async move { ([(http::header::CONTENT_TYPE, "application/json")], body) }
    };
    // The body of the PUT is read, as any service has to.
    let put = {
        let answer = answer.clone();
        move |_: Bytes| answer()
    };
    let router = Router::new().fallback_service(get(answer).put(put));
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let task = tokio::spawn(async move {
        let serving = axum::serve(socket, router).with_graceful_shutdown(async move { stopped.cancelled().await });
        if let Err(error) = serving.await {
            eprintln!("the bare handler ended early: {error}");
        }
    });
    Ok(Server { address, task, stop })
}
