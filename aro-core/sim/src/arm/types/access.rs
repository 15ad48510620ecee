//! Role assignments, deny assignments, custom role definitions and the permissions of the caller.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::locks::LOCK;
use super::{Behaviour, Put};
use crate::arm::authorization::{DENY_ASSIGNMENT, ROLE_ASSIGNMENT, permissions};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::key;
use crate::arm::registry::{Dialect, Flow, Kind, never_in_use};
use crate::arm::roles::{self, ROLE_DEFINITION};
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::state::Resource;

const fn row(name: &'static str, shape: &'static str, behaviour: &'static dyn Behaviour) -> Kind {
    Kind {
        name,
        dialect: Dialect::Plain,
        shape,
        located: false,
        valid_name: guid_name,
        put: Flow::Now,
        delete: Flow::Now,
        put_time: Duration::ZERO,
        delete_time: Duration::ZERO,
        etag: false,
        in_use: never_in_use,
        behaviour,
    }
}

pub(super) const KINDS: &[Kind] = &[
    row(
        ROLE_ASSIGNMENT,
        "apiVersion dependsOn[] properties!{ roleDefinitionId! principalId! principalType description condition conditionVersion \
         delegatedManagedIdentityResourceId canDelegate scope~ createdOn~ updatedOn~ createdBy~ updatedBy~ }",
        &RoleAssignments,
    ),
    row(
        DENY_ASSIGNMENT,
        "properties!{ denyAssignmentName! description permissions![]{actions[] notActions[] dataActions[] notDataActions[] condition \
         conditionVersion} scope doNotApplyToChildScopes principals![]{id! type displayName email} \
         excludePrincipals[]{id! type displayName email} isSystemProtected condition conditionVersion \
         createdOn~ updatedOn~ createdBy~ updatedBy~ }",
        &DenyAssignments,
    ),
    row(
        ROLE_DEFINITION,
        "properties!{ roleName! description type permissions![]{actions[] notActions[] dataActions[] notDataActions[] condition \
         conditionVersion} assignableScopes![] createdOn~ updatedOn~ createdBy~ updatedBy~ }",
        &RoleDefinitions,
    ),
];

fn guid_name(name: &str) -> bool {
    Uuid::try_parse(name).is_ok()
}

struct RoleAssignments;

/// A role as an assignment names it: below the subscription of its scope, however it was given.
fn role_below(scope: &str, role: &str) -> Option<String> {
    let mut parts = scope.split('/').filter(|part| !part.is_empty());
    let (root, subscription) = (parts.next()?, parts.next()?);
    root.eq_ignore_ascii_case("subscriptions").then(|| {
        let name = crate::arm::id::last(role);
        format!("/subscriptions/{subscription}/providers/{ROLE_DEFINITION}/{name}")
    })
}

impl Behaviour for RoleAssignments {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let scope = put.path.scope.clone();
        let role = new.property_text("roleDefinitionId").unwrap_or_default().to_owned();
        let principal = new.property_text("principalId").unwrap_or_default().to_owned();
        if !roles::exists(put.cx.state, &role) {
            return Err(ArmError::bad(
                "RoleDefinitionDoesNotExist",
                format!(
                    "The specified role definition with ID '{}' does not exist.",
                    crate::arm::id::last(&role)
                ),
            ));
        }
        if Uuid::try_parse(&principal).is_err() {
            return Err(ArmError::bad(
                "InvalidPrincipalId",
                format!("Principal ID '{principal}' is not valid. Principal ID must be a GUID."),
            ));
        }
        if !put.cx.state.principals.contains(&principal.to_lowercase()) {
            return Err(ArmError::bad(
                "PrincipalNotFound",
                format!(
                    "Principal {principal} does not exist in the directory {}. Check that you have the correct principal \
                     ID. If you are creating this principal and then immediately assigning a role, this error might be \
                     related to a replication delay.",
                    put.cx.facts.endpoints.tenant
                ),
            ));
        }
        // The same role for the same principal at the same scope exists once, whatever its name.
        let prefix = format!("{}/providers/{}/", key(&scope), ROLE_ASSIGNMENT.to_lowercase());
        let own_key = key(&put.path.text);
        let same = put
            .cx
            .state
            .resources
            .under(&prefix)
            .filter(|(other, _)| **other != own_key)
            .any(|(_, one)| {
                one.property_text("principalId")
                    .is_some_and(|id| id.eq_ignore_ascii_case(&principal))
                    && one
                        .property_text("roleDefinitionId")
                        .is_some_and(|id| crate::arm::id::last(id).eq_ignore_ascii_case(crate::arm::id::last(&role)))
            });
        if same {
            return Err(ArmError::new(
                409,
                "RoleAssignmentExists",
                "The role assignment already exists.",
            ));
        }
        // The same assignment again is fine, as repeated deployments need it.
        let last = |id: &str| crate::arm::id::last(id).to_lowercase();
        let changed = |old: &Resource| {
            last(old.property_text("roleDefinitionId").unwrap_or_default()) != last(&role)
                || !old
                    .property_text("principalId")
                    .unwrap_or_default()
                    .eq_ignore_ascii_case(&principal)
        };
        if put.old.is_some_and(changed) {
            return Err(ArmError::bad(
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            ));
        }
        let at = rfc3339(put.cx.now);
        let by = put.caller.oid.clone();
        new.body.remove("apiVersion");
        new.body.remove("dependsOn");
        let properties = new.properties_mut();
        properties.remove("provisioningState");
        properties.insert("scope".to_owned(), json!(scope));
        properties.entry("principalType").or_insert(json!("ServicePrincipal"));
        stamp(properties, &at, &by);
        Ok(())
    }

    fn view(&self, _: &Cx<'_>, resource: &Resource, _: Option<&str>, body: &mut Value) {
        // Clients compare it with the id they would have written themselves.
        let role = resource.property_text("roleDefinitionId").unwrap_or_default();
        if let Some(role) = role_below(&resource.id, role) {
            body["properties"]["roleDefinitionId"] = json!(role);
        }
    }

    fn listed(&self, resource: &Resource, filter: Option<&str>) -> bool {
        let filter = filter.unwrap_or_default();
        let wanted = filter
            .split_once("principalId eq '")
            .or_else(|| filter.split_once("assignedTo('"))
            .map(|(_, rest)| rest.split('\'').next().unwrap_or_default());
        wanted.is_none_or(|wanted| {
            resource
                .property_text("principalId")
                .is_some_and(|id| id.eq_ignore_ascii_case(wanted))
        })
    }
}

