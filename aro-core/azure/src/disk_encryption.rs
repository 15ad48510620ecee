//! Disk encryption sets.

use serde::{Deserialize, Serialize};

use crate::{Extra, Resource};

/// A set: the key with which disks are encrypted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DiskEncryptionSet {
    /// Region.
    #[serde(default)]
    pub location: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for DiskEncryptionSet {
    const API_VERSION: &'static str = "2021-04-01";
}
