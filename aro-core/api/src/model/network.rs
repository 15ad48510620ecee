//! The network of a cluster.

use aro_api_derive::Resource;

use super::{Extra, OutboundType, PreconfiguredNsg, Seq, SoftwareDefinedNetwork};

/// The network of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "NetworkProfile")]
pub struct NetworkProfile {
    /// The software defined network (SDN) to use when installing the cluster.
    #[aro(name = "softwareDefinedNetwork", in("2021-09-01-preview", "admin"))]
    pub software_defined_network: SoftwareDefinedNetwork,
    /// The CIDR used for OpenShift/Kubernetes pods.
    #[aro(name = "podCidr", in("2019-12-31-preview".., "admin"))]
    pub pod_cidr: String,
    /// The CIDR used for OpenShift/Kubernetes services.
    #[aro(name = "serviceCidr", in("2019-12-31-preview".., "admin"))]
    pub service_cidr: String,
    /// The largest packet of the network, in bytes.
    #[aro(name = "mtuSize", in("admin"))]
    pub mtu_size: i64,
    /// The OutboundType used for egress traffic.
    #[aro(name = "outboundType", in("2023-04-01".., "admin"), mutable("admin"))]
    pub outbound_type: OutboundType,
    /// The address of the private endpoint of the API server.
    #[aro(name = "privateEndpointIp", in("admin"))]
    pub private_endpoint_ip: String,
    /// The address of the private endpoint of the gateway.
    #[aro(name = "gatewayPrivateEndpointIp", in("admin"))]
    pub gateway_private_endpoint_ip: String,
    /// The link identifier of the private endpoint of the gateway.
    #[aro(name = "gatewayPrivateLinkId", in("admin"))]
    pub gateway_private_link_id: String,
    /// The cluster load balancer profile.
    #[aro(name = "loadBalancerProfile", in("2023-07-01-preview", "2023-11-22".., "admin"), keep_on_null, fresh_on_put)]
    pub load_balancer_profile: Option<LoadBalancerProfile>,
    /// Specifies whether subnets are pre-attached with an NSG.
    #[aro(name = "preconfiguredNSG", in("2023-09-04".., "admin"), early("admin"))]
    pub preconfigured_nsg: PreconfiguredNsg,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The public load balancer of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "LoadBalancerProfile")]
pub struct LoadBalancerProfile {
    /// The desired managed outbound IPs for the cluster public load balancer.
    #[aro(
        name = "managedOutboundIps",
        in("2023-07-01-preview", "2023-11-22".., "admin"),
        mutable("2023-07-01-preview", "2023-11-22"..)
    )]
    pub managed_outbound_ips: Option<ManagedOutboundIps>,
    /// The list of effective outbound IP addresses of the public load balancer.
    #[aro(name = "effectiveOutboundIps", in("2023-07-01-preview", "2023-11-22".., "admin"), read_only, last)]
    pub effective_outbound_ips: Seq<ResourceReference>,
    /// The desired outbound IP resources for the cluster load balancer.
    #[aro(
        name = "outboundIps",
        in("2023-07-01-preview", "admin"),
        mutable("2023-07-01-preview")
    )]
    pub outbound_ips: Seq<ResourceReference>,
    /// The desired outbound IP prefix resources for the cluster load balancer.
    #[aro(
        name = "outboundIpPrefixes",
        in("2023-07-01-preview", "admin"),
        mutable("2023-07-01-preview")
    )]
    pub outbound_ip_prefixes: Seq<ResourceReference>,
    /// The desired number of allocated SNAT ports per VM.
    #[aro(
        name = "allocatedOutboundPorts",
        in("2023-07-01-preview", "admin"),
        mutable("2023-07-01-preview")
    )]
    pub allocated_outbound_ports: Option<i64>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The outbound addresses that the service makes.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "ManagedOutboundIPs")]
pub struct ManagedOutboundIps {
    /// How many there are.
    #[aro(name = "count", in("2023-07-01-preview", "2023-11-22".., "admin"), mutable("2023-07-01-preview", "2023-11-22"..))]
    pub count: i64,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// A resource named by its id.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "EffectiveOutboundIP")]
pub struct ResourceReference {
    /// The resource id.
    #[aro(name = "id", in("2023-07-01-preview", "2023-11-22".., "admin"))]
    pub id: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
