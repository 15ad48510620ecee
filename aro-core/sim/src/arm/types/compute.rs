//! What the compute provider offers in the region: SKUs, quotas.

use http::Method;
use serde_json::{Value, json};

use super::network::limit;
use crate::arm::authorization;
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::registry::Kind;
use crate::arm::writing::known_location;
use crate::call::Reply;
use crate::state::State;

pub(super) const KINDS: &[Kind] = &[];

/// A series of sizes: the name around the number of cores, the numbers, the quota it counts against, GiB per core.
struct Series {
    before: &'static str,
    after: &'static str,
    cores: &'static [u32],
    family: &'static str,
    memory_per_core: u32,
}

const fn series(
    before: &'static str,
    after: &'static str,
    cores: &'static [u32],
    family: &'static str,
    memory_per_core: u32,
) -> Series {
    Series {
        before,
        after,
        cores,
        family,
        memory_per_core,
    }
}

const USUAL: &[u32] = &[2, 4, 8, 16, 32, 48, 64, 72, 96];

/// The machine sizes of the region, from Azure's public list.
const SERIES: &[Series] = &[
    series("Standard_D", "s_v3", USUAL, "standardDSv3Family", 4),
    series("Standard_D", "s_v4", USUAL, "standardDSv4Family", 4),
    series("Standard_D", "s_v5", USUAL, "standardDSv5Family", 4),
    series("Standard_D", "s_v6", USUAL, "standardDSv6Family", 4),
    series("Standard_D", "as_v4", USUAL, "standardDASv4Family", 4),
    series("Standard_D", "as_v5", USUAL, "standardDASv5Family", 4),
    series("Standard_D", "ds_v5", USUAL, "standardDDSv5Family", 4),
    series("Standard_D", "ds_v4", USUAL, "standardDDSv4Family", 4),
    series("Standard_D", "ads_v5", USUAL, "standardDADSv5Family", 4),
    series("Standard_D", "ds_v6", USUAL, "standardDDSv6Family", 4),
    series("Standard_D", "ls_v5", USUAL, "standardDLSv5Family", 2),
    series("Standard_D", "lds_v5", USUAL, "standardDLDSv5Family", 2),
    series("Standard_D", "ls_v6", USUAL, "standardDLSv6Family", 2),
    series("Standard_D", "lds_v6", USUAL, "standardDLDSv6Family", 2),
    series(
        "Standard_E",
        "s_v3",
        &[2, 4, 8, 16, 20, 32, 48, 64],
        "standardESv3Family",
        8,
    ),
    series(
        "Standard_E",
        "s_v4",
        &[2, 4, 8, 16, 20, 32, 48, 64],
        "standardESv4Family",
        8,
    ),
    series(
        "Standard_E",
        "s_v5",
        &[2, 4, 8, 16, 20, 32, 48, 64, 96],
        "standardESv5Family",
        8,
    ),
    series(
        "Standard_E",
        "s_v6",
        &[2, 4, 8, 16, 20, 32, 48, 64, 96, 128],
        "standardESv6Family",
        8,
    ),
    series(
        "Standard_E",
        "as_v4",
        &[2, 4, 8, 16, 20, 32, 48, 64, 96],
        "standardEASv4Family",
        8,
    ),
    series(
        "Standard_E",
        "as_v5",
        &[2, 4, 8, 16, 20, 32, 48, 64, 96],
        "standardEASv5Family",
        8,
    ),
    series(
        "Standard_E",
        "ds_v5",
        &[2, 4, 8, 16, 20, 32, 48, 64, 96],
        "standardEDSv5Family",
        8,
    ),
    series(
        "Standard_E",
        "ads_v5",
        &[2, 4, 8, 16, 20, 32, 48, 64, 96],
        "standardEADSv5Family",
        8,
    ),
    series(
        "Standard_E",
        "ds_v6",
        &[2, 4, 8, 16, 20, 32, 48, 64, 96, 128],
        "standardEDSv6Family",
        8,
    ),
    series("Standard_E", "is_v3", &[64], "standardESv3Family", 7),
    series("Standard_E", "is_v4", &[80], "standardEISv4Family", 6),
    series("Standard_E", "ids_v4", &[80], "standardEIDSv4Family", 6),
    series("Standard_E", "is_v5", &[104], "standardEISv5Family", 6),
    series("Standard_E", "ids_v5", &[104], "standardEIDSv5Family", 6),
    series(
        "Standard_F",
        "s_v2",
        &[2, 4, 8, 16, 32, 48, 64, 72],
        "standardFSv2Family",
        2,
    ),
    series("Standard_L", "s", &[4, 8, 16, 32], "standardLsv2Family", 8),
    series("Standard_L", "s_v2", &[8, 16, 32, 48, 64, 80], "standardLsv2Family", 8),
    series("Standard_L", "s_v3", &[8, 16, 32, 48, 64, 80], "standardLsv3Family", 8),
    series(
        "Standard_L",
        "s_v4",
        &[2, 4, 8, 16, 32, 48, 64, 80, 96],
        "standardLsv4Family",
        8,
    ),
    series(
        "Standard_L",
        "as_v3",
        &[8, 16, 32, 48, 64, 80],
        "standardLASv3Family",
        8,
    ),
    series("Standard_M", "ms", &[8, 16, 32, 64, 128], "standardMSFamily", 30),
    series("Standard_M", "s", &[64, 128], "standardMSFamily", 16),
    series(
        "Standard_NC",
        "as_T4_v3",
        &[4, 8, 16, 64],
        "Standard NCASv3_T4 Family",
        7,
    ),
    series("Standard_NC", "s_v3", &[6, 12, 24], "Standard NCSv3 Family", 18),
    series("Standard_NC", "rs_v3", &[24], "Standard NCSv3 Family", 18),
    series("Standard_G", "s_v1", &[5], "standardGSFamily", 14),
    series("Standard_DS", "_v2", &[2, 3, 4], "standardDSv2Family", 3),
];

