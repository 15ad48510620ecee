//! What providers work out from what is stored: read only, with no id of its own.

use std::net::IpAddr;

use http::Method;
use serde_json::{Value, json};

use super::{compute, interfaces, load_balancers, machines, network, public_ips, storage, subnets};
use crate::arm::authorization;
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::{ArmPath, key};
use crate::arm::references::users;
use crate::arm::refusals::parent_missing;
use crate::arm::resources::{container_exists, view};
use crate::arm::writing::known_location;
use crate::call::Reply;
use crate::state::Resource;

type Answer = fn(&Cx<'_>, &ArmCall<'_>) -> Result<Value, ArmError>;

/// What is asked, and the answer: below a resource, then below a location or the subscription.
const OF_A_RESOURCE: [(&str, Answer); 6] = [
    ("Microsoft.Network/loadBalancers/networkInterfaces", interfaces_behind),
    ("Microsoft.Network/networkInterfaces/loadBalancers", balancers_before),
    (
        "Microsoft.Network/virtualNetworks/CheckIPAddressAvailability",
        address_availability,
    ),
    ("Microsoft.Network/virtualNetworks/usages", subnet_usages),
    ("Microsoft.Compute/virtualMachines/vmSizes", sizes),
    // Only a private endpoint to an account makes one, and here they lead to private link services.
    ("Microsoft.Storage/storageAccounts/privateEndpointConnections", nothing),
];
const OF_A_PLACE: [(&str, Answer); 5] = [
    (
        "Microsoft.Network/locations/CheckDnsNameAvailability",
        label_availability,
    ),
    ("Microsoft.Compute/locations/vmSizes", sizes),
    ("Microsoft.Compute/locations/virtualMachines", machines_there),
    ("Microsoft.Storage/locations/usages", account_usages),
    ("Microsoft.Storage/skus", account_skus),
];

/// Addresses that `CheckIPAddressAvailability` proposes at most.
const PROPOSALS: usize = 5;
/// Storage accounts of a subscription in a region.
const ACCOUNTS: u64 = 250;
/// Replication and performance of storage accounts: name, tier, the kinds of account that have it.
const ACCOUNT_SKUS: [(&str, &str, &[&str]); 8] = [
    ("Standard_LRS", "Standard", &["Storage", "StorageV2", "BlobStorage"]),
    ("Standard_GRS", "Standard", &["Storage", "StorageV2", "BlobStorage"]),
    ("Standard_RAGRS", "Standard", &["Storage", "StorageV2", "BlobStorage"]),
    ("Standard_ZRS", "Standard", &["StorageV2"]),
    ("Standard_GZRS", "Standard", &["StorageV2"]),
    ("Standard_RAGZRS", "Standard", &["StorageV2"]),
    (
        "Premium_LRS",
        "Premium",
        &["Storage", "StorageV2", "BlockBlobStorage", "FileStorage"],
    ),
    ("Premium_ZRS", "Premium", &["BlockBlobStorage", "FileStorage"]),
];

pub(super) fn answer(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    if arm.call.method != Method::GET || arm.path.names_a_resource() {
        return None;
    }
    let kind = arm.path.kind();
    let row = |rows: &[(&'static str, Answer)]| rows.iter().find(|(name, _)| name.eq_ignore_ascii_case(&kind)).copied();
    let (below, (name, work_out)) = match (row(&OF_A_RESOURCE), row(&OF_A_PLACE)) {
        (Some(row), _) => (true, row),
        (None, Some(row)) => (false, row),
        (None, None) => return None,
    };
    let told = || {
        let scope = if below {
            arm.path.without_last().text
        } else {
            arm.path.scope.clone()
        };
        authorization::authorize(cx.state, &arm.caller, &format!("{name}/read"), &scope)?;
        container_exists(cx, &arm.path)?;
        if below && !cx.state.resources.contains(&key(&scope)) {
            return Err(parent_missing(&arm.path.without_last()));
        }
        work_out(cx, arm)
    };
    Some(told().map(|body| Reply::json(200, &body)))
}

fn nothing(_: &Cx<'_>, _: &ArmCall<'_>) -> Result<Value, ArmError> {
    Ok(json!({"value": []}))
}

fn shown<'a>(cx: &Cx<'_>, resources: impl Iterator<Item = &'a Resource>) -> Value {
    json!({"value": resources.map(|one| view(cx, one, None)).collect::<Vec<_>>()})
}

/// Resources of one type in the subscription that is asked.
fn all_of<'a>(cx: &'a Cx<'_>, path: &ArmPath, kind: &'static str) -> impl Iterator<Item = &'a Resource> {
    let prefix = format!(
        "/subscriptions/{}/",
        path.subscription.as_deref().unwrap_or_default().to_lowercase()
    );
    let found = cx.state.resources.rows_under(&prefix);
    found.into_iter().filter(move |one| one.kind == kind)
}

fn location(path: &ArmPath) -> Option<String> {
    path.names.first().and_then(|name| known_location(name))
}

