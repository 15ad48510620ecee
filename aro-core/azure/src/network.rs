//! Virtual networks, subnets, security groups, addresses, interfaces; load balancers and private links in files of their own.

mod load_balancer;
mod private_link;

use serde::{Deserialize, Serialize};

pub use load_balancer::*;
pub use private_link::*;

use crate::{Extra, Reference, Resource};

/// Api-version of this service.
pub const API_VERSION: &str = "2020-08-01";

fn is_empty<T>(list: &[T]) -> bool {
    list.is_empty()
}

/// A virtual network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VirtualNetwork {
    /// Region.
    pub location: String,
    /// Content.
    #[serde(default)]
    pub properties: VirtualNetworkProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a virtual network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VirtualNetworkProperties {
    /// Its subnets.
    #[serde(default)]
    pub subnets: Vec<Subnet>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for VirtualNetwork {
    const API_VERSION: &'static str = API_VERSION;
}

/// A subnet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subnet {
    /// Resource id.
    #[serde(default)]
    pub id: String,
    /// Etag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Content.
    #[serde(default)]
    pub properties: SubnetProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a subnet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubnetProperties {
    /// Its range, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_prefix: Option<String>,
    /// Its ranges, when it has several.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub address_prefixes: Vec<String>,
    /// Its security group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_security_group: Option<Reference>,
    /// Its route table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_table: Option<Reference>,
    /// Its NAT gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nat_gateway: Option<Reference>,
    /// `Succeeded` when the last write of it has ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// Services reached directly from it.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub service_endpoints: Vec<ServiceEndpoint>,
    /// `Enabled` or `Disabled`; private endpoints need `Disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_endpoint_network_policies: Option<String>,
    /// `Enabled` or `Disabled`; private link services need `Disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_link_service_network_policies: Option<String>,
    /// Who has an address in it.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub ip_configurations: Vec<IpConfiguration>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl SubnetProperties {
    /// All ranges.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.address_prefix
            .iter()
            .chain(&self.address_prefixes)
            .map(String::as_str)
    }
}

/// A service reached directly from a subnet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceEndpoint {
    /// `Microsoft.Storage` and the like.
    pub service: String,
    /// Regions, or `*`.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub locations: Vec<String>,
    /// `Succeeded` when it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// An address in a subnet, or a reference to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IpConfiguration {
    /// Resource id.
    #[serde(default)]
    pub id: String,
    /// Content, where it is expanded.
    #[serde(default)]
    pub properties: IpConfigurationProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of an address configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IpConfigurationProperties {
    /// The address.
    #[serde(rename = "privateIPAddress", default, skip_serializing_if = "Option::is_none")]
    pub private_ip_address: Option<String>,
    /// The subnet it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet: Option<Reference>,
    /// Pools of load balancers it belongs to.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub load_balancer_backend_address_pools: Vec<Reference>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for Subnet {
    const API_VERSION: &'static str = API_VERSION;

    fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }
}

/// A network security group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Resource id.
    #[serde(default)]
    pub id: String,
    /// Content.
    #[serde(default)]
    pub properties: SecurityGroupProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a security group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroupProperties {
    /// Subnets that use it.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub subnets: Vec<Reference>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for SecurityGroup {
    const API_VERSION: &'static str = API_VERSION;
}

/// A public address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PublicIpAddress {
    /// Resource id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Region.
    #[serde(default)]
    pub location: String,
    /// `Standard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Extra>,
    /// Zones it lives in.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub zones: Vec<String>,
    /// Content.
    #[serde(default)]
    pub properties: PublicIpAddressProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a public address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicIpAddressProperties {
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// `Static`.
    #[serde(
        rename = "publicIPAllocationMethod",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub allocation_method: Option<String>,
    /// Who uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_configuration: Option<Reference>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for PublicIpAddress {
    const API_VERSION: &'static str = API_VERSION;
}

impl PublicIpAddress {
    /// Its name, the last segment of the id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }
}

/// A route table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Region.
    #[serde(default)]
    pub location: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for RouteTable {
    const API_VERSION: &'static str = API_VERSION;
}

/// A network interface.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// Resource id.
    #[serde(default)]
    pub id: String,
    /// Etag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Content.
    #[serde(default)]
    pub properties: NetworkInterfaceProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a network interface.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInterfaceProperties {
    /// Its addresses.
    #[serde(default)]
    pub ip_configurations: Vec<IpConfiguration>,
    /// The machine it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_machine: Option<Reference>,
    /// `Succeeded`, `Failed`, or at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for NetworkInterface {
    const API_VERSION: &'static str = API_VERSION;

    fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }
}

impl NetworkInterface {
    /// Its name, the last segment of the id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }
}

/// How much of a limit is used.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// What is counted.
    pub name: UsageName,
    /// How many there are.
    pub current_value: i64,
    /// How many there may be.
    pub limit: i64,
}

/// What a limit counts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct UsageName {
    /// `PublicIPAddresses` and the like.
    pub value: String,
}
