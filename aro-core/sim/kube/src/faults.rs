//! Failures on order: late, refused, and cut-off answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// What is asked, as far as a fault rule can tell requests apart.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Verb as authorization names it (`get`, `list`, `watch`, `create`, …).
    pub verb: &'a str,
    /// API group; empty for the core group and for paths that are no resources.
    pub group: &'a str,
    /// Plural name; empty for paths that are no resources.
    pub resource: &'a str,
    /// Subresource; empty for the resource itself.
    pub subresource: &'a str,
    /// Namespace; empty for none.
    pub namespace: &'a str,
    /// Name; empty for collections.
    pub name: &'a str,
    /// Who asks.
    pub user: &'a str,
    /// Path, decoded, without the query.
    pub path: &'a str,
}

/// What happens to a request instead of, or before, its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The answer comes this much later.
    Delay(Duration),
    /// Nothing is done; this is answered.
    Refuse {
        /// HTTP status.
        code: u16,
        /// `Retry-After`, seconds.
        retry_after: Option<u32>,
    },
    /// 409, as if somebody else had just written.
    Conflict,
    /// Everything is done; the answer is a 500.
    LoseAnswer,
    /// A watch ends without a word after this many events.
    CutWatch {
        /// Events sent before the end, bookmarks included.
        events: usize,
    },
    /// A watch tells that its revision is gone (410) after this many events.
    ExpireWatch {
        /// Events sent before.
        events: usize,
    },
}

type Rule = Arc<dyn Fn(&Request<'_>) -> Option<Fault> + Send + Sync>;

/// The rules in force.
pub(crate) struct Faults {
    rules: Mutex<Vec<(u64, Rule)>>,
    next: AtomicU64,
    cut: watch::Sender<u64>,
}

/// A rule that ends when this is dropped.
#[must_use = "the rule ends with its guard"]
pub struct FaultGuard {
    faults: Arc<Faults>,
    id: u64,
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        let mut rules = self.faults.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.retain(|(id, _)| *id != self.id);
    }
}

impl Faults {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            rules: Mutex::new(Vec::new()),
            next: AtomicU64::new(0),
            cut: watch::Sender::new(0),
        })
    }

    pub(crate) fn add(self: &Arc<Self>, rule: Rule) -> FaultGuard {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((id, rule));
        FaultGuard {
            faults: Arc::clone(self),
            id,
        }
    }

    /// The first rule that has something for the request decides. Rules run outside the lock: they may ask the server.
    pub(crate) fn of(&self, request: &Request<'_>) -> Option<Fault> {
        let rules: Vec<Rule> = {
            let guard = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
            if guard.is_empty() {
                return None;
            }
            guard.iter().map(|(_, rule)| Arc::clone(rule)).collect()
        };
        rules.iter().find_map(|rule| rule(request))
    }

    /// Ends all watches that are open now.
    pub(crate) fn cut_watches(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    pub(crate) fn cuts(&self) -> watch::Receiver<u64> {
        self.cut.subscribe()
    }
}
