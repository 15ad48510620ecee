//! Subnets: inside the address space, apart from each other, not deletable while used.

use crate::arm::references;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ipnet::IpNet;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::network::{address_space, overlap, prefixes, texts};
use super::{Behaviour, Put, network};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::key;
use crate::arm::registry::{Dialect, Flow, Kind, network_name};
use crate::arm::shape::shape;
use crate::clock::rfc3339;
use crate::state::{Resource, State};

pub(crate) const SUBNET: &str = "Microsoft.Network/virtualNetworks/subnets";

const SHAPE: &str = "properties!{ addressPrefix addressPrefixes[] networkSecurityGroup{id!@ *} routeTable{id!@ *} natGateway{id!@} \
    serviceEndpoints[]{service locations[] networkIdentifier{id} provisioningState~} serviceEndpointPolicies[]{id *} \
    delegations[]{id name type etag properties{serviceName actions~ provisioningState~}} \
    privateEndpointNetworkPolicies privateLinkServiceNetworkPolicies defaultOutboundAccess sharingScope \
    applicationGatewayIPConfigurations[]{*} ipAllocations[]{id} ipamPoolPrefixAllocations[]{*} serviceGateway{id} \
    ipConfigurations~ ipConfigurationProfiles~ privateEndpoints~ resourceNavigationLinks~ serviceAssociationLinks~ \
    purpose~ provisioningState~ }";

pub(super) const KINDS: &[Kind] = &[Kind {
    name: SUBNET,
    dialect: Dialect::Network,
    shape: SHAPE,
    located: false,
    valid_name: network_name,
    put: Flow::Watched,
    delete: Flow::Watched,
    put_time: Duration::from_millis(60),
    delete_time: Duration::from_millis(60),
    etag: true,
    in_use: subnet_in_use,
    behaviour: &Subnets,
}];

pub(super) fn subnet_in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    // A storage firewall names subnets but does not sit in them.
    let users: Vec<&str> = users
        .iter()
        .map(String::as_str)
        .filter(|user| !key(user).contains("/microsoft.storage/"))
        .collect();
    (!users.is_empty()).then(|| ArmError::bad(
        "InUseSubnetCannotBeDeleted",
        format!(
            "Subnet {} is in use by {} and cannot be deleted. In order to delete the subnet, delete all the resources \
             within the subnet. See aka.ms/deletesubnet.",
            resource.name,
            users.join(", ")
        ),
    ))
}

struct Subnets;

pub(super) fn subnet_prefixes(subnet: &Resource) -> Vec<IpNet> {
    let mut all = texts(subnet.property("addressPrefixes"));
    all.extend(subnet.property_text("addressPrefix").map(str::to_owned));
    all.iter().filter_map(|text| text.parse().ok()).collect()
}

/// Checks a subnet against its network and its siblings, and fills in what Azure adds.
fn complete(subnet: &mut Resource, space: &[IpNet], vnet_name: &str, siblings: &[&Resource]) -> Result<(), ArmError> {
    let mut wanted = texts(subnet.property("addressPrefixes"));
    wanted.extend(subnet.property_text("addressPrefix").map(str::to_owned));
    if wanted.is_empty() {
        return Err(
            ArmError::bad("InvalidRequestFormat", "Cannot parse the request.").detail(
                "MissingAddressPrefix",
                format!("Address prefix of subnet {} is missing.", subnet.name),
            ),
        );
    }
    let own = prefixes(wanted.into_iter(), &subnet.id)?;
    for net in &own {
        if !space.iter().any(|space| space.contains(net)) {
            return Err(ArmError::bad(
                "NetcfgInvalidSubnet",
                format!(
                    "Subnet '{}' is not valid in virtual network '{vnet_name}'.",
                    subnet.name
                ),
            ));
        }
        if net.prefix_len() > 29 && net.addr().is_ipv4() {
            return Err(ArmError::bad(
                "NetcfgSubnetRangeTooSmall",
                format!(
                    "Subnet '{}' is not valid because its IP address range is smaller than /29.",
                    subnet.name
                ),
            ));
        }
        if let Some(other) = siblings
            .iter()
            .find(|other| subnet_prefixes(other).iter().any(|one| overlap(one, net)))
        {
            return Err(ArmError::bad(
                "NetcfgSubnetRangesOverlap",
                format!(
                    "Subnet '{}' is not valid because its IP address range overlaps with that of an existing subnet \
                     '{}' in virtual network '{vnet_name}'.",
                    subnet.name, other.name
                ),
            ));
        }
    }
    let properties = subnet.properties_mut();
    network::default(properties, "privateEndpointNetworkPolicies", json!("Disabled"));
    network::default(properties, "privateLinkServiceNetworkPolicies", json!("Enabled"));
    network::default(properties, "delegations", json!([]));
    if let Some(Value::Array(endpoints)) = properties.get_mut("serviceEndpoints") {
        for endpoint in endpoints {
            endpoint["provisioningState"] = json!("Succeeded");
            if endpoint.get("locations").is_none() {
                endpoint["locations"] = json!(["*"]);
            }
        }
    }
    Ok(())
}

