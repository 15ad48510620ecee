//! What is measured about a worker.

use std::time::Duration;

use aro_telemetry::metrics::OPERATION_SECONDS;
use aro_telemetry::{Gauge, Registry};

/// The measurements of one worker.
pub(super) struct Measurements {
    registry: Registry,
    /// Clusters being worked on.
    pub(super) clusters: Gauge,
    /// Subscriptions being worked on.
    pub(super) subscriptions: Gauge,
    /// Clusters that wait.
    pub(super) queued_clusters: Gauge,
}

impl Measurements {
    pub(super) fn new(registry: &Registry) -> Measurements {
        Measurements {
            clusters: registry.gauge(
                "backend.openshiftcluster.workers.count",
                "Clusters being worked on.",
                &[],
            ),
            subscriptions: registry.gauge(
                "backend.subscriptions.workers.count",
                "Deleted subscriptions being worked on.",
                &[],
            ),
            queued_clusters: registry.gauge(
                "database.openshiftclusters.queue.length",
                "Clusters that no worker has taken yet.",
                &[],
            ),
            registry: registry.clone(),
        }
    }

    /// Counts the end of work on a cluster.
    pub(super) fn cluster_ended(&self, operation: &str, outcome: &str, result: &str, took: Duration) {
        let labels = [
            ("operationtype", operation),
            ("outcome", outcome),
            ("resulttype", result),
        ];
        self.registry
            .counter("backend.openshiftcluster.count", "Ends of work on clusters.", &labels)
            .inc();
        self.registry
            .histogram(
                "backend.openshiftcluster.duration",
                "Seconds of work on a cluster by one worker.",
                &labels[..2],
                OPERATION_SECONDS,
            )
            .observe_duration(took);
    }

    /// Counts the end of work on a subscription.
    pub(super) fn subscription_ended(&self, outcome: &str, took: Duration) {
        let labels = [("state", outcome)];
        self.registry
            .counter("backend.subscriptions.count", "Ends of work on subscriptions.", &labels)
            .inc();
        self.registry
            .histogram(
                "backend.subscriptions.duration",
                "Seconds of work on a subscription by one worker.",
                &labels,
                OPERATION_SECONDS,
            )
            .observe_duration(took);
    }
}
