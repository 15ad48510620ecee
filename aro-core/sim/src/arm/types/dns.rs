//! DNS zones and their records, public and private; links of private zones to networks.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{Behaviour, Put};
use crate::arm::authorization;
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::{key, last};
use crate::arm::registry::{Dialect, Flow, Kind, any_name, never_in_use};
use crate::arm::{refusals, resources};
use crate::call::Reply;
use crate::state::Resource;

const ZONE: &str = "Microsoft.Network/dnsZones";
pub(crate) const RECORD: &str = "Microsoft.Network/dnsZones/A";
const PRIVATE_ZONE: &str = "Microsoft.Network/privateDnsZones";
const LINK: &str = "Microsoft.Network/privateDnsZones/virtualNetworkLinks";

const fn row(name: &'static str, shape: &'static str, located: bool, behaviour: &'static dyn Behaviour) -> Kind {
    Kind {
        name,
        dialect: Dialect::Dns,
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

/// Records of a public zone.
const RECORDS: &str = "properties!{ TTL! metadata{*} ARecords[]{ipv4Address!} AAAARecords[]{ipv6Address!} CNAMERecord{cname!} \
    TXTRecords[]{value[]} MXRecords[]{preference! exchange!} NSRecords[]{nsdname!} PTRRecords[]{ptrdname!} \
    SRVRecords[]{priority! weight! port! target!} caaRecords[]{flags! tag! value!} SOARecord{*} targetResource{id} \
    trafficManagementProfile{id} fqdn~ provisioningState~ }";
/// Records of a private zone.
const PRIVATE_RECORDS: &str = "properties!{ ttl! metadata{*} aRecords[]{ipv4Address!} aaaaRecords[]{ipv6Address!} cnameRecord{cname!} \
    txtRecords[]{value[]} mxRecords[]{preference! exchange!} ptrRecords[]{ptrdname!} \
    srvRecords[]{priority! weight! port! target!} soaRecord{*} fqdn~ isAutoRegistered~ provisioningState~ }";

const fn record(name: &'static str) -> Kind {
    row(name, RECORDS, false, &Records)
}

const fn private_record(name: &'static str) -> Kind {
    row(name, PRIVATE_RECORDS, false, &Records)
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
    record(RECORD),
    record("Microsoft.Network/dnsZones/AAAA"),
    record("Microsoft.Network/dnsZones/CAA"),
    record("Microsoft.Network/dnsZones/CNAME"),
    record("Microsoft.Network/dnsZones/MX"),
    record("Microsoft.Network/dnsZones/NS"),
    record("Microsoft.Network/dnsZones/PTR"),
    record("Microsoft.Network/dnsZones/SRV"),
    record("Microsoft.Network/dnsZones/TXT"),
    Kind {
        put: Flow::Watched,
        delete: Flow::Watched,
        ..row(
            PRIVATE_ZONE,
            "properties{ maxNumberOfRecordSets~ numberOfRecordSets~ maxNumberOfVirtualNetworkLinks~ \
             maxNumberOfVirtualNetworkLinksWithRegistration~ numberOfVirtualNetworkLinks~ \
             numberOfVirtualNetworkLinksWithRegistration~ internalId~ provisioningState~ }",
            true,
            &PrivateZones,
        )
    },
    private_record("Microsoft.Network/privateDnsZones/A"),
    private_record("Microsoft.Network/privateDnsZones/AAAA"),
    private_record("Microsoft.Network/privateDnsZones/CNAME"),
    private_record("Microsoft.Network/privateDnsZones/MX"),
    private_record("Microsoft.Network/privateDnsZones/PTR"),
    private_record("Microsoft.Network/privateDnsZones/SRV"),
    private_record("Microsoft.Network/privateDnsZones/TXT"),
    Kind {
        put: Flow::Watched,
        delete: Flow::Watched,
        ..row(
            LINK,
            "properties!{ virtualNetwork!{id!@} registrationEnabled resolutionPolicy virtualNetworkLinkState~ provisioningState~ }",
            true,
            &Links,
        )
    },
];

fn is_record(kind: &str) -> bool {
    kind != LINK
        && [ZONE, PRIVATE_ZONE]
            .iter()
            .any(|zone| kind.strip_prefix(zone).is_some_and(|rest| rest.starts_with('/')))
}

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
        let list = if new.kind == RECORD { "ARecords" } else { "aRecords" };
        let addresses = new
            .property(list)
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
        let public = new.kind.starts_with(ZONE);
        if last(&new.kind) == "A" {
            new.properties_mut().entry(list).or_insert(json!([]));
        }
        let properties = new.properties_mut();
        properties.insert("fqdn".to_owned(), json!(fqdn));
        if public {
            properties.insert("targetResource".to_owned(), json!({}));
        } else {
            properties.remove("provisioningState");
            properties.insert("isAutoRegistered".to_owned(), json!(false));
        }
        Ok(())
    }
}

