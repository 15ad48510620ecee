//! A lease, as the step engine and the heartbeat need it.

use std::sync::Arc;

use aro_provisioning::{Edit, Holding};
use aro_store::{ClusterDocument, Leased, Queued, StoreError};
use async_trait::async_trait;

use super::heartbeat::{Renew, RenewError};

/// The cluster that a worker holds.
pub(super) struct HeldCluster(pub(super) Leased<ClusterDocument>);

#[async_trait]
impl Holding for HeldCluster {
    fn document(&self) -> Arc<ClusterDocument> {
        Holding::document(&self.0)
    }

    async fn write(&self, change: &Edit<'_>) -> Result<(), StoreError> {
        let apply = |document: &mut ClusterDocument| {
            let before = done(document);
            change(document);
            // Attempts are counted from the last step that was done, this one included: a long plan may survive any
            // number of workers as long as each gets somewhere.
            if done(document) > before {
                document.dequeues = 1;
            }
        };
        Holding::write(&self.0, &apply).await
    }
}

fn done(document: &ClusterDocument) -> usize {
    document.progress.as_ref().map_or(0, |progress| progress.done.len())
}

#[async_trait]
impl<T: Queued> Renew for Leased<T> {
    async fn renew(&self) -> Result<(), RenewError> {
        Leased::renew(self).await.map_err(|error| match error {
            StoreError::LeaseLost { .. } | StoreError::NotFound { .. } => RenewError::Lost,
            other => RenewError::Trouble(other.to_string()),
        })
    }
}
