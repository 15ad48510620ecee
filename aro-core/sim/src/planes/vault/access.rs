//! Who may do what with the content of a vault. A vault goes by one of two models, and what the other says does not count.
//!
//! | `enableRbacAuthorization` | who decides | refusal, 403 `Forbidden` with |
//! |---|---|---|
//! | true | data actions of roles at or above the secret or certificate | `ForbiddenByRbac` |
//! | false | the vault's `accessPolicies`, by object id | `ForbiddenByPolicy` |

use http::Method;
use serde_json::Value;

use super::refuse_as;
use crate::arm::authorization;
use crate::arm::id::key;
use crate::call::Reply;
use crate::entra::token::Claims;
use crate::state::{Resource, State};

/// What a request needs: `secrets` or `certificates`, the permission of an access policy, the data action.
#[derive(Clone, Copy)]
pub(super) struct Right {
    kind: &'static str,
    permission: &'static str,
    action: &'static str,
}

impl Right {
    /// `None` for what vaults do not know.
    pub(super) fn for_request(method: &Method, parts: &[&str]) -> Option<Self> {
        let (kind, deleted) = match *parts.first()? {
            "secrets" => ("secrets", false),
            "certificates" => ("certificates", false),
            "deletedsecrets" => ("secrets", true),
            "deletedcertificates" => ("certificates", true),
            _ => return None,
        };
        let secret = kind == "secrets";
        let reading = |secret_action| if secret { secret_action } else { "read" };
        let (permission, action) = match (method.as_str(), deleted, &parts[1..]) {
            ("GET", _, []) | ("GET", false, [_, "versions"]) => ("list", reading("readMetadata/action")),
            ("GET", true, [_]) => ("get", reading("readMetadata/action")),
            ("GET", false, _) => ("get", reading("getSecret/action")),
            ("PUT", false, [_]) if secret => ("set", "setSecret/action"),
            ("PATCH", false, [_, _]) => (if secret { "set" } else { "update" }, "update/action"),
            ("POST", false, [_, "create"]) if !secret => ("create", "create/action"),
            ("DELETE", false, _) => ("delete", "delete"),
            ("POST", true, [_, "recover"]) => ("recover", "recover/action"),
            ("DELETE", true, [_]) => ("purge", "purge/action"),
            _ => return None,
        };
        Some(Self {
            kind,
            permission,
            action,
        })
    }

    /// What the vault answers to a caller that does not have it.
    pub(super) fn refusal(self, state: &State, vault: &Resource, caller: &Claims, parts: &[&str]) -> Option<Reply> {
        let location = vault.location.as_deref().unwrap_or_default();
        let who = format!("appid={};oid={};iss={}", caller.appid, caller.oid, caller.iss);
        let Self {
            kind,
            permission,
            action,
        } = self;
        if vault.property("enableRbacAuthorization").and_then(Value::as_bool) == Some(true) {
            let action = format!("Microsoft.KeyVault/vaults/{kind}/{action}");
            let scope = match parts.get(1) {
                Some(name) => format!("{}/{kind}/{name}", key(&vault.id)),
                None => key(&vault.id),
            };
            let granted = authorization::permissions(state, &caller.oid, &scope).any(|one| one.allows_data(&action));
            return (!granted).then(|| {
                let message = format!(
                    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role \
                     definitions were changed recently, please observe propagation time.\r\nCaller: {who}\r\nAction: \
                     '{action}'\r\nResource: '{scope}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n\
                     DecisionReason: null \r\nVault: {};location={location}\r\n",
                    vault.name
                );
                refuse_as(403, "Forbidden", "ForbiddenByRbac", &message)
            });
        }
        let policies = vault.property("accessPolicies").and_then(Value::as_array);
        let granted = policies.into_iter().flatten().any(|policy| {
            let is_for = policy["objectId"]
                .as_str()
                .is_some_and(|id| id.eq_ignore_ascii_case(&caller.oid));
            let given = policy["permissions"][kind].as_array().into_iter().flatten();
            is_for
                && given
                    .filter_map(Value::as_str)
                    .any(|given| given.eq_ignore_ascii_case(permission) || given.eq_ignore_ascii_case("all"))
        });
        (!granted).then(|| {
            let message = format!(
                "The user, group or application '{who}' does not have {kind} {permission} permission on key vault \
                 '{};location={location}'. For help resolving this issue, please see \
                 https://go.microsoft.com/fwlink/?linkid=2125287",
                vault.name
            );
            refuse_as(403, "Forbidden", "ForbiddenByPolicy", &message)
        })
    }
}
