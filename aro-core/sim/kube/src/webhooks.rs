//! Webhooks that are asked before a write: `MutatingWebhookConfiguration` and `ValidatingWebhookConfiguration`.
//!
//! Writes run under one lock and cannot wait for somebody else's server. So an attempt that comes to a webhook that has
//! not answered yet ends; it is asked outside the lock, and the request is tried again with what it said:
//!
//! ```text
//! attempt ── not asked yet ──► call ──► answer noted ──┐
//!    ▲                                                 │
//!    └─────────────────────────────────────────────────┘   … until all have answered: done, or refused
//! ```
//!
//! An answer counts for the object as it was: a write in between asks again.

mod call;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) use self::call::ask;
use crate::meta;
use crate::policy::{self, Asked};
use crate::status::Status;
use crate::types;
use crate::world::World;

const MUTATING: &str = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
const VALIDATING: &str = "validatingwebhookconfigurations.admissionregistration.k8s.io";
/// Of a webhook that says nothing of its patience, in seconds.
const PATIENCE: u64 = 10;

/// A service that a webhook's configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookService {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its port.
    pub port: u16,
}

/// Finds where a service listens; none where nothing does.
pub type WebhookResolver = Arc<dyn Fn(&WebhookService) -> Option<SocketAddr> + Send + Sync>;

/// What a webhook said.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Allowed {
        patch: Option<Value>,
        warnings: Vec<String>,
    },
    Refused {
        status: Box<Status>,
        warnings: Vec<String>,
    },
}

/// A webhook to ask.
#[derive(Debug)]
pub(crate) struct Pending {
    key: String,
    name: String,
    client: Value,
    timeout: Duration,
    /// A webhook that cannot be asked lets everything pass.
    ignored: bool,
    request: Value,
}

#[derive(Debug, Default)]
struct Said {
    answers: HashMap<String, Answer>,
    pending: Option<Pending>,
    drawn: HashMap<&'static str, String>,
    warnings: Vec<String>,
}

/// What webhooks say about one request, over all its attempts.
#[derive(Debug)]
pub(crate) struct Hooks(Option<Mutex<Said>>);

/// The server's own writes ask nobody.
pub(crate) const NOBODY: &Hooks = &Hooks(None);

impl Hooks {
    pub(crate) fn new() -> Self {
        Self(Some(Mutex::default()))
    }

    fn said(&self) -> Option<MutexGuard<'_, Said>> {
        Some(self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is drawn by lot once for all attempts.
    pub(crate) fn once(&self, name: &'static str, draw: impl FnOnce() -> String) -> String {
        match self.said() {
            Some(mut said) => said.drawn.entry(name).or_insert_with(draw).clone(),
            None => draw(),
        }
    }

    /// A new attempt begins.
    pub(crate) fn begin(&self) {
        if let Some(mut said) = self.said() {
            said.warnings.clear();
        }
    }

    /// The webhook that the last attempt came to.
    pub(crate) fn pending(&self) -> Option<Pending> {
        self.said()?.pending.take()
    }

    pub(crate) fn note(&self, pending: Pending, answer: Answer) {
        if let Some(mut said) = self.said() {
            said.answers.insert(pending.key, answer);
        }
    }

    /// What webhooks warn the client of.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.said()
            .map(|mut said| std::mem::take(&mut said.warnings))
            .unwrap_or_default()
    }

    /// The answer of a webhook. One that was not asked yet ends the attempt: the error is seen by nobody.
    fn answer(&self, pending: Pending) -> Result<Option<Value>, Status> {
        let Some(mut said) = self.said() else { return Ok(None) };
        match said.answers.get(&pending.key).cloned() {
            None => {
                said.pending = Some(pending);
                Err(Status::internal("a webhook is to be asked"))
            }
            Some(Answer::Allowed { patch, warnings }) => {
                said.warnings.extend(warnings);
                Ok(patch)
            }
            Some(Answer::Refused { status, warnings }) => {
                said.warnings.extend(warnings);
                Err(*status)
            }
        }
    }
}

/// Lets webhooks change an object.
///
/// # Errors
/// The refusal of the first that denies, or cannot be asked and must be.
pub(crate) fn mutate(world: &World, hooks: &Hooks, asked: &Asked<'_>, object: &mut Value) -> Result<(), Status> {
    let all = matching(world, hooks, asked, object, MUTATING)?;
    if all.is_empty() {
        return Ok(());
    }
    // A webhook that asks for it sees the object again when one after it changed it.
    let mut again = Vec::new();
    for hook in &all {
        if change(hooks, asked, object, hook, 0)? {
            again.extend(all.iter().take_while(|earlier| earlier.key != hook.key));
        }
    }
    for hook in &all {
        let wanted =
            hook.hook["reinvocationPolicy"] == "IfNeeded" && again.iter().any(|earlier| earlier.key == hook.key);
        if wanted {
            change(hooks, asked, object, hook, 1)?;
        }
    }
    Ok(())
}

