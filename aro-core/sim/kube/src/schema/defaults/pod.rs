//! Defaults of pods and of the templates that make them.

use serde_json::{Value, json};

use super::{each, member, put, set, text};

/// Lists of containers.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Permissions of files made of secrets and config maps: 0644.
const FILE_MODE: i32 = 420;

/// Fills in a pod.
pub(super) fn pod(pod: &mut Value) {
    let pod_spec = member(pod, "spec");
    set(pod_spec, "enableServiceLinks", json!(true));
    spec(pod_spec);
    if pod_spec.get("hostNetwork") == Some(&Value::Bool(true)) {
        for containers in CONTAINERS {
            each(pod_spec, containers, |container| {
                each(container, "ports", |port| {
                    let number = port["containerPort"].clone();
                    set(port, "hostPort", number);
                });
            });
        }
    }
    for containers in ["containers", "initContainers"] {
        each(pod_spec, containers, |container| {
            let Some(Value::Object(limits)) = container.pointer("/resources/limits").cloned() else {
                return;
            };
            let requests = member(member(container, "resources"), "requests");
            for (name, value) in limits {
                set(requests, &name, value);
            }
        });
    }
}

/// Fills in a pod template.
pub(super) fn template(template: &mut Value) {
    member(template, "metadata");
    let pod = member(template, "spec");
    if pod.get("containers").is_none() {
        put(pod, "containers", Value::Null);
    }
    spec(pod);
}

fn spec(spec: &mut Value) {
    set(spec, "restartPolicy", json!("Always"));
    set(spec, "terminationGracePeriodSeconds", json!(30));
    set(spec, "dnsPolicy", json!("ClusterFirst"));
    set(spec, "schedulerName", json!("default-scheduler"));
    member(spec, "securityContext");
    // The older name of the member is kept equal.
    let account = match text(spec, "serviceAccountName") {
        "" => text(spec, "serviceAccount"),
        name => name,
    }
    .to_owned();
    if !account.is_empty() {
        put(spec, "serviceAccountName", Value::from(account.as_str()));
        put(spec, "serviceAccount", Value::from(account));
    }
    for containers in CONTAINERS {
        each(spec, containers, container);
    }
    each(spec, "volumes", volume);
}

fn container(container: &mut Value) {
    let image = text(container, "image");
    let tag = image
        .rsplit('/')
        .next()
        .and_then(|name| name.split_once(':'))
        .map(|(_, tag)| tag);
    let policy = if image.contains('@') || tag.is_some_and(|tag| tag != "latest") {
        "IfNotPresent"
    } else {
        "Always"
    };
    set(container, "imagePullPolicy", json!(policy));
    set(container, "terminationMessagePath", json!("/dev/termination-log"));
    set(container, "terminationMessagePolicy", json!("File"));
    member(container, "resources");
    each(container, "ports", |port| set(port, "protocol", json!("TCP")));
    each(container, "env", |variable| {
        if variable.pointer("/valueFrom/fieldRef").is_some() {
            set(
                member(member(variable, "valueFrom"), "fieldRef"),
                "apiVersion",
                json!("v1"),
            );
        }
    });
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if container.get(name).is_some() {
            probe(member(container, name));
        }
    }
    for hook in ["postStart", "preStop"] {
        if container.pointer(&format!("/lifecycle/{hook}/httpGet")).is_some() {
            http(member(member(member(container, "lifecycle"), hook), "httpGet"));
        }
    }
}

fn probe(probe: &mut Value) {
    set(probe, "timeoutSeconds", json!(1));
    set(probe, "periodSeconds", json!(10));
    set(probe, "successThreshold", json!(1));
    set(probe, "failureThreshold", json!(3));
    if probe.get("httpGet").is_some() {
        http(member(probe, "httpGet"));
    }
    if probe.get("grpc").is_some() {
        let grpc = member(probe, "grpc");
        if grpc.get("service").is_none() {
            put(grpc, "service", json!(""));
        }
    }
}

fn http(action: &mut Value) {
    set(action, "path", json!("/"));
    set(action, "scheme", json!("HTTP"));
}

fn volume(volume: &mut Value) {
    let source = |volume: &Value| {
        volume
            .as_object()
            .and_then(|volume| volume.keys().find(|name| *name != "name"))
            .cloned()
            .unwrap_or_default()
    };
    let kind = source(volume);
    match kind.as_str() {
        "" => {
            member(volume, "emptyDir");
        }
        "secret" | "configMap" => set(member(volume, &kind), "defaultMode", json!(FILE_MODE)),
        "downwardAPI" => {
            let downward = member(volume, "downwardAPI");
            set(downward, "defaultMode", json!(FILE_MODE));
            downward_items(downward);
        }
        "projected" => {
            let projected = member(volume, "projected");
            set(projected, "defaultMode", json!(FILE_MODE));
            each(projected, "sources", |source| {
                if source.get("downwardAPI").is_some() {
                    downward_items(member(source, "downwardAPI"));
                }
                if source.get("serviceAccountToken").is_some() {
                    set(member(source, "serviceAccountToken"), "expirationSeconds", json!(3600));
                }
            });
        }
        "hostPath" => {
            let path = member(volume, "hostPath");
            if path.get("type").is_none() {
                put(path, "type", json!(""));
            }
        }
        "iscsi" => set(member(volume, "iscsi"), "iscsiInterface", json!("default")),
        "rbd" => {
            let rbd = member(volume, "rbd");
            set(rbd, "pool", json!("rbd"));
            set(rbd, "user", json!("admin"));
            set(rbd, "keyring", json!("/etc/ceph/keyring"));
        }
        "azureDisk" => {
            let disk = member(volume, "azureDisk");
            set(disk, "cachingMode", json!("ReadWrite"));
            set(disk, "kind", json!("Shared"));
            set(disk, "fsType", json!("ext4"));
            set(disk, "readOnly", json!(false));
        }
        "ephemeral" => {
            let template = member(member(volume, "ephemeral"), "volumeClaimTemplate");
            set(member(template, "spec"), "volumeMode", json!("Filesystem"));
        }
        _ => {}
    }
}

fn downward_items(source: &mut Value) {
    each(source, "items", |item| {
        if item.get("fieldRef").is_some() {
            set(member(item, "fieldRef"), "apiVersion", json!("v1"));
        }
    });
}
