//! Who may do what: role assignments, deny assignments and what follows from them.

use serde_json::Value;

use super::error::ArmError;
use super::id::key;
use super::roles;
use crate::entra::token::Claims;
use crate::seed::FIRST_PARTY_APP_ID;
use crate::state::{Resource, State};

pub(crate) const ROLE_ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments";
pub(crate) const DENY_ASSIGNMENT: &str = "Microsoft.Authorization/denyAssignments";
const EVERYONE: &str = "00000000-0000-0000-0000-000000000000";

/// Refuses what no role of the caller allows, or what a deny assignment forbids it.
pub(crate) fn authorize(state: &State, caller: &Claims, action: &str, scope: &str) -> Result<(), ArmError> {
    let scope = key(scope);
    // Deny assignments are system-protected and bind everybody but their provider.
    let denied = !caller.appid.eq_ignore_ascii_case(FIRST_PARTY_APP_ID) && denies(state, &caller.oid, action, &scope);
    if denied {
        return Err(ArmError::new(
            403,
            "DenyAssignmentAuthorizationFailed",
            format!(
                "The client '{}' with object id '{}' has permission to perform action '{action}' on scope '{scope}'; \
                 however, the access is denied because of a deny assignment at or above that scope.",
                caller.appid, caller.oid
            ),
        ));
    }
    if allows(state, &caller.oid, action, &scope) {
        return Ok(());
    }
    Err(ArmError::new(
        403,
        "AuthorizationFailed",
        format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope \
             '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            caller.appid, caller.oid
        ),
    ))
}

/// Whether a role assignment at or above `scope` allows the action.
pub(crate) fn allows(state: &State, principal: &str, action: &str, scope: &str) -> bool {
    permissions(state, principal, scope).any(|permission| permission.allows(action))
}

/// Whether the action is forbidden to this principal by a deny assignment.
pub(crate) fn denies(state: &State, principal: &str, action: &str, scope: &str) -> bool {
    assignments_above(state, DENY_ASSIGNMENT, scope).any(|denial| {
        let ids = |name: &str| -> Vec<String> {
            let list = denial.property(name).and_then(Value::as_array);
            list.into_iter()
                .flatten()
                .filter_map(|one| one["id"].as_str())
                .map(str::to_lowercase)
                .collect()
        };
        let meant = ids("principals")
            .iter()
            .any(|id| id == EVERYONE || id.eq_ignore_ascii_case(principal));
        let spared = ids("excludePrincipals")
            .iter()
            .any(|id| id.eq_ignore_ascii_case(principal));
        meant
            && !spared
            && denial
                .property("permissions")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .any(|one| Permission::of(one).allows(action))
    })
}

/// Whether the principal has any role at, above or below the scope: what makes a thing appear in a list.
pub(crate) fn sees(state: &State, principal: &str, scope: &str) -> bool {
    let below = format!("{scope}/");
    permissions(state, principal, scope).next().is_some()
        || assignments(state, ROLE_ASSIGNMENT).any(|(at, one)| at.starts_with(&below) && is_for(one, principal))
}

/// What roles at or above the scope give.
pub(crate) fn permissions<'a>(
    state: &'a State,
    principal: &'a str,
    scope: &'a str,
) -> impl Iterator<Item = Permission> + 'a {
    assignments_above(state, ROLE_ASSIGNMENT, scope)
        .filter(move |one| is_for(one, principal))
        .filter_map(|one| one.property_text("roleDefinitionId"))
        .flat_map(|role| roles::permissions(state, role))
}

fn is_for(assignment: &Resource, principal: &str) -> bool {
    assignment
        .property_text("principalId")
        .is_some_and(|id| id.eq_ignore_ascii_case(principal))
}

/// Assignments of a kind with the scope each is at.
fn assignments<'a>(state: &'a State, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Resource)> {
    let marker = format!("/providers/{}/", kind.to_lowercase());
    state
        .resources
        .iter()
        .filter(move |(_, one)| one.kind == kind)
        .filter_map(move |(key, one)| key.rfind(&marker).map(|at| (&key[..at], one)))
}

pub(crate) fn assignments_above<'a>(
    state: &'a State,
    kind: &'a str,
    scope: &'a str,
) -> impl Iterator<Item = &'a Resource> {
    // Every scope above is a prefix that ends where a segment does, so the few prefixes are looked up directly.
    let marker = format!("/providers/{}/", kind.to_lowercase());
    let ends = scope
        .char_indices()
        .filter(|(_, c)| *c == '/')
        .map(|(at, _)| at)
        .chain([scope.len()]);
    ends.flat_map(move |end| {
        let prefix = format!("{}{marker}", &scope[..end]);
        state.resources.rows_under(&prefix)
    })
}

/// One block of a role: what it allows less what it does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Permission {
    pub(crate) actions: Vec<String>,
    pub(crate) not_actions: Vec<String>,
    pub(crate) data_actions: Vec<String>,
    pub(crate) not_data_actions: Vec<String>,
}

impl Permission {
    pub(crate) fn of(value: &Value) -> Self {
        let list = |name: &str| -> Vec<String> {
            value[name]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        Self {
            actions: list("actions"),
            not_actions: list("notActions"),
            data_actions: list("dataActions"),
            not_data_actions: list("notDataActions"),
        }
    }

    fn allows(&self, action: &str) -> bool {
        self.actions.iter().any(|one| covers(one, action)) && !self.not_actions.iter().any(|one| covers(one, action))
    }

    /// As `allows`, for data actions.
    pub(crate) fn allows_data(&self, action: &str) -> bool {
        self.data_actions.iter().any(|one| covers(one, action))
            && !self.not_data_actions.iter().any(|one| covers(one, action))
    }
}

/// Whether the pattern of a role (`*` stands for any run) covers an action.
fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = action.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn patterns_of_roles() {
        assert!(covers("*", "Microsoft.Network/virtualNetworks/read"));
        assert!(covers("*/read", "Microsoft.Network/virtualNetworks/read"));
        assert!(covers("Microsoft.Network/*", "microsoft.network/x/join/action"));
        assert!(!covers("*/read", "Microsoft.Network/virtualNetworks/write"));
        assert!(!covers(
            "Microsoft.Network/virtualNetworks/read",
            "Microsoft.Network/virtualNetworks/reader"
        ));
    }
}
