//! Storage accounts and blob containers, through Azure Resource Manager.

use aro_http::AzureError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use crate::{ArmClient, Extra, Resource, secret_text};

/// Api-version of this service.
pub const API_VERSION: &str = "2021-09-01";

/// A storage account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StorageAccount {
    /// Region.
    pub location: String,
    /// `StorageV2`.
    pub kind: String,
    /// Redundancy.
    pub sku: Sku,
    /// Security settings and endpoints.
    #[serde(default)]
    pub properties: Extra,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Redundancy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sku {
    /// `Standard_LRS` and the like.
    pub name: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for StorageAccount {
    const API_VERSION: &'static str = API_VERSION;
}

/// A blob container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BlobContainer {
    /// Settings.
    #[serde(default)]
    pub properties: Extra,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for BlobContainer {
    const API_VERSION: &'static str = API_VERSION;
}

impl StorageAccount {
    /// Where its blobs are.
    #[must_use]
    pub fn blob_endpoint(&self) -> Option<&str> {
        self.properties
            .get("primaryEndpoints")?
            .get("blob")
            .and_then(Value::as_str)
    }
}

impl ArmClient {
    /// A query string that lets its holder do what the letters of `permission` say (`r` read, `d` delete, …) to things of
    /// the kinds of `types` (`o` blobs, `c` containers) of a storage account, until `end`.
    ///
    /// # Errors
    /// What ARM said.
    pub async fn account_signature(
        &self,
        account: &str,
        types: &str,
        permission: &str,
        end: OffsetDateTime,
    ) -> Result<Option<Zeroizing<String>>, AzureError> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wanted<'a> {
            signed_services: &'a str,
            signed_resource_types: &'a str,
            signed_permission: &'a str,
            signed_protocol: &'a str,
            signed_expiry: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Made {
            #[serde(deserialize_with = "secret_text::deserialize")]
            account_sas_token: Zeroizing<String>,
        }
        let whole = end.replace_nanosecond(0).unwrap_or(end);
        let wanted = Wanted {
            signed_services: "b",
            signed_resource_types: types,
            signed_permission: permission,
            signed_protocol: "https",
            signed_expiry: whole.format(&Rfc3339).unwrap_or_default(),
        };
        let made: Option<Made> = self
            .post(&format!("{account}/ListAccountSas"), API_VERSION, &wanted)
            .await?;
        Ok(made.map(|made| made.account_sas_token))
    }
}
