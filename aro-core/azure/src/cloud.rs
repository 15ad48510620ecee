//! Where Azure is.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

/// Endpoints of one Azure cloud, as configuration. The default is the public cloud; a simulated Azure is another value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cloud {
    /// Azure Resource Manager.
    pub arm: Url,
    /// Audience of tokens for Azure Resource Manager.
    pub arm_audience: String,
    /// Entra ID's token service, without the tenant.
    pub authority: Url,
    /// Microsoft Graph.
    pub graph: Url,
    /// Audience of tokens for Microsoft Graph.
    pub graph_audience: String,
    /// The check-access service; that of the region in Azure's public cloud when absent.
    #[serde(default)]
    pub check_access: Option<Url>,
    /// PEM file with the only certificate authorities to trust; those of the platform when absent.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Audiences of tokens for services that have no one address.
    #[serde(default)]
    pub audiences: Audiences,
}

/// Audiences of tokens for services that have no one address. The default is the public cloud's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audiences {
    /// Key vaults.
    pub vault: String,
    /// Blob storage.
    pub storage: String,
    /// The data plane of managed identities.
    pub identity: String,
}

impl Default for Audiences {
    fn default() -> Self {
        Self {
            vault: "https://vault.azure.net".to_owned(),
            storage: "https://storage.azure.com".to_owned(),
            identity: "https://serviceidentity.azure.net".to_owned(),
        }
    }
}

impl Cloud {
    /// Azure's public cloud.
    ///
    /// # Errors
    /// Never for the names written here; the parser's error is passed on rather than hidden.
    pub fn public() -> Result<Self, url::ParseError> {
        Ok(Self {
            arm: Url::parse("https://management.azure.com")?,
            arm_audience: "https://management.azure.com".to_owned(),
            authority: Url::parse("https://login.microsoftonline.com")?,
            graph: Url::parse("https://graph.microsoft.com")?,
            graph_audience: "https://graph.microsoft.com".to_owned(),
            check_access: None,
            ca_file: None,
            audiences: Audiences::default(),
        })
    }

    pub(crate) fn arm_scope(&self) -> String {
        scope(&self.arm_audience)
    }

    pub(crate) fn graph_scope(&self) -> String {
        scope(&self.graph_audience)
    }
}

/// Entra ID takes an audience as it stands, a trailing slash included, followed by `/.default`.
fn scope(audience: &str) -> String {
    format!("{audience}/.default")
}
