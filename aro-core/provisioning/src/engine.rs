//! Runs a plan from where its record ends.

use std::{sync::Arc, time::Duration};

use aro_api::CloudError;
use aro_http::OperationContext;
use aro_store::{ClusterDocument, Progress, StoreError};
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    Change, Facts, Holding, Kind, Pace, Plan, Step, StepContext, StepError, Verdict,
    failure::{self, Circumstances},
};

/// Time one look at a condition has at least.
const SHORTEST_LOOK: Duration = Duration::from_secs(30);

/// Gives the time of the facts that steps write down.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// Runs plans.
#[derive(Clone)]
pub struct Engine {
    pace: Pace,
    clock: Clock,
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// Every step is done and recorded.
    Finished,
    /// A step has failed for good; what the customer is told.
    Failed(CloudError),
    /// The run was cancelled; the record tells where the next one goes on.
    Interrupted,
    /// Somebody else holds the document now, or it is gone. Nothing more may be written.
    LeaseLost,
    /// The store could not take the record, in spite of repeated tries. The next run repeats the step whose end could not
    /// be recorded.
    StoreUnavailable(StoreError),
}

/// Why a run stops before the end of the plan.
enum Stop {
    Failed(CloudError),
    Interrupted,
    Store(StoreError),
}

impl Engine {
    /// An engine of that pace.
    #[must_use]
    pub fn new(pace: Pace, clock: Clock) -> Self {
        Self { pace, clock }
    }

