//! Faults of volumes, claims and storage classes.

use serde_json::Value;

use super::{Cause, IMMUTABLE, NOT_NEGATIVE, keep, list, pod, text};
use crate::schema::Quantity;

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const SINGLE: &str = "ReadWriteOncePod";
const VOLUME_MODES: [&str; 2] = ["Block", "Filesystem"];

fn modes(spec: &Value, faults: &mut Vec<Cause>) {
    let modes = list(spec, "accessModes");
    for mode in modes
        .iter()
        .filter(|mode| !MODES.contains(&mode.as_str().unwrap_or_default()))
    {
        faults.push(Cause::not_supported("spec.accessModes", mode, &MODES));
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode == SINGLE) {
        let why = "may not use ReadWriteOncePod with other access modes";
        faults.push(Cause::forbidden("spec.accessModes", why));
    }
}

fn volume_mode(spec: &Value, faults: &mut Vec<Cause>) {
    let mode = text(spec, "volumeMode");
    if !mode.is_empty() && !VOLUME_MODES.contains(&mode) {
        faults.push(Cause::not_supported("spec.volumeMode", &mode.into(), &VOLUME_MODES));
    }
}

fn positive(amount: &Value, at: &str, faults: &mut Vec<Cause>) {
    let parsed = amount.as_str().and_then(Quantity::parse);
    if parsed.is_some_and(|amount| amount.is_negative() || amount.whole() == 0) {
        faults.push(Cause::invalid(at, amount, "must be greater than zero"));
    }
}

/// Faults of a claim.
pub(super) fn claim(spec: &Value, faults: &mut Vec<Cause>) {
    if list(spec, "accessModes").is_empty() {
        let why = "at least 1 access mode is required";
        faults.push(Cause::required("spec.accessModes", why));
    }
    pod::selector(&spec["selector"], "spec.selector", faults);
    modes(spec, faults);
    match spec.pointer("/resources/requests/storage") {
        None => faults.push(Cause::required("spec.resources[storage]", "")),
        Some(amount) => positive(amount, "spec.resources[storage]", faults),
    }
    volume_mode(spec, faults);
}

/// Members of a claim that may change.
const CHANGEABLE: [&str; 3] = ["resources", "volumeName", "volumeAttributesClassName"];

/// Faults of a change of a claim.
pub(super) fn claim_changed(object: &Value, current: &Value, faults: &mut Vec<Cause>) {
    let frozen = |object: &Value| {
        let mut spec = object["spec"].clone();
        if let Some(spec) = spec.as_object_mut() {
            for name in CHANGEABLE {
                spec.remove(name);
            }
        }
        spec
    };
    let bound = text(&current["status"], "phase") == "Bound";
    let grown = object.pointer("/spec/resources") != current.pointer("/spec/resources");
    if frozen(object) != frozen(current) || (grown && !bound) {
        faults.push(Cause::forbidden(
            "spec",
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
        ));
    } else if grown {
        let amount = |object: &Value| {
            let amount = object.pointer("/spec/resources/requests/storage");
            amount.and_then(Value::as_str).and_then(Quantity::parse)
        };
        if amount(object) < amount(current) {
            let why = "field can not be less than status.capacity";
            faults.push(Cause::forbidden("spec.resources.requests.storage", why));
        }
    }
}

/// Members of a volume's specification that name no source.
const NO_SOURCES: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

fn sources(spec: &Value) -> Vec<(&String, &Value)> {
    let members = spec.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| !NO_SOURCES.contains(&name.as_str()))
        .collect()
}

/// Faults of a volume.
pub(super) fn volume(spec: &Value, faults: &mut Vec<Cause>) {
    const POLICIES: [&str; 3] = ["Delete", "Recycle", "Retain"];
    if list(spec, "accessModes").is_empty() {
        faults.push(Cause::required("spec.accessModes", ""));
    }
    modes(spec, faults);
    let capacity = spec.get("capacity").and_then(Value::as_object);
    match capacity {
        None => faults.push(Cause::required("spec.capacity", "")),
        Some(capacity) => {
            if capacity.len() != 1 || !capacity.contains_key("storage") {
                faults.push(Cause::not_supported("spec.capacity", &spec["capacity"], &["storage"]));
            }
            for (name, amount) in capacity {
                let at = format!("spec.capacity[{name}]");
                if amount
                    .as_str()
                    .and_then(Quantity::parse)
                    .is_some_and(Quantity::is_negative)
                {
                    faults.push(Cause::invalid(at.clone(), amount, NOT_NEGATIVE));
                }
                positive(amount, &at, faults);
            }
        }
    }
    let policy = text(spec, "persistentVolumeReclaimPolicy");
    if !policy.is_empty() && !POLICIES.contains(&policy) {
        let at = "spec.persistentVolumeReclaimPolicy";
        faults.push(Cause::not_supported(at, &policy.into(), &POLICIES));
    }
    let sources = sources(spec);
    for (name, _) in sources.iter().skip(1) {
        let why = "may not specify more than 1 volume type";
        faults.push(Cause::forbidden(format!("spec.{name}"), why));
    }
    match sources.first() {
        None => faults.push(Cause::required("spec", "must specify a volume type")),
        Some((name, source)) if *name == "hostPath" => match text(source, "path") {
            "" => faults.push(Cause::required("spec.hostPath.path", "")),
            "/" if policy == "Recycle" => faults.push(Cause::forbidden(
                "spec.persistentVolumeReclaimPolicy",
                "may not be 'recycle' for a hostPath mount of '/'",
            )),
            _ => {}
        },
        Some(_) => {}
    }
    volume_mode(spec, faults);
}

/// Faults of a change of a volume.
pub(super) fn volume_changed(object: &Value, current: &Value, faults: &mut Vec<Cause>) {
    if sources(&object["spec"]) != sources(&current["spec"]) {
        faults.push(Cause::forbidden(
            "spec.persistentvolumesource",
            "spec.persistentvolumesource is immutable after creation",
        ));
    }
    if object.pointer("/spec/volumeMode") != current.pointer("/spec/volumeMode") {
        faults.push(Cause::invalid("volumeMode", &object["spec"]["volumeMode"], IMMUTABLE));
    }
}

/// Faults of a storage class.
pub(super) fn class(object: &Value, faults: &mut Vec<Cause>) {
    const POLICIES: [&str; 2] = ["Delete", "Retain"];
    const BINDINGS: [&str; 2] = ["Immediate", "WaitForFirstConsumer"];
    if text(object, "provisioner").is_empty() {
        faults.push(Cause::required("provisioner", ""));
    }
    let policy = text(object, "reclaimPolicy");
    if !policy.is_empty() && !POLICIES.contains(&policy) {
        faults.push(Cause::not_supported("reclaimPolicy", &policy.into(), &POLICIES));
    }
    let binding = text(object, "volumeBindingMode");
    if !BINDINGS.contains(&binding) {
        faults.push(Cause::not_supported("volumeBindingMode", &binding.into(), &BINDINGS));
    }
}

/// Faults of a change of a storage class.
pub(super) fn class_changed(object: &Value, current: &Value, faults: &mut Vec<Cause>) {
    for name in ["parameters", "provisioner", "reclaimPolicy"] {
        if object.get(name) != current.get(name) {
            faults.push(Cause::forbidden(name, &format!("updates to {name} are forbidden.")));
        }
    }
    keep(object, current, "/volumeBindingMode", faults);
}
