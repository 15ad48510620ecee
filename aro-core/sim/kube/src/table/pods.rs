//! Cells of pods.

use serde_json::Value;
use time::OffsetDateTime;

use super::cells::{condition, list};
use crate::clock;

/// Whether an init container is a sidecar: it goes on beside the others.
fn is_sidecar(pod: &Value, name: &Value) -> bool {
    list(pod, "/spec/initContainers")
        .any(|container| container["name"] == *name && container["restartPolicy"] == "Always")
}

fn is_ready(status: &Value) -> bool {
    status["ready"] == true && !status["state"]["waiting"].is_object() && !status["state"]["terminated"].is_object()
}

pub(super) fn pod_ready(pod: &Value) -> Value {
    let sidecars = list(pod, "/spec/initContainers").filter(|container| container["restartPolicy"] == "Always");
    let all = list(pod, "/spec/containers").count() + sidecars.count();
    let own = list(pod, "/status/containerStatuses").filter(|status| is_ready(status));
    let beside = list(pod, "/status/initContainerStatuses")
        .filter(|status| is_sidecar(pod, &status["name"]) && status["started"] == true && status["ready"] == true);
    let ready = own.count() + beside.count();
    Value::from(format!("{ready}/{all}"))
}

/// Why a container ended, in a word.
fn ended(terminated: &Value) -> String {
    match terminated["reason"].as_str() {
        Some(reason) if !reason.is_empty() => reason.to_owned(),
        _ => match terminated["signal"].as_i64() {
            Some(signal) if signal != 0 => format!("Signal:{signal}"),
            _ => format!("ExitCode:{}", terminated["exitCode"].as_i64().unwrap_or_default()),
        },
    }
}

/// What the first init container that is not through keeps the pod from.
fn initializing(pod: &Value) -> Option<String> {
    let all = list(pod, "/spec/initContainers").count();
    for (index, status) in list(pod, "/status/initContainerStatuses").enumerate() {
        let state = &status["state"];
        let terminated = &state["terminated"];
        let through = terminated.is_object() && terminated["exitCode"].as_i64().unwrap_or_default() == 0;
        if through || (is_sidecar(pod, &status["name"]) && status["started"] == true) {
            continue;
        }
        return Some(match state["waiting"]["reason"].as_str() {
            _ if terminated.is_object() => format!("Init:{}", ended(terminated)),
            Some(reason) if !reason.is_empty() && reason != "PodInitializing" => format!("Init:{reason}"),
            _ => format!("Init:{index}/{all}"),
        });
    }
    None
}

pub(super) fn pod_status(pod: &Value) -> Value {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    let stated = pod
        .pointer("/status/reason")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut reason = if stated.is_empty() { phase } else { stated }.to_owned();
    let mut conditions = list(pod, "/status/conditions");
    if conditions.any(|condition| condition["type"] == "PodScheduled" && condition["reason"] == "SchedulingGated") {
        reason = "SchedulingGated".to_owned();
    }
    match initializing(pod).filter(|_| condition(pod, "Initialized") != Some("True")) {
        Some(step) => reason = step,
        None => {
            let mut running = false;
            let statuses: Vec<&Value> = list(pod, "/status/containerStatuses").collect();
            for status in statuses.into_iter().rev() {
                let state = &status["state"];
                match state["waiting"]["reason"].as_str() {
                    Some(waits) if !waits.is_empty() => reason = waits.to_owned(),
                    _ if state["terminated"].is_object() => reason = ended(&state["terminated"]),
                    _ => running |= is_ready(status),
                }
            }
            if reason == "Completed" && running {
                reason = if condition(pod, "Ready") == Some("True") {
                    "Running"
                } else {
                    "NotReady"
                }
                .to_owned();
            }
        }
    }
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        if stated == "NodeLost" {
            reason = "Unknown".to_owned();
        } else if !matches!(phase, "Succeeded" | "Failed") {
            reason = "Terminating".to_owned();
        }
    }
    Value::from(reason)
}

pub(super) fn pod_restarts(pod: &Value, now: OffsetDateTime) -> Value {
    let starts = initializing(pod).is_some() && condition(pod, "Initialized") != Some("True");
    let counted: Vec<&Value> = list(pod, "/status/initContainerStatuses")
        .filter(|status| starts || is_sidecar(pod, &status["name"]))
        .chain(list(pod, "/status/containerStatuses").filter(|_| !starts))
        .collect();
    let count: i64 = counted
        .iter()
        .filter_map(|status| status["restartCount"].as_i64())
        .sum();
    let last = counted
        .iter()
        .filter_map(|status| status.pointer("/lastState/terminated/finishedAt")?.as_str())
        .max();
    match last {
        Some(at) if count > 0 => Value::from(format!("{count} ({} ago)", clock::age(at, now))),
        _ => Value::from(count.to_string()),
    }
}

pub(super) fn gates(pod: &Value) -> Value {
    let all = list(pod, "/spec/readinessGates").count();
    if all == 0 {
        return Value::from("<none>");
    }
    let met = list(pod, "/spec/readinessGates")
        .filter(|gate| {
            gate["conditionType"]
                .as_str()
                .is_some_and(|kind| condition(pod, kind) == Some("True"))
        })
        .count();
    Value::from(format!("{met}/{all}"))
}
