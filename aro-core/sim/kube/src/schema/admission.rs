//! What admission adds to new objects. These members are nobody's in managedFields.

use serde_json::{Value, json};

use super::Gvk;
use super::defaults::{each, member, put, set, text};

/// Where a token of the service account is mounted.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// How long the mounted token is good for, in seconds.
const TOKEN_SECONDS: i32 = 3607;

/// Adds what admission adds at a create. `suffix` is five random characters for a generated volume's name.
pub fn admit((group, _, kind): Gvk<'_>, object: &mut Value, suffix: &str) {
    match (group, kind) {
        ("", "Pod") => pod(object, suffix),
        ("", "Node") => node(object),
        ("", "PersistentVolume") => protect(object, "kubernetes.io/pv-protection"),
        ("", "PersistentVolumeClaim") => protect(object, "kubernetes.io/pvc-protection"),
        _ => {}
    }
}

/// Adds what admission adds at an update.
pub fn admit_update((group, _, kind): Gvk<'_>, object: &mut Value) {
    if (group, kind) == ("", "Pod") {
        tolerate(member(object, "spec"));
    }
}

fn pod(object: &mut Value, suffix: &str) {
    let spec = member(object, "spec");
    set(spec, "serviceAccountName", json!("default"));
    let account = spec["serviceAccountName"].clone();
    set(spec, "serviceAccount", account);
    tolerate(spec);
    set(spec, "priority", json!(0));
    set(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
    if spec.get("automountServiceAccountToken") != Some(&Value::Bool(false)) {
        mount_token(spec, suffix);
    }
}

/// A pod stays some minutes on a node that is away.
fn tolerate(spec: &mut Value) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let wanted = json!({ "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300 });
        let tolerated = |list: &Value| {
            let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
            list.iter().any(|toleration| {
                matches!(text(toleration, "key"), given if given.is_empty() || given == key)
                    && matches!(text(toleration, "effect"), "" | "NoExecute")
            })
        };
        if !tolerated(&spec["tolerations"]) {
            match spec.get_mut("tolerations").and_then(Value::as_array_mut) {
                Some(list) => list.push(wanted),
                None => put(spec, "tolerations", json!([wanted])),
            }
        }
    }
}

fn mount_token(spec: &mut Value, suffix: &str) {
    let name = format!("kube-api-access-{suffix}");
    let mut mounted = false;
    for containers in ["initContainers", "containers"] {
        each(spec, containers, |container| {
            let mounts = container
                .get("volumeMounts")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default();
            if mounts.iter().any(|mount| text(mount, "mountPath") == TOKEN_PATH) {
                return;
            }
            mounted = true;
            let mount = json!({ "name": name, "readOnly": true, "mountPath": TOKEN_PATH });
            match container.get_mut("volumeMounts").and_then(Value::as_array_mut) {
                Some(list) => list.push(mount),
                None => put(container, "volumeMounts", json!([mount])),
            }
        });
    }
    if !mounted {
        return;
    }
    let volume = json!({ "name": name, "projected": { "defaultMode": 420, "sources": [
        { "serviceAccountToken": { "expirationSeconds": TOKEN_SECONDS, "path": "token" } },
        { "configMap": { "name": "kube-root-ca.crt", "items": [{ "key": "ca.crt", "path": "ca.crt" }] } },
        { "downwardAPI": { "items": [
            { "path": "namespace", "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.namespace" } },
        ] } },
    ] } });
    match spec.get_mut("volumes").and_then(Value::as_array_mut) {
        Some(list) => list.push(volume),
        None => put(spec, "volumes", json!([volume])),
    }
}

/// Storage in use is not to be deleted.
fn protect(object: &mut Value, finalizer: &str) {
    let metadata = member(object, "metadata");
    match metadata.get_mut("finalizers").and_then(Value::as_array_mut) {
        Some(list) if list.iter().any(|known| known == finalizer) => {}
        Some(list) => list.push(json!(finalizer)),
        None => put(metadata, "finalizers", json!([finalizer])),
    }
}

fn node(object: &mut Value) {
    let taint = json!({ "key": "node.kubernetes.io/not-ready", "effect": "NoSchedule" });
    let spec = member(object, "spec");
    match spec.get_mut("taints").and_then(Value::as_array_mut) {
        Some(list)
            if list
                .iter()
                .any(|known| text(known, "key") == "node.kubernetes.io/not-ready") => {}
        Some(list) => list.push(taint),
        None => put(spec, "taints", json!([taint])),
    }
}
