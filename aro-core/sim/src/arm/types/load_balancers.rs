//! Load balancers: ids on every child, the children knowing of each other, addresses of internal frontends.

use crate::arm::references;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Behaviour, Put, network, subnets};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::key;
use crate::arm::registry::{Dialect, Flow, Kind, network_name};
use crate::state::Resource;

pub(crate) const LB: &str = "Microsoft.Network/loadBalancers";

pub(super) const KINDS: &[Kind] = &[Kind {
    name: LB,
    dialect: Dialect::Network,
    shape: "sku{name tier} extendedLocation{*} properties{ \
        frontendIPConfigurations[]{ id~ etag~ type~ name! zones[] properties!{ privateIPAddress privateIPAllocationMethod \
            privateIPAddressVersion subnet{id!@ *} publicIPAddress{id!@ *} publicIPPrefix{id!} gatewayLoadBalancer{id} \
            inboundNatRules~ inboundNatPools~ loadBalancingRules~ outboundRules~ privateLinkService~ provisioningState~ } } \
        backendAddressPools[]{ id~ etag~ type~ name! properties{ loadBalancerBackendAddresses[]{*} tunnelInterfaces[]{*} location \
            drainPeriodInSeconds virtualNetwork{id} syncMode backendIPConfigurations~ loadBalancingRules~ outboundRule~ \
            outboundRules~ inboundNatRules~ provisioningState~ } } \
        probes[]{ id~ etag~ type~ name! properties!{ protocol! port! requestPath intervalInSeconds numberOfProbes probeThreshold \
            noHealthyBackendsBehavior loadBalancingRules~ provisioningState~ } } \
        loadBalancingRules[]{ id~ etag~ type~ name! properties!{ protocol! frontendPort! backendPort frontendIPConfiguration{id!@} \
            backendAddressPool{id!@} backendAddressPools[]{id!@} probe{id!@} loadDistribution idleTimeoutInMinutes \
            enableFloatingIP enableTcpReset disableOutboundSnat enableConnectionTracking provisioningState~ } } \
        inboundNatRules[]{ id~ etag~ type~ name! properties!{ frontendIPConfiguration{id!@} protocol frontendPort backendPort \
            idleTimeoutInMinutes enableFloatingIP enableTcpReset frontendPortRangeStart frontendPortRangeEnd \
            backendAddressPool{id!@} backendIPConfiguration~ provisioningState~ } } \
        inboundNatPools[]{*} \
        outboundRules[]{ id~ etag~ type~ name! properties!{ protocol! frontendIPConfigurations![]{id!@} backendAddressPool!{id!@} \
            allocatedOutboundPorts enableTcpReset idleTimeoutInMinutes provisioningState~ } } \
        scope~ resourceGuid~ provisioningState~ }",
    located: true,
    valid_name: network_name,
    put: Flow::Watched,
    delete: Flow::Watched,
    put_time: Duration::from_millis(100),
    delete_time: Duration::from_millis(80),
    etag: true,
    in_use,
    behaviour: &LoadBalancers,
}];

fn in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    let services: Vec<&str> = users
        .iter()
        .map(String::as_str)
        .filter(|user| key(user).contains("/privatelinkservices/"))
        .collect();
    (!services.is_empty()).then(|| {
        ArmError::bad(
            "CannotDeleteLoadBalancerWithPrivateLinkService",
            format!(
                "Cannot delete load balancer {} since its child resources are in use by private link services {}.",
                resource.id,
                services.join(", ")
            ),
        )
    })
}

struct LoadBalancers;

const LISTS: [&str; 7] = [
    "frontendIPConfigurations",
    "backendAddressPools",
    "probes",
    "loadBalancingRules",
    "inboundNatRules",
    "inboundNatPools",
    "outboundRules",
];