fn stamp(properties: &mut serde_json::Map<String, Value>, at: &str, by: &str) {
    for (name, value) in [
        ("createdOn", at),
        ("updatedOn", at),
        ("createdBy", by),
        ("updatedBy", by),
    ] {
        properties.insert(name.to_owned(), json!(value));
    }
}

struct DenyAssignments;

impl Behaviour for DenyAssignments {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let excluded = new
            .property("excludePrincipals")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let bad = excluded
            .iter()
            .filter_map(|one| one["id"].as_str())
            .find(|id| Uuid::try_parse(id).is_ok_and(|id| id.is_nil()) || Uuid::try_parse(id).is_err());
        if let Some(bad) = bad {
            return Err(ArmError::bad(
                "BadRequestFormat",
                format!("The request was incorrectly formatted: nullOrInvalidGuidExcludePrincipalId '{bad}'."),
            ));
        }
        let at = rfc3339(put.cx.now);
        let scope = put.path.scope.clone();
        let properties = new.properties_mut();
        properties.remove("provisioningState");
        properties.insert("scope".to_owned(), json!(scope));
        properties.entry("isSystemProtected").or_insert(json!(false));
        stamp(properties, &at, &put.caller.oid);
        Ok(())
    }
}

struct RoleDefinitions;

impl Behaviour for RoleDefinitions {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let at = rfc3339(put.cx.now);
        let properties = new.properties_mut();
        properties.remove("provisioningState");
        properties.insert("type".to_owned(), json!("CustomRole"));
        stamp(properties, &at, &put.caller.oid);
        Ok(())
    }

    fn may_delete(&self, cx: &Cx<'_>, resource: &Resource) -> Result<(), ArmError> {
        let used = cx
            .state
            .resources
            .values()
            .filter(|one| one.kind == ROLE_ASSIGNMENT)
            .any(|one| {
                one.property_text("roleDefinitionId")
                    .is_some_and(|id| crate::arm::id::last(id).eq_ignore_ascii_case(&resource.name))
            });
        if used {
            return Err(ArmError::bad(
                "RoleDefinitionHasAssignments",
                "There are existing role assignments referencing role.",
            ));
        }
        Ok(())
    }
}

/// `GET {scope}/providers/Microsoft.Authorization/permissions`, and roles or assignments seen from a scope.
pub(super) fn answer(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    if arm.call.method != Method::GET || arm.path.names_a_resource() {
        return None;
    }
    let kind = arm.path.kind().to_lowercase();
    if kind == "microsoft.authorization/permissions" {
        let scope = key(&arm.path.scope);
        let value: Vec<Value> = permissions(cx.state, &arm.caller.oid, &scope)
            .map(|one| {
                json!({
                    "actions": one.actions, "notActions": one.not_actions,
                    "dataActions": one.data_actions, "notDataActions": one.not_data_actions,
                })
            })
            .collect();
        return Some(Ok(Reply::json(200, &json!({"value": value}))));
    }
    for assignment in [ROLE_ASSIGNMENT, DENY_ASSIGNMENT, LOCK] {
        if kind == assignment.to_lowercase() {
            return Some(assignments(cx, arm, assignment));
        }
    }
    None
}

/// Assignments at, above and below a scope; `$filter=atScope()` leaves out those below.
fn assignments(cx: &Cx<'_>, arm: &ArmCall<'_>, kind: &str) -> Result<Reply, ArmError> {
    let scope = key(&arm.path.scope);
    crate::arm::authorization::authorize(cx.state, &arm.caller, &format!("{kind}/read"), &scope)?;
    let filter = arm.call.query("$filter");
    let at_scope = filter.is_some_and(|filter| filter.contains("atScope()"));
    let behaviour = RoleAssignments;
    let marker = format!("/providers/{}/", kind.to_lowercase());
    let value: Vec<Value> = cx
        .state
        .resources
        .iter()
        .filter(|(_, one)| one.kind == kind)
        .filter(|(own_key, one)| {
            let at = own_key.rfind(&marker).map_or("", |at| &own_key[..at]);
            let above = scope == at || scope.starts_with(&format!("{at}/"));
            let below = at.starts_with(&format!("{scope}/"));
            (above || (below && !at_scope)) && behaviour.listed(one, filter)
        })
        .map(|(_, one)| crate::arm::resources::view(cx, one, None))
        .collect();
    Ok(Reply::json(200, &json!({"value": value})))
}
