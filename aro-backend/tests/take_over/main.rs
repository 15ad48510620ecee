//! A worker is taken out while one of its calls to Azure is held, at each call of the create plan in turn. Another goes
//! on: the end is that of an undisturbed run, and no step that was recorded runs again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod steps;
mod victim;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aro_sim::{Effect, FaultRule, Match, World, WorldConfig};
use futures::StreamExt as _;
use futures::stream;

use steps::Steps;
use victim::{Site, Victim};

/// Creates that run at the same time, each in a store and subnets of its own.
const LANES: usize = 8;
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_taken_out_at_any_call_of_a_create_is_replaced() {
    let steps = Steps::listen();
    let mut config = WorldConfig {
        service_principals: LANES + 2,
        ..WorldConfig::default()
    };
    config.pace.speed = 200.0;
    let world = Arc::new(World::start(config).await.unwrap());
    let site = Arc::new(Site::prepare(&world, LANES + 1).await);

    // What an undisturbed run does and leaves behind.
    let victim = Victim::new(&site, LANES, "undisturbed").await;
    let worker = victim.worker();
    victim.until_succeeded().await;
    worker.stop().await;
    let calls: Vec<_> = world
        .calls(0)
        .into_iter()
        .filter(|call| call.correlation_id == victim.correlation_id())
        .collect();
    let expected = victim.end(&world).await;
    let plan = steps.done(&victim.resource_id());
    assert!(plan.len() >= 8, "{plan:?}");
    assert!(calls.len() > plan.len() / 2, "{} calls", calls.len());
    victim.remove(&world).await;

    let lanes = stream::iter(0..LANES).map(|lane| {
        let (world, site, steps) = (Arc::clone(&world), Arc::clone(&site), steps.clone());
        let (expected, plan) = (expected.clone(), plan.clone());
        async move {
            // How often an operation is asked about differs from run to run, so the last call is found by trying.
            for nth in (1 + lane..).step_by(LANES) {
                // Every other held call has its effect although nobody is there to read the reply.
                let run = Run {
                    nth,
                    perform: (nth / LANES) % 2 == 1,
                };
                let victim = Victim::new(&site, lane, &format!("call-{nth}")).await;
                let reached = run.take_out(&world, &victim, &steps, &plan).await;
                let end = victim.end(&world).await;
                let missing: Vec<_> = expected.iter().filter(|one| !end.contains(one)).collect();
                let more: Vec<_> = end.iter().filter(|one| !expected.contains(one)).collect();
                assert!(
                    end == expected,
                    "taken out at call {nth}: missing {missing:#?}, too much {more:#?}"
                );
                victim.remove(&world).await;
                if !reached {
                    return nth - 1;
                }
            }
            unreachable!("the loop has no end of its own")
        }
    });
    let ends: Vec<usize> = lanes.buffer_unordered(LANES).collect().await;
    let reached = ends.into_iter().min().unwrap();
    assert!(
        reached + LANES >= calls.len() * 9 / 10,
        "{reached} of {} calls were reached",
        calls.len()
    );
    println!(
        "a worker was taken out at each of {reached} calls of {} steps",
        plan.len()
    );
}

/// One disturbance.
struct Run {
    nth: usize,
    perform: bool,
}

impl Run {
    /// Takes a worker out at the call, and lets another go on to the end. False when the work ended before the call.
    async fn take_out(&self, world: &World, victim: &Victim, steps: &Steps, plan: &[String]) -> bool {
        let rule = format!("hold-{}", victim.correlation_id());
        world.add_faults(vec![FaultRule {
            id: Some(rule.clone()),
            matches: Match {
                correlation_id: Some(victim.correlation_id()),
                nth: Some(self.nth as u64),
                ..Match::default()
            },
            effect: Effect::Hold,
            times: None,
        }]);
        let first = victim.worker();
        tokio::select! {
            held = world.wait_until_held(&rule, PATIENCE) => {
                assert!(held, "call {} never came: {}", self.nth, victim.why().await);
            }
            () = victim.until_succeeded() => {
                first.stop().await;
                return false;
            }
        }
        first.abort().await;
        let recorded: BTreeSet<String> = victim.recorded().await.into_iter().collect();
        let before = steps.started(&victim.resource_id()).len();
        world.release_fault(&rule, self.perform);

        victim.let_the_lease_run_out().await;
        let second = victim.worker();
        victim.until_succeeded().await;
        second.stop().await;
        let again: Vec<_> = steps.started(&victim.resource_id()).split_off(before);
        for step in &again {
            assert!(
                !recorded.contains(step),
                "taken out at call {}: step {step} was recorded and ran again",
                self.nth
            );
        }
        let all: BTreeSet<_> = recorded.iter().chain(&again).cloned().collect();
        assert_eq!(
            all,
            plan.iter().cloned().collect(),
            "taken out at call {}: not every step ran",
            self.nth
        );
        true
    }
}

/// Looks again and again until `look` sees it. Fails the test after [`PATIENCE`].
async fn eventually(what: &str, look: impl AsyncFn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut pause = tokio::time::interval(Duration::from_millis(5));
    while !look().await {
        assert!(tokio::time::Instant::now() < deadline, "{what}: not seen");
        pause.tick().await;
    }
}