    /// Runs what is not yet recorded as done, step by step, and records each. Once `cancellation` is cancelled no call to
    /// Azure starts, and the run returns soon.
    pub async fn run<E, H>(
        &self,
        plan: &Plan<E>,
        holding: &H,
        environment: &Arc<E>,
        cancellation: &CancellationToken,
    ) -> Outcome
    where
        E: Send + Sync + 'static,
        H: Holding,
    {
        let run = Run {
            engine: self,
            plan,
            environment,
            cancellation,
        };
        match run.all(holding).await {
            Ok(()) => Outcome::Finished,
            Err(Stop::Failed(error)) => Outcome::Failed(error),
            Err(Stop::Interrupted) => Outcome::Interrupted,
            Err(Stop::Store(StoreError::LeaseLost { .. } | StoreError::NotFound { .. })) => Outcome::LeaseLost,
            Err(Stop::Store(error)) => Outcome::StoreUnavailable(error),
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

struct Run<'a, E> {
    engine: &'a Engine,
    plan: &'a Plan<E>,
    environment: &'a Arc<E>,
    cancellation: &'a CancellationToken,
}

impl<E: Send + Sync + 'static> Run<'_, E> {
    async fn all<H: Holding>(&self, holding: &H) -> Result<(), Stop> {
        self.begin(holding).await?;
        for (index, step) in self.plan.steps.iter().enumerate() {
            if is_done(&holding.document(), step) {
                continue;
            }
            let change = match self.step(step, holding).await {
                Err(Stop::Failed(error)) => return Err(Stop::Failed(self.diagnosed(error, holding).await)),
                result => result?,
            };
            let document = holding.document();
            let next = self.plan.steps[index + 1..]
                .iter()
                .find(|next| !is_done(&document, next));
            self.finish(step, next, change, holding).await?;
        }
        Ok(())
    }

    /// Takes over the record: of this plan, with the steps it still has; of another plan, not at all. The attempt of the
    /// step that comes first is counted before it starts, so that a step that kills its worker is not tried for ever.
    async fn begin<H: Holding>(&self, holding: &H) -> Result<(), Stop> {
        let now = (self.engine.clock)();
        self.write(holding, |progress, plan| {
            if progress.plan != plan.name {
                *progress = fresh(plan);
            }
            progress.plan_hash = plan.hash();
            progress.done.retain(|id| plan.position(id).is_some());
            let first = plan
                .steps
                .iter()
                .find(|step| !progress.done.iter().any(|id| id == step.id));
            count_attempt(progress, first, now);
        })
        .await
    }

    /// Records that a step is done, what it learned, and which one starts now: one write.
    async fn finish<H: Holding>(
        &self,
        step: &Step<E>,
        next: Option<&Step<E>>,
        change: Change,
        holding: &H,
    ) -> Result<(), Stop> {
        tracing::info!(plan = self.plan.name, step = step.id, "step is done");
        let change = Arc::new(change);
        let learned = change.clone();
        let now = (self.engine.clock)();
        self.write_with(
            holding,
            move |progress, _| {
                progress.done.push(step.id.to_owned());
                progress.outputs.remove(&crate::progress::part_of(step.id));
                for (name, value) in change.outputs() {
                    progress.outputs.insert(name.clone(), value.clone());
                }
                count_attempt(progress, next, now);
            },
            move |document| learned.apply(document),
        )
        .await
    }

    /// Runs one step until it is done, as its kind says.
    async fn step<H: Holding>(&self, step: &Step<E>, holding: &H) -> Result<Change, Stop> {
        tracing::info!(plan = self.plan.name, step = step.id, "step starts");
        match step.kind {
            Kind::Action { timeout } => self.action(step, timeout, false, holding).await,
            Kind::AuthorizationRetried { timeout } => self.action(step, timeout, true, holding).await,
            Kind::Condition { timeout } => self.condition(step, timeout, holding).await,
        }
    }

    async fn action<H: Holding>(
        &self,
        step: &Step<E>,
        timeout: Duration,
        retry_lag: bool,
        holding: &H,
    ) -> Result<Change, Stop> {
        let pace = &self.engine.pace;
        let window = Instant::now() + pace.authorization_window.saturating_sub(self.already(holding));
        loop {
            let attempt = holding
                .document()
                .progress
                .as_ref()
                .map_or(1, |progress| progress.attempt);
            if attempt > pace.attempts {
                // The workers that ran it died.
                return Err(self.failed(
                    step,
                    &StepError::Exhausted {
                        attempts: pace.attempts,
                    },
                    holding,
                ));
            }
            let error = match self.attempt(step, timeout, holding).await? {
                Ok(Verdict::Done(change)) => return Ok(change),
                Ok(Verdict::NotYet { reason, .. }) => StepError::NotYet(reason),
                Err(error) => error,
            };
            if retry_lag && error.is_authorization_lag() {
                if Instant::now() + pace.authorization_poll > window {
                    return Err(self.failed(step, &error, holding));
                }
                tracing::warn!(step = step.id, %error, "azure does not know the rights yet");
                self.pause(pace.authorization_poll).await?;
                continue;
            }
            if !error.is_retryable() || attempt >= pace.attempts {
                return Err(self.failed(step, &error, holding));
            }
            tracing::warn!(step = step.id, attempt, %error, "step is tried again");
            self.pause(pace.pause_before(attempt + 1, error.retry_after())).await?;
            let now = (self.engine.clock)();
            self.write(holding, |progress, _| count_attempt(progress, Some(step), now))
                .await?;
        }
    }

    async fn condition<H: Holding>(&self, step: &Step<E>, timeout: Duration, holding: &H) -> Result<Change, Stop> {
        let deadline = Instant::now() + timeout.saturating_sub(self.already(holding));
        loop {
            // However late a worker comes, it looks once.
            let left = deadline.saturating_duration_since(Instant::now()).max(SHORTEST_LOOK);
            let reason = match self.attempt(step, left, holding).await? {
                Ok(Verdict::Done(change)) => return Ok(change),
                Ok(Verdict::NotYet { reason, percent }) => {
                    self.note_part(step, percent, holding).await?;
                    reason
                }
                Err(error) if error.is_retryable() => error.to_string(),
                Err(error) => return Err(self.failed(step, &error, holding)),
            };
            if Instant::now() + self.engine.pace.condition_poll > deadline {
                let error = StepError::TimedOut {
                    seconds: timeout.as_secs(),
                    reason,
                };
                return Err(self.failed(step, &error, holding));
            }
            tracing::debug!(step = step.id, reason, "condition does not hold yet");
            self.pause(self.engine.pace.condition_poll).await?;
        }
    }

    /// Writes down how far a long wait is, when that has changed.
    async fn note_part<H: Holding>(&self, step: &Step<E>, percent: Option<u8>, holding: &H) -> Result<(), Stop> {
        let Some(percent) = percent else { return Ok(()) };
        let name = crate::progress::part_of(step.id);
        let document = holding.document();
        let known = document
            .progress
            .as_ref()
            .and_then(|progress| progress.outputs.get(&name));
        if known.and_then(serde_json::Value::as_u64) == Some(u64::from(percent)) {
            return Ok(());
        }
        self.write(holding, |progress, _| {
            progress.outputs.insert(name, percent.into());
        })
        .await
    }

    /// How long the current step has been under way, over all workers.
    fn already<H: Holding>(&self, holding: &H) -> Duration {
        let document = holding.document();
        let started = document.progress.as_ref().and_then(|progress| progress.started_at);
        let elapsed = started.map(|started| (self.engine.clock)() - started);
        elapsed
            .and_then(|elapsed| Duration::try_from(elapsed).ok())
            .unwrap_or_default()
    }

    fn context<H: Holding>(&self, holding: &H) -> StepContext<E> {
        StepContext {
            document: holding.document(),
            now: (self.engine.clock)(),
            environment: self.environment.clone(),
            operation: OperationContext {
                correlation_id: failure::correlation_id(&holding.document()),
                cancellation: self.cancellation.clone(),
            },
        }
    }

    /// The error with what can be found out in a bounded time. A lost lease ends the search with the run.
    async fn diagnosed<H: Holding>(&self, error: CloudError, holding: &H) -> CloudError {
        let limit = self.engine.pace.diagnostics;
        let facts = Facts::within(limit);
        let Some(gathering) = self.plan.gather(self.context(holding), &facts) else {
            return error;
        };
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => return error,
            gathered = tokio::time::timeout(limit, gathering) => if gathered.is_err() {
                tracing::warn!(seconds = limit.as_secs(), "not all facts about the failure could be gathered in time");
            },
        }
        facts.take().into_iter().fold(error, CloudError::with_detail)
    }

    /// Runs the body once. Cancellation ends it at once: its calls are idempotent, and whoever goes on repeats it.
    async fn attempt<H: Holding>(
        &self,
        step: &Step<E>,
        timeout: Duration,
        holding: &H,
    ) -> Result<Result<Verdict, StepError>, Stop> {
        if self.cancellation.is_cancelled() {
            return Err(Stop::Interrupted);
        }
        let result = tokio::select! {
            biased;
            () = self.cancellation.cancelled() => return Err(Stop::Interrupted),
            result = tokio::time::timeout(timeout, step.start(self.context(holding))) => result,
        };
        match result {
            Ok(Err(error)) if error.is_cancelled() => Err(Stop::Interrupted),
            Ok(verdict) => Ok(verdict),
            Err(_) => {
                let reason = "an attempt has not ended in time".to_owned();
                Ok(Err(StepError::TimedOut {
                    seconds: timeout.as_secs(),
                    reason,
                }))
            }
        }
    }

    fn failed<H: Holding>(&self, step: &Step<E>, error: &StepError, holding: &H) -> Stop {
        let document = holding.document();
        let circumstances = Circumstances {
            plan: self.plan.name,
            step: step.id,
            title: step.title,
            document: &document,
        };
        let told = failure::cloud_error(error, &circumstances);
        let correlation_id = failure::correlation_id(&document).unwrap_or_default();
        tracing::error!(plan = self.plan.name, step = step.id, %error, %told, correlation_id, "step has failed");
        Stop::Failed(told)
    }

    async fn pause(&self, duration: Duration) -> Result<(), Stop> {
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => Err(Stop::Interrupted),
            () = tokio::time::sleep(duration) => Ok(()),
        }
    }

