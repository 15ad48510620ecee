//! What is read from a live cluster before it is shown.

use std::fmt;

use aro_api::model::Cluster;
use aro_cluster::{
    ClusterSettings,
    enrich::{Enrichment, Part},
};
use aro_store::Store;
use aro_telemetry::Registry;
use async_trait::async_trait;

/// Fills in what only the running cluster knows: worker machine sets, ingress addresses, its version.
///
/// Best effort: whatever cannot be read stays as it is stored, and nothing is reported to the client. Each request allows
/// [`Settings::enrichment_timeout`](crate::Settings::enrichment_timeout) for all of its clusters together. Clusters
/// that are being created or deleted are never passed.
#[async_trait]
pub trait Enricher: Send + Sync + 'static {
    /// Changes `cluster`, which lies in the document with that id, in place. May be dropped at any await point when the
    /// time is up; what was written until then is shown, so each write leaves the cluster whole.
    async fn enrich(&self, document: &str, cluster: &mut Cluster);
}

/// Shows clusters as they are stored.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEnrichment;

#[async_trait]
impl Enricher for NoEnrichment {
    async fn enrich(&self, _: &str, _: &mut Cluster) {}
}

/// Asks the clusters' API servers.
pub struct ClusterEnricher {
    enrichment: Enrichment,
    store: Store,
}

impl ClusterEnricher {
    /// Asks in the way that is set, with the kubeconfigs in the store. What cannot be read is counted in `metrics`.
    #[must_use]
    pub fn new(settings: &ClusterSettings, store: Store, metrics: Registry) -> Self {
        let enrichment = Enrichment::new(settings.reach()).reporting(Box::new(move |part: Part, error| {
            tracing::info!(%part, %error, "a running cluster was not read");
            metrics
                .counter(
                    "enricher.tasks.errors",
                    "Parts of running clusters that could not be read.",
                    &[("task", part.name())],
                )
                .inc();
        }));
        Self { enrichment, store }
    }
}

impl fmt::Debug for ClusterEnricher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterEnricher").finish_non_exhaustive()
    }
}

#[async_trait]
impl Enricher for ClusterEnricher {
    async fn enrich(&self, document: &str, cluster: &mut Cluster) {
        self.enrichment.enrich(self.store.sealer(), document, cluster).await;
    }
}
