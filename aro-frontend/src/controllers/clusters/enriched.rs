//! Clusters with what is read from them while they run.

use aro_api::model::{Cluster, ProvisioningState};
use futures::future::join_all;

use crate::router::App;

/// Enriches all of them at once, each with the id of its document, within the time that one request allows. What has come
/// when the time is up is shown; the rest stays as it is stored.
pub(super) async fn fill(app: &App, clusters: impl IntoIterator<Item = (&str, &mut Cluster)>) {
    let reading =
        clusters
            .into_iter()
            .filter(|(_, cluster)| is_running(cluster))
            .map(|(document, cluster)| async move {
                let metrics = &app.parts.metrics;
                metrics
                    .counter("enricher.tasks.count", "Live clusters that were read.", &[])
                    .inc();
                let started = tokio::time::Instant::now();
                app.parts.enricher.enrich(document, cluster).await;
                metrics
                    .histogram(
                        "enricher.tasks.duration",
                        "How long reading a live cluster took, in seconds.",
                        &[],
                        aro_telemetry::metrics::REQUEST_SECONDS,
                    )
                    .observe_duration(started.elapsed());
            });
    let limit = app.parts.settings.enrichment_timeout;
    let metrics = &app.parts.metrics;
    if tokio::time::timeout(limit, join_all(reading)).await.is_err() {
        metrics
            .counter(
                "enricher.timeouts",
                "Requests for which live clusters were too slow.",
                &[],
            )
            .inc();
        tracing::info!(?limit, "reading from live clusters took too long and was given up");
    }
}

/// Nothing answers while a cluster is made or taken down, nor after that has failed.
fn is_running(cluster: &Cluster) -> bool {
    let properties = &cluster.properties;
    let state = match &properties.provisioning_state {
        ProvisioningState::Failed => &properties.failed_provisioning_state,
        state => state,
    };
    !matches!(state, ProvisioningState::Creating | ProvisioningState::Deleting)
}

/// Takes back what enrichment put into `updated`, so that an update stores what the service knows and not what was
/// seen in passing. The cluster's version and the credentials of its service principal stay, as the cluster is the
/// authority on both.
pub(super) fn forget(updated: &mut Cluster, stored: &Cluster) {
    let (updated, stored) = (&mut updated.properties, &stored.properties);
    updated.worker_profiles_status = stored.worker_profiles_status.clone();
    // Nobody may change them, so an update has none of its own; the cluster may have more than were asked for.
    updated.ingress_profiles = stored.ingress_profiles.clone();
}
