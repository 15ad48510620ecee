//! Features a subscription has registered.

use http::Method;
use serde_json::{Value, json};

use crate::arm::authorization;
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::{ArmCall, method_not_allowed};
use crate::arm::id::ArmPath;
use crate::call::Reply;

/// `…/providers/Microsoft.Features/providers/{namespace}/features[/{name}[/register]]`.
pub(crate) fn is_feature(path: &ArmPath) -> bool {
    path.scope.to_lowercase().ends_with("/providers/microsoft.features")
        && path
            .types
            .first()
            .is_some_and(|one| one.eq_ignore_ascii_case("features"))
}

pub(super) fn answer(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    if arm.path.kind().eq_ignore_ascii_case("Microsoft.Features/features") && arm.call.method == Method::GET {
        return Some(feature(cx, arm));
    }
    is_feature(&arm.path).then(|| feature(cx, arm))
}

fn feature(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let path = &arm.path;
    let subscription = path.subscription.clone().unwrap_or_default().to_lowercase();
    let namespace = path.namespace.clone().unwrap_or_default();
    let verb = if arm.call.method == Method::GET {
        "read"
    } else {
        "register/action"
    };
    authorization::authorize(
        cx.state,
        &arm.caller,
        &format!("Microsoft.Features/providers/features/{verb}"),
        &format!("/subscriptions/{subscription}"),
    )?;
    let registered = |cx: &Cx<'_>, full: &str| {
        cx.state
            .subscriptions
            .get(&subscription)
            .is_some_and(|one| one.features.contains_key(&full.to_lowercase()))
    };
    let view = |cx: &Cx<'_>, full: &str| -> Value {
        json!({
            "id": format!("/subscriptions/{subscription}/providers/Microsoft.Features/providers/{}/features/{}",
                full.split('/').next().unwrap_or_default(), crate::arm::id::last(full)),
            "name": full, "type": "Microsoft.Features/providers/features",
            "properties": {"state": if registered(cx, full) { "Registered" } else { "NotRegistered" }},
        })
    };
    let Some(name) = path.names.first() else {
        let names: Vec<String> = cx
            .state
            .subscriptions
            .get(&subscription)
            .map(|one| one.features.values().cloned().collect())
            .unwrap_or_default();
        let prefix = if is_feature(path) {
            format!("{}/", namespace.to_lowercase())
        } else {
            String::new()
        };
        let value: Vec<Value> = names
            .iter()
            .filter(|full| full.to_lowercase().starts_with(&prefix))
            .map(|full| view(cx, full))
            .collect();
        return Ok(Reply::json(200, &json!({"value": value})));
    };
    let full = format!("{namespace}/{name}");
    let action = path.types.get(1).map(|one| one.to_lowercase());
    match (&arm.call.method, action.as_deref()) {
        (&Method::GET, None) => {}
        (&Method::POST, Some("register")) => {
            cx.state.subscriptions.change(&subscription, |one| {
                one.features.insert(full.to_lowercase(), full.clone())
            });
        }
        (&Method::POST, Some("unregister")) => {
            cx.state
                .subscriptions
                .change(&subscription, |one| one.features.remove(&full.to_lowercase()));
        }
        _ => return Err(method_not_allowed(arm)),
    }
    Ok(Reply::json(200, &view(cx, &full)))
}
