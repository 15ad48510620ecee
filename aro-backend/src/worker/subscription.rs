//! A deleted subscription: its clusters are deleted, again and again until none is left.

use aro_api::model::{ProvisioningState, SubscriptionState};
use aro_store::{ClusterDocument, ClusterScope, Leased, StoreError, Stored, SubscriptionDocument};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::Parts;
use super::heartbeat;
use super::letting_go::repeated;

/// Clusters read at once.
const PAGE: usize = 100;

/// What a look at the clusters of a subscription has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// None is left, or the subscription has come back.
    Nothing,
    /// So many are still there, being deleted or worked on.
    Clusters(usize),
}

impl<E: Send + Sync + 'static> Parts<E> {
    /// Looks once at every cluster of a deleted subscription.
    pub(super) async fn work_on_subscription(&self, leased: Leased<SubscriptionDocument>, cancel: CancellationToken) {
        let id = leased.stored().id.clone();
        let span = tracing::info_span!("work", resource_id = %format!("/subscriptions/{id}"));
        self.hold_subscription(leased, cancel).instrument(span).await;
    }

    async fn hold_subscription(&self, leased: Leased<SubscriptionDocument>, cancel: CancellationToken) {
        let started = Instant::now();
        let stored = leased.stored();
        tracing::info!(attempt = stored.document.dequeues, "took a subscription");
        let stop = CancellationToken::new();
        let beat = {
            let (leased, lease) = (leased.clone(), self.config.lease.clone());
            let (work, stop) = (cancel.clone(), stop.clone());
            let taken_at = leased.valid_until().checked_sub(lease.ttl).unwrap_or_else(Instant::now);
            let beat = async move { heartbeat::keep(&leased, taken_at, &lease, &work, &stop).await };
            AbortOnDropHandle::new(tokio::spawn(beat.in_current_span()))
        };
        let looked = tokio::select! {
            biased;
            () = cancel.cancelled() => None,
            looked = self.delete_clusters(&stored) => Some(looked),
        };
        stop.cancel();
        if let Err(error) = beat.await {
            tracing::error!(%error, "the heartbeat did not end by itself");
        }

        let lease = &self.config.lease;
        let (deleting, rest, word) = match &looked {
            Some(Ok(Left::Nothing)) => (false, std::time::Duration::ZERO, "done"),
            Some(Ok(Left::Clusters(clusters))) => {
                tracing::info!(clusters, "clusters of a deleted subscription are still there");
                (true, self.config.queue.subscription_retry, "retry later")
            }
            Some(Err(error)) => {
                tracing::error!(%error, "the clusters of a deleted subscription cannot all be deleted yet");
                (true, lease.ttl, "error")
            }
            None => (true, std::time::Duration::ZERO, "given back"),
        };
        let release = || {
            let change = move |document: &mut SubscriptionDocument| {
                // Somebody may have registered the subscription again meanwhile: that is looked at before.
                document.deleting = deleting && document.subscription.state == SubscriptionState::Deleted;
                document.dequeues = 0;
            };
            leased.release(change, rest)
        };
        let outcome = match repeated(leased.valid_until(), lease.renew_retry, release).await {
            Ok(_) => word,
            Err(error) => {
                tracing::error!(%error, "the end could not be written; the lease runs out");
                "not written"
            }
        };
        self.measurements.subscription_ended(outcome, started.elapsed());
        tracing::info!(outcome, "let go of a subscription");
    }

    /// Queues the deletion of every cluster that nobody works on, those too whose deletion has failed before.
    async fn delete_clusters(&self, subscription: &Stored<SubscriptionDocument>) -> Result<Left, StoreError> {
        if subscription.document.subscription.state != SubscriptionState::Deleted {
            return Ok(Left::Nothing);
        }
        let scope = ClusterScope::Subscription(subscription.id.clone());
        let clusters = self.store.clusters();
        let mut after: Option<String> = None;
        let mut left = 0;
        loop {
            let page = clusters.list(&scope, after.as_deref(), PAGE).await?;
            left += page.documents.len() + page.corrupt.len();
            for error in &page.corrupt {
                tracing::error!(%error, "a cluster of a deleted subscription cannot be read");
            }
            for mut cluster in page.documents {
                if !delete(&mut cluster.document) {
                    continue;
                }
                let resource_id = cluster.document.cluster.id.clone();
                match clusters.replace(cluster, None).await {
                    Ok(_) => tracing::info!(cluster = resource_id, "the deletion of a cluster is queued"),
                    // Somebody else has written to it; it is looked at again in the next round.
                    Err(StoreError::PreconditionFailed { .. } | StoreError::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None if left == 0 => return Ok(Left::Nothing),
                None => return Ok(Left::Clusters(left)),
            }
        }
    }
}

/// Sets a cluster that nobody works on to Deleting. The attempts of what was tried before do not count.
fn delete(document: &mut ClusterDocument) -> bool {
    let properties = &mut document.cluster.properties;
    if !properties.provisioning_state.is_terminal() {
        return false;
    }
    properties.last_provisioning_state =
        std::mem::replace(&mut properties.provisioning_state, ProvisioningState::Deleting);
    document.dequeues = 0;
    document.progress = None;
    document.async_operation_id.clear();
    document.correlation_data = Default::default();
    true
}
