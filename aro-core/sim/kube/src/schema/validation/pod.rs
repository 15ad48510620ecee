//! Faults of pods.

use serde_json::Value;

use super::{Cause, NOT_NEGATIVE, dns_label, is_label, list, text};

/// Faults of a pod's or template's specification.
pub(super) fn spec(spec: &Value, at: &str, faults: &mut Vec<Cause>) {
    let volumes = volumes(spec, at, faults);
    if list(spec, "containers").is_empty() {
        faults.push(Cause::required(format!("{at}.containers"), ""));
    }
    let mut names = Vec::new();
    for group in ["containers", "initContainers"] {
        for (index, container) in list(spec, group).iter().enumerate() {
            let field = format!("{at}.{group}[{index}]");
            let name = text(container, "name");
            if names.contains(&name) && !name.is_empty() {
                faults.push(Cause::duplicate(format!("{field}.name"), &name.into()));
            }
            names.push(name);
            self::container(container, &field, &volumes, faults);
        }
    }
    one_of(spec, at, "restartPolicy", &["Always", "OnFailure", "Never"], faults);
    one_of(
        spec,
        at,
        "dnsPolicy",
        &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
        faults,
    );
    for name in ["activeDeadlineSeconds", "terminationGracePeriodSeconds"] {
        let least = i64::from(name == "activeDeadlineSeconds");
        if spec
            .get(name)
            .and_then(Value::as_i64)
            .is_some_and(|seconds| seconds < least)
        {
            let why = if least == 1 {
                "must be between 1 and 2147483647, inclusive"
            } else {
                NOT_NEGATIVE
            };
            faults.push(Cause::invalid(format!("{at}.{name}"), &spec[name], why));
        }
    }
}

fn volumes<'a>(spec: &'a Value, at: &str, faults: &mut Vec<Cause>) -> Vec<&'a str> {
    let mut names = Vec::new();
    for (index, volume) in list(spec, "volumes").iter().enumerate() {
        let field = format!("{at}.volumes[{index}]");
        let name = text(volume, "name");
        if name.is_empty() {
            faults.push(Cause::required(format!("{field}.name"), ""));
        } else if !is_label(name) {
            dns_label(name, &format!("{field}.name"), faults);
        } else if names.contains(&name) {
            faults.push(Cause::duplicate(format!("{field}.name"), &name.into()));
        }
        names.push(name);
        let sources: Vec<&String> = volume
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::keys)
            .filter(|name| *name != "name")
            .collect();
        for source in sources.iter().skip(1) {
            faults.push(Cause::forbidden(
                format!("{field}.{source}"),
                "may not specify more than 1 volume type",
            ));
        }
        for (source, inner) in [("secret", "secretName"), ("configMap", "name"), ("hostPath", "path")] {
            if volume.get(source).is_some_and(|source| text(source, inner).is_empty()) {
                faults.push(Cause::required(format!("{field}.{source}.{inner}"), ""));
            }
        }
    }
    names
}

fn container(container: &Value, at: &str, volumes: &[&str], faults: &mut Vec<Cause>) {
    let name = text(container, "name");
    if name.is_empty() {
        faults.push(Cause::required(format!("{at}.name"), ""));
    } else if !is_label(name) {
        dns_label(name, &format!("{at}.name"), faults);
    }
    if text(container, "image").is_empty() {
        faults.push(Cause::required(format!("{at}.image"), ""));
    }
    ports(container, at, faults);
    for (index, variable) in list(container, "env").iter().enumerate() {
        let field = format!("{at}.env[{index}]");
        if text(variable, "name").is_empty() {
            faults.push(Cause::required(format!("{field}.name"), ""));
        }
        if let Some(source) = variable.get("valueFrom") {
            environment_source(variable, source, &format!("{field}.valueFrom"), faults);
        }
    }
    let mut paths = Vec::new();
    for (index, mount) in list(container, "volumeMounts").iter().enumerate() {
        let field = format!("{at}.volumeMounts[{index}]");
        let (name, path) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            faults.push(Cause::required(format!("{field}.name"), ""));
        } else if !volumes.contains(&name) {
            let message = format!("Not found: {name:?}");
            faults.push(Cause::new(
                super::super::CauseReason::NotFound,
                format!("{field}.name"),
                message,
            ));
        }
        if path.is_empty() {
            faults.push(Cause::required(format!("{field}.mountPath"), ""));
        } else if paths.contains(&path) {
            faults.push(Cause::invalid(
                format!("{field}.mountPath"),
                &path.into(),
                "must be unique",
            ));
        }
        paths.push(path);
    }
    one_of(
        container,
        at,
        "imagePullPolicy",
        &["Always", "IfNotPresent", "Never"],
        faults,
    );
    one_of(
        container,
        at,
        "terminationMessagePolicy",
        &["File", "FallbackToLogsOnError"],
        faults,
    );
    resources(&container["resources"], &format!("{at}.resources"), faults);
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe_value) = container.get(probe) {
            handler(probe_value, &format!("{at}.{probe}"), faults);
        }
    }
}