    async fn write<H, P>(&self, holding: &H, record: P) -> Result<(), Stop>
    where
        H: Holding,
        P: FnOnce(&mut Progress, &Plan<E>),
    {
        self.write_with(holding, record, |_| {}).await
    }

    /// One conditional write, repeated while the store is busy. What is written is worked out once, so that a write whose
    /// answer was lost can be repeated. A cancelled run still records the step it has just ended: the lease guards the
    /// write, and the record spares the next worker the step.
    async fn write_with<H, P, D>(&self, holding: &H, record: P, change: D) -> Result<(), Stop>
    where
        H: Holding,
        P: FnOnce(&mut Progress, &Plan<E>),
        D: Fn(&mut ClusterDocument) + Send + Sync,
    {
        let mut progress = holding.document().progress.clone().unwrap_or_else(|| fresh(self.plan));
        record(&mut progress, self.plan);
        let apply = |document: &mut ClusterDocument| {
            change(document);
            document.progress = Some(progress.clone());
        };
        let mut tries = 1;
        loop {
            match holding.write(&apply).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Unavailable { retry_after, reason }) if tries < self.engine.pace.store_attempts => {
                    tracing::warn!(tries, reason, "the record is written again");
                    tries += 1;
                    tokio::time::sleep(retry_after.min(self.engine.pace.store_delay)).await;
                }
                Err(error) => return Err(Stop::Store(error)),
            }
        }
    }
}

fn is_done<E>(document: &ClusterDocument, step: &Step<E>) -> bool {
    document
        .progress
        .as_ref()
        .is_some_and(|progress| progress.done.iter().any(|id| id == step.id))
}

fn fresh<E>(plan: &Plan<E>) -> Progress {
    Progress {
        plan: plan.name.to_owned(),
        plan_hash: plan.hash(),
        ..Progress::default()
    }
}

/// Writes down that this step starts. A condition only reads; looking again costs nothing and is not counted.
fn count_attempt<E>(progress: &mut Progress, step: Option<&Step<E>>, now: OffsetDateTime) {
    let Some(step) = step else {
        progress.current = None;
        progress.attempt = 0;
        progress.started_at = None;
        return;
    };
    let counted = !matches!(step.kind, Kind::Condition { .. });
    if progress.current.as_deref() != Some(step.id) {
        progress.current = Some(step.id.to_owned());
        progress.attempt = 1;
        progress.started_at = Some(now);
    } else if counted {
        progress.attempt += 1;
    }
}
