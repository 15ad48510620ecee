//! Records of public DNS zones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Extra, Resource};

/// Api-version of this service.
pub const API_VERSION: &str = "2018-05-01";

/// The A records of one name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordSet {
    /// Etag; empty in requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub etag: String,
    /// Content.
    pub properties: RecordSetProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a record set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordSetProperties {
    /// Seconds a resolver may keep it.
    #[serde(rename = "TTL", default)]
    pub ttl: u32,
    /// Free key-value pairs; the owner of a record is kept here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Addresses.
    #[serde(rename = "ARecords", default)]
    pub a_records: Vec<ARecord>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// One address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ARecord {
    /// The address.
    #[serde(rename = "ipv4Address")]
    pub ipv4_address: String,
}

impl Resource for RecordSet {
    const API_VERSION: &'static str = API_VERSION;

    fn etag(&self) -> Option<&str> {
        Some(self.etag.as_str()).filter(|etag| !etag.is_empty())
    }
}
