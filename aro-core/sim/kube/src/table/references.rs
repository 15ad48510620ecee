//! Cells of scalers, quotas, policies and other kinds that refer to something.

use serde_json::Value;

use super::cells::{join, list};

/// `Kind/name` of a reference.
pub(super) fn kind_reference(object: &Value, pointer: &str) -> Value {
    let part = |name: &str| object.pointer(&format!("{pointer}/{name}")).and_then(Value::as_str);
    Value::from(format!(
        "{}/{}",
        part("kind").unwrap_or_default(),
        part("name").unwrap_or_default()
    ))
}

/// What a scaler aims at, and what it sees: `cpu: <unknown>/80%`.
pub(super) fn metrics(scaler: &Value) -> Value {
    const SHOWN: usize = 2;
    let seen: Vec<&Value> = list(scaler, "/status/currentMetrics").collect();
    let shown: Vec<String> = list(scaler, "/spec/metrics")
        .enumerate()
        .map(|(index, metric)| aim(metric, seen.get(index).copied().unwrap_or(&Value::Null)))
        .collect();
    Value::from(match shown.len() {
        0 => "<none>".to_owned(),
        count if count > SHOWN => format!("{} + {} more...", shown[..SHOWN].join(", "), count - SHOWN),
        _ => shown.join(", "),
    })
}

fn aim(metric: &Value, seen: &Value) -> String {
    let (member, labelled) = match metric["type"].as_str().unwrap_or_default() {
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "External" => ("external", false),
        _ => return "<unknown type>".to_owned(),
    };
    let (of, now) = (&metric[member], &seen[member]["current"]);
    let name = of["name"].as_str().unwrap_or_default();
    let label = if labelled { format!("{name}: ") } else { String::new() };
    let (target, unit, suffix) = if of["target"]["averageUtilization"].is_number() {
        ("averageUtilization", "%", "")
    } else if of["target"]["averageValue"].is_null() {
        ("value", "", "")
    } else if labelled || member == "pods" {
        ("averageValue", "", "")
    } else {
        ("averageValue", "", " (avg)")
    };
    let told = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(format!("{number}{unit}")),
        _ => None,
    };
    let current = told(&now[target]).unwrap_or_else(|| "<unknown>".to_owned());
    format!(
        "{label}{current}/{}{suffix}",
        told(&of["target"][target]).unwrap_or_else(|| "<auto>".to_owned())
    )
}

/// What an ingress class refers to: `Kind.group/name`.
pub(super) fn parameters(class: &Value) -> Value {
    let Some(reference) = class.pointer("/spec/parameters") else {
        return Value::from("<none>");
    };
    let part = |name: &str| reference[name].as_str().unwrap_or_default();
    let dot = if part("apiGroup").is_empty() { "" } else { "." };
    Value::from(format!("{}{dot}{}/{}", part("kind"), part("apiGroup"), part("name")))
}

/// What a quota limits and how much of it is used: its limits, or everything else.
pub(super) fn quota(quota: &Value, limits: bool) -> Value {
    let hard = quota.pointer("/status/hard").and_then(Value::as_object);
    let used = |name: &String| {
        let used = quota.pointer("/status/used").and_then(|used| used.get(name));
        used.and_then(Value::as_str).unwrap_or("0").to_owned()
    };
    let shown: Vec<String> = hard
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("limits") == limits)
        .map(|(name, amount)| format!("{name}: {}/{}", used(name), amount.as_str().unwrap_or_default()))
        .collect();
    Value::from(shown.join(", "))
}

pub(super) fn token_audiences(driver: &Value) -> Value {
    let audiences = list(driver, "/spec/tokenRequests").map(|request| request["audience"].as_str().unwrap_or_default());
    join(audiences.map(str::to_owned), "<unset>")
}

/// The kind of a policy's parameters: `group/version/Kind`.
pub(super) fn param_kind(policy: &Value) -> Value {
    match policy.pointer("/spec/paramKind") {
        None => Value::from("<unset>"),
        Some(kind) => Value::from(format!(
            "{}/{}",
            kind["apiVersion"].as_str().unwrap_or_default(),
            kind["kind"].as_str().unwrap_or_default()
        )),
    }
}

/// The parameters of a policy's binding: `namespace/name`, or `*` for those that a selector finds.
pub(super) fn param_reference(binding: &Value) -> Value {
    let Some(reference) = binding.pointer("/spec/paramRef") else {
        return Value::from("<unset>");
    };
    let (namespace, name) = (reference["namespace"].as_str(), reference["name"].as_str());
    let name = name.filter(|name| !name.is_empty()).unwrap_or("*");
    Value::from(match namespace.filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    })
}

/// The controller of an object: `kind.group/name`.
pub(super) fn owner(object: &Value) -> Value {
    let Some(owner) = list(object, "/metadata/ownerReferences").find(|owner| owner["controller"] == true) else {
        return Value::from("<none>");
    };
    let part = |name: &str| owner[name].as_str().unwrap_or_default();
    let group = part("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let dot = if group.is_empty() { "" } else { "." };
    Value::from(format!("{}{dot}{group}/{}", part("kind").to_lowercase(), part("name")))
}

/// What an address belongs to: `resource.group/namespace/name`.
pub(super) fn parent_reference(address: &Value) -> Value {
    let Some(parent) = address.pointer("/spec/parentRef") else {
        return Value::from("<none>");
    };
    let part = |name: &str| parent[name].as_str().unwrap_or_default();
    let mut told = part("resource").to_owned();
    if !part("group").is_empty() {
        told.push('.');
        told.push_str(part("group"));
    }
    for name in ["namespace", "name"] {
        if !part(name).is_empty() {
            told.push('/');
            told.push_str(part(name));
        }
    }
    Value::from(told)
}

pub(super) fn api_service(service: &Value) -> Value {
    match service.pointer("/spec/service") {
        None => Value::from("Local"),
        Some(reference) => Value::from(format!(
            "{}/{}",
            reference["namespace"].as_str().unwrap_or_default(),
            reference["name"].as_str().unwrap_or_default()
        )),
    }
}

pub(super) fn api_available(service: &Value) -> Value {
    let found = list(service, "/status/conditions").find(|condition| condition["type"] == "Available");
    Value::from(match found {
        None => "Unknown".to_owned(),
        Some(condition) if condition["status"] == "True" => "True".to_owned(),
        Some(condition) => format!(
            "{} ({})",
            condition["status"].as_str().unwrap_or_default(),
            condition["reason"].as_str().unwrap_or_default()
        ),
    })
}
