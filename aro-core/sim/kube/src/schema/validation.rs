//! What the server refuses in documents of the built-in kinds, metadata aside.
//!
//! The kinds an operator or a client of a cluster writes are checked; the long tail of volume sources and of alpha
//! members is not.

mod access;
mod core;
mod event;
mod hooks;
mod network;
mod pod;
mod policy;
mod storage;
mod workload;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::prepare::quality;
use super::{Cause, Gvk};
use crate::crd;

pub(crate) const IMMUTABLE: &str = "field is immutable";

/// Faults of a new object.
pub fn validate_create(gvk: Gvk<'_>, object: &Value) -> Vec<Cause> {
    if is_definition(gvk) {
        return crd::validate_create(object);
    }
    let mut faults = Vec::new();
    common(gvk, object, &mut faults);
    faults
}

fn is_definition((group, _, kind): Gvk<'_>) -> bool {
    group == "apiextensions.k8s.io" && kind == "CustomResourceDefinition"
}

/// Faults of a changed object. `subresource` is empty for the object itself.
pub fn validate_update(gvk: Gvk<'_>, object: &Value, current: &Value, subresource: &str) -> Vec<Cause> {
    if is_definition(gvk) {
        return if subresource.is_empty() {
            crd::validate_update(object, current)
        } else {
            Vec::new()
        };
    }
    let mut faults = Vec::new();
    if subresource.is_empty() {
        common(gvk, object, &mut faults);
        changed(gvk, object, current, &mut faults);
    } else {
        of_subresource(gvk, object, current, subresource, &mut faults);
    }
    faults
}

fn common((group, _, kind): Gvk<'_>, object: &Value, faults: &mut Vec<Cause>) {
    match (group, kind) {
        ("", "Pod") => pod::spec(&object["spec"], "spec", faults),
        ("", "PodTemplate") => pod::spec(&object["template"]["spec"], "template.spec", faults),
        ("", "ConfigMap") => core::config_map(object, faults),
        ("", "Secret") => core::secret(object, faults),
        ("", "Service") => core::service(&object["spec"], faults),
        ("", "Node") => core::taints(&object["spec"], faults),
        ("" | "events.k8s.io", "Event") => event::event(group, object, faults),
        ("apps", _) => workload::workload(kind, object, faults),
        ("batch", "Job") => workload::job(&object["spec"], "spec", faults),
        ("batch", "CronJob") => workload::cron_job(&object["spec"], faults),
        ("coordination.k8s.io", "Lease") => lease(&object["spec"], faults),
        ("policy", "PodDisruptionBudget") => policy::budget(&object["spec"], faults),
        ("", "ResourceQuota") => policy::quota(&object["spec"], faults),
        ("", "LimitRange") => policy::limits(&object["spec"], faults),
        ("", "ReplicationController") => workload::replication_controller(&object["spec"], faults),
        ("", "PersistentVolumeClaim") => storage::claim(&object["spec"], faults),
        ("", "PersistentVolume") => storage::volume(&object["spec"], faults),
        ("storage.k8s.io", "StorageClass") => storage::class(object, faults),
        ("", "Endpoints") => network::endpoints(object, faults),
        ("discovery.k8s.io", "EndpointSlice") => network::slice(object, faults),
        ("networking.k8s.io", "NetworkPolicy") => network::policy(&object["spec"], faults),
        ("networking.k8s.io", "Ingress") => network::ingress(&object["spec"], faults),
        ("networking.k8s.io", "IngressClass") => hooks::ingress_class(&object["spec"], faults),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority(object, faults),
        ("autoscaling", "HorizontalPodAutoscaler") => policy::scaler(&object["spec"], faults),
        ("node.k8s.io", "RuntimeClass") => hooks::runtime_class(object, faults),
        ("apiregistration.k8s.io", "APIService") => hooks::api_service(object, faults),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
            hooks::configuration(kind, object, faults);
        }
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => access::rules(kind, object, faults),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => access::binding(kind, object, faults),
        ("certificates.k8s.io", "CertificateSigningRequest") => access::signing_request(&object["spec"], faults),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {
            for (index, validation) in list(&object["spec"], "validations").iter().enumerate() {
                let source = text(validation, "expression");
                if let Err(error) = crd::compile(source) {
                    let error = error.to_string().replace("\n|", "\n |");
                    faults.push(Cause::invalid(
                        format!("spec.validations[{index}].expression"),
                        &source.into(),
                        &format!("compilation failed: {error}"),
                    ));
                }
            }
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => {
            let actions = &object["spec"]["validationActions"];
            let has = |name: &str| {
                actions
                    .as_array()
                    .is_some_and(|actions| actions.iter().any(|action| action == name))
            };
            if has("Deny") && has("Warn") {
                faults.push(Cause::invalid(
                    "spec.validationActions",
                    actions,
                    "must not contain both Deny and Warn (repeating the same validation failure information in the API \
                     response and headers serves no purpose)",
                ));
            }
        }
        ("autoscaling", "Scale") => {
            let replicas = object["spec"]["replicas"].as_i64().unwrap_or(0);
            if replicas < 0 {
                faults.push(Cause::invalid("spec.replicas", &replicas.into(), NOT_NEGATIVE));
            }
        }
        _ => {}
    }
}

