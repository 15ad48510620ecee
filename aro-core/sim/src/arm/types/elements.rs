//! Elements of a resource with an id of their own, such as a backend pool of a load balancer: read by that id, and
//! where Azure allows it written by it, which is a write of the whole resource.

use http::Method;
use serde_json::{Map, Value, json};

use crate::arm::authorization;
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::{ArmCall, method_not_allowed};
use crate::arm::id::key;
use crate::arm::operations::{Monitor, watch};
use crate::arm::registry::{self, Kind};
use crate::arm::writing::{self, Conditions};
use crate::arm::{refusals, resources};
use crate::call::Reply;
use crate::state::Resource;

/// Lists whose elements have ids, by the type they belong to, and whether their elements can be written alone.
const LISTS: [(&str, &[(&str, bool)]); 5] = [
    (
        super::load_balancers::LB,
        &[
            ("frontendIPConfigurations", false),
            ("backendAddressPools", true),
            ("loadBalancingRules", false),
            ("outboundRules", false),
            ("probes", false),
            ("inboundNatRules", true),
        ],
    ),
    (
        super::security_groups::NSG,
        &[("securityRules", true), ("defaultSecurityRules", false)],
    ),
    (super::interfaces::NIC, &[("ipConfigurations", false)]),
    (
        super::private_link::SERVICE,
        &[("ipConfigurations", false), ("privateEndpointConnections", false)],
    ),
    (super::network::ROUTE_TABLE, &[("routes", true)]),
];

pub(super) fn answer(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    if registry::by_name(&arm.path.kind()).is_some() {
        return None;
    }
    let whole = if arm.path.names_a_resource() {
        arm.path.parent()?
    } else {
        arm.path.without_last()
    };
    let kind = registry::by_name(&whole.kind())?;
    let (_, lists) = LISTS.iter().find(|(owner, _)| *owner == kind.name)?;
    let wanted = arm.path.types.last()?;
    let (list, writable) = lists.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    let writes = *writable && arm.path.names_a_resource();
    Some(match arm.call.method {
        Method::GET => read(cx, arm, kind, &whole.text, list),
        Method::PUT | Method::DELETE if writes => write(cx, arm, kind, &whole, list),
        Method::POST => return None,
        _ => Err(method_not_allowed(arm)),
    })
}

fn read(cx: &Cx<'_>, arm: &ArmCall<'_>, kind: &Kind, whole: &str, list: &str) -> Result<Reply, ArmError> {
    authorization::authorize(cx.state, &arm.caller, &format!("{}/read", kind.name), whole)?;
    resources::container_exists(cx, &arm.path)?;
    let resource = cx.state.resources.get(&key(whole)).ok_or_else(|| missing(arm))?;
    if arm.path.names_a_resource() {
        return Ok(Reply::json(200, &shown(cx, arm, resource, list)?));
    }
    let view = resources::view(cx, resource, None);
    let items = view["properties"].get(list).cloned().unwrap_or_else(|| json!([]));
    Ok(Reply::json(200, &json!({"value": items})))
}

fn missing(arm: &ArmCall<'_>) -> ArmError {
    ArmError::new(404, "NotFound", format!("Resource {} not found.", arm.path.text))
}

fn is(item: &Value, name: &str) -> bool {
    item["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name))
}

/// The element as its resource shows it.
fn shown(cx: &Cx<'_>, arm: &ArmCall<'_>, resource: &Resource, list: &str) -> Result<Value, ArmError> {
    resources::view(cx, resource, None)["properties"][list]
        .as_array()
        .and_then(|items| items.iter().find(|item| is(item, arm.path.name())))
        .cloned()
        .ok_or_else(|| missing(arm))
}

/// Puts or removes one element by a write of the resource it belongs to.
fn write(
    cx: &mut Cx<'_>,
    arm: &ArmCall<'_>,
    kind: &'static Kind,
    whole: &crate::arm::id::ArmPath,
    list: &str,
) -> Result<Reply, ArmError> {
    let (name, deletes) = (arm.path.name().to_owned(), arm.call.method == Method::DELETE);
    let verb = if deletes { "delete" } else { "write" };
    let action = format!("{}/{list}/{verb}", kind.name);
    authorization::authorize(cx.state, &arm.caller, &action, &whole.text)?;
    resources::container_exists(cx, &arm.path)?;
    let own_key = key(&whole.text);
    let Some(resource) = cx.state.resources.get(&own_key) else {
        return if deletes {
            Ok(Reply::empty(204))
        } else {
            Err(refusals::parent_missing(whole))
        };
    };
    let mut body = resource.body.clone();
    if let Some(location) = &resource.location {
        body.insert("location".to_owned(), json!(location));
    }
    let properties = body.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        properties.retain(|name, _| !name.starts_with('_'));
    }
    if properties[list].is_null() {
        properties[list] = json!([]);
    }
    let items = properties[list].as_array_mut().ok_or_else(|| missing(arm))?;
    let at = items.iter().position(|item| is(item, &name));
    if deletes {
        let Some(at) = at else { return Ok(Reply::empty(204)) };
        items.remove(at);
    } else {
        let Value::Object(mut item) = arm.body()? else {
            return Err(method_not_allowed(arm));
        };
        item.insert("name".to_owned(), json!(name));
        let item = Value::Object(without_own(item));
        match at {
            Some(at) => items[at] = item,
            None => items.push(item),
        }
    }
    let written = writing::put(
        cx,
        whole,
        kind,
        Value::Object(body),
        &Conditions::default(),
        &arm.caller,
    )?;
    let reply = if deletes {
        Reply::empty(if written.operation.is_some() { 202 } else { 200 })
    } else {
        let resource = cx.state.resources.get(&own_key).ok_or_else(|| missing(arm))?;
        Reply::json(if at.is_some() { 200 } else { 201 }, &shown(cx, arm, resource, list)?)
    };
    Ok(match written.operation {
        Some(operation) => watch(cx, arm, &operation, Monitor::Provider, deletes, reply),
        None => reply,
    })
}

/// What only Azure says of an element is not taken from a request.
fn without_own(mut item: Map<String, Value>) -> Map<String, Value> {
    item.retain(|name, _| !["id", "etag", "type"].iter().any(|own| own.eq_ignore_ascii_case(name)));
    item
}
