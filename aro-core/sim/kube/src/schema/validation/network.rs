//! Faults of endpoints, ingresses and network policies.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::{Cause, dns_label, list, pod, text};
use crate::schema::CauseReason;

pub(super) const NO_ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NO_CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// Faults of the subsets of endpoints.
pub(super) fn endpoints(object: &Value, faults: &mut Vec<Cause>) {
    for (index, subset) in list(object, "subsets").iter().enumerate() {
        let at = format!("subsets[{index}]");
        let (ready, other) = (list(subset, "addresses"), list(subset, "notReadyAddresses"));
        if ready.is_empty() && other.is_empty() {
            let why = "must specify `addresses` or `notReadyAddresses`";
            faults.push(Cause::required(at.clone(), why));
        }
        for (name, addresses) in [("addresses", ready), ("notReadyAddresses", other)] {
            for (index, address) in addresses.iter().enumerate() {
                self::address(text(address, "ip"), &format!("{at}.{name}[{index}].ip"), faults);
            }
        }
        let ports = list(subset, "ports");
        for (index, port) in ports.iter().enumerate() {
            let at = format!("{at}.ports[{index}]");
            let name = text(port, "name");
            if name.is_empty() && ports.len() > 1 {
                faults.push(Cause::required(format!("{at}.name"), ""));
            } else if !name.is_empty() {
                dns_label(name, &format!("{at}.name"), faults);
            }
            pod::port_number(&port["port"], &format!("{at}.port"), faults);
            protocol(port, &at, faults);
        }
    }
}

fn protocol(port: &Value, at: &str, faults: &mut Vec<Cause>) {
    let protocol = text(port, "protocol");
    if protocol.is_empty() {
        faults.push(Cause::required(format!("{at}.protocol"), ""));
    } else if !PROTOCOLS.contains(&protocol) {
        let at = format!("{at}.protocol");
        faults.push(Cause::not_supported(at, &protocol.into(), &PROTOCOLS));
    }
}

