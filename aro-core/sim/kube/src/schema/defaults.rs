//! What a kind fills in while a document is decoded. These members count as set by whoever writes.

mod pod;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Gvk;

const RBAC: &str = "rbac.authorization.k8s.io";

/// Fills in what was left out.
pub fn default((group, version, kind): Gvk<'_>, object: &mut Value) {
    match (group, kind) {
        ("", "Pod") => pod::pod(object),
        ("", "PodTemplate") => pod::template(member(object, "template")),
        ("", "ReplicationController") => replication_controller(object),
        ("", "Service") => service(object),
        ("", "Namespace") => namespace(object),
        ("", "Secret") => secret(object),
        ("", "Node") => node(object),
        ("", "LimitRange") => limit_range(object),
        ("", "PersistentVolume") => {
            let spec = member(object, "spec");
            set(spec, "persistentVolumeReclaimPolicy", json!("Retain"));
            set(spec, "volumeMode", json!("Filesystem"));
            if spec.get("hostPath").is_some() {
                set(member(spec, "hostPath"), "type", json!(""));
            }
            set(member(object, "status"), "phase", json!("Pending"));
        }
        ("", "PersistentVolumeClaim") => claim(object),
        ("", "Endpoints") => {
            each(object, "subsets", |subset| {
                each(subset, "ports", |port| set(port, "protocol", json!("TCP")))
            });
        }
        ("apps", "Deployment") => deployment(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps", "ReplicaSet") => {
            let spec = member(object, "spec");
            set(spec, "replicas", json!(1));
            pod::template(member(spec, "template"));
        }
        ("batch", "Job") => job(object),
        ("batch", "CronJob") => cron_job(object),
        ("autoscaling", "HorizontalPodAutoscaler") => {
            let spec = member(object, "spec");
            set(spec, "minReplicas", json!(1));
            if version == "v1" {
                set(spec, "targetCPUUtilizationPercentage", json!(80));
            } else {
                set(
                    spec,
                    "metrics",
                    json!([{ "type": "Resource", "resource": {
                        "name": "cpu",
                        "target": { "type": "Utilization", "averageUtilization": 80 },
                    } }]),
                );
            }
        }
        ("networking.k8s.io", "NetworkPolicy") => network_policy(object),
        ("networking.k8s.io", "IngressClass") => {
            let spec = member(object, "spec");
            if spec.get("parameters").is_some() {
                set(member(spec, "parameters"), "scope", json!("Cluster"));
            }
        }
        ("discovery.k8s.io", "EndpointSlice") => each(object, "ports", |port| {
            set(port, "name", json!(""));
            set(port, "protocol", json!("TCP"));
        }),
        (RBAC, "RoleBinding" | "ClusterRoleBinding") => {
            each(object, "subjects", |subject| {
                if matches!(text(subject, "kind"), "User" | "Group") {
                    set(subject, "apiGroup", json!(RBAC));
                }
            });
            let role = member(object, "roleRef");
            if text(role, "apiGroup").is_empty() {
                put(role, "apiGroup", json!(RBAC));
            }
        }
        ("storage.k8s.io", "StorageClass") => {
            set(object, "reclaimPolicy", json!("Delete"));
            set(object, "volumeBindingMode", json!("Immediate"));
        }
        ("storage.k8s.io", "CSIDriver") => {
            let spec = member(object, "spec");
            for (name, value) in [
                ("attachRequired", json!(true)),
                ("podInfoOnMount", json!(false)),
                ("storageCapacity", json!(false)),
                ("fsGroupPolicy", json!("ReadWriteOnceWithFSType")),
                ("volumeLifecycleModes", json!(["Persistent"])),
                ("requiresRepublish", json!(false)),
                ("seLinuxMount", json!(false)),
            ] {
                set(spec, name, value);
            }
        }
        ("scheduling.k8s.io", "PriorityClass") => set(object, "preemptionPolicy", json!("PreemptLowerPriority")),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => {
            let spec = member(object, "spec");
            if matches!(spec.get("matchingPrecedence").and_then(Value::as_i64), None | Some(0)) {
                put(spec, "matchingPrecedence", json!(1000));
            }
        }
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration") => priority_level(member(object, "spec")),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
            each(object, "webhooks", |webhook| webhook_defaults(webhook, kind));
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {
            let spec = member(object, "spec");
            set(spec, "failurePolicy", json!("Fail"));
            if spec.get("matchConstraints").is_some() {
                match_resources(member(spec, "matchConstraints"));
            }
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => {
            let spec = member(object, "spec");
            if spec.get("matchResources").is_some() {
                match_resources(member(spec, "matchResources"));
            }
        }
        ("apiregistration.k8s.io", "APIService") => {
            let spec = member(object, "spec");
            if spec.get("service").is_some() {
                set(member(spec, "service"), "port", json!(443));
            }
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object),
        _ => {}
    }
}

/// The member, made an object where it is none.
pub(super) fn member<'a>(object: &'a mut Value, name: &str) -> &'a mut Value {
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let inner = &mut object[name];
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    inner
}

