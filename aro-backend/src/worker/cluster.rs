//! Work on one cluster, from taking it to letting it go.

use aro_api::model::{CorrelationData, MaintenanceState, ProvisioningState};
use aro_api::{CloudError, Code};
use aro_provisioning::Outcome as RunOutcome;
use aro_store::{ClusterDocument, Leased, Outcome, StoreError};
use aro_telemetry::Correlation;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::Parts;
use super::heartbeat;
use super::holding::HeldCluster;
use super::letting_go::repeated;

/// How the work of one worker on a cluster ended.
#[derive(Debug)]
enum End {
    /// The cluster is what its document says.
    Succeeded,
    /// It cannot be made so; what the customer is told.
    Failed(CloudError),
    /// Asked to stop, or close to the end of the lease: another worker goes on where the record ends.
    Interrupted,
    /// Another worker has the cluster.
    LeaseLost,
    /// The store could not take the record.
    StoreUnavailable(StoreError),
}

impl<E: Send + Sync + 'static> Parts<E> {
    /// Works on a cluster until it is done, fails, or `cancel`.
    pub(super) async fn work_on_cluster(&self, leased: Leased<ClusterDocument>, cancel: CancellationToken) {
        let stored = leased.stored();
        let document = &stored.document;
        let span = correlation(&document.correlation_data).span(&document.cluster.id);
        self.hold_cluster(leased, cancel).instrument(span).await;
    }

    async fn hold_cluster(&self, leased: Leased<ClusterDocument>, cancel: CancellationToken) {
        let started = Instant::now();
        let stored = leased.stored();
        let state = stored.document.cluster.properties.provisioning_state.clone();
        tracing::info!(id = stored.id, %state, attempt = stored.document.dequeues, "took a cluster");

        let stop = CancellationToken::new();
        let beat = {
            let (leased, lease) = (leased.clone(), self.config.lease.clone());
            let (work, stop) = (cancel.clone(), stop.clone());
            let taken_at = leased.valid_until().checked_sub(lease.ttl).unwrap_or_else(Instant::now);
            let beat = async move { heartbeat::keep(&leased, taken_at, &lease, &work, &stop).await };
            // Aborted when this task panics: nobody renews a lease that nobody works under.
            AbortOnDropHandle::new(tokio::spawn(beat.in_current_span()))
        };
        let end = self.run_plan(&leased, &state, &cancel).await;
        // The heartbeat has ended before the last write, so that it cannot take that for the loss of the lease.
        stop.cancel();
        if let Err(error) = beat.await {
            tracing::error!(%error, "the heartbeat did not end by itself");
        }
        let result = result_type(&end);
        let outcome = self.let_go(&leased, &state, end).await;
        let took = started.elapsed();
        self.measurements
            .cluster_ended(&state.to_string(), outcome, result, took);
        tracing::info!(id = stored.id, %state, outcome, result, seconds = took.as_secs_f64(), "let go of a cluster");
    }

    async fn run_plan(
        &self,
        leased: &Leased<ClusterDocument>,
        state: &ProvisioningState,
        cancel: &CancellationToken,
    ) -> End {
        let stored = leased.stored();
        let document = &stored.document;
        if document.dequeues > self.config.queue.attempts {
            return End::Failed(exhausted(document, self.config.queue.attempts));
        }
        let Some(plan) = (self.planner)(document) else {
            return End::Failed(no_plan(document, state));
        };
        let held = HeldCluster(leased.clone());
        match self.engine.run(&plan, &held, &self.environment, cancel).await {
            RunOutcome::Finished => End::Succeeded,
            RunOutcome::Failed(error) => End::Failed(error),
            RunOutcome::Interrupted => End::Interrupted,
            RunOutcome::LeaseLost => End::LeaseLost,
            RunOutcome::StoreUnavailable(error) => End::StoreUnavailable(error),
        }
    }

    /// The last write, and a word for what it did.
    async fn let_go(&self, leased: &Leased<ClusterDocument>, state: &ProvisioningState, end: End) -> &'static str {
        let pause = self.config.lease.renew_retry;
        let until = leased.valid_until();
        let (written, word) = match end {
            End::Succeeded if *state == ProvisioningState::Deleting => {
                (repeated(until, pause, || leased.finish_removed()).await, "removed")
            }
            End::Succeeded => {
                let outcome = succeeded(state, &leased.stored().document);
                let amend = |document: &mut ClusterDocument| {
                    document.cluster.properties.install = None;
                    if *state == ProvisioningState::AdminUpdating {
                        document.cluster.properties.maintenance_state = MaintenanceState::None;
                    }
                };
                (
                    repeated(until, pause, || finish(leased, &outcome, amend)).await,
                    "succeeded",
                )
            }
            End::Failed(error) => {
                tracing::error!(%error, "the operation has failed");
                let outcome = failed(state, &leased.stored().document, error);
                (
                    repeated(until, pause, || finish(leased, &outcome, |_| {})).await,
                    "failed",
                )
            }
            End::Interrupted => {
                // The attempt of a worker that was asked to stop does not count.
                let uncount = |document: &mut ClusterDocument| document.dequeues = document.dequeues.saturating_sub(1);
                (
                    repeated(until, pause, || give_back(leased, uncount)).await,
                    "given back",
                )
            }
            End::LeaseLost => {
                tracing::error!("a write was refused: the lease has passed to another worker");
                return "lease lost";
            }
            End::StoreUnavailable(error) => {
                tracing::error!(%error, "the record of a step could not be written");
                (
                    repeated(until, pause, || give_back(leased, |_| {})).await,
                    "store unavailable",
                )
            }
        };
        match written {
            Ok(()) => word,
            Err(StoreError::LeaseLost { .. }) => {
                tracing::error!("a write was refused: the lease has passed to another worker");
                "lease lost"
            }
            Err(error) => {
                tracing::error!(%error, "the end could not be written; the lease runs out");
                "not written"
            }
        }
    }
}

