//! The worker with plans of the tests' own: taking, losing and giving back, failing, panicking, stopping.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aro_api::model::{
    AsyncOperation, Cluster, ProvisioningState, ServicePrincipalProfile, Subscription, SubscriptionState,
};
use aro_api::{CloudError, Code};
use aro_backend::worker::{LeaseConfig, QueueConfig, Worker, WorkerConfig};
use aro_provisioning::{Change, Engine, Kind, Pace, Plan, Step, StepError, Verdict};
use aro_store::{
    AsyncOperationDocument, ClusterDocument, KeyRing, RandomIds, Store, StoreConfig, SubscriptionDocument,
};
use aro_telemetry::Registry;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
const PATIENCE: Duration = Duration::from_secs(60);

/// What the steps of these tests see and leave behind.
#[derive(Default)]
struct Bench {
    /// Runs of the first step.
    first: AtomicUsize,
    /// Runs of the second step.
    second: AtomicUsize,
    /// Steps running now, and the most there ever were.
    running: AtomicUsize,
    most: AtomicUsize,
    /// The second step takes one permit before it ends.
    gate: Option<Semaphore>,
    /// The second step panics.
    panics: bool,
    /// The second step fails.
    fails: bool,
}

fn plan(document: &ClusterDocument) -> Option<Plan<Bench>> {
    let name = match document.cluster.properties.provisioning_state {
        ProvisioningState::Creating => "create",
        ProvisioningState::Deleting => "delete",
        _ => return None,
    };
    let kind = Kind::Action {
        timeout: Duration::from_secs(60),
    };
    let first = Step::new(
        "first",
        "Do the first",
        kind,
        1,
        |context: aro_provisioning::StepContext<Bench>| async move {
            context.environment.first.fetch_add(1, Ordering::SeqCst);
            Ok(Verdict::Done(Change::none()))
        },
    );
    let second = Step::new(
        "second",
        "Do the second",
        kind,
        1,
        |context: aro_provisioning::StepContext<Bench>| async move {
            let bench = &context.environment;
            bench.second.fetch_add(1, Ordering::SeqCst);
            let running = bench.running.fetch_add(1, Ordering::SeqCst) + 1;
            bench.most.fetch_max(running, Ordering::SeqCst);
            assert!(!bench.panics, "canary-in-a-panic");
            if let Some(gate) = &bench.gate {
                gate.acquire().await.unwrap().forget();
            }
            bench.running.fetch_sub(1, Ordering::SeqCst);
            if bench.fails {
                return Err(StepError::Customer(CloudError::bad_request(
                    Code::INVALID_PARAMETER,
                    "tags",
                    "The tags are wrong.",
                )));
            }
            Ok(Verdict::Done(Change::none()))
        },
    );
    Some(Plan::new(name, vec![first, second]))
}

struct House {
    _folder: tempfile::TempDir,
    store: Store,
}

impl House {
    async fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            test_clock: true,
            ..StoreConfig::default()
        };
        let keys = KeyRing::ephemeral().unwrap();
        let store = Store::open_sqlite(folder.path().join("rp.db"), config, keys, Arc::new(RandomIds))
            .await
            .unwrap();
        House { _folder: folder, store }
    }

    /// Puts a cluster in that state; its resource id.
    async fn cluster(&self, name: &str, state: ProvisioningState) -> String {
        let id = format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/tests/providers/Microsoft.RedHatOpenShift/openShiftClusters/{name}"
        );
        let mut cluster = Cluster {
            id: id.clone(),
            name: name.to_string(),
            ..Cluster::default()
        };
        cluster.properties.provisioning_state = state.clone();
        cluster.properties.cluster_profile.resource_group_id =
            format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/managed-{name}");
        cluster.properties.service_principal_profile = Some(ServicePrincipalProfile {
            client_id: format!("client-{name}"),
            ..Default::default()
        });
        let operation = AsyncOperationDocument {
            id: format!("operation-{name}"),
            async_operation: AsyncOperation {
                initial_status: state.clone(),
                status: state,
                ..Default::default()
            },
            ..Default::default()
        };
        let document = ClusterDocument {
            id: format!("id-{name}"),
            cluster,
            ..Default::default()
        };
        self.store.clusters().create(document, operation).await.unwrap();
        id
    }

    fn worker(&self, bench: &Arc<Bench>, config: WorkerConfig) -> Running {
        let engine = Engine::new(
            Pace {
                retry_delay: Duration::ZERO,
                ..Pace::default()
            },
            Arc::new(OffsetDateTime::now_utc),
        );
        let worker = Worker::new(
            self.store.clone(),
            bench.clone(),
            Arc::new(plan),
            engine,
            config,
            &Registry::new(),
        );
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        Running {
            task: tokio::spawn(async move { worker.run(stopped).await }),
            stop,
        }
    }

    async fn state(&self, id: &str) -> Option<ProvisioningState> {
        let stored = self.store.clusters().get(id).await.unwrap()?;
        Some(stored.document.cluster.properties.provisioning_state)
    }

    async fn until_state(&self, id: &str, state: Option<ProvisioningState>) {
        eventually(&format!("{id} is {state:?}"), async || self.state(id).await == state).await;
    }

    async fn operation(&self, name: &str) -> AsyncOperation {
        self.store
            .operations()
            .get(&format!("operation-{name}"))
            .await
            .unwrap()
            .unwrap()
            .document
            .async_operation
    }
}

