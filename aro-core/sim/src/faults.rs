//! Failures on order.
//!
//! Rules are kept in the order they came. A call is held against each in turn: every rule it matches counts it, and
//! the first one whose turn it is (`nth`, `every`) has its effect.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::arm::error::ArmError;
use crate::arm::id::ArmPath;
use crate::call::{Call, Plane, Reply};

/// Which calls a rule is about. Absent members match everything; text matches without regard to case, `*` stands for
/// any run of characters and `|` separates alternatives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// `arm`, `login`, `graph`, `data`, `cluster` or `hive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plane: Option<String>,
    /// HTTP method, for example `PUT|DELETE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// ARM resource type, for example `Microsoft.Network/virtualNetworks/subnets`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// Path without query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Application id of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// Correlation id of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Only the n-th matching call, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Only every n-th matching call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
}

/// A status answered instead of doing anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultStatus {
    /// HTTP status.
    pub status: u16,
    /// Error code.
    pub code: String,
    /// Error message.
    #[serde(default)]
    pub message: String,
    /// `Retry-After`, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Answers an error; nothing is done.
    Status(FaultStatus),
    /// Answers 429 as Azure's subscription throttling does; nothing is done.
    Throttle,
    /// Waits, then goes on as usual.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The connection is reset; nothing is done.
    ResetBeforeEffect,
    /// Everything is done; the connection is reset before the reply.
    EffectDoneButReplyLost,
    /// The call is accepted as usual; the long-running operation it starts, if any, ends in this error.
    OperationFails {
        /// Error code.
        code: String,
        /// Error message.
        #[serde(default)]
        message: String,
    },
    /// Nothing is done until the rule is released.
    Hold,
    /// Everything is done; the reply waits until the rule is released.
    HoldReply,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Name of the rule; made when absent. A rule of the same name is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Which calls.
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// What happens to them.
    pub effect: Effect,
    /// At most this many times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// How a rule stands.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RuleStatus {
    id: String,
    #[serde(flatten)]
    rule: FaultRule,
    seen: u64,
    fired: u64,
    state: &'static str,
    held: Vec<u64>,
}

impl RuleStatus {
    pub(crate) fn is_waiting(&self) -> bool {
        self.state == "waiting"
    }
}

/// What to do with a call, and on whose order.
pub(crate) struct Verdict {
    pub(crate) rule: String,
    pub(crate) order: Order,
}

pub(crate) enum Order {
    Reply(Box<dyn Answer>),
    Reset,
    Delay(Duration),
    LoseReply,
    FailOperation(ArmError),
    Hold(Held),
    HoldReply(Held),
}

/// A reply that can be made once it is needed.
pub(crate) trait Answer: Send + Sync {
    fn reply(&self) -> Reply;
}

impl Answer for FaultStatus {
    fn reply(&self) -> Reply {
        let reply = ArmError::new(self.status, &self.code, &self.message).reply();
        match self.retry_after {
            Some(seconds) => reply.with("retry-after", &seconds.to_string()),
            None => reply,
        }
    }
}

struct Throttled;

