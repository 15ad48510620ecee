//! Life after a delete: pods have a grace period, namespaces and definitions wait for what they hold.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::clock;
use crate::meta;
use crate::registry::Resource;

/// Finalizer of a custom resource definition that still has objects.
pub(crate) const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";
const DEFAULT_GRACE: i64 = 30;

/// Seconds a pod gets: none when it runs nowhere or has ended.
pub(crate) fn grace(pod: &Value, wanted: Option<i64>) -> i64 {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    let scheduled = pod
        .pointer("/spec/nodeName")
        .and_then(Value::as_str)
        .is_some_and(|node| !node.is_empty());
    if !scheduled || phase == "Succeeded" || phase == "Failed" {
        return 0;
    }
    let period = wanted.unwrap_or_else(|| {
        pod.pointer("/spec/terminationGracePeriodSeconds")
            .and_then(Value::as_i64)
            .unwrap_or(DEFAULT_GRACE)
    });
    if period < 0 { 1 } else { period }
}

/// Marks an object of a kind that lives on after its deletion; false for all other kinds.
pub(crate) fn mark(resource: &Resource, object: &mut Value, now: OffsetDateTime, deleting: bool) -> bool {
    if resource.is_core("namespaces") {
        if !deleting {
            meta::set(object, "deletionTimestamp", clock::seconds(now));
            object["status"]["phase"] = Value::from("Terminating");
        }
        return true;
    }
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        if !deleting {
            meta::set(object, "deletionTimestamp", clock::seconds(now));
            let condition = json!({
                "type": "Terminating",
                "status": "True",
                "lastTransitionTime": clock::seconds(now),
                "reason": "InstanceDeletionPending",
                "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            });
            set_condition(object, condition);
            let mut finalizers: Vec<String> = meta::finalizers(object).iter().map(|f| (*f).to_owned()).collect();
            if !finalizers.iter().any(|known| known == CLEANUP) {
                finalizers.push(CLEANUP.to_owned());
            }
            meta::set_finalizers(object, finalizers);
        }
        return true;
    }
    false
}

/// Sets a condition of `status.conditions`, by type.
pub(crate) fn set_condition(object: &mut Value, condition: Value) {
    let conditions = &mut object["status"]["conditions"];
    if !conditions.is_array() {
        *conditions = Value::Array(Vec::new());
    }
    let Value::Array(conditions) = conditions else { return };
    match conditions.iter_mut().find(|known| known["type"] == condition["type"]) {
        Some(known) => *known = condition,
        None => conditions.push(condition),
    }
}

/// Whether something beside finalizers keeps a deleted object.
pub(crate) fn holds(resource: &Resource, object: &Value) -> bool {
    resource.is_core("namespaces")
        && object
            .pointer("/spec/finalizers")
            .and_then(Value::as_array)
            .is_some_and(|finalizers| !finalizers.is_empty())
}
