//! Resource groups, deployments, and what lies in a group.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use aro_http::AzureError;

use crate::{ArmClient, Extra, Resource};

/// Api-version of this service.
pub const API_VERSION: &str = "2021-04-01";

/// A resource group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceGroup {
    /// Region.
    pub location: String,
    /// The resource that manages the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for ResourceGroup {
    const API_VERSION: &'static str = API_VERSION;
}

/// A template deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its content.
    pub properties: DeploymentProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content and state of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentProperties {
    /// `Incremental`: what the template does not name stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Value>,
    /// `Succeeded`, `Failed`, `Canceled`, or still running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Deployment {
    /// An incremental deployment of these resources.
    #[must_use]
    pub fn of(resources: Vec<Value>) -> Self {
        let template = json!({
            "$schema": "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "resources": resources,
        });
        let properties = DeploymentProperties {
            mode: Some("Incremental".to_owned()),
            template: Some(template),
            ..DeploymentProperties::default()
        };
        Self {
            properties,
            rest: Map::new(),
        }
    }
}

impl Resource for Deployment {
    const API_VERSION: &'static str = API_VERSION;
}

/// A resource of any type, as lists show it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GenericResource {
    /// Resource id.
    pub id: String,
    /// `Microsoft.Network/loadBalancers` and the like.
    #[serde(rename = "type")]
    pub kind: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl ArmClient {
    /// What lies in a resource group.
    ///
    /// # Errors
    /// What ARM said.
    pub async fn resources_in(&self, resource_group_id: &str) -> Result<Vec<GenericResource>, AzureError> {
        self.list(&format!("{resource_group_id}/resources"), API_VERSION, &[])
            .await
    }
}
