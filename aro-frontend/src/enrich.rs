//! What is read from a live cluster before it is shown.

use async_trait::async_trait;

use aro_api::model::Cluster;

/// Fills in what only the running cluster knows: worker machine sets, ingress addresses, its version.
///
/// Best effort: whatever cannot be read stays as it is stored, and nothing is reported. Each request allows
/// [`Settings::enrichment_timeout`](crate::Settings::enrichment_timeout) for all of its clusters together. Clusters
/// that are being created or deleted are never passed.
#[async_trait]
pub trait Enricher: Send + Sync + 'static {
    /// Changes `cluster` in place. May be dropped at any await point when the time is up.
    async fn enrich(&self, cluster: &mut Cluster);
}

/// Shows clusters as they are stored.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEnrichment;

#[async_trait]
impl Enricher for NoEnrichment {
    async fn enrich(&self, _: &mut Cluster) {}
}