fn ports(container: &Value, at: &str, faults: &mut Vec<Cause>) {
    let mut names = Vec::new();
    for (index, port) in list(container, "ports").iter().enumerate() {
        let field = format!("{at}.ports[{index}]");
        let name = text(port, "name");
        if !name.is_empty() {
            if name.len() > 15 {
                faults.push(Cause::invalid(
                    format!("{field}.name"),
                    &name.into(),
                    "must be no more than 15 characters",
                ));
            } else if names.contains(&name) {
                faults.push(Cause::duplicate(format!("{field}.name"), &name.into()));
            }
            names.push(name);
        }
        if port["containerPort"].as_i64() == Some(0) {
            faults.push(Cause::required(format!("{field}.containerPort"), ""));
        } else {
            port_number(&port["containerPort"], &format!("{field}.containerPort"), faults);
        }
        if port.get("hostPort").is_some() {
            port_number(&port["hostPort"], &format!("{field}.hostPort"), faults);
        }
        protocol(port, &field, faults);
    }
}

/// A port between 1 and 65535.
pub(super) fn port_number(port: &Value, at: &str, faults: &mut Vec<Cause>) {
    if !port.as_i64().is_some_and(|port| (1..=65_535).contains(&port)) {
        faults.push(Cause::invalid(at, port, "must be between 1 and 65535, inclusive"));
    }
}

/// One of the protocols.
pub(super) fn protocol(port: &Value, at: &str, faults: &mut Vec<Cause>) {
    one_of(port, at, "protocol", &["SCTP", "TCP", "UDP"], faults);
}

