//! What storage decides about members of some kinds. Generation and what subresources keep apart are the server's.

use serde_json::{Value, json};

use super::Gvk;
use super::defaults::{TEMPLATE_GENERATION, member, put, set, text};

/// Fills in a new object. `metadata.uid` is set.
pub fn prepare_create(gvk: Gvk<'_>, object: &mut Value) {
    settle(gvk, object);
    let (group, _, kind) = gvk;
    match (group, kind) {
        ("", "Namespace") => {
            put(member(object, "spec"), "finalizers", json!(["kubernetes"]));
            put(object, "status", json!({ "phase": "Active" }));
        }
        ("", "Pod") => {
            let class = quality(&object["spec"]);
            put(object, "status", json!({ "phase": "Pending", "qosClass": class }));
        }
        ("", "PersistentVolume") => {
            let created = object["metadata"]["creationTimestamp"].clone();
            put(
                object,
                "status",
                json!({ "phase": "Pending", "lastPhaseTransitionTime": created }),
            );
        }
        ("", "PersistentVolumeClaim") => put(object, "status", json!({ "phase": "Pending" })),
        ("", "Service") => service(object),
        ("apps", "DaemonSet") => {
            put(
                member(member(object, "metadata"), "annotations"),
                TEMPLATE_GENERATION,
                json!("1"),
            );
        }
        ("batch", "Job") => job(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let stored: Vec<Value> = storage_versions(object);
            let stored = if stored.is_empty() {
                Value::Null
            } else {
                Value::Array(stored)
            };
            put(
                object,
                "status",
                json!({
                    "conditions": null,
                    "acceptedNames": { "plural": "", "kind": "" },
                    "storedVersions": stored,
                }),
            );
        }
        ("certificates.k8s.io", "CertificateSigningRequest") => put(object, "status", json!({})),
        _ => {}
    }
}

/// Fills in a changed object.
pub fn prepare_update(gvk: Gvk<'_>, object: &mut Value, current: &Value) {
    settle(gvk, object);
    let (group, _, kind) = gvk;
    match (group, kind) {
        ("apps", "DaemonSet") => {
            let annotations = current.pointer("/metadata/annotations");
            let number = annotations
                .map(|all| text(all, TEMPLATE_GENERATION))
                .and_then(|text| text.parse::<u64>().ok());
            let changed = object.pointer("/spec/template") != current.pointer("/spec/template");
            let number = number.unwrap_or(0) + u64::from(changed);
            put(
                member(member(object, "metadata"), "annotations"),
                TEMPLATE_GENERATION,
                json!(number.to_string()),
            );
        }
        ("", "Service") => {
            let was = current.get("spec").cloned().unwrap_or_default();
            let spec = member(object, "spec");
            if text(spec, "type") != "ExternalName" {
                for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                    if let Some(value) = was.get(name) {
                        set(spec, name, value.clone());
                    }
                }
                // The list follows the address it starts with.
                if spec["clusterIP"] != was["clusterIP"] && spec["clusterIPs"] == was["clusterIPs"] {
                    let address = spec["clusterIP"].clone();
                    put(spec, "clusterIPs", json!([address]));
                }
            }
            retyped(spec, &was);
            service(object);
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let added = storage_versions(object);
            if let Some(Value::Array(stored)) = object.pointer_mut("/status/storedVersions") {
                for version in added {
                    if !stored.contains(&version) {
                        stored.push(version);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Definitions are kept as JSON, all other kinds in a form that has no empty lists.
fn settle((group, version, kind): Gvk<'_>, object: &mut Value) {
    if group != "apiextensions.k8s.io"
        && let Some(ty) = super::lookup(group, version, kind)
    {
        super::decode::settle(ty, object);
    }
}

fn storage_versions(definition: &Value) -> Vec<Value> {
    let versions = definition
        .pointer("/spec/versions")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let stored = versions
        .iter()
        .filter(|version| version.get("storage") == Some(&Value::Bool(true)));
    let mut names: Vec<Value> = stored.map(|version| version["name"].clone()).collect();
    names.dedup();
    names
}

/// The class of a pod by what its containers ask for and may take.
pub(super) fn quality(spec: &Value) -> &'static str {
    let containers = ["containers", "initContainers"]
        .into_iter()
        .filter_map(|name| spec.get(name)?.as_array())
        .flatten();
    let (mut any, mut all) = (false, true);
    for container in containers {
        let amounts = |side: &str| {
            container
                .get("resources")
                .and_then(|resources| resources.get(side))
                .cloned()
        };
        let (limits, requests) = (
            amounts("limits").unwrap_or_default(),
            amounts("requests").unwrap_or_default(),
        );
        for resource in ["cpu", "memory"] {
            let (limit, request) = (limits.get(resource), requests.get(resource));
            any |= limit.is_some() || request.is_some();
            all &= limit.is_some() && (request.is_none() || request == limit);
        }
    }
    match (any, all) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

fn service(object: &mut Value) {
    let spec = member(object, "spec");
    if text(spec, "type") == "ExternalName" {
        return;
    }
    set(spec, "ipFamilies", json!(["IPv4"]));
    set(spec, "ipFamilyPolicy", json!("SingleStack"));
}

/// What a service leaves behind that its new type has no use for, unless the change says something about it.
fn retyped(spec: &mut Value, was: &Value) {
    let (new, old) = (text(spec, "type").to_owned(), text(was, "type"));
    let external = |kind: &str| matches!(kind, "NodePort" | "LoadBalancer");
    let mut dropped: Vec<&str> = Vec::new();
    if new == "ExternalName" && old != "ExternalName" {
        dropped.extend([
            "clusterIP",
            "clusterIPs",
            "ipFamilies",
            "ipFamilyPolicy",
            "internalTrafficPolicy",
        ]);
    }
    if external(old) && !external(&new) {
        dropped.push("externalTrafficPolicy");
        let before = was.get("ports").cloned().unwrap_or_default();
        super::defaults::each(spec, "ports", |port| {
            let same = before
                .as_array()
                .into_iter()
                .flatten()
                .any(|known| known["nodePort"] == port["nodePort"]);
            if same && let Some(port) = port.as_object_mut() {
                port.remove("nodePort");
            }
        });
    }
    if old == "LoadBalancer" && new != "LoadBalancer" {
        dropped.extend(["allocateLoadBalancerNodePorts", "loadBalancerClass"]);
    }
    for name in dropped {
        if spec.get(name) == was.get(name)
            && let Some(spec) = spec.as_object_mut()
        {
            spec.remove(name);
        }
    }
}

fn job(object: &mut Value) {
    put(object, "status", json!({}));
    let meta = &object["metadata"];
    let (uid, name) = (text(meta, "uid").to_owned(), text(meta, "name").to_owned());
    let spec = member(object, "spec");
    if spec.get("manualSelector") == Some(&Value::Bool(true)) {
        return;
    }
    let own = [
        ("batch.kubernetes.io/controller-uid", uid.as_str()),
        ("batch.kubernetes.io/job-name", name.as_str()),
        ("controller-uid", uid.as_str()),
        ("job-name", name.as_str()),
    ];
    let labels = member(member(member(spec, "template"), "metadata"), "labels");
    for (label, value) in own {
        put(labels, label, json!(value));
    }
    let labels = labels.clone();
    put(member(member(spec, "selector"), "matchLabels"), own[0].0, json!(uid));
    // A job without labels gets those of its template.
    if object.pointer("/metadata/labels").is_none() {
        put(member(object, "metadata"), "labels", labels);
    }
}