/// Sizes that follow no series.
const OTHERS: &[(&str, &str, u32, u32)] = &[
    ("Standard_GS5", "standardGSFamily", 32, 14),
    ("Standard_G5", "standardGFamily", 32, 14),
    ("Standard_L8s_v2", "standardLsv2Family", 8, 8),
    ("Standard_D1l6ds_v6", "standardDLDSv6Family", 16, 2),
];

struct Size {
    name: String,
    family: &'static str,
    cores: u32,
    memory: u32,
}

fn sizes() -> impl Iterator<Item = Size> {
    let regular = SERIES.iter().flat_map(|one| {
        one.cores.iter().map(|cores| Size {
            name: format!("{}{cores}{}", one.before, one.after),
            family: one.family,
            cores: *cores,
            memory: cores * one.memory_per_core,
        })
    });
    let others = OTHERS.iter().map(|(name, family, cores, per_core)| Size {
        name: (*name).to_owned(),
        family,
        cores: *cores,
        memory: cores * per_core,
    });
    regular.chain(others)
}

/// Whether the region has the size.
pub(super) fn size_exists(name: &str) -> bool {
    sizes().any(|size| size.name.eq_ignore_ascii_case(name))
}

/// The sizes in the form of the older lists.
pub(super) fn size_list() -> Vec<Value> {
    let row = |size: Size| {
        json!({
            "name": size.name, "numberOfCores": size.cores, "memoryInMB": size.memory * 1024, "osDiskSizeInMB": 1_047_552,
            "resourceDiskSizeInMB": 0, "maxDataDiskCount": (size.cores * 2).min(64),
        })
    };
    sizes().map(row).collect()
}

const STANDARD_CORES: u64 = 100_000;

/// Cores in use: of one family, or of all.
fn cores_used(cx: &Cx<'_>, subscription: &str, family: Option<&str>) -> u64 {
    let prefix = format!("/subscriptions/{}/", subscription.to_lowercase());
    cx.state
        .resources
        .under(&prefix)
        .filter(|(_, one)| one.kind == super::machines::VM)
        .filter_map(|(_, one)| one.property("hardwareProfile")?["vmSize"].as_str())
        .filter_map(|name| sizes().find(|size| size.name.eq_ignore_ascii_case(name)))
        .filter(|size| family.is_none_or(|family| size.family == family))
        .map(|size| u64::from(size.cores))
        .sum()
}

/// Refuses a machine for which the subscription has no cores left.
pub(super) fn check_quota(cx: &Cx<'_>, subscription: &str, size: &str) -> Result<(), ArmError> {
    let Some(size) = sizes().find(|one| one.name.eq_ignore_ascii_case(size)) else {
        return Ok(());
    };
    for (name, family) in [("cores", None), (size.family, Some(size.family))] {
        let limit = limit(cx, subscription, name, STANDARD_CORES);
        // Counting every machine is only worth it when a limit is in reach.
        if limit == STANDARD_CORES {
            continue;
        }
        let used = cores_used(cx, subscription, family);
        if used + u64::from(size.cores) > limit {
            return Err(ArmError::new(
                409,
                "OperationNotAllowed",
                format!(
                    "Operation could not be completed as it results in exceeding approved {name} Cores quota. Additional \
                     details - Deployment Model: Resource Manager, Location: {}, Current Limit: {limit}, Current Usage: \
                     {used}, Additional Required: {}, (Minimum) New Limit Required: {}.",
                    cx.facts.endpoints.location,
                    size.cores,
                    used + u64::from(size.cores)
                ),
            ));
        }
    }
    Ok(())
}