pub(crate) const NOT_NEGATIVE: &str = "must be greater than or equal to 0";

fn changed((group, _, kind): Gvk<'_>, object: &Value, current: &Value, faults: &mut Vec<Cause>) {
    let mut fixed = |path: &str, field: &str| {
        let (new, old) = (object.pointer(path), current.pointer(path));
        if new.unwrap_or(&Value::Null) != old.unwrap_or(&Value::Null) {
            faults.push(Cause::invalid(field, new.unwrap_or(&Value::Null), IMMUTABLE));
        }
    };
    match (group, kind) {
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => fixed("/spec/selector", "spec.selector"),
        ("batch", "Job") => {
            fixed("/spec/completions", "spec.completions");
            fixed("/spec/selector", "spec.selector");
            fixed("/spec/template", "spec.template");
            fixed("/spec/completionMode", "spec.completionMode");
        }
        ("apps", "StatefulSet") => workload::stateful_set_changed(object, current, faults),
        ("apps", "ControllerRevision") => fixed("/data", "data"),
        ("", "Pod") => pod::changed(object, current, faults),
        ("", "Secret") => {
            fixed("/type", "type");
            core::kept(object, current, &["data"], faults);
        }
        ("", "ConfigMap") => core::kept(object, current, &["data", "binaryData"], faults),
        ("", "Service") => core::service_changed(&object["spec"], &current["spec"], faults),
        ("", "Node") => fixed("/spec/providerID", "spec.providerID"),
        ("events.k8s.io", "Event") => event::changed(object, current, faults),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            let role = &object["roleRef"];
            if role != &current["roleRef"] {
                let told = format!(
                    "{{\"APIGroup\":{},\"Kind\":{},\"Name\":{}}}",
                    role["apiGroup"], role["kind"], role["name"]
                );
                faults.push(Cause::invalid_text("roleRef", &told, "cannot change roleRef"));
            }
        }
        ("storage.k8s.io", "StorageClass") => storage::class_changed(object, current, faults),
        ("", "PersistentVolumeClaim") => storage::claim_changed(object, current, faults),
        ("", "PersistentVolume") => storage::volume_changed(object, current, faults),
        ("discovery.k8s.io", "EndpointSlice") => fixed("/addressType", "addressType"),
        ("node.k8s.io", "RuntimeClass") => fixed("/handler", "handler"),
        ("networking.k8s.io", "IngressClass") => fixed("/spec/controller", "spec.controller"),
        ("scheduling.k8s.io", "PriorityClass") if object.get("value") != current.get("value") => {
            faults.push(Cause::forbidden("value", "may not be changed in an update."));
        }
        _ => {}
    }
}

