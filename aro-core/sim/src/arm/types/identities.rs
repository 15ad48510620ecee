//! User-assigned identities and their federated credentials.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Behaviour, Put};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::key;
use crate::arm::registry::{Dialect, Flow, Kind, never_in_use};
use crate::state::{Principal, Resource};

/// Where an identity keeps the certificates it was given, base64 of DER; never shown.
pub(crate) const CERTIFICATES: &str = "_certificates";
pub(crate) const IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";
const CREDENTIAL: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";

const fn row(name: &'static str, shape: &'static str, located: bool, behaviour: &'static dyn Behaviour) -> Kind {
    Kind {
        name,
        dialect: Dialect::Plain,
        shape,
        located,
        valid_name: identity_name,
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
        IDENTITY,
        "properties{ isolationScope principalId~ clientId~ tenantId~ clientSecretUrl~ }",
        true,
        &Identities,
    ),
    row(
        CREDENTIAL,
        "properties!{ issuer! subject! audiences![] claimsMatchingExpression{*} }",
        false,
        &Credentials,
    ),
];

/// 3 to 128 letters, digits, dashes and underscores.
fn identity_name(name: &str) -> bool {
    (3..=128).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

struct Identities;

impl Behaviour for Identities {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let uuid = || json!(Uuid::new_v4().to_string());
        let tenant = put.cx.facts.endpoints.tenant.clone();
        let properties = new.properties_mut();
        properties.remove("provisioningState");
        for name in ["principalId", "clientId"] {
            let known = put.old.and_then(|old| old.property(name).cloned());
            properties.insert(name.to_owned(), known.unwrap_or_else(uuid));
        }
        if let Some(certificates) = put.old.and_then(|old| old.property(CERTIFICATES)) {
            properties.insert(CERTIFICATES.to_owned(), certificates.clone());
        }
        properties.insert("tenantId".to_owned(), json!(tenant));
        Ok(())
    }

    fn written(&self, cx: &mut Cx<'_>, own_key: &str) -> Result<(), ArmError> {
        let Some(identity) = cx.state.resources.get(own_key) else {
            return Ok(());
        };
        let text = |name: &str| identity.property_text(name).unwrap_or_default().to_owned();
        let principal = Principal {
            object_id: text("principalId"),
            app_id: text("clientId"),
            name: identity.name.clone(),
            kind: "ManagedIdentity".to_owned(),
        };
        cx.state.principals.put(principal.object_id.clone(), principal);
        Ok(())
    }

    fn deleted(&self, cx: &mut Cx<'_>, _own_key: &str, resource: &Resource) {
        if let Some(principal) = resource.property_text("principalId") {
            cx.state.principals.remove(principal);
        }
    }
}

struct Credentials;

impl Behaviour for Credentials {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let own_key = key(&new.id);
        let parent = put.path.parent().map(|parent| key(&parent.text)).unwrap_or_default();
        let prefix = format!("{parent}/federatedidentitycredentials/");
        let others: Vec<&Resource> = put
            .cx
            .state
            .resources
            .under(&prefix)
            .filter(|(key, _)| **key != own_key)
            .map(|(_, one)| one)
            .collect();
        if others.len() >= 20 {
            return Err(ArmError::bad(
                "BadRequest",
                "Too many Federated Identity Credentials. The limit is 20 per managed identity.",
            ));
        }
        let same = |one: &&&Resource| {
            one.property("issuer") == new.property("issuer") && one.property("subject") == new.property("subject")
        };
        if let Some(other) = others.iter().find(same) {
            return Err(ArmError::new(
                409,
                "Conflict",
                format!(
                    "Issuer and subject combination already exists for this Managed Identity in credential {}.",
                    other.name
                ),
            ));
        }
        if new
            .property("audiences")
            .and_then(Value::as_array)
            .is_none_or(|one| one.len() != 1)
        {
            return Err(ArmError::bad(
                "BadRequest",
                "Federated identity credentials must have exactly one audience.",
            ));
        }
        new.properties_mut().remove("provisioningState");
        Ok(())
    }
}
