//! The engine with scripted steps and a document in memory: crashes, cancellation, attempts, timeouts, lost leases.
// A failed expectation in a helper is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use aro_http::{AzureError, CancellationToken, FailureKind};
use aro_provisioning::{
    Change, Edit, Engine, Holding, Kind, Outcome, Pace, Plan, Step, StepContext, StepError, Verdict,
};
use aro_store::{ClusterDocument, Progress, StoreError};
use bytes::Bytes;
use time::macros::datetime;
use tokio::{sync::Notify, time::Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// What scripted steps do, in order of their runs; a step without a line is done at once.
#[derive(Default)]
struct Script {
    lines: Mutex<HashMap<&'static str, VecDeque<Line>>>,
    runs: Mutex<Vec<&'static str>>,
}

enum Line {
    Fail(StepError),
    Wait(Option<u8>),
    Hang,
    Done,
}

impl Script {
    fn with(lines: impl IntoIterator<Item = (&'static str, Vec<Line>)>) -> Arc<Self> {
        let lines = lines.into_iter().map(|(id, lines)| (id, lines.into())).collect();
        Arc::new(Self {
            lines: Mutex::new(lines),
            runs: Mutex::default(),
        })
    }

    fn runs(&self) -> Vec<&'static str> {
        self.runs.lock().unwrap().clone()
    }
}

fn step(id: &'static str, kind: Kind) -> Step<Script> {
    Step::new(
        id,
        "Do what the script says",
        kind,
        1,
        move |cx: StepContext<Script>| async move {
            cx.environment.runs.lock().unwrap().push(id);
            let line = cx
                .environment
                .lines
                .lock()
                .unwrap()
                .get_mut(id)
                .and_then(VecDeque::pop_front);
            match line.unwrap_or(Line::Done) {
                Line::Fail(error) => Err(error),
                Line::Wait(percent) => Ok(Verdict::NotYet {
                    reason: "the script says wait".to_owned(),
                    percent,
                }),
                Line::Hang => std::future::pending().await,
                Line::Done => {
                    Ok(Change::document(move |document| document.cluster.properties.infra_id.push_str(id)).into())
                }
            }
        },
    )
}

const ACTION: Kind = Kind::Action { timeout: MINUTE };
const RETRIED: Kind = Kind::AuthorizationRetried { timeout: MINUTE };
const CONDITION: Kind = Kind::Condition {
    timeout: Duration::from_secs(120),
};

fn plan(steps: &[(&'static str, Kind)]) -> Plan<Script> {
    Plan::new("create", steps.iter().map(|(id, kind)| step(id, *kind)).collect())
}

fn abc() -> Plan<Script> {
    plan(&[("a", ACTION), ("b", ACTION), ("c", ACTION)])
}

/// A document in memory. Its writes can be made to fail, or to be the last thing a worker does.
#[derive(Clone, Default)]
struct Held {
    document: Arc<Mutex<Arc<ClusterDocument>>>,
    failures: Arc<Mutex<VecDeque<StoreError>>>,
    /// Writes until the crash, and whether the last one takes place.
    crash: Option<(Arc<Mutex<usize>>, bool, Arc<Notify>)>,
}

#[async_trait::async_trait]
impl Holding for Held {
    fn document(&self) -> Arc<ClusterDocument> {
        self.document.lock().unwrap().clone()
    }

    async fn write(&self, change: &Edit<'_>) -> Result<(), StoreError> {
        if let Some(error) = self.failures.lock().unwrap().pop_front() {
            return Err(error);
        }
        let crashes = self.crash.as_ref().is_some_and(|(left, _, _)| {
            let mut left = left.lock().unwrap();
            *left = left.saturating_sub(1);
            *left == 0
        });
        let takes_place = self
            .crash
            .as_ref()
            .is_none_or(|(_, takes_place, _)| *takes_place || !crashes);
        if takes_place {
            let mut document = (*self.document()).clone();
            change(&mut document);
            *self.document.lock().unwrap() = Arc::new(document);
        }
        if let (true, Some((_, _, crashed))) = (crashes, &self.crash) {
            crashed.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

impl Held {
    fn crashing(&self, writes: usize, takes_place: bool) -> (Self, Arc<Notify>) {
        let crashed = Arc::new(Notify::new());
        let crash = Some((Arc::new(Mutex::new(writes)), takes_place, crashed.clone()));
        (Self { crash, ..self.clone() }, crashed)
    }

    fn progress(&self) -> Progress {
        self.document().progress.clone().unwrap()
    }

    fn set_progress(&self, progress: Progress) {
        let document = ClusterDocument {
            progress: Some(progress),
            ..(*self.document()).clone()
        };
        *self.document.lock().unwrap() = Arc::new(document);
    }

    fn learned(&self) -> String {
        self.document().cluster.properties.infra_id.clone()
    }
}

/// A clock that goes with tokio's, which tests stop.
fn clock() -> aro_provisioning::Clock {
    let started = Instant::now();
    Arc::new(move || datetime!(2026-11-22 10:00 UTC) + started.elapsed())
}

fn engine() -> Engine {
    Engine::new(
        Pace {
            attempts: 3,
            ..Pace::default()
        },
        clock(),
    )
}

async fn run(plan: &Plan<Script>, held: &Held, script: &Arc<Script>) -> Outcome {
    engine().run(plan, held, script, &CancellationToken::new()).await
}

fn busy() -> StepError {
    AzureError::new(FailureKind::Timeout, "no answer").into()
}

fn refused(status: u16, code: &str) -> StepError {
    let body = format!(r#"{{"error":{{"code":"{code}","message":"The thing with \"quotes\" is refused"}}}}"#);
    let response = http::Response::builder()
        .status(status)
        .body(Bytes::from(body))
        .unwrap();
    AzureError::from_response(&response).into()
}

#[tokio::test(start_paused = true)]
async fn steps_run_in_order_and_each_end_is_one_write_with_what_it_learned() {
    let (held, script) = (Held::default(), Script::with([]));
    assert!(matches!(run(&abc(), &held, &script).await, Outcome::Finished));
    assert_eq!(script.runs(), ["a", "b", "c"]);
    assert_eq!(held.learned(), "abc");
    let progress = held.progress();
    assert_eq!(
        (progress.done.len(), progress.current, progress.plan),
        (3, None, "create".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_engine_goes_on_after_a_crash_at_every_write() {
    // One write to begin and one for each end.
    for writes in 1..=4 {
        for takes_place in [false, true] {
            let (held, script) = (Held::default(), Script::with([]));
            let (dying, crashed) = held.crashing(writes, takes_place);
            let plan = abc();
            tokio::select! {
                _ = run(&plan, &dying, &script) => panic!("the worker was to die at write {writes}"),
                () = crashed.notified() => {}
            }
            let recorded: Vec<String> = held.document().progress.clone().unwrap_or_default().done;
            let before = script.runs().len();
            assert!(matches!(run(&abc(), &held, &script).await, Outcome::Finished));
            let again = script.runs().split_off(before);
            assert!(
                again.iter().all(|id| !recorded.iter().any(|done| done == id)),
                "{recorded:?} {again:?}"
            );
            assert_eq!(held.learned(), "abc", "write {writes}, takes place: {takes_place}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorded_step_never_runs_again_and_unknown_ones_do_not_count() {
    let (held, script) = (Held::default(), Script::with([]));
    held.set_progress(Progress {
        plan: "create".to_owned(),
        done: vec!["b".to_owned(), "removed".to_owned()],
        ..Progress::default()
    });
    assert!(matches!(run(&abc(), &held, &script).await, Outcome::Finished));
    assert_eq!(script.runs(), ["a", "c"]);
    assert_eq!(held.progress().done, ["b", "a", "c"]);
}

#[tokio::test(start_paused = true)]
async fn the_record_of_another_plan_does_not_count() {
    let (held, script) = (Held::default(), Script::with([]));
    held.set_progress(Progress {
        plan: "update".to_owned(),
        done: vec!["a".to_owned()],
        ..Progress::default()
    });
    assert!(matches!(run(&abc(), &held, &script).await, Outcome::Finished));
    assert_eq!(script.runs(), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn trouble_that_may_pass_is_tried_again_and_counted() {
    let (held, script) = (
        Held::default(),
        Script::with([("b", vec![Line::Fail(busy()), Line::Wait(None)])]),
    );
    assert!(matches!(run(&abc(), &held, &script).await, Outcome::Finished));
    assert_eq!(script.runs(), ["a", "b", "b", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn attempts_end_and_the_last_error_is_told() {
    let lines = vec![
        Line::Fail(busy()),
        Line::Fail(busy()),
        Line::Fail(refused(503, "ServerBusy")),
        Line::Done,
    ];
    let (held, script) = (Held::default(), Script::with([("b", lines)]));
    let Outcome::Failed(error) = run(&abc(), &held, &script).await else {
        panic!("it was to fail")
    };
    assert_eq!(script.runs(), ["a", "b", "b", "b"]);
    assert_eq!((error.status_code, error.code.as_str()), (500, "InternalServerError"));
    assert!(
        error.message.contains("ServerBusy") && error.message.contains("(b)"),
        "{error}"
    );
    assert_eq!(held.progress().attempt, 3);
}

#[tokio::test(start_paused = true)]
async fn workers_that_die_in_a_step_use_up_its_attempts() {
    let held = Held::default();
    for _ in 0..3 {
        let script = Script::with([("a", vec![Line::Hang])]);
        let plan = abc();
        tokio::select! {
            _ = run(&plan, &held, &script) => panic!("it was to hang"),
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
    let script = Script::with([]);
    let Outcome::Failed(error) = run(&abc(), &held, &script).await else {
        panic!("it was to fail")
    };
    assert!(script.runs().is_empty());
    assert!(error.message.contains("3 attempts"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_azure_decides_ends_the_run_and_names_step_code_and_remedy() {
    let (held, script) = (
        Held::default(),
        Script::with([("b", vec![Line::Fail(refused(403, "RequestDisallowedByPolicy"))])]),
    );
    let mut document = (*held.document()).clone();
    document.correlation_data.correlation_id = "corr-1".to_owned();
    *held.document.lock().unwrap() = Arc::new(document);
    let Outcome::Failed(error) = run(&abc(), &held, &script).await else {
        panic!("it was to fail")
    };
    assert_eq!(script.runs(), ["a", "b"]);
    assert_eq!(
        (error.status_code, error.code.as_str()),
        (400, "RequestDisallowedByPolicy")
    );
    for part in [
        "step 2 (b)",
        "403 RequestDisallowedByPolicy",
        "Exempt",
        "Correlation id: corr-1.",
    ] {
        assert!(error.message.contains(part), "{part} is missing in: {}", error.message);
    }
    assert!(!error.message.contains('"'), "{}", error.message);
    assert_eq!(error.details[0].code.as_str(), "RequestDisallowedByPolicy");
}

#[tokio::test(start_paused = true)]
async fn rights_that_azure_does_not_know_yet_are_waited_for() {
    let lag = || Line::Fail(refused(403, "AuthorizationFailed"));
    let steps = [("a", RETRIED)];
    let (held, script) = (Held::default(), Script::with([("a", (0..5).map(|_| lag()).collect())]));
    let begun = Instant::now();
    assert!(matches!(run(&plan(&steps), &held, &script).await, Outcome::Finished));
    assert_eq!(begun.elapsed().as_secs(), 5 * 30);
    assert_eq!(held.progress().done, ["a"]);

    // Not for ever; and a plain action not at all.
    let (held, script) = (Held::default(), Script::with([("a", (0..50).map(|_| lag()).collect())]));
    let begun = Instant::now();
    let Outcome::Failed(error) = run(&plan(&steps), &held, &script).await else {
        panic!("it was to fail")
    };
    assert!(begun.elapsed() <= Duration::from_secs(600), "{:?}", begun.elapsed());
    assert_eq!(error.code.as_str(), "InvalidResourceProviderPermissions");
    let (held, script) = (Held::default(), Script::with([("a", vec![lag()])]));
    assert!(matches!(
        run(&plan(&[("a", ACTION)]), &held, &script).await,
        Outcome::Failed(_)
    ));
    assert_eq!(script.runs().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_condition_is_looked_at_until_it_holds_or_its_time_is_over() {
    let steps = [("a", CONDITION)];
    let lines = vec![
        Line::Wait(Some(10)),
        Line::Fail(busy()),
        Line::Wait(Some(60)),
        Line::Done,
    ];
    let (held, script) = (Held::default(), Script::with([("a", lines)]));
    assert!(matches!(run(&plan(&steps), &held, &script).await, Outcome::Finished));
    assert_eq!(script.runs().len(), 4);
    assert_eq!(held.progress().attempt, 0, "a condition is not counted");

    let (held, script) = (
        Held::default(),
        Script::with([("a", (0..50).map(|_| Line::Wait(None)).collect())]),
    );
    let begun = Instant::now();
    let Outcome::Failed(error) = run(&plan(&steps), &held, &script).await else {
        panic!("it was to fail")
    };
    assert_eq!(begun.elapsed().as_secs(), 120);
    assert_eq!(error.code.as_str(), "DeploymentFailed");
    assert!(
        error.message.contains("120 seconds") && error.message.contains("the script says wait"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_condition_goes_on_over_workers() {
    let held = Held::default();
    held.set_progress(Progress {
        plan: "create".to_owned(),
        current: Some("a".to_owned()),
        attempt: 1,
        started_at: Some(datetime!(2026-11-22 09:58:30 UTC)),
        ..Progress::default()
    });
    let script = Script::with([("a", (0..50).map(|_| Line::Wait(None)).collect())]);
    let begun = Instant::now();
    assert!(matches!(
        run(&plan(&[("a", CONDITION)]), &held, &script).await,
        Outcome::Failed(_)
    ));
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_hangs_is_ended_and_tried_again() {
    let (held, script) = (Held::default(), Script::with([("a", vec![Line::Hang])]));
    let begun = Instant::now();
    assert!(matches!(run(&abc(), &held, &script).await, Outcome::Finished));
    assert_eq!(script.runs(), ["a", "a", "b", "c"]);
    assert!(begun.elapsed() >= MINUTE);
}

#[tokio::test(start_paused = true)]
async fn cancellation_ends_a_run_at_once_and_starts_nothing() {
    let (held, script) = (Held::default(), Script::with([("b", vec![Line::Hang])]));
    let cancellation = CancellationToken::new();
    let (engine, plan) = (engine(), abc());
    let run = engine.run(&plan, &held, &script, &cancellation);
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        cancellation.cancel();
    };
    let (outcome, ()) = tokio::join!(run, cancel);
    assert!(matches!(outcome, Outcome::Interrupted));
    assert_eq!(script.runs(), ["a", "b"]);
    assert_eq!(held.progress().done, ["a"]);
    let outcome = engine.run(&plan, &held, &script, &cancellation).await;
    assert!(matches!(outcome, Outcome::Interrupted));
    assert_eq!(script.runs().len(), 2, "nothing starts once it is cancelled");
}

#[tokio::test(start_paused = true)]
async fn cancellation_ends_a_pause() {
    let (held, script) = (Held::default(), Script::with([("a", vec![Line::Wait(None)])]));
    let cancellation = CancellationToken::new();
    let (engine, plan) = (engine(), plan(&[("a", CONDITION)]));
    let begun = Instant::now();
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        cancellation.cancel();
    };
    let (outcome, ()) = tokio::join!(engine.run(&plan, &held, &script, &cancellation), cancel);
    assert!(matches!(outcome, Outcome::Interrupted));
    assert_eq!(begun.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_ends_the_run_without_another_step() {
    let (held, script) = (Held::default(), Script::with([]));
    let lost = || StoreError::LeaseLost {
        collection: "clusters",
        id: "x".to_owned(),
    };
    held.failures.lock().unwrap().push_back(lost());
    assert!(matches!(run(&abc(), &held, &script).await, Outcome::LeaseLost));
    assert!(script.runs().is_empty());
    assert!(held.document().progress.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_busy_store_is_waited_for_but_not_for_ever() {
    let unavailable = || StoreError::Unavailable {
        retry_after: Duration::from_secs(1),
        reason: "busy".to_owned(),
    };
    let (held, script) = (Held::default(), Script::with([]));
    held.failures.lock().unwrap().extend((0..3).map(|_| unavailable()));
    assert!(matches!(run(&abc(), &held, &script).await, Outcome::Finished));
    held.failures.lock().unwrap().extend((0..100).map(|_| unavailable()));
    assert!(matches!(
        run(&abc(), &held, &script).await,
        Outcome::StoreUnavailable(_)
    ));
}

#[test]
fn a_plan_can_be_read_and_its_digest_tells_plans_apart() {
    let text = plan(&[("a", ACTION), ("b", CONDITION)]).describe();
    assert!(
        text.starts_with("create: 2 steps\n") && text.contains("condition, up to 120 s"),
        "{text}"
    );
    assert_ne!(abc().hash(), plan(&[("a", ACTION), ("bc", ACTION)]).hash());
    assert_eq!(abc().hash(), abc().hash());
}