/// Sets a member that is missing, null or empty text.
pub(super) fn set(object: &mut Value, name: &str, value: Value) {
    let missing = match object.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    };
    if missing {
        put(object, name, value);
    }
}

/// Sets a member.
pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// Calls for each item of a list.
pub(super) fn each(object: &mut Value, name: &str, call: impl FnMut(&mut Value)) {
    if let Some(Value::Array(items)) = object.get_mut(name) {
        items.iter_mut().for_each(call);
    }
}

/// The text of a member, or empty.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn namespace(object: &mut Value) {
    let name = text(&object["metadata"], "name").to_owned();
    if !name.is_empty() {
        put(
            member(member(object, "metadata"), "labels"),
            "kubernetes.io/metadata.name",
            Value::from(name),
        );
    }
}

fn secret(object: &mut Value) {
    set(object, "type", json!("Opaque"));
    let Some(Value::Object(plain)) = object.as_object_mut().and_then(|object| object.remove("stringData")) else {
        return;
    };
    let data = member(object, "data");
    for (name, value) in plain {
        put(
            data,
            &name,
            Value::from(STANDARD.encode(value.as_str().unwrap_or_default())),
        );
    }
}

fn node(object: &mut Value) {
    let spec = member(object, "spec");
    let cidr = text(spec, "podCIDR").to_owned();
    if !cidr.is_empty() && spec.get("podCIDRs").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        put(spec, "podCIDRs", json!([cidr]));
    }
}

fn service(object: &mut Value) {
    let spec = member(object, "spec");
    set(spec, "sessionAffinity", json!("None"));
    set(spec, "type", json!("ClusterIP"));
    if text(spec, "sessionAffinity") == "ClientIP" {
        set(
            member(member(spec, "sessionAffinityConfig"), "clientIP"),
            "timeoutSeconds",
            json!(10_800),
        );
    } else {
        spec.as_object_mut()
            .and_then(|spec| spec.remove("sessionAffinityConfig"));
    }
    let external = matches!(text(spec, "type"), "NodePort" | "LoadBalancer");
    each(spec, "ports", |port| {
        set(port, "protocol", json!("TCP"));
        let number = port["port"].clone();
        let target = &port["targetPort"];
        if target.is_null() || *target == json!(0) || *target == json!("") {
            put(port, "targetPort", number);
        }
    });
    if external {
        set(spec, "externalTrafficPolicy", json!("Cluster"));
    }
    if text(spec, "type") != "ExternalName" {
        set(spec, "internalTrafficPolicy", json!("Cluster"));
    }
    if text(spec, "type") == "LoadBalancer" {
        set(spec, "allocateLoadBalancerNodePorts", json!(true));
    }
}

