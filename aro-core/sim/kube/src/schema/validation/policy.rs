//! Faults of what limits and ranks: budgets, quotas, priorities, scalers.

use serde_json::{Value, json};

use super::{Cause, NOT_NEGATIVE, in_members, list, pod, text};
use crate::schema::Quantity;

/// Faults of a disruption budget.
pub(super) fn budget(spec: &Value, faults: &mut Vec<Cause>) {
    if spec.get("minAvailable").is_some() && spec.get("maxUnavailable").is_some() {
        let order = [
            "MinAvailable",
            "Selector",
            "MaxUnavailable",
            "UnhealthyPodEvictionPolicy",
        ];
        let told = json!({
            "MinAvailable": spec["minAvailable"],
            "Selector": spec.get("selector"),
            "MaxUnavailable": spec["maxUnavailable"],
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        });
        let why = "minAvailable and maxUnavailable cannot be both set";
        faults.push(Cause::invalid_text("spec", &in_members(&told, &order), why));
    }
    for name in ["minAvailable", "maxUnavailable"] {
        if let Some(value) = spec.get(name) {
            pod::count_or_percent(value, &format!("spec.{name}"), faults);
        }
    }
    pod::selector(&spec["selector"], "spec.selector", faults);
}

/// Names of what a quota may count beside `count/…`, requests and limits.
const COUNTED: [&str; 15] = [
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

/// Faults of a quota.
pub(super) fn quota(spec: &Value, faults: &mut Vec<Cause>) {
    for (name, amount) in spec.get("hard").and_then(Value::as_object).into_iter().flatten() {
        let at = format!("spec.hard[{name}]");
        for why in crate::meta::qualified_name(name) {
            faults.push(Cause::invalid(at.clone(), &name.as_str().into(), &why));
        }
        let standard = COUNTED.contains(&name.as_str()) || name.starts_with("requests.") || name.contains('/');
        if !standard && !name.contains(".storageclass.storage.k8s.io") {
            let why = "must be a standard resource for quotas";
            faults.push(Cause::invalid(at.clone(), &name.as_str().into(), why));
        }
        let Some(parsed) = amount.as_str().and_then(Quantity::parse) else {
            continue;
        };
        if parsed.is_negative() {
            faults.push(Cause::invalid(at.clone(), amount, NOT_NEGATIVE));
        }
        let counts = name.starts_with("count/") || COUNTED.contains(&name.as_str());
        let amounts = ["cpu", "memory", "storage"].iter().any(|part| name.contains(part));
        if counts && !amounts && !parsed.is_whole() {
            faults.push(Cause::invalid(at, amount, "must be an integer"));
        }
    }
    const SCOPES: [&str; 7] = [
        "BestEffort",
        "CrossNamespacePodAffinity",
        "NotBestEffort",
        "NotTerminating",
        "PriorityClass",
        "Terminating",
        "VolumeAttributesClass",
    ];
    let scopes = list(spec, "scopes");
    for scope in scopes {
        if !SCOPES.contains(&scope.as_str().unwrap_or_default()) {
            faults.push(Cause::invalid("spec.scopes", &spec["scopes"], "unsupported scope"));
        }
    }
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if scopes.iter().any(|scope| scope == one) && scopes.iter().any(|scope| scope == other) {
            faults.push(Cause::invalid("spec.scopes", &spec["scopes"], "conflicting scopes"));
        }
    }
}

