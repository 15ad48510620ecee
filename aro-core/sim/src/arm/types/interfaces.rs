//! Network interfaces.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Behaviour, Put, subnets};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::{key, last};
use crate::arm::registry::{Dialect, Flow, Kind, network_name};
use crate::clock::rfc3339;
use crate::state::Resource;

pub(crate) const NIC: &str = "Microsoft.Network/networkInterfaces";

pub(super) const KINDS: &[Kind] = &[Kind {
    name: NIC,
    dialect: Dialect::Network,
    shape: "extendedLocation{*} properties!{ \
        ipConfigurations![]{ id~ etag~ type~ name! properties!{ privateIPAddress privateIPAllocationMethod privateIPAddressVersion \
            primary subnet{id!@ *} publicIPAddress{id!@ *} loadBalancerBackendAddressPools[]{id!@ *} \
            loadBalancerInboundNatRules[]{id!@ *} applicationSecurityGroups[]{id *} applicationGatewayBackendAddressPools[]{id *} \
            gatewayLoadBalancer{id} privateLinkConnectionProperties~ provisioningState~ } } \
        networkSecurityGroup{id!@ *} enableAcceleratedNetworking enableIPForwarding disableTcpStateTracking \
        dnsSettings{dnsServers[] internalDnsNameLabel appliedDnsServers~ internalFqdn~ internalDomainNameSuffix~} \
        nicType auxiliaryMode auxiliarySku workloadType migrationPhase vnetEncryptionSupported~ macAddress~ primary~ \
        virtualMachine~ privateEndpoint~ privateLinkService~ dscpConfiguration~ hostedWorkloads~ tapConfigurations~ \
        defaultOutboundConnectivityEnabled~ allowPort25Out~ resourceGuid~ provisioningState~ }",
    located: true,
    valid_name: network_name,
    put: Flow::Watched,
    delete: Flow::Watched,
    put_time: Duration::from_millis(60),
    delete_time: Duration::from_millis(60),
    etag: true,
    in_use,
    behaviour: &Interfaces,
}];

fn in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    Some(ArmError::bad(
        "NicInUse",
        format!(
            "Network Interface {} is used by existing resource {}. In order to delete the network interface, it must be \
             dissociated from the resource. To learn more, see aka.ms/deletenic.",
            resource.id,
            users.join(", ")
        ),
    ))
}

struct Interfaces;