fn environment_source(variable: &Value, source: &Value, at: &str, faults: &mut Vec<Cause>) {
    let sources = [
        "fieldRef",
        "resourceFieldRef",
        "configMapKeyRef",
        "secretKeyRef",
        "fileKeyRef",
    ];
    let stated = sources.iter().filter(|name| source.get(**name).is_some()).count();
    if stated == 0 {
        faults.push(Cause::invalid(
            at,
            &"".into(),
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef`, or `fileKeyRef`",
        ));
    } else if !text(variable, "value").is_empty() {
        faults.push(Cause::invalid(
            at,
            &"".into(),
            "may not be specified when `value` is not empty",
        ));
    } else if stated > 1 {
        faults.push(Cause::invalid(
            at,
            &"".into(),
            "may not have more than one field specified at a time",
        ));
    }
    for name in ["configMapKeyRef", "secretKeyRef"] {
        if source
            .get(name)
            .is_some_and(|reference| text(reference, "key").is_empty())
        {
            faults.push(Cause::required(format!("{at}.{name}.key"), ""));
        }
    }
}

fn resources(resources: &Value, at: &str, faults: &mut Vec<Cause>) {
    let amount = |side: &str, name: &str| {
        resources
            .get(side)?
            .get(name)?
            .as_str()
            .and_then(super::super::Quantity::parse)
    };
    let names = |side: &str| {
        resources
            .get(side)
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(serde_json::Map::keys)
    };
    for side in ["limits", "requests"] {
        for name in names(side) {
            if amount(side, name).is_some_and(super::super::Quantity::is_negative) {
                faults.push(Cause::invalid(
                    format!("{at}.{side}[{name}]"),
                    &resources[side][name],
                    NOT_NEGATIVE,
                ));
            }
        }
    }
    for name in names("requests") {
        if let (Some(request), Some(limit)) = (amount("requests", name), amount("limits", name))
            && request > limit
        {
            let why = format!("must be less than or equal to {name} limit of {limit}");
            faults.push(Cause::invalid(
                format!("{at}.requests"),
                &resources["requests"][name],
                &why,
            ));
        }
    }
}

fn handler(probe: &Value, at: &str, faults: &mut Vec<Cause>) {
    if ["exec", "httpGet", "tcpSocket", "grpc"]
        .iter()
        .all(|name| probe.get(name).is_none())
    {
        faults.push(Cause::required(at, "must specify a handler type"));
    }
    for name in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        if probe.get(name).and_then(Value::as_i64).is_some_and(|value| value < 0) {
            faults.push(Cause::invalid(format!("{at}.{name}"), &probe[name], NOT_NEGATIVE));
        }
    }
}

fn one_of(object: &Value, at: &str, name: &str, known: &[&str], faults: &mut Vec<Cause>) {
    let value = text(object, name);
    if !value.is_empty() && !known.contains(&value) {
        let mut known = known.to_vec();
        known.sort_unstable();
        faults.push(Cause::not_supported(format!("{at}.{name}"), &value.into(), &known));
    }
}

/// A count, or a percentage as text.
pub(super) fn count_or_percent(value: &Value, at: &str, faults: &mut Vec<Cause>) {
    match value {
        Value::Number(number) if number.as_i64().is_some_and(|number| number < 0) => {
            faults.push(Cause::invalid(at, value, NOT_NEGATIVE));
        }
        Value::String(text)
            if text
                .strip_suffix('%')
                .is_none_or(|number| number.parse::<u32>().is_err()) =>
        {
            faults.push(Cause::invalid(
                at,
                value,
                "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex \
                 used for validation is '[0-9]+%')",
            ));
        }
        _ => {}
    }
}

/// Operators of label selectors.
const OPERATORS: [&str; 4] = ["DoesNotExist", "Exists", "In", "NotIn"];

/// Faults of a label selector.
pub(crate) fn selector(selector: &Value, at: &str, faults: &mut Vec<Cause>) {
    for (index, requirement) in list(selector, "matchExpressions").iter().enumerate() {
        let field = format!("{at}.matchExpressions[{index}]");
        let values = list(requirement, "values");
        match text(requirement, "operator") {
            "In" | "NotIn" if values.is_empty() => faults.push(Cause::required(
                format!("{field}.values"),
                "must be specified when `operator` is 'In' or 'NotIn'",
            )),
            "Exists" | "DoesNotExist" if !values.is_empty() => faults.push(Cause::forbidden(
                format!("{field}.values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            )),
            operator if !OPERATORS.contains(&operator) => {
                faults.push(Cause::invalid(
                    format!("{field}.operator"),
                    &operator.into(),
                    "not a valid selector operator",
                ));
            }
            _ => {}
        }
    }
}

/// Members of a pod's specification that may change.
const CHANGEABLE: [&str; 4] = [
    "activeDeadlineSeconds",
    "tolerations",
    "terminationGracePeriodSeconds",
    "schedulingGates",
];

const FROZEN: &str = "pod updates may not change fields other than \
                      `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
                      `spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` \
                      (allow it to be set to 1 if it was previously negative)";

/// Faults of a change of a pod.
pub(super) fn changed(object: &Value, current: &Value, faults: &mut Vec<Cause>) {
    let (new, old) = (&object["spec"], &current["spec"]);
    let kept = list(old, "tolerations")
        .iter()
        .all(|toleration| list(new, "tolerations").contains(toleration));
    if frozen(new) != frozen(old)
        || new["terminationGracePeriodSeconds"] != old["terminationGracePeriodSeconds"]
        || !kept
    {
        faults.push(Cause::forbidden("spec", FROZEN));
    }
}

fn frozen(spec: &Value) -> Value {
    let mut spec = spec.clone();
    if let Some(spec) = spec.as_object_mut() {
        for name in CHANGEABLE {
            spec.remove(name);
        }
    }
    for containers in ["containers", "initContainers"] {
        for container in spec
            .get_mut(containers)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(container) = container.as_object_mut() {
                container.remove("image");
            }
        }
    }
    spec
}