/// Faults of limits.
pub(super) fn limits(spec: &Value, faults: &mut Vec<Cause>) {
    let mut kinds = Vec::new();
    for (index, limit) in list(spec, "limits").iter().enumerate() {
        let at = format!("spec.limits[{index}]");
        let kind = text(limit, "type");
        if kinds.contains(&kind) {
            faults.push(Cause::duplicate(format!("{at}.type"), &kind.into()));
        }
        kinds.push(kind);
        if kind == "Pod" {
            for name in ["default", "defaultRequest"] {
                if limit.get(name).is_some() {
                    let why = "may not be specified when `type` is 'Pod'";
                    faults.push(Cause::forbidden(format!("{at}.{name}"), why));
                }
            }
        }
        if kind == "PersistentVolumeClaim" {
            let storage = |side: &str| limit.get(side).is_some_and(|side| side.get("storage").is_some());
            if !storage("min") && !storage("max") {
                let why = "either minimum or maximum storage value is required, but neither was provided";
                faults.push(Cause::required(at.clone(), why));
            }
        }
        for (low, high, low_word, high_word) in [
            ("min", "max", "min", "max"),
            ("min", "defaultRequest", "min", "default request"),
            ("defaultRequest", "max", "default request", "max"),
            ("defaultRequest", "default", "default request", "default limit"),
            ("min", "default", "min", "default"),
            ("default", "max", "default", "max"),
        ] {
            let side = |name: &str| limit.get(name).and_then(Value::as_object);
            for (name, amount) in side(low).into_iter().flatten() {
                let parsed = |amount: &Value| amount.as_str().and_then(Quantity::parse);
                let Some(most) = side(high).and_then(|high| high.get(name)) else {
                    continue;
                };
                if let (Some(least), Some(top)) = (parsed(amount), parsed(most))
                    && least > top
                {
                    // The fault is put where the value is that has to give way.
                    let (field, value) = if low == "min" && high != "max" {
                        (high, most)
                    } else {
                        (low, amount)
                    };
                    let why = format!("{low_word} value {least} is greater than {high_word} value {top}");
                    faults.push(Cause::invalid(format!("{at}.{field}[{name}]"), value, &why));
                }
            }
        }
    }
}

/// The largest priority that is not the system's.
const MOST_PRIORITY: i64 = 1_000_000_000;

/// Faults of a priority class.
pub(super) fn priority(object: &Value, faults: &mut Vec<Cause>) {
    let name = text(&object["metadata"], "name");
    let value = object["value"].as_i64().unwrap_or_default();
    let system = match name {
        "system-node-critical" => Some(2_000_001_000),
        "system-cluster-critical" => Some(2_000_000_000),
        _ => None,
    };
    if name.starts_with("system-") {
        if system != Some(value) {
            let why = match system {
                Some(known) => format!("value of {name} PriorityClass must be {known}"),
                None => format!("{name} is not a known system priority class"),
            };
            faults.push(Cause::forbidden(
                "metadata.name",
                &format!("priority class names with 'system-' prefix are reserved for system use only. error: {why}"),
            ));
        }
    } else if value > MOST_PRIORITY {
        let why = format!("maximum allowed value of a user defined priority is {MOST_PRIORITY}");
        faults.push(Cause::forbidden("value", &why));
    }
    let policy = text(object, "preemptionPolicy");
    let known = ["PreemptLowerPriority", "Never"];
    if !policy.is_empty() && !known.contains(&policy) {
        faults.push(Cause::not_supported("preemptionPolicy", &policy.into(), &known));
    }
}

/// Faults of a scaler.
pub(super) fn scaler(spec: &Value, faults: &mut Vec<Cause>) {
    let number = |name: &str| spec.get(name).and_then(Value::as_i64);
    let (least, most) = (number("minReplicas"), number("maxReplicas").unwrap_or_default());
    if least.is_some_and(|least| least < 1) {
        let why = "must be greater than or equal to 1";
        faults.push(Cause::invalid("spec.minReplicas", &spec["minReplicas"], why));
    }
    if most < 1 {
        faults.push(Cause::invalid(
            "spec.maxReplicas",
            &most.into(),
            "must be greater than 0",
        ));
    }
    if least.is_some_and(|least| most < least) {
        let why = "must be greater than or equal to `minReplicas`";
        faults.push(Cause::invalid("spec.maxReplicas", &most.into(), why));
    }
    for name in ["kind", "name"] {
        if text(&spec["scaleTargetRef"], name).is_empty() {
            faults.push(Cause::required(format!("spec.scaleTargetRef.{name}"), ""));
        }
    }
    for (index, metric) in list(spec, "metrics").iter().enumerate() {
        let at = format!("spec.metrics[{index}]");
        let known = ["ContainerResource", "External", "Object", "Pods", "Resource"];
        let kind = text(metric, "type");
        if kind.is_empty() {
            faults.push(Cause::required(
                format!("{at}.type"),
                "must specify a metric source type",
            ));
        } else if !known.contains(&kind) {
            faults.push(Cause::not_supported(format!("{at}.type"), &kind.into(), &known));
        }
    }
}