fn interfaces_behind(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Result<Value, ArmError> {
    let own_key = key(&arm.path.without_last().text);
    let behind = users(cx.state, &own_key)
        .map(|(_, user)| user)
        .filter(|user| user.kind == interfaces::NIC);
    Ok(shown(cx, behind))
}

fn balancers_before(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Result<Value, ArmError> {
    let own_key = key(&arm.path.without_last().text);
    let refs = cx
        .state
        .resources
        .get(&own_key)
        .map(|one| one.refs.clone())
        .unwrap_or_default();
    let before = all_of(cx, &arm.path, load_balancers::LB).filter(|one| {
        let inside = format!("{}/", key(&one.id));
        refs.iter().any(|reference| reference.starts_with(&inside))
    });
    Ok(shown(cx, before))
}

/// Subnets of the virtual network that is asked.
fn subnets_of<'a>(cx: &'a Cx<'_>, arm: &ArmCall<'_>) -> Vec<&'a Resource> {
    let prefix = format!("{}/subnets/", key(&arm.path.without_last().text));
    cx.state.resources.rows_under(&prefix)
}

fn address_availability(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Result<Value, ArmError> {
    let wanted = arm.call.query("ipAddress").unwrap_or_default();
    let address: IpAddr = wanted.parse().map_err(|_| {
        ArmError::bad(
            "InvalidIPAddressFormat",
            format!("'{wanted}' in the query parameter ipAddress is no IP address."),
        )
    })?;
    let within = subnets_of(cx, arm).into_iter().find_map(|subnet| {
        let net = subnets::subnet_prefixes(subnet)
            .into_iter()
            .find(|net| net.contains(&address))?;
        Some((key(&subnet.id), net))
    });
    let Some((subnet_key, net)) = within else {
        return Err(ArmError::bad(
            "PrivateIPAddressNotInAnySubnet",
            format!(
                "Private static IP address {wanted} does not belong to the range of any subnet in the virtual network {}.",
                arm.path.without_last().text
            ),
        ));
    };
    let free = |one: &IpAddr| subnets::is_free(cx.state, &subnet_key, net, *one);
    let available = free(&address);
    // Azure says which others there are only where the wanted one is taken.
    let others: Vec<String> = net
        .hosts()
        .filter(|one| !available && free(one))
        .take(PROPOSALS)
        .map(|one| one.to_string())
        .collect();
    Ok(json!({
        "available": available, "availableIPAddresses": others,
        "isPlatformReserved": subnets::is_reserved(net, address),
    }))
}

fn subnet_usages(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Result<Value, ArmError> {
    let rows = subnets_of(cx, arm).into_iter().map(|subnet| {
        let (used, size) = subnets::space(cx.state, subnet);
        json!({
            "id": subnet.id, "unit": "Count", "currentValue": used, "limit": size,
            "name": {"value": "SubnetSpace", "localizedValue": "Subnet size and usage"},
        })
    });
    Ok(json!({"value": rows.collect::<Vec<_>>()}))
}

fn label_availability(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Result<Value, ArmError> {
    let Some(label) = arm.call.query("domainNameLabel").filter(|label| !label.is_empty()) else {
        return Err(ArmError::bad(
            "MissingDomainNameLabel",
            "The query parameter domainNameLabel is required: the name that is to be checked.",
        ));
    };
    let region = location(&arm.path);
    // A label is taken for everybody in the region, whoever has it.
    let taken = cx.state.resources.iter().map(|(_, one)| one).any(|one| {
        one.kind == public_ips::PUBLIC_IP
            && one.location == region
            && one
                .property("dnsSettings")
                .and_then(|settings| settings["domainNameLabel"].as_str())
                .is_some_and(|own| own.eq_ignore_ascii_case(label))
    });
    Ok(json!({"available": !taken}))
}

fn sizes(_: &Cx<'_>, _: &ArmCall<'_>) -> Result<Value, ArmError> {
    Ok(json!({"value": compute::size_list()}))
}

fn machines_there(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Result<Value, ArmError> {
    let region = location(&arm.path);
    Ok(shown(
        cx,
        all_of(cx, &arm.path, machines::VM).filter(|one| one.location == region),
    ))
}

fn account_usages(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Result<Value, ArmError> {
    let subscription = arm.path.subscription.as_deref().unwrap_or_default();
    let region = location(&arm.path).unwrap_or_default();
    Ok(json!({"value": [{
        "unit": "Count",
        "currentValue": network::count(cx, subscription, &region, storage::ACCOUNT),
        "limit": network::limit(cx, subscription, "StorageAccounts", ACCOUNTS),
        "name": {"value": "StorageAccounts", "localizedValue": "Storage Accounts"},
    }]}))
}

fn account_skus(cx: &Cx<'_>, _: &ArmCall<'_>) -> Result<Value, ArmError> {
    let region = &cx.facts.endpoints.location;
    let rows = ACCOUNT_SKUS.iter().flat_map(|(name, tier, kinds)| {
        kinds.iter().map(move |kind| {
            json!({
                "resourceType": "storageAccounts", "name": name, "tier": tier, "kind": kind, "locations": [region],
                "locationInfo": [{"location": region, "zones": []}], "capabilities": [], "restrictions": [],
            })
        })
    });
    Ok(json!({"value": rows.collect::<Vec<_>>()}))
}