/// A subnet given inside the body of its network.
pub(super) fn from_vnet(
    put: &Put<'_, '_>,
    vnet: &Resource,
    given: &Value,
    space: &[IpNet],
    before: &[Resource],
) -> Result<Resource, ArmError> {
    let malformed =
        |text: String| ArmError::bad("InvalidRequestFormat", "Cannot parse the request.").detail("InvalidJson", text);
    let name = given["name"]
        .as_str()
        .ok_or_else(|| malformed("Name of a subnet is missing.".to_owned()))?;
    if !network_name(name) {
        return Err(ArmError::bad(
            "InvalidResourceName",
            format!("Resource name {name} is invalid."),
        ));
    }
    let mut body = Map::new();
    body.insert("properties".to_owned(), given["properties"].clone());
    shape(SHAPE)
        .normalise(&mut body, "")
        .map_err(|problem| malformed(format!("Subnet {name}: {problem:?}.")))?;
    let mut references = Vec::new();
    shape(SHAPE).references(&body, "", &mut references);
    if let Some((_, id)) = references
        .iter()
        .find(|(_, id)| !references::exists(put.cx.state, &key(id)))
    {
        return Err(ArmError::bad(
            "InvalidResourceReference",
            format!(
                "Resource {id} referenced by resource {}/subnets/{name} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.",
                vnet.id
            ),
        ));
    }
    let id = format!("{}/subnets/{name}", vnet.id);
    let at = rfc3339(put.cx.now);
    let old = put.cx.state.resources.get(&key(&id));
    let mut subnet = Resource {
        id,
        kind: SUBNET.to_owned(),
        name: name.to_owned(),
        location: None,
        body,
        etag: Uuid::new_v4().to_string(),
        created_at: old.map_or_else(|| at.clone(), |old| old.created_at.clone()),
        changed_at: at,
        operation: None,
        deleting: false,
        refs: Vec::new(),
    };
    subnet
        .properties_mut()
        .insert("provisioningState".to_owned(), json!("Succeeded"));
    let siblings: Vec<&Resource> = before.iter().collect();
    complete(&mut subnet, space, &vnet.name, &siblings)?;
    Ok(subnet)
}

impl Behaviour for Subnets {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let vnet_key = put.path.parent().map(|parent| key(&parent.text)).unwrap_or_default();
        let Some(vnet) = put.cx.state.resources.get(&vnet_key) else {
            return Ok(());
        };
        let own_key = key(&new.id);
        let prefix = format!("{vnet_key}/subnets/");
        let others: Vec<(&String, &Resource)> = put
            .cx
            .state
            .resources
            .under(&prefix)
            .filter(|(key, _)| **key != own_key)
            .collect();
        // A virtual network changes one subnet at a time.
        let at_work = others
            .iter()
            .map(|(_, one)| *one)
            .chain([vnet])
            .find_map(|one| put.cx.running(one.operation.as_ref()));
        if let Some(operation) = at_work {
            return Err(ArmError::new(
                409,
                "AnotherOperationInProgress",
                format!(
                    "Another operation on this or dependent resource is in progress. Please retry later. Operation: {}.",
                    operation.id
                ),
            ));
        }
        let siblings: Vec<&Resource> = others.into_iter().map(|(_, one)| one).collect();
        let name = vnet.name.clone();
        complete(new, &address_space(vnet), &name, &siblings)?;
        if let Some(old) = put.old
            && subnet_prefixes(old) != subnet_prefixes(new)
            && references::users(put.cx.state, &own_key).next().is_some()
        {
            return Err(ArmError::bad(
                "InUseSubnetCannotBeUpdated",
                format!(
                    "Subnet {} is in use and its address prefix cannot be updated.",
                    new.name
                ),
            ));
        }
        Ok(())
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, expand: Option<&str>, body: &mut Value) {
        let own_key = key(&resource.id);
        let full = expand.is_some_and(|text| text.to_lowercase().contains("ipconfigurations"));
        let (mut configurations, mut endpoints) = (Vec::new(), Vec::new());
        for (_, user) in references::users(cx.state, &own_key) {
            if user.kind == super::private_link::ENDPOINT {
                endpoints.push(json!({"id": user.id}));
                continue;
            }
            for (list, item) in placed(user, &own_key) {
                let id = format!("{}/{list}/{}", user.id, item["name"].as_str().unwrap_or_default());
                configurations.push(if full {
                    json!({"id": id, "properties": item["properties"]})
                } else {
                    json!({"id": id})
                });
            }
        }
        for (name, value) in [("ipConfigurations", configurations), ("privateEndpoints", endpoints)] {
            if !value.is_empty() {
                body["properties"][name] = json!(value);
            }
        }
    }
}

