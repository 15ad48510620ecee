//! Settings of the operator.

use serde::{Deserialize, Serialize};
use url::Url;

/// Which operator clusters get, and what it is told of the service. Without these settings clusters get none: the steps
/// about it are left out of the plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorSettings {
    /// Its image, with the version as tag: `arosvc.azurecr.io/aro:1f3f94c`. A cluster whose document names another version
    /// gets that tag.
    pub image: String,
    /// Whether the operator is told that this is development.
    #[serde(default)]
    pub development: bool,
    /// What kind of environment this is, for people who look at the flag `aro.environment`.
    #[serde(default = "production")]
    pub environment: String,
    /// The name of the cloud.
    #[serde(default = "public_cloud")]
    pub cloud: String,
    /// What addresses of storage accounts end in.
    #[serde(default = "storage_suffix")]
    pub storage_suffix: String,
    /// Domains that clusters reach through the gateway.
    #[serde(default)]
    pub gateway_domains: Vec<String>,
    /// The domain below which each region has `telemetry.<region>`; none where empty.
    #[serde(default)]
    pub telemetry_domain: String,
    /// Where measurements of clusters go; the operator checks that it can be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<Url>,
}

fn production() -> String {
    "Production".to_owned()
}

fn public_cloud() -> String {
    "AzurePublicCloud".to_owned()
}

fn storage_suffix() -> String {
    "core.windows.net".to_owned()
}

impl OperatorSettings {
    /// An operator of that image, in the public cloud.
    #[must_use]
    pub fn of(image: impl Into<String>) -> Self {
        Self {
            image: image.into(),
            development: false,
            environment: production(),
            cloud: public_cloud(),
            storage_suffix: storage_suffix(),
            gateway_domains: Vec::new(),
            telemetry_domain: String::new(),
            monitoring: None,
        }
    }
}
