//! Faults of roles, bindings and signing requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Cause, list, text};

pub(super) fn rules(kind: &str, object: &Value, faults: &mut Vec<Cause>) {
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

pub(super) fn binding(kind: &str, object: &Value, faults: &mut Vec<Cause>) {
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

pub(super) fn signing_request(spec: &Value, faults: &mut Vec<Cause>) {
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
