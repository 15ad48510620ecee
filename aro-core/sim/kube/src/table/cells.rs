//! Cells that need more than one member.

use serde_json::Value;
use time::OffsetDateTime;

use crate::clock;

pub(super) fn text(object: &Value, pointer: &str) -> Value {
    Value::from(object.pointer(pointer).and_then(Value::as_str).unwrap_or_default())
}

/// The text, or a word for its absence.
pub(super) fn or(object: &Value, pointer: &str, none: &str) -> Value {
    match object.pointer(pointer).and_then(Value::as_str) {
        None | Some("") => Value::from(none),
        Some(text) => Value::from(text),
    }
}

pub(super) fn number(object: &Value, pointer: &str) -> Value {
    Value::from(int(object, pointer))
}

pub(super) fn int(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

pub(super) fn list<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    object.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// How many members or elements there are, of one or two places.
pub(super) fn count(object: &Value, pointers: &[&str]) -> Value {
    let count: usize = pointers
        .iter()
        .filter_map(|pointer| object.pointer(pointer))
        .map(|value| match value {
            Value::Object(map) => map.len(),
            Value::Array(list) => list.len(),
            _ => 0,
        })
        .sum();
    Value::from(count)
}

pub(super) fn age(object: &Value, now: OffsetDateTime) -> Value {
    since(object, "/metadata/creationTimestamp", now, "<unknown>")
}

pub(super) fn since(object: &Value, pointer: &str, now: OffsetDateTime, none: &str) -> Value {
    match object.pointer(pointer).and_then(Value::as_str) {
        None | Some("") => Value::from(none),
        Some(at) => Value::from(clock::age(at, now)),
    }
}

pub(super) fn join(texts: impl Iterator<Item = String>, none: &str) -> Value {
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() {
        Value::from(none)
    } else {
        Value::from(texts.join(","))
    }
}

/// One member of each element.
pub(super) fn each(object: &Value, pointer: &str, member: &str) -> Value {
    join(
        list(object, pointer).map(|element| element[member].as_str().unwrap_or_default().to_owned()),
        "",
    )
}

/// A map of labels: `a=b,c=d`.
pub(super) fn labels(object: &Value, pointer: &str) -> Value {
    join(
        object
            .pointer(pointer)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())),
        "<none>",
    )
}

