//! Faults of what extends the server: webhooks, aggregated services, classes of runtimes and ingresses.

use serde_json::Value;
use url::Url;

use super::{Cause, dns_label, list, text};

/// Seconds that a webhook may take at most.
const MOST_SECONDS: i64 = 30;

/// Faults of a webhook configuration.
pub(super) fn configuration(kind: &str, object: &Value, faults: &mut Vec<Cause>) {
    let mut names = Vec::new();
    for (index, hook) in list(object, "webhooks").iter().enumerate() {
        let at = format!("webhooks[{index}]");
        let name = text(hook, "name");
        webhook(kind, hook, &at, faults);
        if !name.is_empty() && names.contains(&name) {
            faults.push(Cause::duplicate(format!("{at}.name"), &name.into()));
        }
        names.push(name);
    }
}

fn webhook(kind: &str, hook: &Value, at: &str, faults: &mut Vec<Cause>) {
    let name = text(hook, "name");
    let field = |name: &str| format!("{at}.{name}");
    if name.is_empty() {
        faults.push(Cause::required(field("name"), ""));
    } else {
        let wrong = crate::meta::subdomain(name);
        for why in &wrong {
            faults.push(Cause::invalid(field("name"), &name.into(), why));
        }
        if wrong.is_empty() && name.split('.').count() < 3 {
            let why = "should be a domain with at least three segments separated by dots";
            faults.push(Cause::invalid(field("name"), &name.into(), why));
        }
    }
    let versions = list(hook, "admissionReviewVersions");
    if versions.is_empty() {
        let why = "must specify one of v1, v1beta1";
        faults.push(Cause::required(field("admissionReviewVersions"), why));
    } else if !versions.iter().any(|version| version == "v1" || version == "v1beta1") {
        let why = "must include at least one of v1, v1beta1";
        let at = field("admissionReviewVersions");
        faults.push(Cause::invalid(at, &hook["admissionReviewVersions"], why));
    }
    for (index, rule) in list(hook, "rules").iter().enumerate() {
        self::rule(rule, &format!("{at}.rules[{index}]"), faults);
    }
    one_of(
        hook,
        &field("failurePolicy"),
        "failurePolicy",
        &["Fail", "Ignore"],
        faults,
    );
    one_of(
        hook,
        &field("matchPolicy"),
        "matchPolicy",
        &["Equivalent", "Exact"],
        faults,
    );
    match text(hook, "sideEffects") {
        "" => {
            let why = "must specify one of None, NoneOnDryRun";
            faults.push(Cause::required(field("sideEffects"), why));
        }
        "None" | "NoneOnDryRun" => {}
        other => {
            let known = ["None", "NoneOnDryRun"];
            faults.push(Cause::not_supported(field("sideEffects"), &other.into(), &known));
        }
    }
    if let Some(seconds) = hook.get("timeoutSeconds").and_then(Value::as_i64)
        && !(1..=MOST_SECONDS).contains(&seconds)
    {
        let why = format!("the timeout value must be between 1 and {MOST_SECONDS} seconds");
        faults.push(Cause::invalid(field("timeoutSeconds"), &seconds.into(), &why));
    }
    for selector in ["namespaceSelector", "objectSelector"] {
        super::pod::selector(&hook[selector], &field(selector), faults);
    }
    client(&hook["clientConfig"], &field("clientConfig"), faults);
    if kind == "MutatingWebhookConfiguration" {
        let known = ["IfNeeded", "Never"];
        one_of(hook, &field("reinvocationPolicy"), "reinvocationPolicy", &known, faults);
    }
    for (index, condition) in list(hook, "matchConditions").iter().enumerate() {
        let at = format!("{at}.matchConditions[{index}]");
        let source = text(condition, "expression");
        if source.is_empty() {
            faults.push(Cause::required(format!("{at}.expression"), ""));
        } else if let Err(error) = crate::crd::compile(source) {
            let why = format!("compilation failed: {error}");
            faults.push(Cause::invalid(format!("{at}.expression"), &source.into(), &why));
        }
        if text(condition, "name").is_empty() {
            faults.push(Cause::required(format!("{at}.name"), ""));
        }
    }
}

fn one_of(object: &Value, at: &str, name: &str, known: &[&str], faults: &mut Vec<Cause>) {
    let value = text(object, name);
    if !value.is_empty() && !known.contains(&value) {
        faults.push(Cause::not_supported(at, &value.into(), known));
    }
}

fn rule(rule: &Value, at: &str, faults: &mut Vec<Cause>) {
    const OPERATIONS: [&str; 5] = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
    let operations = list(rule, "operations");
    if operations.is_empty() {
        faults.push(Cause::required(format!("{at}.operations"), ""));
    }
    let alone = |name: &str, what: &str, faults: &mut Vec<Cause>| {
        let all = list(rule, name);
        if all.len() > 1 && all.iter().any(|one| one == "*") {
            let why = format!("if '*' is present, must not specify other {what}");
            faults.push(Cause::invalid(format!("{at}.{name}"), &rule[name], &why));
        }
    };
    alone("operations", "operations", faults);
    for (index, operation) in operations.iter().enumerate() {
        if !OPERATIONS.contains(&operation.as_str().unwrap_or_default()) {
            let at = format!("{at}.operations[{index}]");
            faults.push(Cause::not_supported(at, operation, &OPERATIONS));
        }
    }
    for (name, what) in [
        ("apiGroups", "API groups"),
        ("apiVersions", "API versions"),
        ("resources", ""),
    ] {
        let all = list(rule, name);
        if all.is_empty() {
            faults.push(Cause::required(format!("{at}.{name}"), ""));
        }
        if !what.is_empty() {
            alone(name, what, faults);
        }
        for (index, one) in all.iter().enumerate() {
            if one == "" && name != "apiGroups" {
                faults.push(Cause::required(format!("{at}.{name}[{index}]"), ""));
            }
        }
    }
    one_of(
        rule,
        &format!("{at}.scope"),
        "scope",
        &["*", "Cluster", "Namespaced"],
        faults,
    );
}