struct Running {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Running {
    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("the worker ends")
            .unwrap();
    }
}

async fn eventually(what: &str, look: impl AsyncFn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut pause = tokio::time::interval(Duration::from_millis(5));
    while !look().await {
        assert!(tokio::time::Instant::now() < deadline, "{what}: not seen");
        pause.tick().await;
    }
}

fn quick() -> WorkerConfig {
    WorkerConfig {
        queue: QueueConfig {
            poll_interval: Duration::from_millis(5),
            grace: Duration::from_secs(30),
            ..QueueConfig::default()
        },
        lease: LeaseConfig::default(),
    }
}

#[tokio::test]
async fn a_create_a_delete_and_their_operations() {
    let house = House::new().await;
    let created = house.cluster("a", ProvisioningState::Creating).await;
    let deleted = house.cluster("b", ProvisioningState::Deleting).await;
    let bench = Arc::new(Bench::default());
    let worker = house.worker(&bench, quick());
    house.until_state(&created, Some(ProvisioningState::Succeeded)).await;
    house.until_state(&deleted, None).await;
    worker.stop().await;
    for name in ["a", "b"] {
        let operation = house.operation(name).await;
        assert_eq!(operation.status, ProvisioningState::Succeeded);
        assert!(operation.end_time.is_some());
    }
    let document = house.store.clusters().get(&created).await.unwrap().unwrap().document;
    assert!(document.lease.is_none() && document.progress.is_none() && document.async_operation_id.is_empty());
}

#[tokio::test]
async fn a_failure_tells_the_customer_why() {
    let house = House::new().await;
    let id = house.cluster("a", ProvisioningState::Creating).await;
    let worker = house.worker(
        &Arc::new(Bench {
            fails: true,
            ..Bench::default()
        }),
        quick(),
    );
    house.until_state(&id, Some(ProvisioningState::Failed)).await;
    worker.stop().await;
    let document = house.store.clusters().get(&id).await.unwrap().unwrap().document;
    assert_eq!(
        document.cluster.properties.failed_provisioning_state,
        ProvisioningState::Creating
    );
    let error = house.operation("a").await.error.unwrap();
    assert_eq!(error.code, Code::INVALID_PARAMETER);
    assert!(error.message.contains("The tags are wrong."), "{}", error.message);
}

