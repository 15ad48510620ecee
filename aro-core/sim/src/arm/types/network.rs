//! Virtual networks and the usages of the network provider.

use crate::arm::references;
use crate::arm::writing;
use std::time::Duration;

use http::Method;
use ipnet::IpNet;
use serde_json::{Map, Value, json};

use super::{Behaviour, Put, subnets};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::key;
use crate::arm::registry::{Dialect, Flow, Kind, network_name};
use crate::arm::{authorization, resources};
use crate::call::Reply;
use crate::state::Resource;

pub(crate) const VNET: &str = "Microsoft.Network/virtualNetworks";
pub(crate) const ROUTE_TABLE: &str = "Microsoft.Network/routeTables";

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: VNET,
        dialect: Dialect::Network,
        shape: "extendedLocation{*} properties{ addressSpace!{addressPrefixes![] ipamPoolPrefixAllocations[]{*}} \
                dhcpOptions{dnsServers[]} subnets[]{*} virtualNetworkPeerings[]{*} enableDdosProtection \
                enableVmProtection ddosProtectionPlan{id} flowTimeoutInMinutes encryption{enabled enforcement} \
                bgpCommunities{*} privateEndpointVNetPolicies resourceGuid~ provisioningState~ defaultPublicNatGateway~ flowLogs~ }",
        located: true,
        valid_name: network_name,
        put: Flow::Watched,
        delete: Flow::Watched,
        put_time: Duration::from_millis(80),
        delete_time: Duration::from_millis(60),
        etag: true,
        in_use: subnets::subnet_in_use,
        behaviour: &VirtualNetworks,
    },
    Kind {
        name: ROUTE_TABLE,
        dialect: Dialect::Network,
        shape: "properties{ routes[]{ id~ etag~ type~ name! properties!{ addressPrefix nextHopType! nextHopIpAddress hasBgpOverride~ \
                provisioningState~ } } disableBgpRoutePropagation subnets~ resourceGuid~ provisioningState~ }",
        located: true,
        valid_name: network_name,
        put: Flow::Watched,
        delete: Flow::Watched,
        put_time: Duration::from_millis(40),
        delete_time: Duration::from_millis(40),
        etag: true,
        in_use: route_table_in_use,
        behaviour: &RouteTables,
    },
    Kind {
        name: "Microsoft.Network/natGateways",
        dialect: Dialect::Network,
        shape: "sku{name tier} zones[] properties{ idleTimeoutInMinutes publicIpAddresses[]{id!@} publicIpPrefixes[]{id} \
                subnets~ resourceGuid~ provisioningState~ }",
        located: true,
        valid_name: network_name,
        put: Flow::Watched,
        delete: Flow::Watched,
        put_time: Duration::from_millis(60),
        delete_time: Duration::from_millis(60),
        etag: true,
        in_use: nat_gateway_in_use,
        behaviour: &super::Nothing,
    },
];

fn route_table_in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    Some(ArmError::bad(
        "InUseRouteTableCannotBeDeleted",
        format!(
            "Route table {} is in use and cannot be deleted. It is in use by {}.",
            resource.name,
            users.join(", ")
        ),
    ))
}

fn nat_gateway_in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    Some(ArmError::bad(
        "InUseNatGatewayCannotBeDeleted",
        format!(
            "NatGateway {} is in use and cannot be deleted. It is in use by {}.",
            resource.name,
            users.join(", ")
        ),
    ))
}

struct RouteTables;

impl Behaviour for RouteTables {
    fn accept(&self, _put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let id = new.id.clone();
        let routes = new.properties_mut().entry("routes").or_insert(json!([]));
        for route in routes.as_array_mut().into_iter().flatten() {
            let name = route["name"].as_str().unwrap_or_default();
            route["id"] = json!(format!("{id}/routes/{name}"));
            route["type"] = json!(format!("{ROUTE_TABLE}/routes"));
            route["properties"]["provisioningState"] = json!("Succeeded");
        }
        Ok(())
    }
}

struct VirtualNetworks;