impl Behaviour for LoadBalancers {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let id = new.id.clone();
        let own_key = key(&id);
        if new.body.get("sku").is_none() {
            new.body
                .insert("sku".to_owned(), json!({"name": "Basic", "tier": "Regional"}));
        }
        for list in LISTS {
            let items = new.properties_mut().entry(list).or_insert(json!([]));
            let mut names: Vec<String> = Vec::new();
            for item in items.as_array_mut().into_iter().flatten() {
                let name = item["name"].as_str().unwrap_or_default().to_owned();
                if names.contains(&name.to_lowercase()) {
                    return Err(ArmError::bad(
                        "DuplicateResourceName",
                        format!("Resource {id} has two child resources with the same name ({name})."),
                    ));
                }
                names.push(name.to_lowercase());
                item["id"] = json!(format!("{id}/{list}/{name}"));
                item["type"] = json!(format!("{LB}/{list}"));
                if item.get("properties").is_none() {
                    item["properties"] = json!({});
                }
                item["properties"]["provisioningState"] = json!("Succeeded");
            }
        }
        still_used(put, new, &own_key)?;
        frontends(put, new, &own_key)?;
        let guid = put.old.and_then(|old| old.property("resourceGuid").cloned());
        let guid = guid.unwrap_or_else(|| json!(uuid::Uuid::new_v4().to_string()));
        new.properties_mut().insert("resourceGuid".to_owned(), guid);
        Ok(())
    }

    fn deleted(&self, cx: &mut Cx<'_>, own_key: &str, _resource: &Resource) {
        // Interfaces lose their membership of pools that are gone.
        let inside = format!("{own_key}/");
        let members: Vec<String> = references::users(cx.state, own_key)
            .map(|(key, _)| key.clone())
            .collect();
        for member in members {
            cx.state.resources.change(&member, |one| {
                let configurations = one
                    .properties_mut()
                    .get_mut("ipConfigurations")
                    .and_then(Value::as_array_mut);
                for item in configurations.into_iter().flatten() {
                    if let Some(pools) = item["properties"]["loadBalancerBackendAddressPools"].as_array_mut() {
                        pools.retain(|pool| !pool["id"].as_str().is_some_and(|id| key(id).starts_with(&inside)));
                    }
                }
            });
            references::refresh_references(cx.state, &member);
        }
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, _expand: Option<&str>, body: &mut Value) {
        let own_key = key(&resource.id);
        let rules = resource.property("loadBalancingRules").cloned().unwrap_or_default();
        let outbound = resource.property("outboundRules").cloned().unwrap_or_default();
        back_references(body, "frontendIPConfigurations", "loadBalancingRules", &rules);
        back_references(body, "backendAddressPools", "loadBalancingRules", &rules);
        back_references(body, "probes", "loadBalancingRules", &rules);
        back_references(body, "frontendIPConfigurations", "outboundRules", &outbound);
        back_references(body, "backendAddressPools", "outboundRules", &outbound);
        for (_, user) in references::users(cx.state, &own_key) {
            if user.kind == super::private_link::SERVICE {
                for frontend in body["properties"]["frontendIPConfigurations"]
                    .as_array_mut()
                    .into_iter()
                    .flatten()
                {
                    let id = frontend["id"].as_str().map(key).unwrap_or_default();
                    if user.refs.contains(&id) {
                        frontend["properties"]["privateLinkService"] = json!({"id": user.id});
                    }
                }
            }
            members(user, body);
        }
        for list in LISTS {
            for item in body["properties"][list].as_array_mut().into_iter().flatten() {
                item["etag"] = json!(format!("W/\"{}\"", resource.etag));
            }
        }
    }
}

/// The interfaces in each backend pool.
fn members(user: &Resource, body: &mut Value) {
    let configurations = user
        .property("ipConfigurations")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for item in configurations {
        let pools = item["properties"]["loadBalancerBackendAddressPools"]
            .as_array()
            .into_iter()
            .flatten();
        for pool in pools.filter_map(|pool| pool["id"].as_str()).map(key) {
            for own in body["properties"]["backendAddressPools"]
                .as_array_mut()
                .into_iter()
                .flatten()
            {
                if own["id"].as_str().is_some_and(|id| key(id) == pool) {
                    let name = item["name"].as_str().unwrap_or_default();
                    let entry = json!({"id": format!("{}/ipConfigurations/{name}", user.id)});
                    match own["properties"]["backendIPConfigurations"].as_array_mut() {
                        Some(list) => list.push(entry),
                        None => own["properties"]["backendIPConfigurations"] = json!([entry]),
                    }
                }
            }
        }
    }
}

/// Puts on each item of `list` the ids of the rules that name it.
fn back_references(body: &mut Value, list: &str, name: &str, rules: &Value) {
    for item in body["properties"][list].as_array_mut().into_iter().flatten() {
        let own = item["id"].as_str().map(key).unwrap_or_default();
        let using: Vec<Value> = rules
            .as_array()
            .into_iter()
            .flatten()
            .filter(|rule| mentions(&rule["properties"], &own))
            .map(|rule| json!({"id": rule["id"]}))
            .collect();
        if !using.is_empty() {
            item["properties"][name] = json!(using);
        }
    }
}

fn mentions(value: &Value, own: &str) -> bool {
    match value {
        Value::String(text) => key(text) == own,
        Value::Array(items) => items.iter().any(|item| mentions(item, own)),
        Value::Object(object) => object.values().any(|item| mentions(item, own)),
        _ => false,
    }
}

