//! Eviction: a deletion that disruption budgets may refuse.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::call::{Call, Reply, Target};
use crate::meta;
use crate::options;
use crate::selector::Labels;
use crate::server::Inner;
use crate::status::Status;
use crate::types::{self, Manager, Part};
use crate::verbs::create::success;
use crate::verbs::decode::{self, Wanted};
use crate::verbs::delete;

const BUDGETS: &str = "poddisruptionbudgets.policy";

/// Members an Eviction may have.
const MEMBERS: [&str; 4] = ["kind", "apiVersion", "metadata", "deleteOptions"];

pub(crate) fn create(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let written = options::write(&call.query, "CreateOptions", false)?;
    let wanted = Wanted::of(target);
    let mut decoded = decode::parse(call, &wanted)?;
    decode::check_kind(server, call, &wanted, &mut decoded.value)?;
    let eviction = decoded.value;
    let unknown: Vec<String> = eviction
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !MEMBERS.contains(&name.as_str()))
        .map(|(name, _)| format!("unknown field \"{name}\""))
        .collect();
    call.warn(decode::judge(unknown, written.field_validation, |why| {
        Status::bad_request(format!(
            "Eviction in version \"v1\" cannot be handled as a Eviction: {why}"
        ))
    })?);
    let name = meta::name(&eviction);
    if !name.is_empty() && name != target.name {
        return Err(Status::bad_request(
            "name in URL does not match name in Eviction object",
        ));
    }
    let mut options = options::delete(
        &call.query,
        eviction.get("deleteOptions").filter(|value| value.is_object()),
    )?;
    options.dry_run |= written.dry_run;

    let mut world = server.world();
    let pod = world
        .state
        .get("pods", &target.key())
        .cloned()
        .ok_or_else(|| Status::not_found(target.resource.qualified(), &target.name))?;
    let done = || Reply::object(201, success(Some(201), None));
    let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    let unguarded = matches!(phase, "Succeeded" | "Failed" | "Pending") || meta::is_deleting(&pod);
    let mut plain = target.clone();
    plain.subresource = None;
    if !unguarded {
        let namespace = target.namespace.clone().unwrap_or_default();
        let budgets: Vec<(String, Arc<Value>)> = world
            .state
            .scan(BUDGETS, &format!("{namespace}/"))
            .filter(|(_, budget)| {
                Labels::from_object(budget.pointer("/spec/selector")).is_some_and(|labels| labels.matches(&pod))
            })
            .map(|(key, budget)| (key.clone(), Arc::clone(budget)))
            .collect();
        match budgets.as_slice() {
            [] => {}
            [(key, budget)] => {
                let charged = charge(&pod, budget, server.now())?;
                if let Some(mut charged) = charged
                    && !options.dry_run
                {
                    if let Some(of) = crate::controllers::target(&world, BUDGETS, budget) {
                        let manager = Manager {
                            name: "kube-apiserver",
                            part: Part::Status,
                            now: server.now(),
                        };
                        types::track(
                            of.typed(),
                            Some(&types::show(of.typed(), budget)),
                            &mut charged,
                            &manager,
                        );
                    }
                    world.state.put(BUDGETS, key.clone(), charged);
                }
            }
            _ => {
                return Err(Status::internal(
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                ));
            }
        }
    }
    delete::remove(server, &mut world, &plain, &options, &call.user, &call.hooks)?;
    Ok(done())
}

fn is_ready(pod: &Value) -> bool {
    pod.pointer("/status/conditions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// Takes a disruption from a budget: the budget afterwards, nothing when the pod needs none, or the refusal.
fn charge(pod: &Value, budget: &Value, now: time::OffsetDateTime) -> Result<Option<Value>, Status> {
    let number = |pointer: &str| budget.pointer(pointer).and_then(Value::as_i64).unwrap_or_default();
    let policy = budget
        .pointer("/spec/unhealthyPodEvictionPolicy")
        .and_then(Value::as_str)
        .unwrap_or("IfHealthyBudget");
    if !is_ready(pod) {
        let healthy = number("/status/currentHealthy") >= number("/status/desiredHealthy");
        if policy == "AlwaysAllow" || (healthy && number("/status/desiredHealthy") > 0) {
            return Ok(None);
        }
    }
    let name = meta::name(budget);
    let refuse = |message: String, retry: Option<u32>| {
        let mut status = Status::new(
            429,
            "TooManyRequests",
            "Cannot evict pod as it would violate the pod's disruption budget.",
        );
        let mut details = json!({
            "causes": [{"reason": "DisruptionBudget", "message": message}],
        });
        if let Some(seconds) = retry {
            details["retryAfterSeconds"] = Value::from(seconds);
        }
        status.details = Some(details);
        status.retry_after = retry;
        status
    };
    if number("/status/observedGeneration") < meta::generation(budget) {
        let message = format!("The disruption budget {name} is still being processed by the server.");
        return Err(refuse(message, Some(10)));
    }
    let allowed = number("/status/disruptionsAllowed");
    if allowed <= 0 {
        let (wanted, has) = (number("/status/desiredHealthy"), number("/status/currentHealthy"));
        let message = if has > wanted {
            format!("The disruption budget {name} does not allow evicting pods currently")
        } else {
            format!("The disruption budget {name} needs {wanted} healthy pods and has {has} currently")
        };
        return Err(refuse(message, None));
    }
    let mut budget = budget.clone();
    budget["status"]["disruptionsAllowed"] = Value::from(allowed - 1);
    budget["status"]["disruptedPods"][meta::name(pod)] = Value::from(crate::clock::seconds(now));
    let left = allowed > 1;
    let condition = json!({
        "type": "DisruptionAllowed",
        "status": if left { "True" } else { "False" },
        "observedGeneration": budget["status"]["observedGeneration"],
        "lastTransitionTime": crate::clock::seconds(now),
        "reason": if left { "SufficientPods" } else { "InsufficientPods" },
        "message": "",
    });
    crate::lifecycle::set_condition(&mut budget, condition);
    Ok(Some(budget))
}