fn limit_range(object: &mut Value) {
    each(member(object, "spec"), "limits", |limit| {
        if text(limit, "type") != "Container" {
            return;
        }
        let fill = |limit: &mut Value, from: &str, to: &str| {
            let Some(Value::Object(values)) = limit.get(from).cloned() else {
                return;
            };
            for (name, value) in values {
                set(member(limit, to), &name, value);
            }
        };
        fill(limit, "max", "default");
        fill(limit, "default", "defaultRequest");
        fill(limit, "min", "defaultRequest");
    });
}

fn claim(object: &mut Value) {
    set(member(object, "spec"), "volumeMode", json!("Filesystem"));
    set(member(object, "status"), "phase", json!("Pending"));
}

fn replication_controller(object: &mut Value) {
    let spec = member(object, "spec");
    set(spec, "replicas", json!(1));
    pod::template(member(spec, "template"));
    let labels = spec.pointer("/template/metadata/labels").cloned();
    if let Some(labels) = labels {
        set(spec, "selector", labels.clone());
        if object.pointer("/metadata/labels").is_none() {
            put(member(object, "metadata"), "labels", labels);
        }
    }
}

fn deployment(object: &mut Value) {
    let spec = member(object, "spec");
    set(spec, "replicas", json!(1));
    let strategy = member(spec, "strategy");
    set(strategy, "type", json!("RollingUpdate"));
    if text(strategy, "type") == "RollingUpdate" {
        let rolling = member(strategy, "rollingUpdate");
        set(rolling, "maxUnavailable", json!("25%"));
        set(rolling, "maxSurge", json!("25%"));
    }
    set(spec, "revisionHistoryLimit", json!(10));
    set(spec, "progressDeadlineSeconds", json!(600));
    pod::template(member(spec, "template"));
}

/// The annotation in which a daemon set of this version keeps the number of its template.
pub(super) const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

fn daemon_set(object: &mut Value) {
    let spec = member(object, "spec");
    let strategy = member(spec, "updateStrategy");
    set(strategy, "type", json!("RollingUpdate"));
    if text(strategy, "type") == "RollingUpdate" {
        let rolling = member(strategy, "rollingUpdate");
        set(rolling, "maxUnavailable", json!(1));
        set(rolling, "maxSurge", json!(0));
    }
    set(spec, "revisionHistoryLimit", json!(10));
    pod::template(member(spec, "template"));
    set(
        member(member(object, "metadata"), "annotations"),
        TEMPLATE_GENERATION,
        json!("0"),
    );
}

fn stateful_set(object: &mut Value) {
    let spec = member(object, "spec");
    set(spec, "podManagementPolicy", json!("OrderedReady"));
    let strategy = member(spec, "updateStrategy");
    set(strategy, "type", json!("RollingUpdate"));
    if text(strategy, "type") == "RollingUpdate" {
        let rolling = member(strategy, "rollingUpdate");
        set(rolling, "partition", json!(0));
        set(rolling, "maxUnavailable", json!(1));
    }
    let retention = member(spec, "persistentVolumeClaimRetentionPolicy");
    set(retention, "whenDeleted", json!("Retain"));
    set(retention, "whenScaled", json!("Retain"));
    set(spec, "replicas", json!(1));
    set(spec, "revisionHistoryLimit", json!(10));
    pod::template(member(spec, "template"));
    each(spec, "volumeClaimTemplates", |template| {
        put(template, "kind", json!("PersistentVolumeClaim"));
        put(template, "apiVersion", json!("v1"));
        claim(template);
    });
}

fn job(object: &mut Value) {
    let spec = member(object, "spec");
    let unset = |spec: &Value, name: &str| spec.get(name).is_none_or(Value::is_null);
    if unset(spec, "completions") && unset(spec, "parallelism") {
        put(spec, "completions", json!(1));
    }
    set(spec, "parallelism", json!(1));
    set(
        spec,
        "backoffLimit",
        json!(if spec.get("backoffLimitPerIndex").is_some() {
            i32::MAX
        } else {
            6
        }),
    );
    set(spec, "completionMode", json!("NonIndexed"));
    set(spec, "suspend", json!(false));
    set(spec, "manualSelector", json!(false));
    let policy = if spec.get("podFailurePolicy").is_some() {
        "Failed"
    } else {
        "TerminatingOrFailed"
    };
    set(spec, "podReplacementPolicy", json!(policy));
    pod::template(member(spec, "template"));
}