/// Refuses to drop a frontend or pool that something else refers to.
fn still_used(put: &Put<'_, '_>, new: &Resource, own_key: &str) -> Result<(), ArmError> {
    let kept: Vec<String> = LISTS
        .iter()
        .filter_map(|list| new.property(list)?.as_array())
        .flatten()
        .filter_map(|item| item["id"].as_str().map(key))
        .collect();
    let inside = format!("{own_key}/");
    for (_, user) in references::users(put.cx.state, own_key) {
        if let Some(gone) = user
            .refs
            .iter()
            .find(|one| one.starts_with(&inside) && !kept.contains(one))
        {
            return Err(ArmError::bad(
                "InvalidResourceReference",
                format!(
                    "Resource {gone} referenced by resource {} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.",
                    user.id
                ),
            ));
        }
    }
    Ok(())
}

/// Checks frontends and gives internal ones their address.
fn frontends(put: &Put<'_, '_>, new: &mut Resource, own_key: &str) -> Result<(), ArmError> {
    let old: Vec<Value> = put
        .old
        .and_then(|old| old.property("frontendIPConfigurations")?.as_array().cloned())
        .unwrap_or_default();
    let id = new.id.clone();
    let mut given: Vec<Ipv4Addr> = Vec::new();
    let items = new
        .properties_mut()
        .get_mut("frontendIPConfigurations")
        .and_then(Value::as_array_mut);
    for item in items.into_iter().flatten() {
        let name = item["name"].as_str().unwrap_or_default().to_owned();
        let before = old
            .iter()
            .find(|one| one["name"].as_str().is_some_and(|one| one.eq_ignore_ascii_case(&name)));
        if let Some(before) = before {
            let zones = |one: &Value| -> Vec<String> {
                let all = one["zones"].as_array().into_iter().flatten();
                all.filter_map(Value::as_str).map(str::to_owned).collect()
            };
            if zones(before) != zones(item) {
                return Err(ArmError::bad(
                    "ResourceAvailabilityZonesCannotBeModified",
                    format!(
                        "Resource {id}/frontendIPConfigurations/{name} has an existing availability zone constraint {} and \
                         the request has availability zone constraint {}, which do not match. Zones cannot be \
                         added/updated/removed once the resource is created.",
                        zones(before).join(", "),
                        zones(item).join(", ")
                    ),
                ));
            }
        }
        let public = item["properties"]["publicIPAddress"]["id"].as_str().map(key);
        let subnet = item["properties"]["subnet"]["id"].as_str().map(str::to_owned);
        let properties = &mut item["properties"];
        match (public, subnet) {
            (Some(address), None) => {
                let other = references::users(put.cx.state, &address).find(|(user, _)| user.as_str() != own_key);
                if let Some((_, other)) = other {
                    return Err(ArmError::bad(
                        "PublicIPAddressInUse",
                        format!(
                            "Resource {id} is referencing public IP address {address} that is already allocated to resource {}.",
                            other.id
                        ),
                    ));
                }
                properties["privateIPAllocationMethod"] = json!("Dynamic");
            }
            (None, Some(subnet)) => {
                let wanted = properties["privateIPAddress"].as_str().map(str::to_owned);
                let fixed = properties["privateIPAllocationMethod"]
                    .as_str()
                    .is_some_and(|one| one.eq_ignore_ascii_case("Static"));
                let kept = before
                    .filter(|before| {
                        before["properties"]["subnet"]["id"]
                            .as_str()
                            .is_some_and(|id| key(id) == key(&subnet))
                    })
                    .and_then(|before| before["properties"]["privateIPAddress"].as_str())
                    .map(str::to_owned);
                let address = match (fixed, wanted, kept) {
                    (true, Some(wanted), _) => subnets::check_static(put.cx.state, &subnet, &wanted, own_key)?,
                    (true, None, None) => {
                        return Err(ArmError::bad(
                            "PrivateIPAddressMissing",
                            format!("Frontend {name} of {id} is Static but has no private IP address."),
                        ));
                    }
                    (_, _, Some(kept)) => kept.parse().unwrap_or(Ipv4Addr::UNSPECIFIED),
                    (false, _, None) => subnets::allocate(put.cx.state, &subnet, &given)?,
                };
                given.push(address);
                properties["privateIPAddress"] = json!(address.to_string());
                if !fixed {
                    properties["privateIPAllocationMethod"] = json!("Dynamic");
                }
                properties["privateIPAddressVersion"] = json!("IPv4");
            }
            (Some(_), Some(_)) | (None, None) if properties["publicIPPrefix"].is_object() => {}
            _ => {
                return Err(ArmError::bad(
                    "LoadBalancerFrontendIPConfigInvalid",
                    format!(
                        "Frontend IP configuration {name} of {id} must refer to either a subnet or a public IP address."
                    ),
                ));
            }
        }
    }
    network::default(new.properties_mut(), "frontendIPConfigurations", json!([]));
    Ok(())
}
