//! Plans and steps, as data.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use aro_http::OperationContext;
use aro_store::ClusterDocument;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::{Facts, StepError};

/// A list of steps in the order they are run. `E` is what steps reach the world through, see
/// [`Environment`](crate::Environment).
pub struct Plan<E> {
    /// What the plan does: `create`, `update`, `delete`. Part of the durable record.
    pub name: &'static str,
    /// The steps.
    pub steps: Vec<Step<E>>,
    /// Gathers facts when a step has failed for good.
    diagnose: Option<Diagnose<E>>,
}

/// One step. It sees the document, the clock and the factories of clients, and nothing another step left in memory. It may
/// be run again after any crash, so it is idempotent.
pub struct Step<E> {
    /// Stable name, part of the durable record. A step that changes its meaning gets a new id.
    pub id: &'static str,
    /// What it does, for people: `Create the managed resource group`.
    pub title: &'static str,
    /// How it is run.
    pub kind: Kind,
    /// Its share of the whole, for the percentage.
    pub weight: u32,
    body: Body<E>,
}

/// How a step is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Run once; again when Azure may succeed later.
    Action {
        /// Limit of one attempt.
        timeout: Duration,
    },
    /// As an action, and again while Azure has not yet spread rights that were just given.
    AuthorizationRetried {
        /// Limit of one attempt.
        timeout: Duration,
    },
    /// Looked at again and again until it holds.
    Condition {
        /// Limit of the whole wait.
        timeout: Duration,
    },
}

/// What a run of a step has shown.
#[derive(Debug)]
pub enum Verdict {
    /// Done, with what it learned.
    Done(Change),
    /// Not yet.
    NotYet {
        /// Why, for people.
        reason: String,
        /// How far it is, 0 to 100, where that is known.
        percent: Option<u8>,
    },
}

/// What a step sees.
pub struct StepContext<E> {
    /// The document as last written.
    pub document: Arc<ClusterDocument>,
    /// The time.
    pub now: OffsetDateTime,
    /// Client factories and settings.
    pub environment: Arc<E>,
    /// Correlation and cancellation for every call.
    pub operation: OperationContext,
}

type Apply = Arc<dyn Fn(&mut ClusterDocument) + Send + Sync>;
type Gathering = Pin<Box<dyn Future<Output = ()> + Send>>;
type Diagnose<E> = Arc<dyn Fn(StepContext<E>, Facts) -> Gathering + Send + Sync>;
type Running = Pin<Box<dyn Future<Output = Result<Verdict, StepError>> + Send>>;
type Body<E> = Arc<dyn Fn(StepContext<E>) -> Running + Send + Sync>;

/// What a step has learned. The engine writes it together with the record that the step is done.
#[derive(Default)]
pub struct Change {
    apply: Vec<Apply>,
    outputs: Map<String, Value>,
}

// === impl Plan ===

impl<E> Plan<E> {
    /// A plan of these steps.
    #[must_use]
    pub fn new(name: &'static str, steps: Vec<Step<E>>) -> Self {
        Self {
            name,
            steps,
            diagnose: None,
        }
    }

    /// The same plan, with facts gathered when a step has failed for good. They are kept with the operation as details of
    /// its error; what cannot be had in time is left out, and nothing of it hides the failure.
    #[must_use]
    pub fn diagnosed_by<F, R>(mut self, gather: F) -> Self
    where
        F: Fn(StepContext<E>, Facts) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.diagnose = Some(Arc::new(move |context, facts| Box::pin(gather(context, facts))));
        self
    }

    pub(crate) fn gather(&self, context: StepContext<E>, facts: &Facts) -> Option<Gathering> {
        self.diagnose.as_ref().map(|diagnose| diagnose(context, facts.clone()))
    }

    /// A digest of the steps and their order. It tells a record of this plan from that of an older build.
    #[must_use]
    pub fn hash(&self) -> String {
        // FNV-1a: the digest only has to differ, it guards nothing.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for step in &self.steps {
            for byte in step.id.bytes().chain([0]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        format!("{hash:016x}")
    }

    /// The steps, readable: number, id, kind, weight, title.
    #[must_use]
    pub fn describe(&self) -> String {
        use fmt::Write as _;
        let mut text = format!("{}: {} steps\n", self.name, self.steps.len());
        for (index, step) in self.steps.iter().enumerate() {
            let kind = step.kind.to_string();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{:>3}. {:<34} {:<34} {}", index + 1, step.id, kind, step.title);
        }
        text
    }

    /// The position of a step.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }
}

impl<E> fmt::Debug for Plan<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

// === impl Step ===

impl<E> Step<E> {
    /// A step of that kind.
    pub fn new<F, R>(id: &'static str, title: &'static str, kind: Kind, weight: u32, body: F) -> Self
    where
        F: Fn(StepContext<E>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Verdict, StepError>> + Send + 'static,
    {
        Self {
            id,
            title,
            kind,
            weight,
            body: Arc::new(move |context| Box::pin(body(context))),
        }
    }

    pub(crate) fn start(&self, context: StepContext<E>) -> Running {
        (self.body)(context)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, timeout) = match self {
            Self::Action { timeout } => ("action", timeout),
            Self::AuthorizationRetried { timeout } => ("action retried on lag", timeout),
            Self::Condition { timeout } => ("condition", timeout),
        };
        write!(f, "{name}, up to {} s", timeout.as_secs())
    }
}

// === impl Change ===

impl Change {
    /// Nothing learned.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A change of the document. It may be applied more than once, to a fresh copy each time, when a write has to be
    /// repeated.
    #[must_use]
    pub fn document(apply: impl Fn(&mut ClusterDocument) + Send + Sync + 'static) -> Self {
        Self {
            apply: vec![Arc::new(apply)],
            outputs: Map::new(),
        }
    }

    /// A fact kept in the progress record while the plan runs; it goes with the record.
    #[must_use]
    pub fn output(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.outputs.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn apply(&self, document: &mut ClusterDocument) {
        for apply in &self.apply {
            apply(document);
        }
    }

    pub(crate) fn outputs(&self) -> &Map<String, Value> {
        &self.outputs
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.outputs.keys().collect();
        f.debug_struct("Change")
            .field("document", &!self.apply.is_empty())
            .field("outputs", &names)
            .finish()
    }
}

impl Verdict {
    /// Not yet, for that reason.
    #[must_use]
    pub fn not_yet(reason: impl Into<String>) -> Self {
        Self::NotYet {
            reason: reason.into(),
            percent: None,
        }
    }
}

impl From<Change> for Verdict {
    fn from(change: Change) -> Self {
        Self::Done(change)
    }
}

// === impl StepContext ===

impl<E> StepContext<E> {
    /// A fact that an earlier step put into the record.
    #[must_use]
    pub fn recorded(&self, name: &str) -> Option<&Value> {
        self.document
            .progress
            .as_ref()
            .and_then(|progress| progress.outputs.get(name))
    }
}