impl Answer for Throttled {
    fn reply(&self) -> Reply {
        ArmError::new(
            429,
            "SubscriptionRequestsThrottled",
            "Number of requests for the subscription has exceeded the limit. Please try again after '1' seconds.",
        )
        .reply()
        .with("retry-after", "1")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    Closed,
    Open { perform: bool },
}

/// A call standing at a closed gate.
pub(crate) struct Held {
    gate: watch::Receiver<Gate>,
    place: Arc<Place>,
    number: u64,
}

impl Held {
    /// Waits for the release. False: the call is not to be carried out.
    pub(crate) async fn wait(&self, stop: &CancellationToken) -> bool {
        let mut gate = self.gate.clone();
        tokio::select! {
            opened = gate.wait_for(|gate| *gate != Gate::Closed) => {
                opened.is_ok_and(|gate| matches!(*gate, Gate::Open { perform: true }))
            }
            () = stop.cancelled() => false,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.place.lock().retain(|number| *number != self.number);
        self.place.changed.send_modify(|version| *version += 1);
    }
}

/// Where the calls held by one rule stand.
struct Place {
    waiting: Mutex<Vec<u64>>,
    changed: watch::Sender<u64>,
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, Vec<u64>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Rule {
    id: String,
    rule: FaultRule,
    seen: u64,
    fired: u64,
    gate: watch::Sender<Gate>,
    place: Arc<Place>,
}

impl Rule {
    fn status(&self) -> RuleStatus {
        let held = self.place.lock().clone();
        let state = match *self.gate.borrow() {
            Gate::Open { .. } => "released",
            Gate::Closed if !held.is_empty() => "waiting",
            Gate::Closed if self.spent() => "spent",
            Gate::Closed => "armed",
        };
        RuleStatus {
            id: self.id.clone(),
            rule: self.rule.clone(),
            seen: self.seen,
            fired: self.fired,
            state,
            held,
        }
    }

    fn spent(&self) -> bool {
        self.rule.times.is_some_and(|times| self.fired >= times)
            || self.rule.matches.nth.is_some_and(|nth| self.seen >= nth)
    }

    fn hold(&self, number: u64) -> Held {
        self.place.lock().push(number);
        self.place.changed.send_modify(|version| *version += 1);
        Held {
            gate: self.gate.subscribe(),
            place: Arc::clone(&self.place),
            number,
        }
    }
}

/// All orders in force.
#[derive(Default)]
pub(crate) struct Faults {
    rules: Mutex<Vec<Rule>>,
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends rules and says their names.
    pub(crate) fn add(&self, rules: Vec<FaultRule>) -> Vec<String> {
        let mut held = self.lock();
        rules
            .into_iter()
            .map(|rule| {
                let id = rule.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
                open_and_remove(&mut held, |known| known.id == id);
                held.push(Rule {
                    id: id.clone(),
                    rule,
                    seen: 0,
                    fired: 0,
                    gate: watch::Sender::new(Gate::Closed),
                    place: Arc::new(Place {
                        waiting: Mutex::default(),
                        changed: watch::Sender::new(0),
                    }),
                });
                id
            })
            .collect()
    }

    pub(crate) fn list(&self) -> Vec<RuleStatus> {
        self.lock().iter().map(Rule::status).collect()
    }

    pub(crate) fn get(&self, id: &str) -> Option<RuleStatus> {
        self.lock().iter().find(|rule| rule.id == id).map(Rule::status)
    }

    /// Removes one rule, or all; whatever they hold goes on.
    pub(crate) fn remove(&self, id: Option<&str>) -> usize {
        open_and_remove(&mut self.lock(), |rule| id.is_none_or(|id| rule.id == id))
    }

    /// Lets held calls go on (`perform`) or drops them. False when there is no such rule.
    pub(crate) fn release(&self, id: &str, perform: bool) -> bool {
        let rules = self.lock();
        let Some(rule) = rules.iter().find(|rule| rule.id == id) else {
            return false;
        };
        rule.gate.send_replace(Gate::Open { perform });
        rule.place.changed.send_modify(|version| *version += 1);
        true
    }

    /// Waits until the rule is in `state`, at most `patience`; then how it stands. `None`: no such rule.
    pub(crate) async fn wait(&self, id: &str, state: &str, patience: Duration) -> Option<RuleStatus> {
        let mut changed = self.lock().iter().find(|rule| rule.id == id)?.place.changed.subscribe();
        let arrived = async {
            loop {
                match self.get(id) {
                    Some(status) if status.state != state => {}
                    reached => return reached,
                }
                if changed.changed().await.is_err() {
                    return self.get(id);
                }
            }
        };
        match tokio::time::timeout(patience, arrived).await {
            Ok(status) => status,
            Err(_) => self.get(id),
        }
    }

