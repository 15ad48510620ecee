//! The worker: takes documents from the queues under a lease, and makes true what they say.

mod cluster;
mod config;
mod heartbeat;
mod holding;
mod letting_go;
mod measurements;
mod subscription;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aro_provisioning::{Engine, Plan};
use aro_store::{ClusterDocument, Store};
use aro_telemetry::Registry;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

pub use config::{LeaseConfig, QueueConfig, WorkerConfig};
use measurements::Measurements;

/// How often the lengths of the queues are measured.
const MEASURE_INTERVAL: Duration = Duration::from_secs(60);

/// Says what has to be done for a document; `None` where its state asks for nothing.
pub type Planner<E> = Arc<dyn Fn(&ClusterDocument) -> Option<Plan<E>> + Send + Sync>;

/// Takes documents from the queues and works on them. `E` is what the steps of its plans reach the world through.
pub struct Worker<E> {
    parts: Arc<Parts<E>>,
}

/// What every task of a worker shares.
struct Parts<E> {
    store: Store,
    environment: Arc<E>,
    planner: Planner<E>,
    engine: Engine,
    config: WorkerConfig,
    measurements: Measurements,
}

/// What a running task works on, for the log line of its end if it panics.
struct Working {
    kind: &'static str,
    id: String,
    resource_id: String,
}

impl<E: Send + Sync + 'static> Worker<E> {
    /// A worker on `store`. It does nothing before [`Worker::run`].
    pub fn new(
        store: Store,
        environment: Arc<E>,
        planner: Planner<E>,
        engine: Engine,
        config: WorkerConfig,
        metrics: &Registry,
    ) -> Worker<E> {
        let measurements = Measurements::new(metrics);
        Worker {
            parts: Arc::new(Parts {
                store,
                environment,
                planner,
                engine,
                config,
                measurements,
            }),
        }
    }

    /// Works until `stop`. Then nothing more is taken; what runs may go on for the grace time, is then cancelled, and
    /// its leases are given back so that another worker can go on at once.
    pub async fn run(&self, stop: CancellationToken) {
        let parts = &self.parts;
        let cancel = CancellationToken::new();
        let slots = Arc::new(Semaphore::new(parts.config.queue.concurrency));
        let mut tasks = Tasks::default();
        let mut clusters_changed = parts.store.clusters().changed();
        let mut subscriptions_changed = parts.store.subscriptions().changed();
        let mut measure = tokio::time::interval(MEASURE_INTERVAL);
        loop {
            let slot = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                ended = tasks.next() => { tasks.ended(ended); continue }
                _ = measure.tick() => { parts.measure_queues().await; continue }
                slot = slots.clone().acquire_owned() => slot,
            };
            // The semaphore lives as long as this function and is never closed.
            let Ok(slot) = slot else { break };
            let taken = parts.take_cluster(slot, &cancel, &mut tasks).await;
            // A full worker leaves the subscriptions for the next round, where it waits for a slot.
            let taken_too = match slots.clone().try_acquire_owned() {
                Ok(slot) => parts.take_subscription(slot, &cancel, &mut tasks).await,
                Err(_) => true,
            };
            if taken || taken_too {
                continue;
            }
            let poll = parts.config.queue.poll_interval;
            tokio::select! {
                () = stop.cancelled() => break,
                ended = tasks.next() => tasks.ended(ended),
                () = clusters_changed.wait(poll) => {}
                () = subscriptions_changed.wait(poll) => {}
            }
        }
        self.drain(tasks, cancel).await;
    }

    async fn drain(&self, mut tasks: Tasks, cancel: CancellationToken) {
        let queue = &self.parts.config.queue;
        tracing::info!(running = tasks.len(), grace = ?queue.grace, "nothing more is taken");
        let all = async {
            while tasks.len() > 0 {
                let ended = tasks.next().await;
                tasks.ended(ended);
            }
        };
        if tokio::time::timeout(queue.grace, all).await.is_ok() {
            return;
        }
        tracing::info!(
            running = tasks.len(),
            "the grace time is over; the work is cancelled and given back"
        );
        cancel.cancel();
        let all = async {
            while tasks.len() > 0 {
                let ended = tasks.next().await;
                tasks.ended(ended);
            }
        };
        // Giving a lease back is one write; who cannot do it by then lets the lease run out.
        if tokio::time::timeout(self.parts.config.lease.ttl, all).await.is_err() {
            tracing::error!(
                running = tasks.len(),
                "work does not end; its leases run out by themselves"
            );
            tasks.set.shutdown().await;
        }
    }
}

