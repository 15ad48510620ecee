//! Load balancers, and what is behind them.

use serde::{Deserialize, Serialize};

use super::{API_VERSION, is_empty};
use crate::{Extra, Reference, Resource};

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