impl Behaviour for Interfaces {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let id = new.id.clone();
        let own_key = key(&id);
        let old = put
            .old
            .and_then(|old| old.property("ipConfigurations").cloned())
            .unwrap_or_default();
        let mut given: Vec<Ipv4Addr> = Vec::new();
        let items = new
            .properties_mut()
            .get_mut("ipConfigurations")
            .and_then(Value::as_array_mut);
        let mut first = true;
        for item in items.into_iter().flatten() {
            let name = item["name"].as_str().unwrap_or_default().to_owned();
            let before = old
                .as_array()
                .into_iter()
                .flatten()
                .find(|one| one["name"] == json!(name));
            let Some(subnet) = item["properties"]["subnet"]["id"].as_str().map(str::to_owned) else {
                return Err(
                    ArmError::bad("InvalidRequestFormat", "Cannot parse the request.").detail(
                        "MissingSubnet",
                        format!("IP configuration {name} of {id} needs a subnet."),
                    ),
                );
            };
            let wanted = item["properties"]["privateIPAddress"].as_str().map(str::to_owned);
            let fixed = item["properties"]["privateIPAllocationMethod"]
                .as_str()
                .is_some_and(|one| one.eq_ignore_ascii_case("Static"));
            let kept = before
                .filter(|one| {
                    one["properties"]["subnet"]["id"]
                        .as_str()
                        .is_some_and(|one| key(one) == key(&subnet))
                })
                .and_then(|one| one["properties"]["privateIPAddress"].as_str()?.parse().ok());
            let address = match (fixed, wanted, kept) {
                (true, Some(wanted), _) => subnets::check_static(put.cx.state, &subnet, &wanted, &own_key)?,
                (_, _, Some(kept)) => kept,
                _ => subnets::allocate(put.cx.state, &subnet, &given)?,
            };
            given.push(address);
            item["id"] = json!(format!("{id}/ipConfigurations/{name}"));
            item["type"] = json!(format!("{NIC}/ipConfigurations"));
            let properties = &mut item["properties"];
            properties["privateIPAddress"] = json!(address.to_string());
            properties["provisioningState"] = json!("Succeeded");
            properties["privateIPAddressVersion"] = json!("IPv4");
            if !fixed {
                properties["privateIPAllocationMethod"] = json!("Dynamic");
            }
            if properties.get("primary").is_none() {
                properties["primary"] = json!(first);
            }
            first = false;
        }
        for name in ["macAddress", "_endpoint"] {
            if let Some(value) = put.old.and_then(|old| old.property(name)) {
                new.properties_mut().insert(name.to_owned(), value.clone());
            }
        }
        if new.property("macAddress").is_none() {
            let bytes = Uuid::new_v4().into_bytes();
            let mac = format!("00-0D-3A-{:02X}-{:02X}-{:02X}", bytes[0], bytes[1], bytes[2]);
            new.properties_mut().insert("macAddress".to_owned(), json!(mac));
        }
        Ok(())
    }

    fn may_delete(&self, _cx: &Cx<'_>, resource: &Resource) -> Result<(), ArmError> {
        match resource.property_text("_endpoint") {
            Some(endpoint) => Err(ArmError::bad(
                "NicInUseWithPrivateEndpoint",
                format!(
                    "Network interface {} is in use with private endpoint {endpoint} and cannot be deleted.",
                    resource.id
                ),
            )),
            None => Ok(()),
        }
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, _expand: Option<&str>, body: &mut Value) {
        let own_key = key(&resource.id);
        let machine =
            crate::arm::references::users(cx.state, &own_key).find(|(_, user)| user.kind == super::machines::VM);
        if let Some((_, machine)) = machine {
            body["properties"]["virtualMachine"] = json!({"id": machine.id});
            body["properties"]["primary"] = json!(true);
        }
        if let Some(endpoint) = resource.property_text("_endpoint") {
            body["properties"]["privateEndpoint"] = json!({"id": endpoint});
        }
    }
}

/// The interface a private endpoint brings along.
pub(super) fn create_for_endpoint(
    cx: &mut Cx<'_>,
    id: &str,
    endpoint: &Resource,
    subnet: &str,
) -> Result<(), ArmError> {
    let address = subnets::allocate(cx.state, subnet, &[])?;
    let at = rfc3339(cx.now);
    let mut body = Map::new();
    let name = "privateEndpointIpConfig";
    body.insert(
        "properties".to_owned(),
        json!({
            "provisioningState": "Succeeded",
            "_endpoint": endpoint.id,
            "macAddress": "",
            "ipConfigurations": [{
                "name": name, "id": format!("{id}/ipConfigurations/{name}"), "type": format!("{NIC}/ipConfigurations"),
                "properties": {
                    "provisioningState": "Succeeded", "privateIPAddress": address.to_string(),
                    "privateIPAllocationMethod": "Dynamic", "privateIPAddressVersion": "IPv4", "primary": true,
                    "subnet": {"id": subnet},
                },
            }],
        }),
    );
    let own_key = key(id);
    let interface = Resource {
        id: id.to_owned(),
        kind: NIC.to_owned(),
        name: last(id).to_owned(),
        location: endpoint.location.clone(),
        body,
        etag: Uuid::new_v4().to_string(),
        created_at: at.clone(),
        changed_at: at,
        operation: None,
        deleting: false,
        // Only the subnet: the endpoint holds the interface, not the other way round.
        refs: vec![key(subnet)],
    };
    cx.state.resources.put(own_key, interface);
    Ok(())
}