/// The elements of a resource that sit in the subnet, with the list each is in.
fn placed<'a>(resource: &'a Resource, subnet_key: &str) -> Vec<(&'static str, &'a Value)> {
    ["ipConfigurations", "frontendIPConfigurations"]
        .into_iter()
        .flat_map(|list| {
            let items = resource.property(list).and_then(Value::as_array).into_iter().flatten();
            items.map(move |item| (list, item))
        })
        .filter(|(_, item)| {
            item["properties"]["subnet"]["id"]
                .as_str()
                .is_some_and(|id| key(id) == subnet_key)
        })
        .collect()
}

/// Addresses of a subnet that are taken.
fn taken(state: &State, subnet_key: &str) -> Vec<Ipv4Addr> {
    references::users(state, subnet_key)
        .flat_map(|(_, user)| placed(user, subnet_key))
        .filter_map(|(_, item)| item["properties"]["privateIPAddress"].as_str()?.parse().ok())
        .collect()
}

/// Whether Azure keeps an address of a subnet for itself: the first four and the last.
pub(super) fn is_reserved(net: IpNet, address: IpAddr) -> bool {
    match (net, address) {
        (IpNet::V4(net), IpAddr::V4(address)) => {
            let own = own_addresses(net);
            !own.contains(&u32::from(address))
        }
        _ => false,
    }
}

/// Whether an address of a range of a subnet can be given to somebody.
pub(super) fn is_free(state: &State, subnet_key: &str, net: IpNet, address: IpAddr) -> bool {
    let IpAddr::V4(v4) = address else { return false };
    !is_reserved(net, address) && !taken(state, subnet_key).contains(&v4)
}

/// How many addresses of a subnet are taken, and how many there are.
pub(super) fn space(state: &State, subnet: &Resource) -> (usize, u64) {
    let ranges = subnet_prefixes(subnet);
    let size = ranges.iter().filter_map(|net| match net {
        IpNet::V4(net) => Some(own_addresses(*net)),
        IpNet::V6(_) => None,
    });
    (
        taken(state, &key(&subnet.id)).len(),
        size.map(|own| u64::from(own.end.saturating_sub(own.start))).sum(),
    )
}

/// The addresses of a range that Azure does not keep for itself.
fn own_addresses(net: ipnet::Ipv4Net) -> std::ops::Range<u32> {
    u32::from(net.network()) + 4..u32::from(net.broadcast())
}

/// The lowest free address of a subnet.
pub(super) fn allocate(state: &State, subnet_id: &str, also_taken: &[Ipv4Addr]) -> Result<Ipv4Addr, ArmError> {
    let subnet_key = key(subnet_id);
    let full = || {
        ArmError::bad(
            "SubnetIsFull",
            format!("Subnet {subnet_id} does not have enough capacity for 1 IP addresses."),
        )
    };
    let subnet = state.resources.get(&subnet_key).ok_or_else(full)?;
    let taken = taken(state, &subnet_key);
    for net in subnet_prefixes(subnet) {
        let IpNet::V4(net) = net else { continue };
        let free = own_addresses(net)
            .map(Ipv4Addr::from)
            .find(|ip| !taken.contains(ip) && !also_taken.contains(ip));
        if let Some(free) = free {
            return Ok(free);
        }
    }
    Err(full())
}

/// Refuses a static address that is outside the subnet or taken by somebody else.
pub(super) fn check_static(state: &State, subnet_id: &str, wanted: &str, own_key: &str) -> Result<Ipv4Addr, ArmError> {
    let subnet_key = key(subnet_id);
    let invalid = |why: &str| {
        ArmError::bad(
            "PrivateIPAddressNotInSubnet",
            format!("Private static IP address {wanted} {why} subnet {subnet_id}."),
        )
    };
    let address: Ipv4Addr = wanted.parse().map_err(|_| invalid("is no address of"))?;
    let subnet = state
        .resources
        .get(&subnet_key)
        .ok_or_else(|| invalid("cannot be in missing"))?;
    if !subnet_prefixes(subnet)
        .iter()
        .any(|net| net.contains(&IpAddr::V4(address)))
    {
        return Err(invalid("does not belong to the range of"));
    }
    let other = references::users(state, &subnet_key)
        .filter(|(user, _)| user.as_str() != own_key)
        .find(|(_, user)| {
            placed(user, &subnet_key)
                .iter()
                .any(|(_, item)| item["properties"]["privateIPAddress"].as_str() == Some(wanted))
        });
    match other {
        Some((_, user)) => Err(ArmError::bad(
            "PrivateIPAddressIsAllocated",
            format!(
                "IP configuration cannot use {wanted}: the address is already allocated to resource {}.",
                user.id
            ),
        )),
        None => Ok(address),
    }
}