/// Asks one webhook for its changes; whether it made any.
fn change(hooks: &Hooks, asked: &Asked<'_>, object: &mut Value, hook: &Hook<'_>, round: usize) -> Result<bool, Status> {
    let patch = hooks.answer(hook.pending(asked, Some(object), round))?;
    let Some(patch) = patch.filter(|_| asked.object.is_some()) else {
        return Ok(false);
    };
    let typed = asked.target.typed();
    let refuse = |why: String| Status::new(500, "InternalError", format!("Internal error occurred: {why}"));
    let patched = types::json_patch(object, &patch).map_err(|error| refuse(error.message))?;
    let (mut patched, _) = types::decode(typed, &patched).map_err(|error| refuse(error.to_string()))?;
    types::default(typed, &mut patched);
    let changed = patched != *object;
    *object = patched;
    Ok(changed)
}

/// Asks the webhooks that judge.
///
/// # Errors
/// As [`mutate`].
pub(crate) fn validate(world: &World, hooks: &Hooks, asked: &Asked<'_>) -> Result<(), Status> {
    let seen = asked.object.or(asked.current).unwrap_or(&Value::Null);
    for hook in matching(world, hooks, asked, seen, VALIDATING)? {
        hooks.answer(hook.pending(asked, asked.object, 0))?;
    }
    Ok(())
}

/// A webhook that a request concerns.
struct Hook<'a> {
    key: String,
    hook: &'a Value,
}

impl Hook<'_> {
    fn pending(&self, asked: &Asked<'_>, object: Option<&Value>, round: usize) -> Pending {
        let name = self.hook["name"].as_str().unwrap_or_default().to_owned();
        // What is deleted has no new state.
        let object = object.filter(|_| asked.object.is_some());
        let shown =
            |object: Option<&Value>| object.map_or(Value::Null, |object| types::show(asked.target.typed(), object));
        let mut request = policy::request(asked);
        request["object"] = shown(object);
        request["oldObject"] = shown(asked.current);
        request["options"] = json!({ "apiVersion": "meta.k8s.io/v1", "kind": asked.operation.options() });
        Pending {
            key: format!("{}/{round}", self.key),
            name,
            client: self.hook["clientConfig"].clone(),
            timeout: Duration::from_secs(self.hook["timeoutSeconds"].as_u64().unwrap_or(PATIENCE)),
            ignored: self.hook["failurePolicy"] == "Ignore",
            request,
        }
    }
}

/// The webhooks of a kind that a request concerns, in the order in which they are asked.
fn matching<'a>(
    world: &'a World,
    hooks: &Hooks,
    asked: &Asked<'_>,
    object: &Value,
    kind: &str,
) -> Result<Vec<Hook<'a>>, Status> {
    let mut found = Vec::new();
    if hooks.0.is_none() || asked.target.resource.group == "admissionregistration.k8s.io" {
        return Ok(found);
    }
    let namespace = policy::namespace(world, asked);
    let now = Asked {
        object: asked.object.map(|_| object),
        ..*asked
    };
    for (_, configuration) in world.state.scan(kind, "") {
        for hook in configuration["webhooks"].as_array().into_iter().flatten() {
            let rules = hook["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
            if !rules.iter().any(|rule| policy::names(rule, &now)) || !policy::selects(hook, &now, namespace) {
                continue;
            }
            let conditions = hook["matchConditions"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            match policy::conditions(conditions, &now, namespace) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(_) if hook["failurePolicy"] == "Ignore" => continue,
                Err(why) => {
                    let name = hook["name"].as_str().unwrap_or_default();
                    let why = format!("webhook \"{name}\": {why}");
                    return Err(Status::forbidden(
                        asked.target.resource.qualified(),
                        meta::name(object),
                        &why,
                    ));
                }
            }
            let current = asked.current.map(|current| {
                format!(
                    "{}/{}@{}",
                    meta::namespace(current),
                    meta::name(current),
                    meta::resource_version(current)
                )
            });
            found.push(Hook {
                key: format!(
                    "{kind}/{}/{}/{}",
                    meta::name(configuration),
                    hook["name"],
                    current.unwrap_or_default()
                ),
                hook,
            });
        }
    }
    Ok(found)
}
