//! Virtual networks, subnets, security groups, addresses, load balancers, private endpoints.

use serde::{Deserialize, Serialize};

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

/// A load balancer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// Resource id.
    #[serde(default)]
    pub id: String,
    /// Region.
    #[serde(default)]
    pub location: String,
    /// Etag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Content.
    #[serde(default)]
    pub properties: LoadBalancerProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancerProperties {
    /// Addresses it listens on.
    #[serde(rename = "frontendIPConfigurations", default)]
    pub frontends: Vec<Frontend>,
    /// Groups of addresses behind it.
    #[serde(default)]
    pub backend_address_pools: Vec<Part>,
    /// Which port of which frontend leads where.
    #[serde(default)]
    pub load_balancing_rules: Vec<Part>,
    /// How it is found out which addresses of a group answer.
    #[serde(default)]
    pub probes: Vec<Part>,
    /// Addresses that machines call out from.
    #[serde(default)]
    pub outbound_rules: Vec<OutboundRule>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// A named part of a load balancer: a pool, a rule, a probe.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Resource id; empty in requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Content.
    #[serde(default)]
    pub properties: Extra,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// An address a load balancer listens on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Frontend {
    /// Resource id; empty in requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Zones it lives in.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub zones: Vec<String>,
    /// Content.
    #[serde(default)]
    pub properties: FrontendProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a frontend.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontendProperties {
    /// Its private address. (A frontend has either.)
    #[serde(rename = "privateIPAddress", default, skip_serializing_if = "Option::is_none")]
    pub private_ip_address: Option<String>,
    /// Its public address.
    #[serde(rename = "publicIPAddress", default, skip_serializing_if = "Option::is_none")]
    pub public_ip_address: Option<Reference>,
    /// Rules that use it.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub load_balancing_rules: Vec<Reference>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Addresses that machines of a pool call out from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OutboundRule {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Content.
    #[serde(default)]
    pub properties: OutboundRuleProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of an outbound rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OutboundRuleProperties {
    /// The frontends whose addresses are used.
    #[serde(rename = "frontendIPConfigurations", default)]
    pub frontends: Vec<Reference>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for LoadBalancer {
    const API_VERSION: &'static str = API_VERSION;

    fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
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

/// Machines that a load balancer sends to, and that call out through it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BackendPool {
    /// Content.
    #[serde(default)]
    pub properties: BackendPoolProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a backend pool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BackendPoolProperties {
    /// The machines' address configurations.
    #[serde(rename = "backendIPConfigurations", default)]
    pub members: Vec<Reference>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for BackendPool {
    const API_VERSION: &'static str = API_VERSION;
}

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
