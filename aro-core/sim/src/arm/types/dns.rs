//! DNS zones and their A records; private zones and their links.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Behaviour, Put};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::{key, last};
use crate::arm::registry::{Dialect, Flow, Kind, any_name, never_in_use};
use crate::state::Resource;

const ZONE: &str = "Microsoft.Network/dnsZones";
pub(crate) const RECORD: &str = "Microsoft.Network/dnsZones/A";
const PRIVATE_ZONE: &str = "Microsoft.Network/privateDnsZones";

const fn row(name: &'static str, shape: &'static str, located: bool, behaviour: &'static dyn Behaviour) -> Kind {
    Kind {
        name,
        dialect: Dialect::Plain,
        shape,
        located,
        valid_name: any_name,
        put: Flow::Now,
        delete: Flow::Now,
        put_time: Duration::from_millis(60),
        delete_time: Duration::from_millis(60),
        etag: true,
        in_use: never_in_use,
        behaviour,
    }
}

pub(super) const KINDS: &[Kind] = &[
    Kind {
        delete: Flow::Watched,
        ..row(
            ZONE,
            "properties{ zoneType registrationVirtualNetworks[]{id} resolutionVirtualNetworks[]{id} maxNumberOfRecordSets~ \
             maxNumberOfRecordsPerRecordSet~ numberOfRecordSets~ nameServers~ signingKeys~ provisioningState~ }",
            true,
            &Zones,
        )
    },
    row(
        RECORD,
        "properties!{ TTL! metadata{*} ARecords[]{ipv4Address!} targetResource{id} trafficManagementProfile{id} fqdn~ provisioningState~ }",
        false,
        &Records,
    ),
    Kind {
        put: Flow::Watched,
        delete: Flow::Watched,
        ..row(
            PRIVATE_ZONE,
            "properties{ maxNumberOfRecordSets~ numberOfRecordSets~ maxNumberOfVirtualNetworkLinks~ internalId~ provisioningState~ }",
            true,
            &PrivateZones,
        )
    },
    Kind {
        put: Flow::Watched,
        delete: Flow::Watched,
        ..row(
            "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
            "properties!{ virtualNetwork!{id!@} registrationEnabled resolutionPolicy virtualNetworkLinkState~ provisioningState~ }",
            true,
            &super::Nothing,
        )
    },
];

struct Zones;

impl Behaviour for Zones {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        if !new.name.contains('.') {
            return Err(ArmError::bad(
                "InvalidZoneName",
                format!("The zone name '{}' must have at least two labels.", put.path.name()),
            ));
        }
        let properties = new.properties_mut();
        properties.remove("provisioningState");
        properties.entry("zoneType").or_insert(json!("Public"));
        properties.insert("maxNumberOfRecordSets".to_owned(), json!(10000));
        properties.insert(
            "nameServers".to_owned(),
            json!(["ns1-01.azure-dns.com.", "ns2-01.azure-dns.net."]),
        );
        Ok(())
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, _expand: Option<&str>, body: &mut Value) {
        let prefix = format!("{}/", key(&resource.id));
        // SOA and NS of the zone itself count as well.
        body["properties"]["numberOfRecordSets"] = json!(2 + cx.state.resources.under(&prefix).count());
    }
}

struct Records;

impl Behaviour for Records {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let zone = put
            .path
            .parent()
            .map(|parent| parent.name().to_owned())
            .unwrap_or_default();
        let addresses = new
            .property("ARecords")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        if let Some(bad) = addresses
            .iter()
            .filter_map(|one| one["ipv4Address"].as_str())
            .find(|text| text.parse::<std::net::Ipv4Addr>().is_err())
        {
            return Err(ArmError::bad(
                "BadRequest",
                format!("The record set contains an invalid IPv4 address '{bad}'."),
            ));
        }
        let fqdn = format!("{}.{zone}.", new.name);
        let properties = new.properties_mut();
        properties.entry("ARecords").or_insert(json!([]));
        properties.insert("fqdn".to_owned(), json!(fqdn));
        properties.insert("targetResource".to_owned(), json!({}));
        Ok(())
    }
}

struct PrivateZones;

impl Behaviour for PrivateZones {
    fn may_delete(&self, cx: &Cx<'_>, resource: &Resource) -> Result<(), ArmError> {
        let prefix = format!("{}/virtualnetworklinks/", key(&resource.id));
        let links: Vec<&str> = cx
            .state
            .resources
            .under(&prefix)
            .map(|(_, one)| last(&one.id))
            .collect();
        if links.is_empty() {
            return Ok(());
        }
        Err(ArmError::new(
            409,
            "CannotDeleteResource",
            format!(
                "Can not delete resource before nested resources are deleted: virtual network links {}.",
                links.join(", ")
            ),
        ))
    }
}
