//! Public IP addresses.

use crate::arm::references;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Behaviour, Put, network};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::key;
use crate::arm::registry::{Dialect, Flow, Kind, network_name};
use crate::state::Resource;

pub(crate) const PUBLIC_IP: &str = "Microsoft.Network/publicIPAddresses";

pub(super) const KINDS: &[Kind] = &[Kind {
    name: PUBLIC_IP,
    dialect: Dialect::Network,
    shape: "sku{name tier} zones[] extendedLocation{*} properties{ publicIPAllocationMethod publicIPAddressVersion \
            idleTimeoutInMinutes dnsSettings{domainNameLabel domainNameLabelScope fqdn reverseFqdn} ddosSettings{*} ipTags[]{*} \
            publicIPPrefix{id} natGateway{id} deleteOption linkedPublicIPAddress{id} servicePublicIPAddress{id} migrationPhase \
            ipAddress ipConfiguration~ resourceGuid~ provisioningState~ }",
    located: true,
    valid_name: network_name,
    put: Flow::Watched,
    delete: Flow::Watched,
    put_time: Duration::from_millis(60),
    delete_time: Duration::from_millis(60),
    etag: true,
    in_use,
    behaviour: &PublicIps,
}];

fn in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    Some(ArmError::bad(
        "PublicIPAddressCannotBeDeleted",
        format!(
            "Public IP address {} can not be deleted since it is still allocated to resource {}. In order to delete the \
             public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see \
             aka.ms/deletepublicip.",
            resource.id,
            users.join(", ")
        ),
    ))
}

struct PublicIps;

impl Behaviour for PublicIps {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let location = new.location.clone().unwrap_or_default();
        let subscription = put.path.subscription.clone().unwrap_or_default();
        if put.old.is_none() {
            let limit = network::limit(put.cx, &subscription, "PublicIPAddresses", 1000);
            if network::count(put.cx, &subscription, &location, PUBLIC_IP) >= limit {
                return Err(ArmError::bad(
                    "PublicIPCountLimitReached",
                    format!(
                        "Cannot create more than {limit} public IP addresses for this subscription in this region."
                    ),
                ));
            }
        }
        let standard = new
            .body
            .get("sku")
            .and_then(|sku| sku["name"].as_str())
            .is_some_and(|name| name.eq_ignore_ascii_case("Standard"));
        if new.body.get("sku").is_none() {
            new.body
                .insert("sku".to_owned(), json!({"name": "Basic", "tier": "Regional"}));
        }
        let properties = new.properties_mut();
        let default = if standard { "Static" } else { "Dynamic" };
        network::default(properties, "publicIPAllocationMethod", json!(default));
        network::default(properties, "publicIPAddressVersion", json!("IPv4"));
        network::default(properties, "idleTimeoutInMinutes", json!(4));
        let fixed = properties["publicIPAllocationMethod"]
            .as_str()
            .is_some_and(|method| method.eq_ignore_ascii_case("Static"));
        if standard && !fixed {
            return Err(ArmError::bad(
                "StandardSkuPublicIPAddressesMustBeStatic",
                format!(
                    "Standard sku publicIp {} must have AllocationMethod set to Static.",
                    put.path.text
                ),
            ));
        }
        properties.remove("ipAddress");
        if let Some(old) = put.old {
            for name in ["ipAddress", "resourceGuid"] {
                if let Some(value) = old.property(name) {
                    properties.insert(name.to_owned(), value.clone());
                }
            }
            if old.body.get("sku").map(|sku| &sku["name"]) != new.body.get("sku").map(|sku| &sku["name"]) {
                return Err(ArmError::bad(
                    "PublicIPAddressSkuCannotBeChanged",
                    format!("The SKU of public IP address {} cannot be changed.", put.path.text),
                ));
            }
        } else {
            properties.insert("resourceGuid".to_owned(), json!(uuid::Uuid::new_v4().to_string()));
        }
        Ok(())
    }

    fn ready(&self, cx: &mut Cx<'_>, own_key: &str) {
        let wants = cx
            .state
            .resources
            .get(own_key)
            .is_some_and(|one| one.property("ipAddress").is_none());
        if wants {
            let number = cx
                .state
                .facts
                .get("next-public-ip")
                .and_then(Value::as_u64)
                .unwrap_or(1);
            cx.state.facts.put("next-public-ip".to_owned(), json!(number + 1));
            // 20.40.0.0/13 is a range of Azure's in the region; nothing here listens on it.
            let address = format!("20.{}.{}.{}", 40 + (number >> 16 & 7), number >> 8 & 255, number & 255);
            cx.state.resources.change(own_key, |one| {
                one.properties_mut().insert("ipAddress".to_owned(), json!(address))
            });
        }
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, _expand: Option<&str>, body: &mut Value) {
        let own_key = key(&resource.id);
        for (_, user) in references::users(cx.state, &own_key) {
            for list in ["frontendIPConfigurations", "ipConfigurations"] {
                let items = user.property(list).and_then(Value::as_array).into_iter().flatten();
                for item in items {
                    if item["properties"]["publicIPAddress"]["id"]
                        .as_str()
                        .is_some_and(|id| key(id) == own_key)
                    {
                        let name = item["name"].as_str().unwrap_or_default();
                        body["properties"]["ipConfiguration"] = json!({"id": format!("{}/{list}/{name}", user.id)});
                        return;
                    }
                }
            }
        }
    }
}
