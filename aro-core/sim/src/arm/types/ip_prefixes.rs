//! Prefixes public addresses can be taken from.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Behaviour, Put, network};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::key;
use crate::arm::references;
use crate::arm::registry::{Dialect, Flow, Kind, network_name};
use crate::state::Resource;

pub(super) const KINDS: &[Kind] = &[Kind {
    name: "Microsoft.Network/publicIPPrefixes",
    dialect: Dialect::Network,
    shape: "sku{name tier} zones[] extendedLocation{*} properties!{ prefixLength! publicIPAddressVersion ipTags[]{*} natGateway{id} \
            customIPPrefix{id} ipPrefix~ publicIPAddresses~ loadBalancerFrontendIpConfiguration~ resourceGuid~ provisioningState~ }",
    located: true,
    valid_name: network_name,
    put: Flow::Watched,
    delete: Flow::Watched,
    put_time: Duration::from_millis(60),
    delete_time: Duration::from_millis(60),
    etag: true,
    in_use,
    behaviour: &Prefixes,
}];

fn in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    Some(ArmError::bad(
        "InUsePublicIpPrefixCannotBeDeleted",
        format!(
            "Public IP prefix {} cannot be deleted because it is in use by {}.",
            resource.id,
            users.join(", ")
        ),
    ))
}

struct Prefixes;

impl Behaviour for Prefixes {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let id = new.id.clone();
        let length = new.property("prefixLength").and_then(Value::as_u64);
        let Some(length) = length.filter(|length| (24..=31).contains(length)) else {
            return Err(ArmError::bad(
                "PublicIpPrefixLengthNotSupported",
                format!("The prefix length of public IP prefix {id} must be between 24 and 31."),
            ));
        };
        let kept = |name: &str| put.old.and_then(|old| old.property(name).cloned());
        if kept("prefixLength").is_some_and(|before| before != json!(length)) {
            return Err(ArmError::bad(
                "PublicIpPrefixLengthCannotBeChanged",
                format!("The prefix length of public IP prefix {id} cannot be changed."),
            ));
        }
        let (guid, prefix) = (kept("resourceGuid"), kept("ipPrefix"));
        new.body
            .entry("sku")
            .or_insert(json!({"name": "Standard", "tier": "Regional"}));
        let properties = new.properties_mut();
        network::default(properties, "publicIPAddressVersion", json!("IPv4"));
        properties.insert(
            "resourceGuid".to_owned(),
            guid.unwrap_or_else(|| json!(uuid::Uuid::new_v4().to_string())),
        );
        if let Some(prefix) = prefix {
            properties.insert("ipPrefix".to_owned(), prefix);
        }
        Ok(())
    }

    fn ready(&self, cx: &mut Cx<'_>, own_key: &str) {
        let length = cx
            .state
            .resources
            .get(own_key)
            .filter(|one| one.property("ipPrefix").is_none())
            .and_then(|one| one.property("prefixLength").and_then(Value::as_u64));
        let Some(length) = length else { return };
        let next = cx.state.facts.get("next-public-prefix").and_then(Value::as_u64);
        let number = next.unwrap_or(0);
        cx.state.facts.put("next-public-prefix".to_owned(), json!(number + 1));
        // 20.48.0.0/13 is a range of Azure's beside that of single addresses; each prefix gets a block of 256.
        let prefix = format!("20.{}.{}.0/{length}", 48 + (number >> 8 & 7), number & 255);
        cx.state.resources.change(own_key, |one| {
            one.properties_mut().insert("ipPrefix".to_owned(), json!(prefix))
        });
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, _expand: Option<&str>, body: &mut Value) {
        let addresses: Vec<Value> = references::users(cx.state, &key(&resource.id))
            .filter(|(_, user)| user.kind == super::public_ips::PUBLIC_IP)
            .map(|(_, user)| json!({"id": user.id}))
            .collect();
        if !addresses.is_empty() {
            body["properties"]["publicIPAddresses"] = json!(addresses);
        }
    }
}
