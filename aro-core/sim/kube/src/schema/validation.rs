//! What the server refuses in documents of the built-in kinds, metadata aside.
//!
//! The kinds an operator or a client of a cluster writes are checked; the long tail of volume sources and of alpha
//! members is not.

mod pod;
mod workload;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Cause, Gvk};
use crate::crd;

/// Most octets of a ConfigMap's or Secret's values.
const MOST_OCTETS: usize = 1024 * 1024;

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
        of_subresource(gvk, object, subresource, &mut faults);
    }
    faults
}

fn common((group, _, kind): Gvk<'_>, object: &Value, faults: &mut Vec<Cause>) {
    match (group, kind) {
        ("", "Pod") => pod::spec(&object["spec"], "spec", faults),
        ("", "PodTemplate") => pod::spec(&object["template"]["spec"], "template.spec", faults),
        ("", "ConfigMap") => config_map(object, faults),
        ("", "Secret") => secret(object, faults),
        ("", "Service") => service(&object["spec"], faults),
        ("", "Node") => taints(&object["spec"], faults),
        ("", "Event") => {
            let involved = text(&object["involvedObject"], "namespace");
            let own = text(&object["metadata"], "namespace");
            if !involved.is_empty() && involved != own {
                faults.push(Cause::invalid(
                    "involvedObject.namespace",
                    &involved.into(),
                    "does not match event.namespace",
                ));
            }
        }
        ("apps", _) => workload::workload(kind, object, faults),
        ("batch", "Job") => workload::job(&object["spec"], "spec", faults),
        ("batch", "CronJob") => workload::cron_job(&object["spec"], faults),
        ("coordination.k8s.io", "Lease") => lease(&object["spec"], faults),
        ("policy", "PodDisruptionBudget") => budget(&object["spec"], faults),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => rules(kind, object, faults),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => binding(kind, object, faults),
        ("networking.k8s.io", "Ingress") => {
            let spec = &object["spec"];
            if list(spec, "rules").is_empty() && spec.get("defaultBackend").is_none() {
                faults.push(Cause::invalid(
                    "spec",
                    spec,
                    "either `defaultBackend` or `rules` must be specified",
                ));
            }
        }
        ("certificates.k8s.io", "CertificateSigningRequest") => signing_request(&object["spec"], faults),
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
            kept(object, current, &["data"], faults);
        }
        ("", "ConfigMap") => kept(object, current, &["data", "binaryData"], faults),
        ("", "Service") => {
            let (new, old) = (&object["spec"], &current["spec"]);
            let external = |spec: &Value| text(spec, "type") == "ExternalName";
            if !external(new) && !external(old) {
                fixed("/spec/clusterIP", "spec.clusterIP");
            }
        }
        ("", "Node") => fixed("/spec/providerID", "spec.providerID"),
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
        ("storage.k8s.io", "StorageClass") => {
            for name in ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"] {
                let (new, old) = (object.get(name), current.get(name));
                if new != old {
                    faults.push(Cause::forbidden(name, "updates to fields are forbidden."));
                }
            }
        }
        ("", "PersistentVolumeClaim") => {
            let frozen = |object: &Value| {
                let mut spec = object["spec"].clone();
                if let Some(spec) = spec.as_object_mut() {
                    spec.remove("resources");
                    spec.remove("volumeName");
                    spec.remove("volumeAttributesClassName");
                }
                spec
            };
            if frozen(object) != frozen(current) {
                faults.push(Cause::forbidden(
                    "spec",
                    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
                     claims",
                ));
            }
        }
        ("scheduling.k8s.io", "PriorityClass") if object.get("value") != current.get("value") => {
            faults.push(Cause::forbidden("value", "may not be changed in an update."));
        }
        _ => {}
    }
}