/// An address that a service may send to.
fn address(text: &str, at: &str, faults: &mut Vec<Cause>) {
    let Ok(address) = text.parse::<IpAddr>() else {
        faults.push(Cause::invalid(at, &text.into(), NO_ADDRESS));
        return;
    };
    let mut refused = |why: &str| faults.push(Cause::invalid(at, &text.into(), why));
    if address.is_unspecified() {
        refused("may not be unspecified (0.0.0.0 or ::)");
    }
    if address.is_loopback() {
        refused("may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    if link_local {
        refused("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    let link_local_multicast = match address {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] == 0xff02,
    };
    if link_local_multicast {
        refused("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
}

/// Faults of a slice of endpoints.
pub(super) fn slice(object: &Value, faults: &mut Vec<Cause>) {
    const TYPES: [&str; 3] = ["FQDN", "IPv4", "IPv6"];
    const MOST_ADDRESSES: usize = 100;
    let kind = text(object, "addressType");
    if kind.is_empty() {
        faults.push(Cause::required("addressType", ""));
    } else if !TYPES.contains(&kind) {
        faults.push(Cause::not_supported("addressType", &kind.into(), &TYPES));
    }
    for (index, endpoint) in list(object, "endpoints").iter().enumerate() {
        let at = format!("endpoints[{index}].addresses");
        let addresses = list(endpoint, "addresses");
        if addresses.is_empty() {
            faults.push(Cause::required(at.clone(), "must contain at least 1 address"));
        } else if addresses.len() > MOST_ADDRESSES {
            let count = addresses.len();
            let why = format!("Too many: {count}: must have at most {MOST_ADDRESSES} items");
            faults.push(Cause::new(CauseReason::TooMany, at.clone(), why));
        }
        for (index, address) in addresses.iter().enumerate() {
            let at = format!("{at}[{index}]");
            let given = address.as_str().unwrap_or_default();
            match (kind, given.parse::<IpAddr>()) {
                ("IPv4", Ok(IpAddr::V4(_))) | ("IPv6", Ok(IpAddr::V6(_))) => self::address(given, &at, faults),
                ("IPv4", Ok(_)) => faults.push(Cause::invalid(at, address, "must be an IPv4 address")),
                ("IPv6", Ok(_)) => faults.push(Cause::invalid(at, address, "must be an IPv6 address")),
                ("IPv4" | "IPv6", Err(_)) => faults.push(Cause::invalid(at, address, NO_ADDRESS)),
                _ => {}
            }
        }
    }
    let mut names = Vec::new();
    for (index, port) in list(object, "ports").iter().enumerate() {
        let at = format!("ports[{index}]");
        let name = text(port, "name");
        if !name.is_empty() {
            dns_label(name, &format!("{at}.name"), faults);
        }
        if names.contains(&name) {
            faults.push(Cause::duplicate(format!("{at}.name"), &name.into()));
        }
        names.push(name);
        protocol(port, &at, faults);
    }
}

/// Faults of an ingress.
pub(super) fn ingress(spec: &Value, faults: &mut Vec<Cause>) {
    let rules = list(spec, "rules");
    match spec.get("defaultBackend") {
        Some(default) => backend(default, "spec.defaultBackend", faults),
        None if rules.is_empty() => {
            let told = json!({
                "IngressClassName": spec.get("ingressClassName"),
                "DefaultBackend": null,
                "TLS": spec.get("tls"),
                "Rules": null,
            });
            let why = "either `defaultBackend` or `rules` must be specified";
            let order = ["IngressClassName", "DefaultBackend", "TLS", "Rules"];
            faults.push(Cause::invalid_text("spec", &super::in_members(&told, &order), why));
        }
        None => {}
    }
    for (index, rule) in rules.iter().enumerate() {
        let at = format!("spec.rules[{index}]");
        let host = text(rule, "host");
        if host.parse::<IpAddr>().is_ok() {
            let why = "must be a DNS name, not an IP address";
            faults.push(Cause::invalid(format!("{at}.host"), &host.into(), why));
        } else if !host.is_empty() {
            for why in crate::meta::subdomain(host.strip_prefix("*.").unwrap_or(host)) {
                faults.push(Cause::invalid(format!("{at}.host"), &host.into(), &why));
            }
        }
        let Some(http) = rule.get("http") else { continue };
        if list(http, "paths").is_empty() {
            faults.push(Cause::required(format!("{at}.http.paths"), ""));
        }
        for (index, path) in list(http, "paths").iter().enumerate() {
            ingress_path(path, &format!("{at}.http.paths[{index}]"), faults);
        }
    }
}

fn ingress_path(path: &Value, at: &str, faults: &mut Vec<Cause>) {
    const TYPES: [&str; 3] = ["Exact", "ImplementationSpecific", "Prefix"];
    let given = text(path, "path");
    match path.get("pathType").and_then(Value::as_str) {
        None => faults.push(Cause::required(format!("{at}.pathType"), "pathType must be specified")),
        Some("Exact" | "Prefix") => {
            let at = format!("{at}.path");
            if !given.starts_with('/') {
                faults.push(Cause::invalid(at.clone(), &given.into(), "must be an absolute path"));
            }
            for part in ["//", "/./", "/../", "%2f", "%2F"] {
                if given.contains(part) {
                    faults.push(Cause::invalid(
                        at.clone(),
                        &given.into(),
                        &format!("must not contain '{part}'"),
                    ));
                }
            }
            for end in ["/..", "/."] {
                if given.ends_with(end) {
                    faults.push(Cause::invalid(
                        at.clone(),
                        &given.into(),
                        &format!("cannot end with '{end}'"),
                    ));
                }
            }
        }
        Some("ImplementationSpecific") => {
            if !given.is_empty() && !given.starts_with('/') {
                faults.push(Cause::invalid(
                    format!("{at}.path"),
                    &given.into(),
                    "must be an absolute path",
                ));
            }
        }
        Some(other) => faults.push(Cause::not_supported(format!("{at}.pathType"), &other.into(), &TYPES)),
    }
    backend(&path["backend"], &format!("{at}.backend"), faults);
}

fn backend(backend: &Value, at: &str, faults: &mut Vec<Cause>) {
    match (backend.get("service"), backend.get("resource")) {
        (Some(_), Some(_)) => {
            let why = "cannot set both resource and service backends";
            faults.push(Cause::invalid(at, &"".into(), why));
        }
        (None, None) => faults.push(Cause::required(at, "resource or service backend is required")),
        (None, Some(_)) => {}
        (Some(service), None) => {
            let name = text(service, "name");
            if name.is_empty() {
                faults.push(Cause::required(format!("{at}.service.name"), ""));
            } else {
                for why in crate::meta::service_name(name) {
                    faults.push(Cause::invalid(format!("{at}.service.name"), &name.into(), &why));
                }
            }
            let port = &service["port"];
            let number = port["number"].as_i64().unwrap_or_default();
            if !text(port, "name").is_empty() && number != 0 {
                let why = "cannot set both port name & port number";
                faults.push(Cause::invalid(at, &"".into(), why));
            } else if text(port, "name").is_empty() {
                if number == 0 {
                    faults.push(Cause::required(at, "port name or number is required"));
                } else {
                    pod::port_number(&port["number"], &format!("{at}.service.port.number"), faults);
                }
            }
        }
    }
}

/// Faults of a network policy.
pub(super) fn policy(spec: &Value, faults: &mut Vec<Cause>) {
    const TYPES: [&str; 2] = ["Egress", "Ingress"];
    pod::selector(&spec["podSelector"], "spec.podSelector", faults);
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in list(spec, rules).iter().enumerate() {
            let at = format!("spec.{rules}[{index}]");
            for (index, port) in list(rule, "ports").iter().enumerate() {
                policy_port(port, &format!("{at}.ports[{index}]"), faults);
            }
            for (index, peer) in list(rule, peers).iter().enumerate() {
                policy_peer(peer, &format!("{at}.{peers}[{index}]"), faults);
            }
        }
    }
    let types = list(spec, "policyTypes");
    if types.len() > TYPES.len() {
        let why = "may not specify more than two policyTypes";
        faults.push(Cause::invalid("spec.policyTypes", &spec["policyTypes"], why));
        return;
    }
    for (index, kind) in types.iter().enumerate() {
        if !TYPES.contains(&kind.as_str().unwrap_or_default()) {
            faults.push(Cause::not_supported(format!("spec.policyTypes[{index}]"), kind, &TYPES));
        }
    }
}

fn policy_port(port: &Value, at: &str, faults: &mut Vec<Cause>) {
    let protocol = text(port, "protocol");
    if !protocol.is_empty() && !PROTOCOLS.contains(&protocol) {
        faults.push(Cause::not_supported(
            format!("{at}.protocol"),
            &protocol.into(),
            &PROTOCOLS,
        ));
    }
    let end = port.get("endPort").and_then(Value::as_i64);
    match &port["port"] {
        Value::Number(number) => {
            pod::port_number(&port["port"], &format!("{at}.port"), faults);
            if let Some(end) = end {
                if number.as_i64().is_some_and(|start| start > end) {
                    let why = "must be greater than or equal to `port`";
                    faults.push(Cause::invalid(format!("{at}.endPort"), &end.into(), why));
                }
                pod::port_number(&end.into(), &format!("{at}.endPort"), faults);
            }
        }
        Value::String(_) if end.is_some() => {
            let why = "may not be specified when `port` is non-numeric";
            faults.push(Cause::forbidden(format!("{at}.endPort"), why));
        }
        _ if end.is_some() => {
            let why = "may not be specified when `port` is not specified";
            faults.push(Cause::forbidden(format!("{at}.endPort"), why));
        }
        _ => {}
    }
}

fn policy_peer(peer: &Value, at: &str, faults: &mut Vec<Cause>) {
    let mut stated = 0;
    for selector in ["podSelector", "namespaceSelector"] {
        if let Some(value) = peer.get(selector) {
            stated += 1;
            pod::selector(value, &format!("{at}.{selector}"), faults);
        }
    }
    let block = peer.get("ipBlock");
    if let Some(block) = block {
        ip_block(block, &format!("{at}.ipBlock"), faults);
    }
    if block.is_none() && stated == 0 {
        faults.push(Cause::required(at, "must specify a peer"));
    } else if block.is_some() && stated > 0 {
        faults.push(Cause::forbidden(at, "may not specify both ipBlock and another peer"));
    }
}

fn ip_block(block: &Value, at: &str, faults: &mut Vec<Cause>) {
    let given = text(block, "cidr");
    if given.is_empty() {
        faults.push(Cause::required(format!("{at}.cidr"), ""));
        return;
    }
    let Ok(net) = given.parse::<IpNet>() else {
        faults.push(Cause::invalid(format!("{at}.cidr"), &given.into(), NO_CIDR));
        return;
    };
    for (index, except) in list(block, "except").iter().enumerate() {
        let at = format!("{at}.except[{index}]");
        let Ok(inner) = except.as_str().unwrap_or_default().parse::<IpNet>() else {
            faults.push(Cause::invalid(at, except, NO_CIDR));
            continue;
        };
        if !net.contains(&inner) || inner.prefix_len() <= net.prefix_len() {
            faults.push(Cause::invalid(at, except, "must be a strict subset of `cidr`"));
        }
    }
}
