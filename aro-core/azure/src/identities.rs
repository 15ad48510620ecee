//! User-assigned identities and their federated credentials.

use serde::{Deserialize, Serialize};

use crate::{Extra, Resource};

/// Api-version of this service.
pub const API_VERSION: &str = "2023-01-31";

/// A user-assigned identity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Resource id.
    #[serde(default)]
    pub id: String,
    /// Ids that Entra ID gave it.
    #[serde(default)]
    pub properties: IdentityProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Ids that Entra ID gave an identity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityProperties {
    /// Application id.
    #[serde(default)]
    pub client_id: String,
    /// Object id.
    #[serde(default)]
    pub principal_id: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for Identity {
    const API_VERSION: &'static str = API_VERSION;
}

/// Trust of an identity in tokens of another issuer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FederatedCredential {
    /// Resource id; empty in requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Content.
    #[serde(default)]
    pub properties: FederatedCredentialProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Which tokens are trusted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FederatedCredentialProperties {
    /// Who issues them.
    pub issuer: String,
    /// Whom they name.
    pub subject: String,
    /// For whom they are meant.
    pub audiences: Vec<String>,
}

impl Resource for FederatedCredential {
    const API_VERSION: &'static str = API_VERSION;
}