impl<E: Send + Sync + 'static> Parts<E> {
    /// Takes one cluster, if one waits.
    async fn take_cluster(
        self: &Arc<Self>,
        slot: OwnedSemaphorePermit,
        cancel: &CancellationToken,
        tasks: &mut Tasks,
    ) -> bool {
        match self.store.clusters().take(self.config.lease.ttl).await {
            Ok(Some(leased)) => {
                let stored = leased.stored();
                let resource_id = stored.document.cluster.id.clone();
                let working = Working {
                    kind: "cluster",
                    id: stored.id.clone(),
                    resource_id,
                };
                let (parts, cancel) = (Arc::clone(self), cancel.child_token());
                tasks.spawn(working, async move {
                    let _counted = (slot, parts.measurements.clusters.enter());
                    parts.work_on_cluster(leased, cancel).await;
                });
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::error!(%error, "no cluster can be taken from the queue");
                false
            }
        }
    }

    /// Takes one subscription, if one waits.
    async fn take_subscription(
        self: &Arc<Self>,
        slot: OwnedSemaphorePermit,
        cancel: &CancellationToken,
        tasks: &mut Tasks,
    ) -> bool {
        match self.store.subscriptions().take(self.config.lease.ttl).await {
            Ok(Some(leased)) => {
                let stored = leased.stored();
                let resource_id = format!("/subscriptions/{}", stored.id);
                let working = Working {
                    kind: "subscription",
                    id: stored.id.clone(),
                    resource_id,
                };
                let (parts, cancel) = (Arc::clone(self), cancel.child_token());
                tasks.spawn(working, async move {
                    let _counted = (slot, parts.measurements.subscriptions.enter());
                    parts.work_on_subscription(leased, cancel).await;
                });
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::error!(%error, "no subscription can be taken from the queue");
                false
            }
        }
    }

    async fn measure_queues(&self) {
        match self.store.clusters().queue_length().await {
            Ok(length) => self
                .measurements
                .queued_clusters
                .set(i64::try_from(length).unwrap_or(i64::MAX)),
            Err(error) => tracing::warn!(%error, "the length of the queue is not known"),
        }
    }
}

/// The running tasks and what each works on.
#[derive(Default)]
struct Tasks {
    set: JoinSet<()>,
    working: HashMap<Id, Working>,
}

impl Tasks {
    fn len(&self) -> usize {
        self.set.len()
    }

    fn spawn(&mut self, working: Working, work: impl Future<Output = ()> + Send + 'static) {
        let handle = self.set.spawn(work);
        self.working.insert(handle.id(), working);
    }

    /// The end of the next task; never, while none runs.
    async fn next(&mut self) -> Result<Id, JoinError> {
        match self.set.join_next_with_id().await {
            Some(ended) => ended.map(|(id, ())| id),
            None => std::future::pending().await,
        }
    }

    /// Forgets a task. One that panicked is logged; its lease runs out, and the next attempt is counted.
    fn ended(&mut self, ended: Result<Id, JoinError>) {
        let id = match &ended {
            Ok(id) => *id,
            Err(error) => error.id(),
        };
        let working = self.working.remove(&id);
        if let (Err(error), Some(Working { kind, id, resource_id })) = (ended, working) {
            // The text of a panic may quote anything, a secret too, so it stays out of the log.
            let how = if error.is_panic() { "panicked" } else { "was aborted" };
            tracing::error!(kind, id, resource_id, "the task of a worker {how}; its lease runs out");
        }
    }
}