async fn finish(
    leased: &Leased<ClusterDocument>,
    outcome: &Outcome,
    amend: impl FnMut(&mut ClusterDocument) + Send,
) -> Result<(), StoreError> {
    leased.finish(outcome, amend).await.map(drop)
}

async fn give_back(
    leased: &Leased<ClusterDocument>,
    change: impl FnMut(&mut ClusterDocument) + Send,
) -> Result<(), StoreError> {
    leased.release(change, std::time::Duration::ZERO).await.map(drop)
}

/// The end of an operation that went well. An admin update leaves a cluster that had failed as it was.
fn succeeded(state: &ProvisioningState, document: &ClusterDocument) -> Outcome {
    let mut outcome = Outcome::succeeded();
    if *state == ProvisioningState::AdminUpdating {
        let properties = &document.cluster.properties;
        if properties.last_provisioning_state.is_terminal() {
            outcome.state = properties.last_provisioning_state.clone();
            outcome.failed_state = properties.failed_provisioning_state.clone();
        }
        outcome.last_admin_update_error = Some(String::new());
    }
    outcome
}

/// The end of an operation that failed. A failed admin update does not make the customer's cluster a failed one.
fn failed(state: &ProvisioningState, document: &ClusterDocument, error: CloudError) -> Outcome {
    let text = error.to_string();
    let mut outcome = Outcome::failed(state.clone(), error.into());
    if *state == ProvisioningState::AdminUpdating {
        let properties = &document.cluster.properties;
        if properties.last_provisioning_state.is_terminal() {
            outcome.state = properties.last_provisioning_state.clone();
        }
        if properties.failed_provisioning_state != ProvisioningState::Unset {
            outcome.failed_state = properties.failed_provisioning_state.clone();
        }
        outcome.last_admin_update_error = Some(text);
    }
    outcome
}

/// Every worker that took the cluster died, at the same step.
fn exhausted(document: &ClusterDocument, attempts: u32) -> CloudError {
    let step = document
        .progress
        .as_ref()
        .and_then(|progress| progress.current.as_deref());
    let place = step.map_or_else(|| "before its first step".to_string(), |step| format!("at step {step}"));
    CloudError::new(
        500,
        Code::INTERNAL_SERVER_ERROR,
        step.unwrap_or_default(),
        format!(
            "The work on the cluster was started {attempts} times without getting further and ended each time {place} \
             without a result. Try again; if it fails again, open a support request with correlation id {}.",
            correlation_id(document)
        ),
    )
}

/// The state asks for work that this build does not do.
fn no_plan(document: &ClusterDocument, state: &ProvisioningState) -> CloudError {
    CloudError::new(
        500,
        Code::INTERNAL_SERVER_ERROR,
        "",
        format!(
            "This release of the service has no plan for a cluster in state {state}. Open a support request with \
             correlation id {}.",
            correlation_id(document)
        ),
    )
}

fn correlation_id(document: &ClusterDocument) -> &str {
    let sent = &document.correlation_data.correlation_id;
    if sent.is_empty() { &document.id } else { sent }
}

fn correlation(data: &CorrelationData) -> Correlation {
    Correlation {
        correlation_id: data.correlation_id.clone(),
        client_request_id: data.client_request_id.clone(),
        operation_id: data.operation_id.clone(),
        request_id: data.request_id.clone(),
    }
}

/// Whose fault an end is, as the service's objectives count it.
fn result_type(end: &End) -> &'static str {
    match end {
        End::Succeeded => "Success",
        End::Failed(error) if error.status_code < 500 => "UserError",
        End::Failed(_) => "InternalServerError",
        End::Interrupted | End::LeaseLost | End::StoreUnavailable(_) => "Unfinished",
    }
}
