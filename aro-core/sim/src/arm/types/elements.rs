//! Elements of a resource read by an id of their own, such as a backend pool of a load balancer.

use http::Method;
use serde_json::json;

use crate::arm::authorization;
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::key;
use crate::arm::{registry, resources};
use crate::call::Reply;

/// Types whose lists have ids that can be read.
const OWNERS: [&str; 4] = [
    super::load_balancers::LB,
    super::security_groups::NSG,
    super::interfaces::NIC,
    super::private_link::SERVICE,
];

pub(super) fn answer(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    if arm.call.method != Method::GET || registry::by_name(&arm.path.kind()).is_some() {
        return None;
    }
    let whole = if arm.path.names_a_resource() {
        arm.path.parent()?
    } else {
        arm.path.without_last()
    };
    let kind = registry::by_name(&whole.kind())?;
    if !OWNERS.contains(&kind.name) {
        return None;
    }
    if let Err(error) = authorization::authorize(cx.state, &arm.caller, &format!("{}/read", kind.name), &whole.text) {
        return Some(Err(error));
    }
    let missing = || ArmError::new(404, "NotFound", format!("Resource {} not found.", arm.path.text));
    let Some(resource) = cx.state.resources.get(&key(&whole.text)) else {
        return Some(Err(missing()));
    };
    let view = resources::view(cx, resource, None);
    let list = arm.path.types.last()?.to_lowercase();
    let items = view["properties"]
        .as_object()?
        .iter()
        .find(|(name, _)| name.to_lowercase() == list)?
        .1
        .clone();
    if !arm.path.names_a_resource() {
        return Some(Ok(Reply::json(200, &json!({"value": items}))));
    }
    let item = items.as_array()?.iter().find(|one| {
        one["name"]
            .as_str()
            .is_some_and(|name| name.eq_ignore_ascii_case(arm.path.name()))
    });
    Some(item.map(|item| Reply::json(200, item)).ok_or_else(missing))
}