struct PrivateZones;

fn links<'a>(cx: &'a Cx<'_>, zone: &Resource) -> Vec<&'a Resource> {
    let prefix = format!("{}/virtualnetworklinks/", key(&zone.id));
    cx.state.resources.rows_under(&prefix)
}

impl Behaviour for PrivateZones {
    fn may_delete(&self, cx: &Cx<'_>, resource: &Resource) -> Result<(), ArmError> {
        let links: Vec<&str> = links(cx, resource).iter().map(|one| last(&one.id)).collect();
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

    fn view(&self, cx: &Cx<'_>, resource: &Resource, _expand: Option<&str>, body: &mut Value) {
        let links = links(cx, resource);
        let registering = links
            .iter()
            .filter(|one| one.property("registrationEnabled") == Some(&json!(true)));
        let prefix = format!("{}/", key(&resource.id));
        let records = cx
            .state
            .resources
            .under(&prefix)
            .filter(|(_, one)| is_record(&one.kind))
            .count();
        let properties = &mut body["properties"];
        properties["numberOfVirtualNetworkLinks"] = json!(links.len());
        properties["numberOfVirtualNetworkLinksWithRegistration"] = json!(registering.count());
        // The SOA of the zone itself counts as well.
        properties["numberOfRecordSets"] = json!(1 + records);
        properties["maxNumberOfRecordSets"] = json!(25000);
        properties["maxNumberOfVirtualNetworkLinks"] = json!(1000);
        properties["maxNumberOfVirtualNetworkLinksWithRegistration"] = json!(100);
    }
}

struct Links;

impl Behaviour for Links {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let network = |one: &Resource| {
            key(one
                .property("virtualNetwork")
                .and_then(|one| one["id"].as_str())
                .unwrap_or_default())
        };
        let wanted = network(new);
        if put.old.is_some_and(|old| network(old) != wanted) {
            return Err(ArmError::bad(
                "BadRequest",
                format!("The virtual network of link '{}' cannot be changed.", new.name),
            ));
        }
        let own_key = key(&new.id);
        let siblings = own_key.rsplit_once('/').map_or("", |(before, _)| before);
        let others = put.cx.state.resources.rows_under(&format!("{siblings}/"));
        let other = others
            .iter()
            .find(|other| key(&other.id) != own_key && network(other) == wanted);
        if let Some(other) = other {
            return Err(ArmError::new(
                409,
                "Conflict",
                format!(
                    "A virtual network cannot be linked to a zone twice: link '{}' has it already.",
                    other.name
                ),
            ));
        }
        let properties = new.properties_mut();
        properties.entry("registrationEnabled").or_insert(json!(false));
        properties.insert("virtualNetworkLinkState".to_owned(), json!("Completed"));
        Ok(())
    }
}

/// The lists of all records of a zone: `recordsets` and `all`.
pub(super) fn answer(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    let list = arm.path.types.last()?;
    let zone = arm.path.without_last();
    let kind = [ZONE, PRIVATE_ZONE]
        .into_iter()
        .find(|kind| kind.eq_ignore_ascii_case(&zone.kind()))?;
    let all = ["recordsets", "all"].iter().any(|name| name.eq_ignore_ascii_case(list));
    if arm.call.method != Method::GET || arm.path.names_a_resource() || !all {
        return None;
    }
    let records = || {
        authorization::authorize(cx.state, &arm.caller, &format!("{kind}/recordsets/read"), &zone.text)?;
        resources::container_exists(cx, &arm.path)?;
        if !cx.state.resources.contains(&key(&zone.text)) {
            return Err(refusals::parent_missing(&zone));
        }
        let value: Vec<Value> = cx
            .state
            .resources
            .under(&format!("{}/", key(&zone.text)))
            .filter(|(_, one)| is_record(&one.kind))
            .map(|(_, one)| resources::view(cx, one, None))
            .collect();
        Ok(Reply::json(200, &json!({"value": value})))
    };
    Some(records())
}