/// A label selector.
pub(super) fn selector(object: &Value, pointer: &str) -> Value {
    let mut terms: Vec<String> = Vec::new();
    let selector = object.pointer(pointer);
    for (name, value) in selector
        .and_then(|selector| selector.get("matchLabels"))
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        terms.push(format!("{name}={}", value.as_str().unwrap_or_default()));
    }
    for entry in selector
        .map(|selector| list(selector, "/matchExpressions"))
        .into_iter()
        .flatten()
    {
        let key = entry["key"].as_str().unwrap_or_default();
        let values: Vec<&str> = list(entry, "/values").filter_map(Value::as_str).collect();
        terms.push(match entry["operator"].as_str() {
            Some("In") => format!("{key} in ({})", values.join(",")),
            Some("NotIn") => format!("{key} notin ({})", values.join(",")),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    join(terms.into_iter(), "<none>")
}

/// `ready/wanted`.
pub(super) fn ratio(object: &Value, ready: &str, wanted: &str) -> Value {
    Value::from(format!("{}/{}", int(object, ready), int(object, wanted)))
}

pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a str> {
    list(object, "/status/conditions")
        .find(|condition| condition["type"] == kind)
        .and_then(|condition| condition["status"].as_str())
}

pub(super) fn node_status(node: &Value) -> Value {
    let mut status = match condition(node, "Ready") {
        Some("True") => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if node.pointer("/spec/unschedulable") == Some(&Value::Bool(true)) {
        status.push_str(",SchedulingDisabled");
    }
    Value::from(status)
}

pub(super) fn node_roles(node: &Value) -> Value {
    let mut roles: Vec<String> = node
        .pointer("/metadata/labels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(label, value)| match label.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => Some(role.to_owned()),
            _ if label == "kubernetes.io/role" => value.as_str().map(str::to_owned),
            _ => None,
        })
        .collect();
    roles.sort();
    join(roles.into_iter(), "<none>")
}

pub(super) fn node_address(node: &Value, kind: &str) -> Value {
    let found = list(node, "/status/addresses").find(|address| address["type"] == kind);
    Value::from(
        found
            .and_then(|address| address["address"].as_str())
            .unwrap_or("<none>"),
    )
}

pub(super) fn service_external(service: &Value) -> Value {
    let ingress = || list(service, "/status/loadBalancer/ingress");
    let own: Vec<String> = list(service, "/spec/externalIPs")
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    match service.pointer("/spec/type").and_then(Value::as_str) {
        Some("LoadBalancer") => {
            let addresses = ingress().filter_map(|entry| entry["ip"].as_str().or_else(|| entry["hostname"].as_str()));
            join(addresses.map(str::to_owned).chain(own), "<pending>")
        }
        Some("ExternalName") => text(service, "/spec/externalName"),
        _ => join(own.into_iter(), "<none>"),
    }
}

pub(super) fn service_ports(service: &Value) -> Value {
    let ports = list(service, "/spec/ports").map(|port| {
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        match port["nodePort"].as_i64() {
            Some(node) if node > 0 => format!("{}:{node}/{protocol}", port["port"]),
            _ => format!("{}/{protocol}", port["port"]),
        }
    });
    join(ports, "<none>")
}

pub(super) fn job_status(job: &Value) -> Value {
    let is = |kind| condition(job, kind) == Some("True");
    Value::from(if is("Complete") {
        "Complete"
    } else if is("Failed") {
        "Failed"
    } else if job.pointer("/metadata/deletionTimestamp").is_some() {
        "Terminating"
    } else if is("Suspended") {
        "Suspended"
    } else {
        "Running"
    })
}

pub(super) fn job_completions(job: &Value) -> Value {
    let succeeded = int(job, "/status/succeeded");
    let wanted = job.pointer("/spec/completions").and_then(Value::as_i64);
    Value::from(match wanted {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None => match int(job, "/spec/parallelism") {
            parallel if parallel > 1 => format!("{succeeded}/1 of {parallel}"),
            _ => format!("{succeeded}/1"),
        },
    })
}

pub(super) fn job_duration(job: &Value, now: OffsetDateTime) -> Value {
    let at = |pointer: &str| job.pointer(pointer).and_then(Value::as_str).and_then(clock::parse);
    match (at("/status/startTime"), at("/status/completionTime")) {
        (None, _) => Value::from(""),
        (Some(start), end) => Value::from(clock::duration((end.unwrap_or(now) - start).whole_seconds())),
    }
}

pub(super) fn ingress_hosts(ingress: &Value) -> Value {
    let hosts = list(ingress, "/spec/rules").map(|rule| rule["host"].as_str().unwrap_or("*").to_owned());
    join(hosts, "*")
}

pub(super) fn ingress_ports(ingress: &Value) -> Value {
    let secure = list(ingress, "/spec/tls").next().is_some();
    Value::from(if secure { "80, 443" } else { "80" })
}

pub(super) fn addresses(object: &Value, pointer: &str) -> Value {
    let shown = list(object, pointer).filter_map(|entry| entry["ip"].as_str().or_else(|| entry["hostname"].as_str()));
    join(shown.map(str::to_owned), "")
}

pub(super) fn slice_ports(slice: &Value) -> Value {
    join(list(slice, "/ports").map(|port| port["port"].to_string()), "<unset>")
}

pub(super) fn slice_endpoints(slice: &Value) -> Value {
    let addresses: Vec<&str> = list(slice, "/endpoints")
        .flat_map(|endpoint| list(endpoint, "/addresses"))
        .filter_map(Value::as_str)
        .collect();
    shortened(&addresses)
}

pub(super) fn endpoints(endpoints: &Value) -> Value {
    let mut shown = Vec::new();
    for subset in list(endpoints, "/subsets") {
        for address in list(subset, "/addresses").filter_map(|address| address["ip"].as_str()) {
            let mut ports = list(subset, "/ports").peekable();
            if ports.peek().is_none() {
                shown.push(address.to_owned());
            }
            shown.extend(ports.map(|port| format!("{address}:{}", port["port"])));
        }
    }
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    if shown.is_empty() {
        Value::from("<none>")
    } else {
        shortened(&shown)
    }
}

fn shortened(texts: &[&str]) -> Value {
    const SHOWN: usize = 3;
    Value::from(match texts.len() {
        0 => "<unset>".to_owned(),
        1..=SHOWN => texts.join(","),
        many => format!("{} + {} more...", texts[..SHOWN].join(","), many - SHOWN),
    })
}

pub(super) fn amount(object: &Value, pointer: &str) -> Value {
    match object.pointer(pointer) {
        None | Some(Value::Null) => Value::from("N/A"),
        Some(Value::String(text)) => Value::from(text.as_str()),
        Some(other) => Value::from(other.to_string()),
    }
}

pub(super) fn role(binding: &Value) -> Value {
    let text = |name: &str| binding["roleRef"][name].as_str().unwrap_or_default();
    Value::from(format!("{}/{}", text("kind"), text("name")))
}

pub(super) fn subjects(binding: &Value, kind: &str) -> Value {
    let shown = list(binding, "/subjects")
        .filter(|subject| subject["kind"] == kind)
        .map(|subject| {
            let name = subject["name"].as_str().unwrap_or_default();
            match subject["namespace"].as_str() {
                Some(namespace) if kind == "ServiceAccount" => format!("{namespace}/{name}"),
                _ => name.to_owned(),
            }
        });
    join(shown, "")
}

pub(super) fn csr_condition(csr: &Value) -> Value {
    let mut shown: Vec<String> = list(csr, "/status/conditions")
        .filter_map(|condition| condition["type"].as_str())
        .map(str::to_owned)
        .collect();
    if shown.is_empty() {
        shown.push("Pending".to_owned());
    }
    if csr.pointer("/status/certificate").is_some() {
        shown.push("Issued".to_owned());
    }
    join(shown.into_iter(), "")
}

pub(super) fn csr_duration(csr: &Value) -> Value {
    match csr.pointer("/spec/expirationSeconds").and_then(Value::as_i64) {
        None => Value::from("<none>"),
        Some(seconds) => Value::from(clock::duration(seconds)),
    }
}

pub(super) fn truth(object: &Value, pointer: &str) -> Value {
    Value::from(if object.pointer(pointer) == Some(&Value::Bool(true)) {
        "True"
    } else {
        "False"
    })
}

pub(super) fn event_object(event: &Value) -> Value {
    let text = |name: &str| event["involvedObject"][name].as_str().unwrap_or_default();
    Value::from(format!("{}/{}", text("kind").to_lowercase(), text("name")))
}

/// How long ago the first known of some times was.
fn first_known(event: &Value, pointers: &[&str], now: OffsetDateTime) -> Value {
    let known = pointers
        .iter()
        .find(|pointer| event.pointer(pointer).is_some_and(Value::is_string));
    known.map_or_else(
        || Value::from("<unknown>"),
        |pointer| since(event, pointer, now, "<unknown>"),
    )
}

pub(super) fn event_last_seen(event: &Value, now: OffsetDateTime) -> Value {
    let times = [
        "/series/lastObservedTime",
        "/lastTimestamp",
        "/firstTimestamp",
        "/eventTime",
    ];
    first_known(event, &times, now)
}

pub(super) fn event_first_seen(event: &Value, now: OffsetDateTime) -> Value {
    first_known(event, &["/firstTimestamp", "/eventTime"], now)
}

/// Who tells of it: component and host.
pub(super) fn event_source(event: &Value) -> Value {
    let first = |one: &str, other: &str| {
        let text = |pointer: &str| {
            event
                .pointer(pointer)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        text(one).or_else(|| text(other)).unwrap_or_default().to_owned()
    };
    let component = first("/source/component", "/reportingComponent");
    let host = first("/source/host", "/reportingInstance");
    Value::from(if host.is_empty() {
        component
    } else {
        format!("{component}, {host}")
    })
}

pub(super) fn modes(object: &Value, pointer: &str) -> Value {
    let shown = list(object, pointer).filter_map(Value::as_str).map(|mode| {
        match mode {
            "ReadWriteOnce" => "RWO",
            "ReadOnlyMany" => "ROX",
            "ReadWriteMany" => "RWX",
            "ReadWriteOncePod" => "RWOP",
            other => other,
        }
        .to_owned()
    });
    join(shown, "")
}

pub(super) fn claim(volume: &Value) -> Value {
    match volume.pointer("/spec/claimRef") {
        None => Value::from(""),
        Some(claim) => Value::from(format!(
            "{}/{}",
            claim["namespace"].as_str().unwrap_or_default(),
            claim["name"].as_str().unwrap_or_default()
        )),
    }
}

pub(super) fn flag(object: &Value, pointer: &str) -> Value {
    Value::Bool(object.pointer(pointer) == Some(&Value::Bool(true)))
}

/// A number as text, or a word for its absence.
pub(super) fn digits(object: &Value, pointer: &str, none: &str) -> Value {
    let found = object.pointer(pointer).and_then(Value::as_i64);
    found.map_or_else(|| Value::from(none), |number| Value::from(number.to_string()))
}

/// Texts of a list.
pub(super) fn texts(object: &Value, pointer: &str, none: &str) -> Value {
    join(list(object, pointer).filter_map(Value::as_str).map(str::to_owned), none)
}
