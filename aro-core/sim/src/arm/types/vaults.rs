//! Key vaults, as ARM sees them.

use std::time::Duration;

use serde_json::json;

use super::{Behaviour, Put};
use crate::arm::error::ArmError;
use crate::arm::registry::{Dialect, Flow, Kind, never_in_use};
use crate::state::Resource;

pub(crate) const VAULT: &str = "Microsoft.KeyVault/vaults";

pub(super) const KINDS: &[Kind] = &[Kind {
    name: VAULT,
    dialect: Dialect::Plain,
    shape: "properties!{ tenantId! sku!{family! name!} accessPolicies[]{*} vaultUri enabledForDeployment enabledForDiskEncryption \
            enabledForTemplateDeployment enableSoftDelete softDeleteRetentionInDays enableRbacAuthorization createMode \
            enablePurgeProtection networkAcls{*} publicNetworkAccess provisioningState~ privateEndpointConnections~ hsmPoolResourceId~ }",
    located: true,
    valid_name: vault_name,
    put: Flow::Now,
    delete: Flow::Now,
    put_time: Duration::ZERO,
    delete_time: Duration::ZERO,
    etag: false,
    in_use: never_in_use,
    behaviour: &Vaults,
}];

/// 3 to 24 letters, digits and dashes, beginning with a letter.
fn vault_name(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.contains("--")
        && !name.ends_with('-')
}

struct Vaults;

impl Behaviour for Vaults {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let own = super::super::id::key(&new.id);
        let taken = put
            .cx
            .state
            .resources
            .iter()
            .any(|(key, one)| one.kind == VAULT && *key != own && one.name.eq_ignore_ascii_case(&new.name));
        if taken {
            return Err(ArmError::new(
                409,
                "VaultAlreadyExists",
                format!(
                    "The vault name '{}' is already in use. Vault names are globally unique so it is possible that the name is already taken.",
                    new.name
                ),
            ));
        }
        let uri = format!("{}/{}/", put.cx.facts.endpoints.vault, new.name.to_lowercase());
        new.properties_mut().insert("vaultUri".to_owned(), json!(uri));
        Ok(())
    }
}
