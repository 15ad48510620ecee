//! Long-running operations: their clockwork and the URLs they are watched at.

use super::references;
use http::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::cx::Cx;
use super::error::ArmError;
use super::front::{ArmCall, method_not_allowed};
use super::id::ArmPath;
use super::{registry, resources, types};
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::installation;
use crate::shared::Facts;
use crate::state::{Effect, Operation, State, Status, Verb};

/// Lets everything happen that is due by `now`, in order of time.
pub(crate) fn settle(facts: &Facts, state: &mut State, now: OffsetDateTime) {
    while let Some(operation) = state.take_due(now) {
        let at = operation.due;
        let mut cx = Cx { facts, state, now: at };
        match operation.effect.clone() {
            Effect::Ready => ready(&mut cx, &operation),
            Effect::Remove => {
                resources::remove(&mut cx, &operation.target);
                cx.state.end(&operation.id, at, None);
            }
            Effect::RemoveGroup => remove_group(&mut cx, &operation),
            Effect::Power { state: power } => {
                cx.state.resources.change(&operation.target, |machine| {
                    machine.properties_mut().insert("_power".to_owned(), json!(power));
                });
                ready(&mut cx, &operation);
            }
            Effect::Deployment { next } => types::deployments::step(&mut cx, &operation, next),
            Effect::Install { next } => installation::step(&mut cx, &operation, next),
            Effect::Fail { error } => fail(&mut cx, &operation, error),
        }
    }
}

fn ready(cx: &mut Cx<'_>, operation: &Operation) {
    let kind = cx.state.resources.change(&operation.target, |resource| {
        resource.operation = None;
        resource
            .properties_mut()
            .insert("provisioningState".to_owned(), json!("Succeeded"));
        resource.kind.clone()
    });
    if let Some(kind) = kind.and_then(|kind| registry::by_name(&kind)) {
        kind.behaviour.ready(cx, &operation.target);
    }
    cx.state.end(&operation.id, cx.now, None);
}

/// What was accepted comes to nothing more: a deployment stops where it is, what was to be deleted stays.
fn fail(cx: &mut Cx<'_>, operation: &Operation, error: Value) {
    cx.state.resources.change(&operation.target, |resource| {
        resource.operation = None;
        resource.deleting = false;
        let properties = resource.properties_mut();
        properties.retain(|name, _| !matches!(name.as_str(), "_plan" | "_caller"));
        properties.insert("provisioningState".to_owned(), json!("Failed"));
    });
    cx.state.end(&operation.id, cx.now, Some(error));
}

fn remove_group(cx: &mut Cx<'_>, operation: &Operation) {
    let prefix = format!("{}/", operation.target);
    // Clusters of another provider go first; ARM asks their provider and waits.
    if cx.state.relayed.under(&prefix).next().is_some() {
        let later = cx.now + super::lifecycle::GROUP_DELETE_POLL;
        cx.state.postpone(&operation.id, later, Effect::RemoveGroup);
        return;
    }
    let stuck: Vec<(String, ArmError)> = cx
        .state
        .resources
        .under(&prefix)
        .filter_map(|(key, resource)| {
            let kind = registry::by_name(&resource.kind)?;
            let users: Vec<String> = references::users(cx.state, key)
                .filter(|(user, _)| !user.starts_with(&prefix))
                .map(|(_, one)| one.id.clone())
                .collect();
            if users.is_empty() {
                None
            } else {
                (kind.in_use)(resource, &users).map(|error| (resource.id.clone(), error))
            }
        })
        .collect();
    if !stuck.is_empty() {
        let ids = stuck.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(",");
        let mut error = ArmError::new(
            409,
            "ResourceGroupDeletionBlocked",
            format!(
                "Deletion of resource group '{}' failed as resources with identifiers '{ids}' could not be deleted. The \
                 provisioning state of the resource group will be rolled back.",
                super::id::last(&operation.target_id)
            ),
        );
        error.details = stuck
            .iter()
            .map(|(id, error)| {
                let mut body = error.body();
                body["target"] = json!(id);
                body
            })
            .collect();
        cx.state.resources.change(&operation.target, |group| {
            group.deleting = false;
            group.operation = None;
            group
                .properties_mut()
                .insert("provisioningState".to_owned(), json!("Succeeded"));
        });
        cx.state.end(&operation.id, cx.now, Some(error.body()));
        return;
    }
    resources::remove(cx, &operation.target);
    cx.state.end(&operation.id, cx.now, None);
}

/// Where an operation is watched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Monitor {
    /// `Location` below the subscription, as resource groups do.
    Group,
    /// `Azure-AsyncOperation` and `Location` below the provider's location.
    Provider,
    /// `Azure-AsyncOperation` below the deployment.
    Deployment,
}