fn cron_job(object: &mut Value) {
    let spec = member(object, "spec");
    set(spec, "concurrencyPolicy", json!("Allow"));
    set(spec, "suspend", json!(false));
    set(spec, "successfulJobsHistoryLimit", json!(3));
    set(spec, "failedJobsHistoryLimit", json!(1));
    pod::template(member(member(member(spec, "jobTemplate"), "spec"), "template"));
}

fn network_policy(object: &mut Value) {
    let spec = member(object, "spec");
    for rules in ["ingress", "egress"] {
        each(spec, rules, |rule| {
            each(rule, "ports", |port| set(port, "protocol", json!("TCP")))
        });
    }
    if spec
        .get("policyTypes")
        .and_then(Value::as_array)
        .is_none_or(Vec::is_empty)
    {
        let egress = spec
            .get("egress")
            .and_then(Value::as_array)
            .is_some_and(|rules| !rules.is_empty());
        put(
            spec,
            "policyTypes",
            if egress {
                json!(["Ingress", "Egress"])
            } else {
                json!(["Ingress"])
            },
        );
    }
}

fn priority_level(spec: &mut Value) {
    if text(spec, "type") == "Exempt" {
        let exempt = member(spec, "exempt");
        set(exempt, "nominalConcurrencyShares", json!(0));
        set(exempt, "lendablePercent", json!(0));
        return;
    }
    let limited = member(spec, "limited");
    set(limited, "nominalConcurrencyShares", json!(30));
    set(limited, "lendablePercent", json!(0));
    let response = member(limited, "limitResponse");
    if text(response, "type") == "Queue" {
        let queuing = member(response, "queuing");
        set(queuing, "queues", json!(64));
        set(queuing, "handSize", json!(8));
        set(queuing, "queueLengthLimit", json!(50));
    }
}

fn webhook_defaults(webhook: &mut Value, kind: &str) {
    set(webhook, "failurePolicy", json!("Fail"));
    set(webhook, "matchPolicy", json!("Equivalent"));
    member(webhook, "namespaceSelector");
    member(webhook, "objectSelector");
    set(webhook, "timeoutSeconds", json!(10));
    if kind == "MutatingWebhookConfiguration" {
        set(webhook, "reinvocationPolicy", json!("Never"));
    }
    each(webhook, "rules", |rule| set(rule, "scope", json!("*")));
    if webhook.pointer("/clientConfig/service").is_some() {
        set(member(member(webhook, "clientConfig"), "service"), "port", json!(443));
    }
}

fn match_resources(constraints: &mut Value) {
    set(constraints, "matchPolicy", json!("Equivalent"));
    member(constraints, "namespaceSelector");
    member(constraints, "objectSelector");
    for rules in ["resourceRules", "excludeResourceRules"] {
        each(constraints, rules, |rule| set(rule, "scope", json!("*")));
    }
}

fn definition(object: &mut Value) {
    let spec = member(object, "spec");
    let names = member(spec, "names");
    let kind = text(names, "kind").to_owned();
    if !kind.is_empty() {
        set(names, "singular", Value::from(kind.to_lowercase()));
        set(names, "listKind", Value::from(format!("{kind}List")));
    }
    let conversion = member(spec, "conversion");
    set(conversion, "strategy", json!("None"));
    if conversion.pointer("/webhook/clientConfig/service").is_some() {
        set(
            member(member(member(conversion, "webhook"), "clientConfig"), "service"),
            "port",
            json!(443),
        );
    }
}
