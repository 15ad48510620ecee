//! What must be true in the customer's subscription before anything is made or changed.

use aro_api::{
    CloudError, Code,
    arm_id::{ResourceGroupId, SubnetId},
    model::{PreconfiguredNsg, ProvisioningState},
};
use aro_azure::{
    compute::models::{ResourceSku, resource_sku_restrictions},
    network::{self, Subnet, Usage, VirtualNetwork},
};
use ipnet::IpNet;

use super::context::Cx;
use crate::{Change, StepError, Verdict};

/// Smallest subnet a cluster fits into.
const LONGEST_PREFIX: u8 = 27;
/// Zones a cluster is spread over.
const ZONES: [&str; 3] = ["1", "2", "3"];

/// The service principal can sign in.
pub(crate) async fn credentials(cx: Cx) -> Result<Verdict, StepError> {
    let credential = cx.service_principal().await?;
    cx.environment.azure.prove(credential.as_ref()).await?;
    Ok(Change::none().into())
}

/// The subnets exist, lie in the cluster's region, are large enough, do not overlap and have the right security group.
pub(crate) async fn network(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let creating = cx.properties().provisioning_state == ProvisioningState::Creating;
    let mut networks: Vec<(String, VirtualNetwork)> = Vec::new();
    let mut ranges: Vec<(String, IpNet)> = Vec::new();
    for (path, id) in cx.subnets() {
        let parsed = SubnetId::parse(&id).ok_or_else(|| linked(&path, format!("The subnet id {id} is malformed.")))?;
        if !networks
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(parsed.vnet_id))
        {
            let found = arm.find::<VirtualNetwork>(parsed.vnet_id).await?.ok_or_else(|| {
                linked(
                    &path,
                    format!(
                        "The virtual network {} could not be found. Create it, or name one that exists.",
                        parsed.vnet_id
                    ),
                )
            })?;
            check_location(&cx, &path, parsed.vnet_id, &found)?;
            networks.push((parsed.vnet_id.to_owned(), found));
        }
        let network = networks
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(parsed.vnet_id));
        let subnet = network
            .and_then(|(_, network)| {
                network
                    .properties
                    .subnets
                    .iter()
                    .find(|subnet| subnet.id.eq_ignore_ascii_case(&id))
            })
            .ok_or_else(|| {
                linked(
                    &path,
                    format!("The subnet {id} could not be found. Create it, or name one that exists."),
                )
            })?;
        ranges.extend(check_size(&path, &id, subnet)?);
        check_security_group(&cx, &path, &id, subnet, creating)?;
    }
    let profile = &cx.properties().network_profile;
    for (path, range) in [
        ("properties.networkProfile.podCidr", &profile.pod_cidr),
        ("properties.networkProfile.serviceCidr", &profile.service_cidr),
    ] {
        let parsed = range
            .parse()
            .map_err(|_| linked(path, format!("The range {range} is not a CIDR range.")))?;
        ranges.push((path.to_owned(), parsed));
    }
    check_overlap(&ranges)?;
    Ok(Change::none().into())
}

fn check_location(cx: &Cx, path: &str, id: &str, network: &VirtualNetwork) -> Result<(), CloudError> {
    let wanted = &cx.cluster().location;
    if network.location.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    let text = format!(
        "The virtual network {id} is in region {}, the cluster in {wanted}. Use a virtual network in the cluster's region.",
        network.location
    );
    Err(linked(path, text))
}

fn check_size(path: &str, id: &str, subnet: &Subnet) -> Result<Vec<(String, IpNet)>, CloudError> {
    let mut ranges = Vec::new();
    for prefix in subnet.properties.prefixes() {
        let range: IpNet = prefix.parse().map_err(|_| {
            linked(
                path,
                format!("The subnet {id} has a range that cannot be read: {prefix}."),
            )
        })?;
        if range.prefix_len() > LONGEST_PREFIX {
            let text =
                format!("The subnet {id} with range {range} is too small. Use a range of /{LONGEST_PREFIX} or larger.");
            return Err(linked(path, text));
        }
        ranges.push((path.to_owned(), range));
    }
    if ranges.is_empty() {
        return Err(linked(
            path,
            format!("The subnet {id} has no address range. Give it one."),
        ));
    }
    Ok(ranges)
}

fn check_security_group(cx: &Cx, path: &str, id: &str, subnet: &Subnet, creating: bool) -> Result<(), StepError> {
    let attached = subnet.properties.network_security_group.as_ref();
    let preconfigured = cx.properties().network_profile.preconfigured_nsg == PreconfiguredNsg::Enabled;
    match (attached, preconfigured, creating) {
        (None, true, _) => {
            let text =
                format!("The subnet {id} has no network security group. Attach one, or leave out preconfiguredNSG.");
            Err(linked(path, text).into())
        }
        // A repeated attempt finds the group it has attached itself.
        (Some(group), false, true) if !is_ours(cx, &group.id) => {
            let text = format!(
                "The subnet {id} has the network security group {}. Detach it, or set preconfiguredNSG to Enabled.",
                group.id
            );
            Err(linked(path, text).into())
        }
        // Later on, the plan attaches our group where none is.
        _ => Ok(()),
    }
}

/// Whether the group lies in the managed resource group.
pub(crate) fn is_ours(cx: &Cx, id: &str) -> bool {
    cx.managed_group().is_ok_and(|group| {
        let prefix = format!("{}/", group.to_lowercase());
        id.to_lowercase().starts_with(&prefix)
    })
}

fn check_overlap(ranges: &[(String, IpNet)]) -> Result<(), CloudError> {
    for (index, (path, range)) in ranges.iter().enumerate() {
        for (other_path, other) in &ranges[..index] {
            if range.contains(other) || other.contains(range) {
                let text = format!(
                    "The ranges {other} ({other_path}) and {range} ({path}) overlap. Choose ranges that are apart."
                );
                return Err(linked(path, text));
            }
        }
    }
    Ok(())
}