/// The prefixes of an address space, each a network address.
pub(super) fn prefixes(texts: impl Iterator<Item = String>, of: &str) -> Result<Vec<IpNet>, ArmError> {
    texts
        .map(|text| {
            let net: IpNet = text.parse().map_err(|_| {
                ArmError::bad(
                    "InvalidAddressPrefixFormat",
                    format!("Address prefix {text} of resource {of} is not formatted correctly. It should follow CIDR notation, for example 10.0.0.0/24."),
                )
            })?;
            if net.addr() != net.network() {
                return Err(ArmError::bad(
                    "InvalidCIDRNotation",
                    format!("The address prefix {text} in resource {of} has an invalid CIDR notation. For the given prefix length, the address prefix should be {}.", net.trunc()),
                ));
            }
            Ok(net)
        })
        .collect()
}

pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// The address space of a stored virtual network.
pub(super) fn address_space(vnet: &Resource) -> Vec<IpNet> {
    texts(vnet.property("addressSpace").map(|space| &space["addressPrefixes"]))
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect()
}

impl Behaviour for VirtualNetworks {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let id = new.id.clone();
        let space = prefixes(
            texts(new.property("addressSpace").map(|space| &space["addressPrefixes"])).into_iter(),
            &id,
        )?;
        for (at, one) in space.iter().enumerate() {
            if let Some(other) = space[at + 1..].iter().find(|other| overlap(one, other)) {
                return Err(ArmError::bad(
                    "VnetAddressSpacesOverlap",
                    format!(
                        "Address spaces {one} and {other} of virtual network {} overlap.",
                        new.name
                    ),
                ));
            }
        }
        let wanted = new.properties_mut().remove("subnets");
        let guid = put.old.and_then(|old| old.property("resourceGuid").cloned());
        new.properties_mut().insert(
            "resourceGuid".to_owned(),
            guid.unwrap_or_else(|| json!(uuid::Uuid::new_v4().to_string())),
        );
        new.properties_mut()
            .entry("enableDdosProtection")
            .or_insert(json!(false));
        // Subnets outside the new space would be left without addresses.
        let prefix = format!("{}/subnets/", key(&id));
        let kept = put.cx.state.resources.under(&prefix).filter(|_| wanted.is_none());
        for (_, subnet) in kept {
            for net in subnets::subnet_prefixes(subnet) {
                if !space.iter().any(|space| space.contains(&net)) {
                    return Err(ArmError::bad(
                        "InUsePrefixCannotBeDeleted",
                        format!(
                            "IpPrefix of virtual network {} cannot be changed: it is used by subnet {}.",
                            new.name, subnet.name
                        ),
                    ));
                }
            }
        }
        if let Some(Value::Array(wanted)) = wanted {
            let names: Vec<String> = wanted
                .iter()
                .filter_map(|one| one["name"].as_str())
                .map(str::to_lowercase)
                .collect();
            for (subnet_key, subnet) in put.cx.state.resources.under(&prefix) {
                if !names.contains(&subnet.name.to_lowercase()) {
                    let users: Vec<String> = references::users(put.cx.state, subnet_key)
                        .map(|(_, one)| one.id.clone())
                        .collect();
                    if let (false, Some(error)) = (users.is_empty(), subnets::subnet_in_use(subnet, &users)) {
                        return Err(error);
                    }
                }
            }
            let mut checked: Vec<Resource> = Vec::new();
            for one in &wanted {
                let subnet = subnets::from_vnet(put, new, one, &space, &checked)?;
                checked.push(subnet);
            }
            new.properties_mut().insert(
                "_subnets".to_owned(),
                serde_json::to_value(&checked).unwrap_or_default(),
            );
        }
        Ok(())
    }

    fn written(&self, cx: &mut Cx<'_>, own_key: &str) -> Result<(), ArmError> {
        let wanted = cx
            .state
            .resources
            .change(own_key, |vnet| vnet.properties_mut().remove("_subnets"))
            .flatten();
        let Some(wanted) = wanted else { return Ok(()) };
        let wanted: Vec<Resource> = serde_json::from_value(wanted).unwrap_or_default();
        let prefix = format!("{own_key}/subnets/");
        let gone: Vec<String> = cx
            .state
            .resources
            .under(&prefix)
            .map(|(key, _)| key.clone())
            .filter(|one| !wanted.iter().any(|subnet| key(&subnet.id) == *one))
            .collect();
        for one in gone {
            resources::remove(cx, &one);
        }
        for subnet in wanted {
            let subnet_key = key(&subnet.id);
            cx.state.resources.put(subnet_key.clone(), subnet);
            references::refresh_references(cx.state, &subnet_key);
        }
        Ok(())
    }

    fn may_delete(&self, cx: &Cx<'_>, resource: &Resource) -> Result<(), ArmError> {
        let prefix = format!("{}/subnets/", key(&resource.id));
        for (subnet_key, subnet) in cx.state.resources.under(&prefix) {
            let users: Vec<String> = references::users(cx.state, subnet_key)
                .map(|(_, one)| one.id.clone())
                .collect();
            if let (false, Some(error)) = (users.is_empty(), subnets::subnet_in_use(subnet, &users)) {
                return Err(error);
            }
        }
        Ok(())
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, expand: Option<&str>, body: &mut Value) {
        let prefix = format!("{}/subnets/", key(&resource.id));
        let subnets: Vec<Value> = cx
            .state
            .resources
            .under(&prefix)
            .map(|(_, subnet)| resources::view(cx, subnet, expand.map(|text| text.trim_start_matches("subnets/"))))
            .collect();
        body["properties"]["subnets"] = json!(subnets);
        for list in ["virtualNetworkPeerings"] {
            if body["properties"].get(list).is_none() {
                body["properties"][list] = json!([]);
            }
        }
    }
}

