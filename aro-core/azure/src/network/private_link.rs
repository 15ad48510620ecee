//! Private endpoints, the services they lead to, and the connections between them.

use serde::{Deserialize, Serialize};

use super::{API_VERSION, NetworkInterface, is_empty};
use crate::{Extra, Reference, Resource};

/// A private endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrivateEndpoint {
    /// Region.
    pub location: String,
    /// Content.
    pub properties: PrivateEndpointProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a private endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateEndpointProperties {
    /// Where its address lies.
    #[serde(default)]
    pub subnet: Reference,
    /// What it leads to.
    #[serde(default)]
    pub manual_private_link_service_connections: Vec<PrivateLinkConnection>,
    /// Its network interfaces; with their content when expanded.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub network_interfaces: Vec<NetworkInterface>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// What a private endpoint leads to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrivateLinkConnection {
    /// Name.
    pub name: String,
    /// Content.
    pub properties: PrivateLinkConnectionProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a private link connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateLinkConnectionProperties {
    /// Resource id of the private link service.
    pub private_link_service_id: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for PrivateEndpoint {
    const API_VERSION: &'static str = API_VERSION;
}

impl PrivateEndpoint {
    /// Its address, when its interfaces were expanded.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        let interfaces = self.properties.network_interfaces.iter();
        interfaces
            .flat_map(|interface| &interface.properties.ip_configurations)
            .find_map(|configuration| configuration.properties.private_ip_address.as_deref())
    }
}

/// A private link service: what private endpoints lead to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrivateLinkService {
    /// Etag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Content.
    #[serde(default)]
    pub properties: PrivateLinkServiceProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a private link service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateLinkServiceProperties {
    /// The frontends of load balancers it leads to.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub load_balancer_frontend_ip_configurations: Vec<Reference>,
    /// The private endpoints that lead to it.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub private_endpoint_connections: Vec<PrivateEndpointConnection>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for PrivateLinkService {
    const API_VERSION: &'static str = API_VERSION;

    fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }
}

/// A private endpoint, seen from what it leads to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrivateEndpointConnection {
    /// Resource id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Content.
    #[serde(default)]
    pub properties: PrivateEndpointConnectionProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateEndpointConnectionProperties {
    /// The endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_endpoint: Option<Reference>,
    /// A number that packets of this connection carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_identifier: Option<String>,
    /// Whether it may be used.
    #[serde(default)]
    pub private_link_service_connection_state: ConnectionState,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Whether a connection may be used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectionState {
    /// `Approved`, `Pending`, `Rejected`.
    #[serde(default)]
    pub status: String,
    /// Why.
    #[serde(default)]
    pub description: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for PrivateEndpointConnection {
    const API_VERSION: &'static str = API_VERSION;
}