fn linked(path: &str, message: String) -> CloudError {
    CloudError::bad_request(Code::INVALID_LINKED_VNET, path, message)
}

/// Enough public addresses are left.
pub(crate) async fn quota(cx: Cx) -> Result<Verdict, StepError> {
    let needed = needed_addresses(&cx);
    if !cx.calls_out_by_load_balancer() || needed == 0 {
        return Ok(Change::none().into());
    }
    let arm = cx.arm().await?;
    let location = cx.cluster().location.to_lowercase();
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.Network/locations/{location}/usages",
        cx.subscription()?
    );
    let usages: Vec<Usage> = arm.list(&path, network::API_VERSION, &[]).await?;
    let addresses = usages
        .iter()
        .find(|usage| usage.name.value.eq_ignore_ascii_case("PublicIPAddresses"));
    if let Some(usage) = addresses
        && needed > usage.limit - usage.current_value
    {
        let text = format!(
            "The cluster needs {needed} more public addresses, but only {} of {} are left in region {location}. Ask for a \
             higher limit, delete addresses that are not used, or want fewer.",
            (usage.limit - usage.current_value).max(0),
            usage.limit
        );
        let target = "properties.networkProfile.loadBalancerProfile.managedOutboundIps.count";
        return Err(CloudError::bad_request(Code::RESOURCE_QUOTA_EXCEEDED, target, text).into());
    }
    Ok(Change::none().into())
}

/// Public addresses that are still to be made. A repeated attempt of a create counts what it has made already twice over,
/// in the limit and here; the limit is then only met sooner, never passed over.
fn needed_addresses(cx: &Cx) -> i64 {
    let wanted = i64::try_from(cx.wanted_outbound().unwrap_or(1)).unwrap_or(i64::MAX);
    let profile = cx.properties().network_profile.load_balancer_profile.as_ref();
    let current = profile.map_or(0, |profile| {
        i64::try_from(profile.effective_outbound_ips.len()).unwrap_or(0)
    });
    if cx.properties().provisioning_state == ProvisioningState::Creating {
        wanted + i64::from(cx.ingress_is_public())
    } else {
        (wanted - current).max(0)
    }
}

/// The machine sizes can be had; and in which zones.
pub(crate) async fn machine_sizes(cx: Cx) -> Result<Verdict, StepError> {
    let location = cx.cluster().location.to_lowercase();
    let skus = cx.compute().await?.skus(cx.subscription()?, &location).await?;
    let (workers, member) = cx.cluster().workers();
    let mut wanted = vec![(
        "properties.masterProfile.vmSize".to_owned(),
        &cx.properties().master_profile.vm_size,
    )];
    wanted.extend(
        workers
            .iter()
            .enumerate()
            .map(|(index, worker)| (format!("properties.{member}[{index}].vmSize"), &worker.vm_size)),
    );
    let mut all_zones: Vec<Vec<String>> = Vec::new();
    for (path, size) in &wanted {
        let sku = skus.iter().find(|sku| is_machine(sku) && name_is(sku, size));
        let Some(sku) = sku.filter(|sku| !is_restricted(sku)) else {
            let text = format!(
                "The machine size {size} is not available to the subscription in region {location}. Choose another size or \
                 region."
            );
            return Err(CloudError::invalid_parameter(path, text).into());
        };
        let mut zones: Vec<String> = sku
            .location_info
            .first()
            .map(|info| info.zones.clone())
            .unwrap_or_default();
        zones.retain(|zone| ZONES.contains(&zone.as_str()));
        zones.sort_unstable();
        if !zones.is_empty() && zones.len() < ZONES.len() {
            let text = format!(
                "The machine size {size} is available in {} zones of region {location} only; a cluster needs three. Choose \
                 another size or region.",
                zones.len()
            );
            return Err(CloudError::invalid_parameter(path, text).into());
        }
        all_zones.push(zones);
    }
    if all_zones.iter().any(Vec::is_empty) != all_zones.iter().all(Vec::is_empty) {
        let text = format!(
            "Some of the machine sizes are available in zones of region {location}, others not. Choose sizes of one kind."
        );
        return Err(CloudError::invalid_parameter("properties.workerProfiles", text).into());
    }
    let mut zones: Vec<String> = all_zones.into_iter().flatten().collect();
    zones.sort_unstable();
    zones.dedup();
    Ok(Change::document(move |document| document.cluster.properties.zones = zones.clone().into()).into())
}

fn is_machine(sku: &ResourceSku) -> bool {
    sku.resource_type
        .as_deref()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("virtualMachines"))
}

fn name_is(sku: &ResourceSku, size: &str) -> bool {
    sku.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(size))
}

/// Whether the subscription cannot have the size in the region at all. A restriction of a zone leaves the others.
fn is_restricted(sku: &ResourceSku) -> bool {
    sku.restrictions
        .iter()
        .any(|restriction| matches!(restriction.type_, Some(resource_sku_restrictions::Type::Location)))
}

/// The managed resource group is named by a resource id in the cluster's own subscription.
pub(crate) fn managed_group_fits(cx: &Cx) -> Result<(), StepError> {
    let id = cx.managed_group()?;
    match ResourceGroupId::parse(id) {
        Some(parsed) if parsed.subscription_id.eq_ignore_ascii_case(cx.subscription()?) => Ok(()),
        _ => {
            let text =
                format!("The managed resource group {id} is not in the cluster's subscription. Name one that is.");
            Err(CloudError::invalid_parameter("properties.clusterProfile.resourceGroupId", text).into())
        }
    }
}