fn of_subresource(
    (group, _, kind): Gvk<'_>,
    object: &Value,
    current: &Value,
    subresource: &str,
    faults: &mut Vec<Cause>,
) {
    match (group, kind, subresource) {
        ("", "Service", "status") => {
            let ingress = object.pointer("/status/loadBalancer/ingress").and_then(Value::as_array);
            if ingress.is_some_and(|ingress| !ingress.is_empty()) && text(&object["spec"], "type") != "LoadBalancer" {
                faults.push(Cause::forbidden(
                    "status.loadBalancer.ingress",
                    "may only be used when `spec.type` is 'LoadBalancer'",
                ));
            }
        }
        ("", "Pod", "resize") if quality(&object["spec"]) != quality(&current["spec"]) => {
            faults.push(Cause::invalid(
                "spec",
                &object["status"]["qosClass"],
                "Pod QOS Class may not change as a result of resizing",
            ));
        }
        ("certificates.k8s.io", "CertificateSigningRequest", _) => {
            let status = &object["status"];
            let certificate = text(status, "certificate");
            let readable = STANDARD
                .decode(certificate)
                .ok()
                .and_then(|octets| String::from_utf8(octets).ok());
            if !certificate.is_empty() && !readable.is_some_and(|text| text.contains("-----BEGIN CERTIFICATE-----")) {
                faults.push(Cause::invalid(
                    "status.certificate",
                    &"<certificate data>".into(),
                    "must contain at least one CERTIFICATE PEM block",
                ));
            }
            let has = |kind: &str| {
                list(status, "conditions")
                    .iter()
                    .any(|condition| text(condition, "type") == kind)
            };
            if has("Approved") && has("Denied") {
                faults.push(Cause::invalid(
                    "status.conditions",
                    &"Denied".into(),
                    "Approved and Denied conditions are mutually exclusive",
                ));
            }
        }
        _ => {}
    }
}

pub(crate) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// Whether a text is a DNS label of RFC 1123.
pub(crate) fn is_label(text: &str) -> bool {
    crate::meta::dns_label(text).is_empty()
}

/// Faults of a text that must be a DNS label of RFC 1123.
fn dns_label(text: &str, at: &str, faults: &mut Vec<Cause>) {
    for why in crate::meta::dns_label(text) {
        faults.push(Cause::invalid(at, &text.into(), &why));
    }
}

/// A member that may not change, named by its path.
fn keep(object: &Value, current: &Value, pointer: &str, faults: &mut Vec<Cause>) {
    let (new, old) = (object.pointer(pointer), current.pointer(pointer));
    if new != old {
        let field = pointer.trim_start_matches('/').replace('/', ".");
        faults.push(Cause::invalid(field, new.unwrap_or(&Value::Null), IMMUTABLE));
    }
}

/// An object as JSON, its members in the order given: so the server prints what has no names of its own.
fn in_members(value: &Value, order: &[&str]) -> String {
    let members: Vec<String> = order.iter().map(|name| format!("{name:?}:{}", value[name])).collect();
    format!("{{{}}}", members.join(","))
}

fn lease(spec: &Value, faults: &mut Vec<Cause>) {
    if let Some(seconds) = spec
        .get("leaseDurationSeconds")
        .and_then(Value::as_i64)
        .filter(|seconds| *seconds <= 0)
    {
        faults.push(Cause::invalid(
            "spec.leaseDurationSeconds",
            &seconds.into(),
            "must be greater than 0",
        ));
    }
    if let Some(count) = spec
        .get("leaseTransitions")
        .and_then(Value::as_i64)
        .filter(|count| *count < 0)
    {
        faults.push(Cause::invalid("spec.leaseTransitions", &count.into(), NOT_NEGATIVE));
    }
}