fn client(client: &Value, at: &str, faults: &mut Vec<Cause>) {
    const FORM: &str = "; desired format: https://host[/path]";
    match (client.get("url").and_then(Value::as_str), client.get("service")) {
        (Some(_), Some(_)) | (None, None) => {
            let why = "exactly one of url or service is required";
            faults.push(Cause::required(at, why));
        }
        (Some(given), None) => {
            let at = format!("{at}.url");
            match Url::parse(given) {
                Err(error) => {
                    let why = format!("url must be a valid URL: {error}{FORM}");
                    faults.push(Cause::required(at, &why));
                }
                Ok(url) => {
                    if url.scheme() != "https" {
                        let why = format!("'https' is the only allowed URL scheme{FORM}");
                        faults.push(Cause::invalid(at.clone(), &url.scheme().into(), &why));
                    }
                    if url.host().is_none() {
                        let why = format!("host must be specified{FORM}");
                        faults.push(Cause::invalid(at.clone(), &"".into(), &why));
                    }
                    if !url.username().is_empty() {
                        let why = "user information is not permitted in the URL";
                        faults.push(Cause::invalid(at.clone(), &url.username().into(), why));
                    }
                    if let Some(fragment) = url.fragment() {
                        let why = "fragments are not permitted in the URL";
                        faults.push(Cause::invalid(at.clone(), &fragment.into(), why));
                    }
                    if let Some(query) = url.query() {
                        let why = "query parameters are not permitted in the URL";
                        faults.push(Cause::invalid(at, &query.into(), why));
                    }
                }
            }
        }
        (None, Some(service)) => {
            for name in ["name", "namespace"] {
                if text(service, name).is_empty() {
                    let why = format!("service {name} is required");
                    faults.push(Cause::required(format!("{at}.service.{name}"), &why));
                }
            }
            let port = service.get("port").and_then(Value::as_i64).unwrap_or(443);
            if !(1..=65_535).contains(&port) {
                let why = "port is not valid: must be between 1 and 65535, inclusive";
                faults.push(Cause::invalid(format!("{at}.service.port"), &port.into(), why));
            }
        }
    }
}

/// Faults of an aggregated service.
pub(super) fn api_service(object: &Value, faults: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let (group, version) = (text(spec, "group"), text(spec, "version"));
    let name = text(&object["metadata"], "name");
    let wanted = format!("{version}.{group}");
    if name != wanted {
        let why = format!("must be `spec.version+\".\"+spec.group`: {wanted:?}");
        faults.push(Cause::invalid("metadata.name", &name.into(), &why));
    }
    if group.is_empty() {
        faults.push(Cause::required(
            "spec.group",
            "only v1 may have an empty group and it better be legacy kube",
        ));
    }
    if version.is_empty() {
        faults.push(Cause::required("spec.version", ""));
    }
    for (name, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1_000)] {
        let value = spec[name].as_i64().unwrap_or_default();
        if value <= 0 || value > most {
            let why = format!("must be positive and less than {most}");
            faults.push(Cause::invalid(format!("spec.{name}"), &value.into(), &why));
        }
    }
    let Some(service) = spec.get("service").filter(|service| service.is_object()) else {
        if !text(spec, "caBundle").is_empty() {
            let why = "local APIServices may not have a caBundle";
            faults.push(Cause::invalid("spec.caBundle", &spec["caBundle"], why));
        }
        if spec["insecureSkipTLSVerify"] == true {
            let why = "local APIServices may not have insecureSkipTLSVerify";
            faults.push(Cause::invalid("spec.insecureSkipTLSVerify", &true.into(), why));
        }
        return;
    };
    for name in ["namespace", "name"] {
        if text(service, name).is_empty() {
            faults.push(Cause::required(format!("spec.service.{name}"), ""));
        }
    }
    if spec["insecureSkipTLSVerify"] == true && !text(spec, "caBundle").is_empty() {
        let why = "may not be true if caBundle is present";
        faults.push(Cause::invalid("spec.insecureSkipTLSVerify", &true.into(), why));
    }
}

/// Faults of a runtime class.
pub(super) fn runtime_class(object: &Value, faults: &mut Vec<Cause>) {
    dns_label(text(object, "handler"), "handler", faults);
}

/// Faults of an ingress class.
pub(super) fn ingress_class(spec: &Value, faults: &mut Vec<Cause>) {
    let controller = text(spec, "controller");
    if controller.is_empty() {
        faults.push(Cause::required("spec.controller", ""));
    } else if controller.split('/').count() < 2 {
        let why = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        faults.push(Cause::invalid("spec.controller", &controller.into(), why));
    }
}
