//! Detectors: what Azure's diagnostics find out about a cluster.

use aro_api::model::Subscription;
use async_trait::async_trait;
use serde_json::value::RawValue;

/// Why the diagnostics cannot be shown. For the log; the client is told to come back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct DetectorsUnavailable {
    /// One clause without secrets.
    pub reason: String,
}

/// Where detectors run (App Lens in Azure). Both answers are JSON as the portal reads it, and passed on as it is.
#[async_trait]
pub trait Detectors: Send + Sync + 'static {
    /// The detectors that there are for the cluster of that resource id: a collection, `{"value": [...]}`.
    ///
    /// # Errors
    /// When they cannot be asked.
    async fn list(&self, cluster_id: &str, subscription: &Subscription) -> Result<Box<RawValue>, DetectorsUnavailable>;

    /// What one of them finds, its id in lower case; `None` where there is no such detector.
    ///
    /// # Errors
    /// When it cannot be asked.
    async fn get(
        &self,
        cluster_id: &str,
        detector: &str,
        subscription: &Subscription,
    ) -> Result<Option<Box<RawValue>>, DetectorsUnavailable>;
}

/// There are none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDetectors;

#[async_trait]
impl Detectors for NoDetectors {
    async fn list(&self, _: &str, _: &Subscription) -> Result<Box<RawValue>, DetectorsUnavailable> {
        RawValue::from_string(r#"{"value":[]}"#.to_string()).map_err(|error| DetectorsUnavailable {
            reason: error.to_string(),
        })
    }

    async fn get(&self, _: &str, _: &str, _: &Subscription) -> Result<Option<Box<RawValue>>, DetectorsUnavailable> {
        Ok(None)
    }
}