/// Adds the headers by which a client watches an operation.
pub(crate) fn watch(
    cx: &Cx<'_>,
    arm: &ArmCall<'_>,
    operation: &str,
    monitor: Monitor,
    location: bool,
    mut reply: Reply,
) -> Reply {
    let base = &cx.facts.endpoints.arm;
    let subscription = arm.path.subscription.as_deref().unwrap_or_default();
    let version = arm.call.api_version();
    match monitor {
        Monitor::Group => {
            reply = reply.with(
                "location",
                &format!("{base}/subscriptions/{subscription}/operationresults/{operation}?api-version={version}"),
            );
        }
        Monitor::Provider => {
            let namespace = arm.path.namespace.as_deref().unwrap_or_default();
            let place = format!(
                "{base}/subscriptions/{subscription}/providers/{namespace}/locations/{}",
                cx.facts.endpoints.location
            );
            reply = reply.with(
                "azure-asyncoperation",
                &format!("{place}/operations/{operation}?api-version={version}"),
            );
            if location {
                reply = reply.with(
                    "location",
                    &format!("{place}/operationResults/{operation}?api-version={version}"),
                );
            }
        }
        Monitor::Deployment => {
            let id = &arm.path.text;
            reply = reply.with(
                "azure-asyncoperation",
                &format!("{base}{id}/operationStatuses/{operation}?api-version={version}"),
            );
        }
    }
    retry_after(cx.facts, reply)
}

/// 202 with the headers by which a client watches the operation.
pub(crate) fn accepted(cx: &Cx<'_>, arm: &ArmCall<'_>, operation: &str, monitor: Monitor) -> Reply {
    watch(cx, arm, operation, monitor, true, Reply::empty(202))
}

fn retry_after(facts: &Facts, reply: Reply) -> Reply {
    match facts.pace.retry_after {
        Some(seconds) => reply.with("retry-after", &seconds.to_string()),
        None => reply,
    }
}

const STATUS_WORDS: [&str; 2] = ["operations", "operationstatuses"];
const RESULT_WORDS: [&str; 2] = ["operationresults", "asyncoperations"];

fn word(path: &ArmPath) -> String {
    path.segments
        .iter()
        .rev()
        .nth(1)
        .map(|word| word.to_lowercase())
        .unwrap_or_default()
}

/// Whether the path is a place where an operation is watched.
pub(super) fn is_monitor(path: &ArmPath) -> bool {
    let word = word(path);
    (STATUS_WORDS.contains(&word.as_str()) || RESULT_WORDS.contains(&word.as_str()))
        && path.segments.last().is_some_and(|id| Uuid::try_parse(id).is_ok())
}

pub(super) fn answer(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    if arm.call.method != Method::GET {
        return Err(method_not_allowed(arm));
    }
    let id = arm.path.segments.last().cloned().unwrap_or_default();
    let subscription = format!(
        "/subscriptions/{}/",
        arm.path.subscription.as_deref().unwrap_or_default().to_lowercase()
    );
    let operation = cx
        .state
        .operations
        .get(&id)
        .filter(|operation| format!("{}/", operation.target).starts_with(&subscription))
        .cloned()
        .ok_or_else(|| {
            ArmError::new(
                404,
                "OperationNotFound",
                format!("The operation '{id}' could not be found."),
            )
        })?;
    if STATUS_WORDS.contains(&word(&arm.path).as_str()) {
        return Ok(status(cx.facts, &arm.path, &operation));
    }
    match operation.status {
        Status::Running => {
            let here = format!("{}{}", cx.facts.endpoints.arm, arm.call.target);
            Ok(retry_after(cx.facts, Reply::empty(202).with("location", &here)))
        }
        Status::Failed => Ok(Reply::json(409, &json!({"error": operation.error}))),
        Status::Succeeded => match operation.verb {
            Verb::Delete if arm.path.namespace.is_some() => Ok(Reply::empty(204)),
            Verb::Put => match cx.state.resources.get(&operation.target) {
                Some(resource) => Ok(Reply::json(200, &resources::view(cx, resource, None))),
                None => Err(ArmError::new(
                    404,
                    "ResourceNotFound",
                    format!("The resource '{}' was not found.", operation.target_id),
                )),
            },
            Verb::Delete | Verb::Action => Ok(Reply::empty(200)),
        },
    }
}

fn status(facts: &Facts, path: &ArmPath, operation: &Operation) -> Reply {
    let word = match operation.status {
        Status::Running => "InProgress",
        Status::Succeeded => "Succeeded",
        Status::Failed => "Failed",
    };
    let mut body = json!({
        "id": path.text, "name": operation.id, "status": word, "startTime": rfc3339(operation.started),
    });
    if let Some(ended) = operation.ended {
        body["endTime"] = json!(rfc3339(ended));
        body["percentComplete"] = json!(100);
    }
    if let Some(error) = &operation.error {
        body["error"] = error.clone();
    }
    let reply = Reply::json(200, &body);
    if operation.status == Status::Running {
        retry_after(facts, reply)
    } else {
        reply
    }
}

/// The states in which a resource may be while something happens to it.
pub(crate) fn state_word(created: bool) -> Value {
    json!(if created { "Creating" } else { "Updating" })
}