/// The fact that says which availability zones the region has, where it is not the usual three.
const ZONES: &str = "zones";

pub(crate) fn set_zones(state: &mut State, zones: &[String]) {
    state.facts.put(ZONES.to_owned(), json!(zones));
}

/// The availability zones of the region.
pub(crate) fn zones(state: &State) -> Vec<String> {
    match state.facts.get(ZONES).and_then(Value::as_array) {
        Some(zones) => zones.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => ["1", "2", "3"].map(str::to_owned).to_vec(),
    }
}

fn sku(size: &Size, location: &str, zones: &[String]) -> Value {
    let capability = |name: &str, value: &str| json!({"name": name, "value": value});
    json!({
        "resourceType": "virtualMachines", "name": size.name, "tier": "Standard",
        "size": size.name.trim_start_matches("Standard_"), "family": size.family, "locations": [location],
        "locationInfo": [{"location": location, "zones": zones, "zoneDetails": []}],
        "capabilities": [
            capability("vCPUs", &size.cores.to_string()),
            capability("vCPUsAvailable", &size.cores.to_string()),
            capability("MemoryGB", &size.memory.to_string()),
            capability("PremiumIO", "True"),
            capability("HyperVGenerations", "V1,V2"),
            capability("EncryptionAtHostSupported", "True"),
            capability("AcceleratedNetworkingEnabled", "True"),
            capability("CpuArchitectureType", "x64"),
            capability("MaxNetworkInterfaces", "4"),
        ],
        "restrictions": [],
    })
}

/// SKUs, usages and sizes.
pub(super) fn answer(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    if arm.call.method != Method::GET {
        return None;
    }
    let location = &cx.facts.endpoints.location;
    let kind = arm.path.kind().to_lowercase();
    let action = match kind.as_str() {
        "microsoft.compute/skus" => "Microsoft.Compute/skus/read",
        "microsoft.compute/locations/usages" => "Microsoft.Compute/locations/usages/read",
        "microsoft.compute/virtualmachines/instanceview" => "Microsoft.Compute/virtualMachines/instanceView/read",
        _ => return None,
    };
    if let Err(error) = authorization::authorize(cx.state, &arm.caller, action, &arm.path.scope) {
        return Some(Err(error));
    }
    let subscription = arm.path.subscription.clone().unwrap_or_default();
    if kind.ends_with("/instanceview") {
        let own_key = crate::arm::id::key(&arm.path.without_last().text);
        return Some(match cx.state.resources.get(&own_key) {
            Some(machine) => Ok(Reply::json(200, &super::machines::instance_view(machine))),
            None => Err(ArmError::new(
                404,
                "ResourceNotFound",
                format!("The Resource '{}' was not found.", arm.path.without_last().text),
            )),
        });
    }
    if kind.ends_with("/skus") {
        let filter = arm.call.query("$filter").unwrap_or_default();
        let wanted = filter
            .split_once("location eq '")
            .map(|(_, rest)| rest.trim_end_matches('\'').to_owned());
        let here = wanted.is_none_or(|wanted| known_location(&wanted).as_deref() == Some(location));
        let value: Vec<Value> = if here {
            let zones = zones(cx.state);
            sizes().map(|size| sku(&size, location, &zones)).collect()
        } else {
            Vec::new()
        };
        return Some(Ok(Reply::json(200, &json!({"value": value}))));
    }
    let usage = |name: &str, words: &str, used: u64, standard: u64| {
        json!({
            "unit": "Count", "currentValue": used, "limit": limit(cx, &subscription, name, standard),
            "name": {"value": name, "localizedValue": words},
        })
    };
    let prefix = format!("/subscriptions/{}/", subscription.to_lowercase());
    let machines = cx
        .state
        .resources
        .under(&prefix)
        .filter(|(_, one)| one.kind == super::machines::VM)
        .count() as u64;
    let mut value = vec![
        usage(
            "cores",
            "Total Regional vCPUs",
            cores_used(cx, &subscription, None),
            STANDARD_CORES,
        ),
        usage("virtualMachines", "Virtual Machines", machines, 25000),
    ];
    let mut families: Vec<&str> = SERIES.iter().map(|one| one.family).collect();
    families.sort_unstable();
    families.dedup();
    for family in families {
        value.push(usage(
            family,
            &format!("Standard {family} vCPUs"),
            cores_used(cx, &subscription, Some(family)),
            STANDARD_CORES,
        ));
    }
    Some(Ok(Reply::json(200, &json!({"value": value}))))
}
