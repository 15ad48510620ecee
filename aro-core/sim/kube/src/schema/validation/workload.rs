//! Faults of what makes pods.

use serde_json::Value;

use super::{Cause, NOT_NEGATIVE, list, pod, text};

/// Faults of a Deployment, DaemonSet, StatefulSet or ReplicaSet.
pub(super) fn workload(kind: &str, object: &Value, faults: &mut Vec<Cause>) {
    if kind == "ControllerRevision" {
        let revision = &object["revision"];
        if object.get("data").is_none_or(Value::is_null) {
            faults.push(Cause::required("data", "data is mandatory"));
        }
        if revision.as_i64().is_some_and(|revision| revision < 0) {
            faults.push(Cause::invalid("revision", revision, NOT_NEGATIVE));
        }
        return;
    }
    let spec = &object["spec"];
    if spec
        .get("replicas")
        .and_then(Value::as_i64)
        .is_some_and(|replicas| replicas < 0)
    {
        faults.push(Cause::invalid("spec.replicas", &spec["replicas"], NOT_NEGATIVE));
    }
    let selector = &spec["selector"];
    if selector.is_null() {
        faults.push(Cause::required("spec.selector", ""));
    } else {
        pod::selector(selector, "spec.selector", faults);
        if is_empty(selector) {
            faults.push(Cause::invalid(
                "spec.selector",
                selector,
                &format!("empty selector is invalid for {}", plain(kind)),
            ));
        }
    }
    let labels = spec.pointer("/template/metadata/labels").unwrap_or(&Value::Null);
    if selector.is_null() || !matches(selector, labels) {
        faults.push(Cause::invalid(
            "spec.template.metadata.labels",
            labels,
            "`selector` does not match template `labels`",
        ));
    }
    pod::spec(&spec["template"]["spec"], "spec.template.spec", faults);
    let policy = text(&spec["template"]["spec"], "restartPolicy");
    if policy != "Always" && !policy.is_empty() {
        faults.push(Cause::not_supported(
            "spec.template.spec.restartPolicy",
            &policy.into(),
            &["Always"],
        ));
    }
    strategy(kind, spec, faults);
}

/// Faults of a ReplicationController's specification.
pub(super) fn replication_controller(spec: &Value, faults: &mut Vec<Cause>) {
    if spec["replicas"].as_i64().is_some_and(|replicas| replicas < 0) {
        faults.push(Cause::invalid("spec.replicas", &spec["replicas"], NOT_NEGATIVE));
    }
    let selector = spec.get("selector").and_then(Value::as_object);
    if selector.is_none_or(serde_json::Map::is_empty) {
        faults.push(Cause::required("spec.selector", ""));
    }
    let Some(template) = spec.get("template") else {
        faults.push(Cause::required("spec.template", ""));
        return;
    };
    let labels = template.pointer("/metadata/labels").unwrap_or(&Value::Null);
    let mut stated = selector.into_iter().flatten();
    if !stated.all(|(name, value)| labels.get(name) == Some(value)) {
        faults.push(Cause::invalid(
            "spec.template.metadata.labels",
            labels,
            "`selector` does not match template `labels`",
        ));
    }
    pod::spec(&template["spec"], "spec.template.spec", faults);
    let policy = text(&template["spec"], "restartPolicy");
    if policy != "Always" && !policy.is_empty() {
        let at = "spec.template.spec.restartPolicy";
        faults.push(Cause::not_supported(at, &policy.into(), &["Always"]));
    }
}

fn plain(kind: &str) -> &'static str {
    match kind {
        "DaemonSet" => "daemonset",
        "StatefulSet" => "statefulset",
        "ReplicaSet" => "replicaset",
        _ => "deployment",
    }
}

