//! Subscriptions, tenants and locations.

use http::Method;
use serde_json::{Value, json};

use super::authorization;
use super::cx::Cx;
use super::error::ArmError;
use super::front::{ArmCall, method_not_allowed};
use super::{groups, resources, tags};
use crate::call::Reply;
use crate::state::Subscription;

pub(super) fn answer(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let path = arm.path.text.to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if arm.call.method != Method::GET && arm.call.method != Method::HEAD {
        return Err(method_not_allowed(arm));
    }
    match segments.as_slice() {
        ["tenants"] => Ok(Reply::json(
            200,
            &json!({"value": [{
                "id": format!("/tenants/{}", cx.facts.endpoints.tenant), "tenantId": cx.facts.endpoints.tenant,
                "displayName": "Local Azure", "countryCode": "US", "domains": ["localhost"], "tenantCategory": "Home",
            }]}),
        )),
        ["subscriptions"] => {
            let visible = cx.state.subscriptions.values().filter(|one| {
                authorization::sees(
                    cx.state,
                    &arm.caller.oid,
                    &format!("/subscriptions/{}", one.id.to_lowercase()),
                )
            });
            let value: Vec<Value> = visible.map(view).collect();
            let count = value.len();
            Ok(Reply::json(
                200,
                &json!({"value": value, "count": {"type": "Total", "value": count}}),
            ))
        }
        ["subscriptions", id] => {
            authorization::authorize(cx.state, &arm.caller, "Microsoft.Resources/subscriptions/read", &path)?;
            cx.state
                .subscriptions
                .get(id)
                .map(|one| Reply::json(200, &view(one)))
                .ok_or_else(|| {
                    ArmError::new(
                        404,
                        "SubscriptionNotFound",
                        format!("The subscription '{id}' could not be found."),
                    )
                })
        }
        ["subscriptions", id, "locations"] => Ok(Reply::json(
            200,
            &json!({"value": [{
                "id": format!("/subscriptions/{id}/locations/{}", cx.facts.endpoints.location),
                "name": cx.facts.endpoints.location, "type": "Region",
                "displayName": "East US", "regionalDisplayName": "(US) East US",
                "metadata": {"regionType": "Physical", "regionCategory": "Recommended", "geographyGroup": "US"},
            }]}),
        )),
        ["subscriptions", id, "tagnames"] => tags::names(cx, arm, id),
        ["subscriptions", _, "resourcegroups"] => groups::list(cx, arm),
        ["subscriptions", _, "resources"] => resources::list_all(cx, arm, &format!("/subscriptions/{}/", segments[1])),
        _ => Err(ArmError::new(
            404,
            "InvalidResourceType",
            format!("The resource type could not be found in the path '{}'.", arm.path.text),
        )),
    }
}

fn view(subscription: &Subscription) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant,
        "displayName": subscription.name,
        "state": "Enabled",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "EnterpriseAgreement_2014-09-01", "spendingLimit": "Off"},
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": subscription.tags,
    })
}