    /// Counts the call and says what is to happen to it, if anything.
    pub(crate) fn judge(&self, call: &Call) -> Option<Verdict> {
        let mut rules = self.lock();
        let resource_type = type_of(call);
        let mut verdict = None;
        for rule in rules
            .iter_mut()
            .filter(|rule| rule.rule.matches.takes(call, &resource_type))
        {
            if rule.rule.times.is_some_and(|times| rule.fired >= times) || *rule.gate.borrow() != Gate::Closed {
                continue;
            }
            rule.seen += 1;
            let wanted = &rule.rule.matches;
            let turn = wanted.nth.is_none_or(|nth| rule.seen == nth)
                && wanted
                    .every
                    .is_none_or(|every| every != 0 && rule.seen.is_multiple_of(every));
            if !turn || verdict.is_some() {
                continue;
            }
            rule.fired += 1;
            let order = match &rule.rule.effect {
                Effect::Status(status) => Order::Reply(Box::new(status.clone())),
                Effect::Throttle => Order::Reply(Box::new(Throttled)),
                Effect::Delay { ms } => Order::Delay(Duration::from_millis(*ms)),
                Effect::ResetBeforeEffect => Order::Reset,
                Effect::EffectDoneButReplyLost => Order::LoseReply,
                Effect::OperationFails { code, message } => Order::FailOperation(ArmError::new(409, code, message)),
                Effect::Hold => Order::Hold(rule.hold(call.number)),
                Effect::HoldReply => Order::HoldReply(rule.hold(call.number)),
            };
            rule.place.changed.send_modify(|version| *version += 1);
            verdict = Some(Verdict {
                rule: rule.id.clone(),
                order,
            });
        }
        verdict
    }
}

fn open_and_remove(rules: &mut Vec<Rule>, unwanted: impl Fn(&Rule) -> bool) -> usize {
    let before = rules.len();
    rules.retain(|rule| {
        let goes = unwanted(rule);
        if goes {
            rule.gate.send_replace(Gate::Open { perform: true });
        }
        !goes
    });
    before - rules.len()
}

impl Match {
    fn takes(&self, call: &Call, resource_type: &str) -> bool {
        let app_id = call.caller.as_ref().map_or("", |caller| caller.appid.as_str());
        let fits = |pattern: &Option<String>, text: &str| pattern.as_deref().is_none_or(|pattern| glob(pattern, text));
        fits(&self.plane, call.plane.name())
            && fits(&self.method, call.method.as_str())
            && fits(&self.resource_type, resource_type)
            && fits(&self.path, &call.path)
            && fits(&self.app_id, app_id)
            && fits(&self.correlation_id, &call.correlation_id)
    }
}

/// The type a call is about: the ARM resource type, or the first segments of other planes.
pub(crate) fn type_of(call: &Call) -> String {
    match call.plane {
        Plane::Arm => ArmPath::parse(&call.path).kind(),
        Plane::Login => "token".to_owned(),
        Plane::Graph | Plane::Data => call
            .path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .take(2)
            .collect::<Vec<_>>()
            .join("/"),
        Plane::Cluster | Plane::Hive => crate::openshift::front::type_of(&call.path),
    }
}

fn glob(pattern: &str, text: &str) -> bool {
    pattern
        .split('|')
        .any(|one| glob_one(&one.to_ascii_lowercase(), &text.to_ascii_lowercase()))
}

fn glob_one(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn a_star_stands_for_any_run_and_a_bar_for_either() {
        assert!(glob("PUT|DELETE", "delete"));
        assert!(glob("Microsoft.Network/*", "microsoft.network/virtualNetworks/subnets"));
        assert!(glob("*/subnets/*-worker*", "/x/subnets/a-worker"));
        assert!(!glob("*/subnets", "/x/subnets/a"));
        assert!(glob("*", ""));
        assert!(!glob("a*a", "a"));
    }
}