fn strategy(kind: &str, spec: &Value, faults: &mut Vec<Cause>) {
    let (name, known): (_, &[&str]) = match kind {
        "Deployment" => ("strategy", &["Recreate", "RollingUpdate"]),
        "DaemonSet" | "StatefulSet" => ("updateStrategy", &["RollingUpdate", "OnDelete"]),
        _ => return,
    };
    let strategy = &spec[name];
    let chosen = text(strategy, "type");
    if !known.contains(&chosen) {
        faults.push(Cause::not_supported(format!("spec.{name}.type"), &chosen.into(), known));
    }
    let rolling = strategy.get("rollingUpdate");
    if chosen == "Recreate" && rolling.is_some() {
        faults.push(Cause::forbidden(
            format!("spec.{name}.rollingUpdate"),
            "may not be specified when strategy `type` is 'Recreate'",
        ));
    }
    for limit in ["maxUnavailable", "maxSurge"] {
        if let Some(value) = rolling.and_then(|rolling| rolling.get(limit)) {
            pod::count_or_percent(value, &format!("spec.{name}.rollingUpdate.{limit}"), faults);
        }
    }
}

fn is_empty(selector: &Value) -> bool {
    list(selector, "matchExpressions").is_empty()
        && selector
            .get("matchLabels")
            .and_then(Value::as_object)
            .is_none_or(serde_json::Map::is_empty)
}

fn matches(selector: &Value, labels: &Value) -> bool {
    let stated = selector
        .get("matchLabels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let equal = stated.into_iter().all(|(name, value)| labels.get(name) == Some(value));
    let expressions = list(selector, "matchExpressions").iter().all(|requirement| {
        let value = labels.get(text(requirement, "key"));
        let listed = value.is_some_and(|value| list(requirement, "values").contains(value));
        match text(requirement, "operator") {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => true,
        }
    });
    equal && expressions
}

/// Members of a StatefulSet that may change.
const CHANGEABLE: [&str; 8] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
    "volumeClaimTemplates",
];

/// Faults of a change of a StatefulSet.
pub(super) fn stateful_set_changed(object: &Value, current: &Value, faults: &mut Vec<Cause>) {
    let frozen = |object: &Value| {
        let mut spec = object["spec"].clone();
        if let Some(spec) = spec.as_object_mut() {
            // Claims may not change either; their status may.
            for name in CHANGEABLE.iter().take(CHANGEABLE.len() - 1) {
                spec.remove(*name);
            }
        }
        spec
    };
    if frozen(object) != frozen(current) {
        faults.push(Cause::forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
             'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ));
    }
}

/// Faults of a Job's specification.
pub(super) fn job(spec: &Value, at: &str, faults: &mut Vec<Cause>) {
    for name in ["parallelism", "completions", "backoffLimit"] {
        if spec.get(name).and_then(Value::as_i64).is_some_and(|value| value < 0) {
            faults.push(Cause::invalid(format!("{at}.{name}"), &spec[name], NOT_NEGATIVE));
        }
    }
    pod::spec(&spec["template"]["spec"], &format!("{at}.template.spec"), faults);
    let policy = text(&spec["template"]["spec"], "restartPolicy");
    if policy != "OnFailure" && policy != "Never" {
        let message = format!(
            "Required value: valid values: {}",
            ["\"OnFailure\"", "\"Never\""].join(", ")
        );
        faults.push(Cause::new(
            super::super::CauseReason::Required,
            format!("{at}.template.spec.restartPolicy"),
            message,
        ));
    }
}

/// Faults of a CronJob's specification.
pub(super) fn cron_job(spec: &Value, faults: &mut Vec<Cause>) {
    let schedule = text(spec, "schedule");
    if schedule.is_empty() {
        faults.push(Cause::required("spec.schedule", ""));
    } else if !schedule.starts_with('@') && schedule.split_whitespace().count() != 5 {
        let found = schedule.split_whitespace().count();
        let why = format!(
            "expected exactly 5 fields, found {found}: [{}]",
            schedule.split_whitespace().collect::<Vec<_>>().join(" ")
        );
        faults.push(Cause::invalid("spec.schedule", &schedule.into(), &why));
    }
    job(&spec["jobTemplate"]["spec"], "spec.jobTemplate.spec", faults);
}