#[tokio::test]
async fn a_state_without_a_plan_fails_with_a_reason() {
    let house = House::new().await;
    let id = house.cluster("a", ProvisioningState::Updating).await;
    let worker = house.worker(&Arc::new(Bench::default()), quick());
    house.until_state(&id, Some(ProvisioningState::Failed)).await;
    worker.stop().await;
    let error = house.operation("a").await.error.unwrap();
    assert!(
        error.message.contains("no plan for a cluster in state Updating"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_panicking_step_is_tried_by_others_and_then_given_up_with_a_reason() {
    let house = House::new().await;
    let id = house.cluster("a", ProvisioningState::Creating).await;
    let bench = Arc::new(Bench {
        panics: true,
        ..Bench::default()
    });
    let mut config = quick();
    config.queue.attempts = 3;
    let worker = house.worker(&bench, config);
    for attempt in 1..=3 {
        eventually("the step is tried", async || {
            bench.second.load(Ordering::SeqCst) == attempt
        })
        .await;
        // The lease of the task that panicked is nobody's; it runs out.
        house.store.advance_clock(Duration::from_secs(3600)).await.unwrap();
    }
    house.until_state(&id, Some(ProvisioningState::Failed)).await;
    worker.stop().await;
    assert_eq!(bench.first.load(Ordering::SeqCst), 1, "a recorded step ran again");
    let error = house.operation("a").await.error.unwrap();
    assert!(
        error.message.contains("step second") && error.message.contains("id-a"),
        "{}",
        error.message
    );
    assert!(!error.message.contains("canary-in-a-panic"));
}

#[tokio::test]
async fn asked_to_stop_it_gives_back_what_does_not_end_and_another_goes_on_at_once() {
    let house = House::new().await;
    let id = house.cluster("a", ProvisioningState::Creating).await;
    let bench = Arc::new(Bench {
        gate: Some(Semaphore::new(0)),
        ..Bench::default()
    });
    let mut config = quick();
    config.queue.grace = Duration::ZERO;
    let first = house.worker(&bench, config.clone());
    eventually("the second step runs", async || {
        bench.second.load(Ordering::SeqCst) == 1
    })
    .await;
    first.stop().await;
    let document = house.store.clusters().get(&id).await.unwrap().unwrap().document;
    assert!(document.lease.is_none());
    assert_eq!(document.dequeues, 0, "an interruption of ours is no attempt");

    bench.gate.as_ref().unwrap().add_permits(1);
    let second = house.worker(&bench, config);
    house.until_state(&id, Some(ProvisioningState::Succeeded)).await;
    second.stop().await;
    assert_eq!(bench.first.load(Ordering::SeqCst), 1, "a recorded step ran again");
}

#[tokio::test]
async fn work_that_ends_within_the_grace_time_is_not_interrupted() {
    let house = House::new().await;
    let id = house.cluster("a", ProvisioningState::Creating).await;
    let bench = Arc::new(Bench {
        gate: Some(Semaphore::new(0)),
        ..Bench::default()
    });
    let worker = house.worker(&bench, quick());
    eventually("the second step runs", async || {
        bench.second.load(Ordering::SeqCst) == 1
    })
    .await;
    worker.stop.cancel();
    bench.gate.as_ref().unwrap().add_permits(1);
    worker.stop().await;
    assert_eq!(house.state(&id).await, Some(ProvisioningState::Succeeded));
}

#[tokio::test]
async fn a_worker_whose_lease_was_taken_cannot_write() {
    let house = House::new().await;
    let id = house.cluster("a", ProvisioningState::Creating).await;
    let slow = Arc::new(Bench {
        gate: Some(Semaphore::new(0)),
        ..Bench::default()
    });
    // It works on one cluster at a time: it cannot be the one that takes this cluster over from itself.
    let mut one_at_a_time = quick();
    one_at_a_time.queue.concurrency = 1;
    let first = house.worker(&slow, one_at_a_time);
    eventually("the second step runs", async || slow.second.load(Ordering::SeqCst) == 1).await;
    // The first worker would renew in ten seconds; by the store's clock its lease ends now.
    house.store.advance_clock(Duration::from_secs(3600)).await.unwrap();
    let fast = Arc::new(Bench::default());
    let second = house.worker(&fast, quick());
    house.until_state(&id, Some(ProvisioningState::Succeeded)).await;
    let after = house.store.clusters().get(&id).await.unwrap().unwrap();
    slow.gate.as_ref().unwrap().add_permits(1);
    first.stop().await;
    second.stop().await;
    assert_eq!(house.store.clusters().get(&id).await.unwrap().unwrap(), after);
    assert_eq!(fast.first.load(Ordering::SeqCst), 0, "a recorded step ran again");
}

#[tokio::test]
async fn no_more_than_the_allowed_number_run_together() {
    let house = House::new().await;
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(house.cluster(&format!("c{number}"), ProvisioningState::Creating).await);
    }
    let bench = Arc::new(Bench {
        gate: Some(Semaphore::new(0)),
        ..Bench::default()
    });
    let mut config = quick();
    config.queue.concurrency = 3;
    let worker = house.worker(&bench, config);
    eventually("three run", async || bench.running.load(Ordering::SeqCst) == 3).await;
    bench.gate.as_ref().unwrap().add_permits(12);
    for id in &ids {
        house.until_state(id, Some(ProvisioningState::Succeeded)).await;
    }
    worker.stop().await;
    assert_eq!(bench.most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn the_clusters_of_a_deleted_subscription_are_deleted_until_none_is_left() {
    let house = House::new().await;
    let ids = [
        house.cluster("succeeded", ProvisioningState::Succeeded).await,
        house.cluster("failed", ProvisioningState::Failed).await,
        house.cluster("creating", ProvisioningState::Creating).await,
    ];
    let subscription = SubscriptionDocument {
        id: SUBSCRIPTION.to_string(),
        deleting: true,
        subscription: Subscription {
            state: SubscriptionState::Deleted,
            ..Subscription::default()
        },
        ..SubscriptionDocument::default()
    };
    house.store.subscriptions().create(subscription).await.unwrap();
    let mut config = quick();
    config.queue.subscription_retry = Duration::from_millis(20);
    let worker = house.worker(&Arc::new(Bench::default()), config);
    for id in &ids {
        house.until_state(id, None).await;
    }
    eventually("the subscription leaves the queue", async || {
        !house
            .store
            .subscriptions()
            .get(SUBSCRIPTION)
            .await
            .unwrap()
            .unwrap()
            .document
            .deleting
    })
    .await;
    worker.stop().await;
}