fn of_subresource((group, _, kind): Gvk<'_>, object: &Value, subresource: &str, faults: &mut Vec<Cause>) {
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

/// Members of an object marked immutable.
fn kept(object: &Value, current: &Value, names: &[&str], faults: &mut Vec<Cause>) {
    if current.get("immutable") != Some(&Value::Bool(true)) {
        return;
    }
    let mut compare = |name: &str, same: bool| {
        if !same {
            faults.push(Cause::forbidden(name, "field is immutable when `immutable` is set"));
        }
    };
    compare("immutable", object.get("immutable") == Some(&Value::Bool(true)));
    for name in names {
        compare(name, object.get(name) == current.get(name));
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
    text.len() <= 63
        && !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

pub(crate) const NO_LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
                                   and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', \
                                   regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const NO_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
                      'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

fn keys(object: &Value, name: &str, faults: &mut Vec<Cause>) {
    for key in object
        .get(name)
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(serde_json::Map::keys)
    {
        let fits = !key.is_empty()
            && key.len() <= 253
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if !fits {
            faults.push(Cause::invalid(format!("{name}[{key}]"), &key.as_str().into(), NO_KEY));
        }
    }
}

fn octets(object: &Value, name: &str) -> usize {
    let values = object
        .get(name)
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(serde_json::Map::values);
    let size = |value: &Value| match (name, value.as_str()) {
        ("data", Some(text)) if object.get("type").is_none() => text.len(),
        (_, Some(text)) => text.trim_end_matches('=').len() * 3 / 4,
        _ => 0,
    };
    values.map(size).sum()
}

fn config_map(object: &Value, faults: &mut Vec<Cause>) {
    keys(object, "data", faults);
    for key in object
        .get("data")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(serde_json::Map::keys)
    {
        if object.get("binaryData").is_some_and(|binary| binary.get(key).is_some()) {
            faults.push(Cause::invalid(
                format!("data[{key}]"),
                &key.as_str().into(),
                "duplicate of key present in binaryData",
            ));
        }
    }
    keys(object, "binaryData", faults);
    if octets(object, "data") + octets(object, "binaryData") > MOST_OCTETS {
        faults.push(Cause::too_long("[]", MOST_OCTETS));
    }
}

/// Types of secrets and the keys they must have.
const SECRET_KEYS: [(&str, &[&str]); 6] = [
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/basic-auth", &[]),
    ("bootstrap.kubernetes.io/token", &[]),
];

fn secret(object: &Value, faults: &mut Vec<Cause>) {
    keys(object, "data", faults);
    if octets(object, "data") > MOST_OCTETS {
        faults.push(Cause::too_long("data", MOST_OCTETS));
    }
    let kind = text(object, "type");
    let data = &object["data"];
    for key in SECRET_KEYS
        .iter()
        .filter(|(known, _)| *known == kind)
        .flat_map(|(_, keys)| *keys)
    {
        match data.get(key).and_then(Value::as_str) {
            None => faults.push(Cause::required(format!("data[{key}]"), "")),
            Some(value) if key.starts_with(".docker") => {
                let json = STANDARD
                    .decode(value)
                    .ok()
                    .and_then(|octets| serde_json::from_slice::<Value>(&octets).ok());
                if json.is_none() {
                    faults.push(Cause::invalid(
                        format!("data[{key}]"),
                        &"<secret contents redacted>".into(),
                        "unexpected end of JSON input",
                    ));
                }
            }
            Some(_) => {}
        }
    }
    if kind == "kubernetes.io/basic-auth" && data.get("username").is_none() && data.get("password").is_none() {
        faults.push(Cause::required("data[username]", ""));
        faults.push(Cause::required("data[password]", ""));
    }
    if kind == "kubernetes.io/service-account-token" {
        let account = object
            .pointer("/metadata/annotations")
            .map(|all| text(all, "kubernetes.io/service-account.name"));
        if account.is_none_or(str::is_empty) {
            faults.push(Cause::required(
                "metadata.annotations[kubernetes.io/service-account.name]",
                "",
            ));
        }
    }
}

fn service(spec: &Value, faults: &mut Vec<Cause>) {
    let kind = text(spec, "type");
    let ports = list(spec, "ports");
    if ports.is_empty() && text(spec, "clusterIP") != "None" && kind != "ExternalName" {
        faults.push(Cause::required("spec.ports", ""));
    }
    if kind == "ExternalName" && text(spec, "externalName").is_empty() {
        faults.push(Cause::required("spec.externalName", ""));
    }
    let mut seen = Vec::new();
    let mut names = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let field = format!("spec.ports[{index}]");
        let name = text(port, "name");
        if name.is_empty() && ports.len() > 1 {
            faults.push(Cause::required(format!("{field}.name"), ""));
        } else if !name.is_empty() && !is_label(name) {
            faults.push(Cause::invalid(format!("{field}.name"), &name.into(), NO_LABEL));
        } else if !name.is_empty() && names.contains(&name) {
            faults.push(Cause::duplicate(format!("{field}.name"), &name.into()));
        }
        names.push(name);
        pod::port_number(&port["port"], &format!("{field}.port"), faults);
        if port["targetPort"].is_number() {
            pod::port_number(&port["targetPort"], &format!("{field}.targetPort"), faults);
        }
        pod::protocol(port, &field, faults);
        let key = (port["port"].as_i64(), text(port, "protocol"));
        if seen.contains(&key) {
            let told = serde_json::json!({ "port": port["port"], "protocol": port["protocol"] });
            faults.push(Cause::duplicate(field, &told));
        }
        seen.push(key);
    }
    let known = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !known.contains(&kind) {
        faults.push(Cause::not_supported("spec.type", &kind.into(), &known));
    }
    let affinity = text(spec, "sessionAffinity");
    if !["ClientIP", "None"].contains(&affinity) {
        faults.push(Cause::not_supported(
            "spec.sessionAffinity",
            &affinity.into(),
            &["ClientIP", "None"],
        ));
    }
}

fn taints(spec: &Value, faults: &mut Vec<Cause>) {
    const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    let mut seen = Vec::new();
    for (index, taint) in list(spec, "taints").iter().enumerate() {
        let field = format!("metadata.taints[{index}]");
        let (key, effect) = (text(taint, "key"), text(taint, "effect"));
        if effect.is_empty() {
            faults.push(Cause::required(format!("{field}.effect"), ""));
        } else if !EFFECTS.contains(&effect) {
            faults.push(Cause::not_supported(
                format!("{field}.effect"),
                &effect.into(),
                &EFFECTS,
            ));
        }
        if seen.contains(&(key, effect)) {
            faults.push(Cause::duplicate(field, taint));
        }
        seen.push((key, effect));
    }
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

fn budget(spec: &Value, faults: &mut Vec<Cause>) {
    if spec.get("minAvailable").is_some() && spec.get("maxUnavailable").is_some() {
        faults.push(Cause::invalid(
            "spec",
            spec,
            "minAvailable and maxUnavailable cannot be both set",
        ));
    }
    for name in ["minAvailable", "maxUnavailable"] {
        if let Some(value) = spec.get(name) {
            pod::count_or_percent(value, &format!("spec.{name}"), faults);
        }
    }
    pod::selector(&spec["selector"], "spec.selector", faults);
}

fn rules(kind: &str, object: &Value, faults: &mut Vec<Cause>) {
    for (index, rule) in list(object, "rules").iter().enumerate() {
        let field = |name: &str| format!("rules[{index}].{name}");
        if list(rule, "verbs").is_empty() {
            faults.push(Cause::required(field("verbs"), "verbs must contain at least one value"));
        }
        let urls = list(rule, "nonResourceURLs");
        if !urls.is_empty() {
            if kind == "Role" {
                faults.push(Cause::invalid(
                    field("nonResourceURLs"),
                    &rule["nonResourceURLs"],
                    "namespaced rules cannot apply to non-resource URLs",
                ));
            }
            if !list(rule, "apiGroups").is_empty() || !list(rule, "resources").is_empty() {
                faults.push(Cause::invalid(
                    field("nonResourceURLs"),
                    &rule["nonResourceURLs"],
                    "rules cannot apply to both regular resources and non-resource URLs",
                ));
            }
            continue;
        }
        if list(rule, "apiGroups").is_empty() {
            faults.push(Cause::required(
                field("apiGroups"),
                "resource rules must supply at least one api group",
            ));
        }
        if list(rule, "resources").is_empty() {
            faults.push(Cause::required(
                field("resources"),
                "resource rules must supply at least one resource",
            ));
        }
    }
}

fn binding(kind: &str, object: &Value, faults: &mut Vec<Cause>) {
    const RBAC: &str = "rbac.authorization.k8s.io";
    let role = &object["roleRef"];
    if text(role, "apiGroup") != RBAC {
        faults.push(Cause::not_supported("roleRef.apiGroup", &role["apiGroup"], &[RBAC]));
    }
    let kinds: &[&str] = if kind == "RoleBinding" {
        &["Role", "ClusterRole"]
    } else {
        &["ClusterRole"]
    };
    if !kinds.contains(&text(role, "kind")) {
        faults.push(Cause::not_supported("roleRef.kind", &role["kind"], kinds));
    }
    if text(role, "name").is_empty() {
        faults.push(Cause::required("roleRef.name", ""));
    }
    for (index, subject) in list(object, "subjects").iter().enumerate() {
        let field = |name: &str| format!("subjects[{index}].{name}");
        if text(subject, "name").is_empty() {
            faults.push(Cause::required(field("name"), ""));
        }
        match text(subject, "kind") {
            "ServiceAccount" => {
                if !text(subject, "apiGroup").is_empty() {
                    faults.push(Cause::not_supported(field("apiGroup"), &subject["apiGroup"], &[""]));
                }
                if text(subject, "namespace").is_empty() && kind == "ClusterRoleBinding" {
                    faults.push(Cause::required(field("namespace"), ""));
                }
            }
            "User" | "Group" => {
                if text(subject, "apiGroup") != RBAC {
                    faults.push(Cause::not_supported(field("apiGroup"), &subject["apiGroup"], &[RBAC]));
                }
            }
            other => faults.push(Cause::not_supported(
                field("kind"),
                &other.into(),
                &["ServiceAccount", "User", "Group"],
            )),
        }
    }
}

fn signing_request(spec: &Value, faults: &mut Vec<Cause>) {
    let request = text(spec, "request");
    let readable = STANDARD
        .decode(request)
        .ok()
        .and_then(|octets| String::from_utf8(octets).ok());
    if !readable.is_some_and(|text| text.contains("-----BEGIN CERTIFICATE REQUEST-----")) {
        faults.push(Cause::invalid(
            "spec.request",
            &request.into(),
            "PEM block type must be CERTIFICATE REQUEST",
        ));
    }
    if list(spec, "usages").is_empty() {
        faults.push(Cause::required("spec.usages", ""));
    }
    if text(spec, "signerName").is_empty() {
        faults.push(Cause::required("spec.signerName", ""));
    }
}
