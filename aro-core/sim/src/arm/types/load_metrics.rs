//! What Azure Monitor has measured of a load balancer: `GET {load balancer}/providers/microsoft.insights/metrics`.
//!
//! | metric | is |
//! |---|---|
//! | `VipAvailability` | 100 while traffic to a frontend's port reaches a machine, else 0 |
//! | `DipAvailability` | how many of a hundred probes of the machines behind the port are answered |
//!
//! A machine answers its probes while it runs. The past was as the present is, back to when the load balancer was made.

use http::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::load_balancers::LB;
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::key;
use crate::arm::{authorization, references, resources};
use crate::call::Reply;
use crate::clock::rfc3339;

const METRICS: [(&str, &str); 2] = [
    ("VipAvailability", "Data Path Availability"),
    ("DipAvailability", "Health Probe Status"),
];
/// Points of a series at most.
const LONGEST: i64 = 1440;

pub(super) fn answer(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    if arm.call.method != Method::GET || !arm.path.kind().eq_ignore_ascii_case("Microsoft.Insights/metrics") {
        return None;
    }
    Some(metrics(cx, arm))
}

fn bad(text: String) -> ArmError {
    ArmError::bad("BadRequest", text)
}

fn metrics(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let scope = &arm.path.scope;
    authorization::authorize(cx.state, &arm.caller, "Microsoft.Insights/metrics/read", scope)?;
    let balancer = cx.state.resources.get(&key(scope)).ok_or_else(|| {
        ArmError::new(
            404,
            "ResourceNotFound",
            format!("The Resource '{scope}' was not found."),
        )
    })?;
    if balancer.kind != LB {
        return Err(bad(format!("Resource type {} has no metrics here.", balancer.kind)));
    }
    let asked = |name: &str| arm.call.query(name).unwrap_or_default();
    let (from, to) = span(asked("timespan"), cx.now)?;
    let aggregation = asked("aggregation");
    if !aggregation.is_empty() && !aggregation.eq_ignore_ascii_case("Average") {
        return Err(bad(format!(
            "Aggregation {aggregation} is not supported here; Average is."
        )));
    }
    let by_port = asked("$filter").to_lowercase().contains("frontendport eq '*'");
    // Measured is by whole minutes, the one that has begun included.
    let (from, to) = (minute(from), minute(to) + time::Duration::minutes(1));
    let made = OffsetDateTime::parse(&balancer.created_at, &Rfc3339).map_or(from, minute);
    let ports = ports(cx, &resources::view(cx, balancer, None));

    let mut value = Vec::new();
    for name in asked("metricnames")
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let Some((name, words)) = METRICS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
            return Err(bad(format!(
                "Failed to find metric configuration for provider: Microsoft.Network, metric: {name}."
            )));
        };
        let measured = |port: &Port| {
            let up = port.up * 100 / port.all.max(1);
            if *name == "DipAvailability" {
                up
            } else if up > 0 {
                100
            } else {
                0
            }
        };
        let series = |metadata: Value, average: usize| {
            let minutes = ((to - from).whole_minutes()).clamp(0, LONGEST);
            let data: Vec<Value> = (0..minutes)
                .map(|minute| from + time::Duration::minutes(minute))
                .map(|at| {
                    let mut point = json!({"timeStamp": rfc3339(at)});
                    if at >= made {
                        point["average"] = json!(average);
                    }
                    point
                })
                .collect();
            json!({"metadatavalues": metadata, "data": data})
        };
        let timeseries: Vec<Value> = if by_port {
            let one = |port: &Port| {
                let metadata = json!([{"name": {"value": "frontendport", "localizedValue": "frontendport"}, "value": port.number.to_string()}]);
                series(metadata, measured(port))
            };
            ports.iter().map(one).collect()
        } else {
            let sum: usize = ports.iter().map(measured).sum();
            vec![series(json!([]), sum / ports.len().max(1))]
        };
        value.push(json!({
            "id": format!("{scope}/providers/Microsoft.Insights/metrics/{name}"), "type": "Microsoft.Insights/metrics",
            "name": {"value": name, "localizedValue": words}, "displayDescription": words, "unit": "Count",
            "timeseries": timeseries, "errorCode": "Success",
        }));
    }
    let location = balancer.location.clone().unwrap_or_default();
    Ok(Reply::json(
        200,
        &json!({"cost": 0, "timespan": format!("{}/{}", rfc3339(from), rfc3339(to)), "interval": "PT1M", "value": value,
            "namespace": LB, "resourceregion": location}),
    ))
}

fn minute(at: OffsetDateTime) -> OffsetDateTime {
    let beyond = time::Duration::new(
        i64::from(at.second()),
        i32::try_from(at.nanosecond()).unwrap_or_default(),
    );
    at - beyond
}

/// The hour before `now`, or what is asked for.
fn span(text: &str, now: OffsetDateTime) -> Result<(OffsetDateTime, OffsetDateTime), ArmError> {
    if text.is_empty() {
        return Ok((now - time::Duration::hours(1), now));
    }
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    text.split_once('/')
        .and_then(|(from, to)| Some((parse(from)?, parse(to)?)))
        .filter(|(from, to)| from <= to)
        .ok_or_else(|| bad(format!("Invalid timespan: {text}.")))
}

/// A port of a frontend and the machines behind it.
struct Port {
    number: u64,
    all: usize,
    up: usize,
}

fn ports(cx: &Cx<'_>, balancer: &Value) -> Vec<Port> {
    let list = |name: &str| balancer["properties"][name].as_array().cloned().unwrap_or_default();
    let pools = list("backendAddressPools");
    let mut ports: Vec<Port> = Vec::new();
    for rule in list("loadBalancingRules") {
        let rule = &rule["properties"];
        let number = rule["frontendPort"].as_u64().unwrap_or_default();
        let wanted = key(rule["backendAddressPool"]["id"].as_str().unwrap_or_default());
        let pool = pools
            .iter()
            .find(|pool| pool["id"].as_str().map(key).as_deref() == Some(wanted.as_str()));
        let members = pool.and_then(|pool| pool["properties"]["backendIPConfigurations"].as_array());
        let (mut all, mut up) = (0, 0);
        for member in members.into_iter().flatten().filter_map(|member| member["id"].as_str()) {
            let member = key(member);
            let Some((interface, _)) = member.split_once("/ipconfigurations/") else {
                continue;
            };
            let machine = references::users(cx.state, interface).find(|(_, one)| one.kind == super::machines::VM);
            if let Some((_, machine)) = machine {
                all += 1;
                up += usize::from(machine.property_text("_power").is_none_or(|power| power == "running"));
            }
        }
        match ports.iter_mut().find(|port| port.number == number) {
            Some(port) => {
                port.all += all;
                port.up += up;
            }
            None => ports.push(Port { number, all, up }),
        }
    }
    ports.sort_by_key(|port| port.number);
    ports
}
