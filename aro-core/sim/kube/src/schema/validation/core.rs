//! Faults of the core kinds that hold no pods.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Cause, dns_label, is_label, list, pod, text};

/// Most octets of a ConfigMap's or Secret's values.
const MOST_OCTETS: usize = 1024 * 1024;

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

pub(super) fn config_map(object: &Value, faults: &mut Vec<Cause>) {
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

pub(super) fn secret(object: &Value, faults: &mut Vec<Cause>) {
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

pub(super) fn service(spec: &Value, faults: &mut Vec<Cause>) {
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
            dns_label(name, &format!("{field}.name"), faults);
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
    let addresses = list(spec, "clusterIPs");
    if kind == "ExternalName" {
        if !addresses.is_empty() {
            let why = "may not be set for ExternalName services";
            faults.push(Cause::forbidden("spec.clusterIPs[0]", why));
        }
    } else {
        for (index, address) in addresses.iter().enumerate() {
            let given = address.as_str().unwrap_or_default();
            if given != "None" && given.parse::<std::net::IpAddr>().is_err() {
                let at = format!("spec.clusterIPs[{index}]");
                faults.push(Cause::invalid(at, address, super::network::NO_ADDRESS));
            }
        }
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

/// Faults of a change of a service: an address that it has stays.
pub(super) fn service_changed(new: &Value, old: &Value, faults: &mut Vec<Cause>) {
    let external = |spec: &Value| text(spec, "type") == "ExternalName";
    if external(new) || external(old) {
        return;
    }
    let (addresses, before) = (list(new, "clusterIPs"), list(old, "clusterIPs"));
    if let (Some(first), Some(was)) = (addresses.first(), before.first())
        && first != was
    {
        let why = "may not change once set";
        faults.push(Cause::invalid("spec.clusterIPs[0]", &new["clusterIPs"], why));
    }
}

pub(super) fn taints(spec: &Value, faults: &mut Vec<Cause>) {
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

/// Members of an object marked immutable.
pub(super) fn kept(object: &Value, current: &Value, names: &[&str], faults: &mut Vec<Cause>) {
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