pub(super) fn overlap(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}

/// Limits of a subscription in a region, by the name of the usage and the type it counts.
const LIMITS: [(&str, &str, &str, u64); 8] = [
    ("VirtualNetworks", "Virtual Networks", VNET, 1000),
    (
        "StaticPublicIPAddresses",
        "Static Public IP Addresses",
        super::public_ips::PUBLIC_IP,
        1000,
    ),
    (
        "NetworkSecurityGroups",
        "Network Security Groups",
        super::security_groups::NSG,
        5000,
    ),
    (
        "PublicIPAddresses",
        "Public IP Addresses",
        super::public_ips::PUBLIC_IP,
        1000,
    ),
    ("NetworkInterfaces", "Network Interfaces", super::interfaces::NIC, 65536),
    (
        "PrivateEndpoints",
        "Private Endpoints",
        super::private_link::ENDPOINT,
        65536,
    ),
    ("LoadBalancers", "Load Balancers", super::load_balancers::LB, 1000),
    ("RouteTables", "Route Tables", ROUTE_TABLE, 200),
];

/// How many resources of a type a subscription has in a region.
pub(super) fn count(cx: &Cx<'_>, subscription: &str, location: &str, kind: &str) -> u64 {
    let prefix = format!("/subscriptions/{}/", subscription.to_lowercase());
    cx.state
        .resources
        .under(&prefix)
        .filter(|(_, one)| one.kind == kind && one.location.as_deref() == Some(location))
        .count() as u64
}

/// The limit of a type, changed by the fact `limit/{subscription}/{usage}` if there is one.
pub(super) fn limit(cx: &Cx<'_>, subscription: &str, usage: &str, standard: u64) -> u64 {
    let fact = cx.state.facts.get(&limit_key(subscription, usage));
    fact.and_then(Value::as_u64).unwrap_or(standard)
}

/// The fact that says how much of something a subscription may use.
pub(crate) fn limit_key(subscription: &str, usage: &str) -> String {
    format!("limit/{}/{}", subscription.to_lowercase(), usage.to_lowercase())
}

/// `GET …/locations/{location}/usages`.
pub(super) fn answer(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    if !arm
        .path
        .kind()
        .eq_ignore_ascii_case("Microsoft.Network/locations/usages")
        || arm.call.method != Method::GET
    {
        return None;
    }
    let subscription = arm.path.subscription.clone()?;
    if let Err(error) = authorization::authorize(
        cx.state,
        &arm.caller,
        "Microsoft.Network/locations/usages/read",
        &arm.path.scope,
    ) {
        return Some(Err(error));
    }
    let location = writing::known_location(arm.path.names.first()?).unwrap_or_default();
    let value: Vec<Value> = LIMITS
        .iter()
        .map(|(name, words, kind, standard)| {
            json!({
                "id": format!("{}/{name}", arm.path.text),
                "name": {"value": name, "localizedValue": words},
                "unit": "Count",
                "currentValue": count(cx, &subscription, &location, kind),
                "limit": limit(cx, &subscription, name, *standard),
            })
        })
        .collect();
    Some(Ok(Reply::json(200, &json!({"value": value}))))
}

/// Sets a member unless the body has it.
pub(super) fn default(properties: &mut Map<String, Value>, name: &str, value: Value) {
    properties.entry(name.to_owned()).or_insert(value);
}
