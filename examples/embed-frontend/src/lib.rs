//! A service of somebody else that answers ARM, too: the router is mounted beside its own routes, its gateway's header
//! replaces the authorizer, and a layer of its own stands around everything.

use std::path::Path;
use std::sync::Arc;

use aro_frontend::auth::{Audience, Authorizer, Knock, Refusal};
use aro_frontend::{
    AcceptAll, Links, NoDetectors, NoEnrichment, Parts, PlanProgress, Settings, SystemClock, SystemRandomSource, router,
};
use aro_store::{KeyRing, PageTokenKey, Store, StoreConfig};
use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;

/// Lets in whoever the gateway in front has let in: it alone can reach this service. Operators have no way in.
struct BehindGateway;

#[async_trait::async_trait]
impl Authorizer for BehindGateway {
    async fn authorize(&self, audience: Audience, _: &Knock<'_>, _: time::OffsetDateTime) -> Result<(), Refusal> {
        match audience {
            Audience::Arm => Ok(()),
            Audience::Admin => Err(Refusal::new("operators do not come through the gateway")),
        }
    }

    async fn readiness(&self, _: time::OffsetDateTime) -> Result<(), Refusal> {
        Ok(())
    }
}

/// The whole service. Its documents are in `folder`.
///
/// # Errors
/// When keys or documents cannot be read.
pub async fn service(folder: &Path) -> Result<Router, Box<dyn std::error::Error>> {
    let keys = KeyRing::load_or_create(&folder.join("keys.json"))?;
    let ids = Arc::new(aro_store::RandomIds);
    let links = Links::new(["https://management.azure.com".parse()?], "https://rp.example".parse()?);
    let front_door = router(Parts {
        store: Store::open_sqlite(folder.join("rp.db"), StoreConfig::default(), keys, ids).await?,
        clock: Arc::new(SystemClock),
        ids: Arc::new(aro_store::RandomIds),
        random: Arc::new(SystemRandomSource::default()),
        page_token_key: Arc::new(PageTokenKey::load_or_create(&folder.join("page-keys.json"))?),
        validators: Arc::new(AcceptAll),
        enricher: Arc::new(NoEnrichment),
        detectors: Arc::new(NoDetectors),
        progress: Arc::new(PlanProgress),
        authorizer: Arc::new(BehindGateway),
        metrics: aro_telemetry::Registry::new(),
        settings: Settings::new("eastus", "eastus.aroapp.io", links),
        stopping: tokio_util::sync::CancellationToken::new(),
    });
    Ok(Router::new()
        .route("/about", get(async || "somebody else's service"))
        .fallback_service(front_door)
        .layer(from_fn(async |request: Request, next: Next| -> Response {
            let mut reply = next.run(request).await;
            reply
                .headers_mut()
                .insert("x-served-by", HeaderValue::from_static("somebody-else"));
            reply
        })))
}
