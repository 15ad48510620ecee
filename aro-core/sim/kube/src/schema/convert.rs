//! Kinds that two groups or versions show differently. All others differ in `apiVersion` alone.
//!
//! | kept as | also shown as |
//! |---|---|
//! | `v1` Event | `events.k8s.io/v1` Event |
//! | `autoscaling/v2` HorizontalPodAutoscaler | `autoscaling/v1` |

use serde_json::{Map, Value, json};

use super::Gvk;

/// Members of an event: in the core group, and in its own.
const EVENT: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// Brings an object that a request sent into the form it is kept in.
pub fn to_storage((group, version, kind): Gvk<'_>, object: &mut Value) {
    match (group, version, kind) {
        ("events.k8s.io", _, "Event") => rename(object, EVENT.map(|(core, own)| (own, core))),
        ("autoscaling", "v1", "HorizontalPodAutoscaler") => scaler_to_storage(object),
        _ => {}
    }
}

/// Brings an object as it is kept into the form that a version shows.
pub fn from_storage((group, version, kind): Gvk<'_>, object: &mut Value) {
    match (group, version, kind) {
        ("events.k8s.io", _, "Event") => {
            rename(object, EVENT);
            if let Value::Object(members) = object {
                // The core group writes these although empty.
                members.retain(|name, value| !name.starts_with("reporting") || value != "");
            }
        }
        ("autoscaling", "v1", "HorizontalPodAutoscaler") => scaler_from_storage(object),
        _ => {}
    }
}

fn rename(object: &mut Value, names: [(&str, &str); 7]) {
    let Value::Object(members) = object else { return };
    for (from, to) in names {
        if let Some(value) = members.remove(from) {
            members.insert(to.to_owned(), value);
        }
    }
}

fn part<'a>(object: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    object.get_mut(name)?.as_object_mut()
}

fn scaler_to_storage(object: &mut Value) {
    if let Some(spec) = part(object, "spec")
        && let Some(percent) = spec.remove("targetCPUUtilizationPercentage")
    {
        let metric = json!({ "type": "Resource", "resource": {
            "name": "cpu", "target": { "type": "Utilization", "averageUtilization": percent },
        } });
        spec.insert("metrics".to_owned(), json!([metric]));
    }
    if let Some(status) = part(object, "status")
        && let Some(percent) = status.remove("currentCPUUtilizationPercentage")
    {
        let metric =
            json!({ "type": "Resource", "resource": { "name": "cpu", "current": { "averageUtilization": percent } } });
        status.insert("currentMetrics".to_owned(), json!([metric]));
    }
}

fn scaler_from_storage(object: &mut Value) {
    let cpu = |metrics: Option<Value>, pointer: &str| -> Option<Value> {
        let metrics = metrics?;
        let metric = metrics
            .as_array()?
            .iter()
            .find(|metric| metric.pointer("/resource/name") == Some(&json!("cpu")))?;
        metric.pointer(pointer).cloned()
    };
    if let Some(spec) = part(object, "spec") {
        spec.remove("behavior");
        if let Some(percent) = cpu(spec.remove("metrics"), "/resource/target/averageUtilization") {
            spec.insert("targetCPUUtilizationPercentage".to_owned(), percent);
        }
    }
    if let Some(status) = part(object, "status") {
        status.remove("conditions");
        if let Some(percent) = cpu(status.remove("currentMetrics"), "/resource/current/averageUtilization") {
            status.insert("currentCPUUtilizationPercentage".to_owned(), percent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_object_convert_both_ways() {
        let scaler = ("autoscaling", "v1", "HorizontalPodAutoscaler");
        let event = ("events.k8s.io", "v1", "Event");
        for (gvk, shown) in [
            (
                scaler,
                json!({ "spec": { "maxReplicas": 3, "targetCPUUtilizationPercentage": 80 }, "status": { "currentReplicas": 0 } }),
            ),
            (
                event,
                json!({ "regarding": { "name": "p" }, "note": "m", "deprecatedCount": 2, "type": "Warning" }),
            ),
        ] {
            let mut object = shown.clone();
            to_storage(gvk, &mut object);
            assert_ne!(object, shown);
            from_storage(gvk, &mut object);
            assert_eq!(object, shown);
        }
    }
}
