//! Storage accounts and blob containers, through Azure Resource Manager.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Extra, Resource};

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
