//! The virtual network and its subnets.

use aro_api::{
    Code,
    arm_id::SubnetId,
    model::{Cluster, PreconfiguredNsg},
};
use aro_azure::network::Subnet;
use ipnet::IpNet;

use crate::{
    validation::{Facts, Finding},
    wish,
};

/// Smallest subnet a cluster fits into.
const LONGEST_PREFIX: u8 = 27;
/// How the ranges inside a cluster are chosen.
const RANGES: &str = "az aro create --pod-cidr <range> --service-cidr <range>";

fn linked(target: &str, missing: String, command: String) -> Finding {
    Finding::new(Code::INVALID_LINKED_VNET, target, missing, command)
}

pub(super) fn judge(cluster: &Cluster, facts: &Facts, all: &mut Vec<Finding>) {
    let mut judged: Vec<String> = Vec::new();
    let mut ranges: Vec<(String, IpNet)> = Vec::new();
    for (path, id) in wish::subnets(cluster) {
        let Some(parsed) = SubnetId::parse(&id) else {
            all.push(linked(
                &path,
                format!("The subnet id {id} is malformed."),
                "az network vnet subnet list --resource-group <group> --vnet-name <vnet> --query [].id".to_owned(),
            ));
            continue;
        };
        let (group, vnet) = (parsed.resource_group, parsed.vnet);
        let first = !judged.iter().any(|known| known.eq_ignore_ascii_case(parsed.vnet_id));
        judged.push(parsed.vnet_id.to_owned());
        let network = match facts.network(parsed.vnet_id) {
            // It could not be read, which is a finding of its own.
            None => continue,
            Some(None) => {
                if first {
                    all.push(linked(
                        &path,
                        format!("The virtual network {} could not be found.", parsed.vnet_id),
                        format!(
                            "az network vnet create --resource-group {group} --name {vnet} --location {} --address-prefixes \
                             <range>",
                            cluster.location
                        ),
                    ));
                }
                continue;
            }
            Some(Some(network)) => network,
        };
        if first && !network.location.eq_ignore_ascii_case(&cluster.location) {
            all.push(linked(
                &path,
                format!(
                    "The virtual network {} is in region {}, the cluster in {}. Use a virtual network in the cluster's region.",
                    parsed.vnet_id, network.location, cluster.location
                ),
                format!("az network vnet list --query [?location=='{}'].id", cluster.location),
            ));
        }
        let subnet = network
            .properties
            .subnets
            .iter()
            .find(|subnet| subnet.id.eq_ignore_ascii_case(&id));
        let Some(subnet) = subnet else {
            all.push(linked(
                &path,
                format!("The subnet {id} could not be found."),
                format!(
                    "az network vnet subnet create --resource-group {group} --vnet-name {vnet} --name {} --address-prefixes \
                     <range of /{LONGEST_PREFIX} or larger>",
                    parsed.subnet
                ),
            ));
            continue;
        };
        state(&path, &id, subnet, all);
        size(&path, &id, subnet, &mut ranges, all);
        security_group(cluster, &path, &id, subnet, all);
    }
    own_ranges(cluster, &mut ranges, all);
    overlap(&ranges, all);
}

fn state(path: &str, id: &str, subnet: &Subnet, all: &mut Vec<Finding>) {
    let state = subnet.properties.provisioning_state.as_deref().unwrap_or("Succeeded");
    if state.eq_ignore_ascii_case("Succeeded") {
        return;
    }
    let mut found = linked(
        path,
        format!("The subnet {id} is in the state {state}; it must be Succeeded."),
        format!("az network vnet subnet update --ids {id}"),
    );
    // Somebody is changing it just now; that ends.
    found.may_settle = !state.eq_ignore_ascii_case("Failed");
    all.push(found);
}

fn size(path: &str, id: &str, subnet: &Subnet, ranges: &mut Vec<(String, IpNet)>, all: &mut Vec<Finding>) {
    let command =
        format!("az network vnet subnet update --ids {id} --address-prefixes <range of /{LONGEST_PREFIX} or larger>");
    let mut some = false;
    for prefix in subnet.properties.prefixes() {
        some = true;
        match prefix.parse::<IpNet>() {
            Err(_) => all.push(linked(
                path,
                format!("The subnet {id} has a range that cannot be read: {prefix}."),
                command.clone(),
            )),
            Ok(range) => {
                if range.prefix_len() > LONGEST_PREFIX {
                    all.push(linked(
                        path,
                        format!(
                            "The subnet {id} with range {range} is too small. It must have a range of /{LONGEST_PREFIX} or \
                             larger."
                        ),
                        command.clone(),
                    ));
                }
                ranges.push((path.to_owned(), range));
            }
        }
    }
    if !some {
        all.push(linked(path, format!("The subnet {id} has no address range."), command));
    }
}

fn security_group(cluster: &Cluster, path: &str, id: &str, subnet: &Subnet, all: &mut Vec<Finding>) {
    let attached = subnet.properties.network_security_group.as_ref();
    let brought = cluster.properties.network_profile.preconfigured_nsg == PreconfiguredNsg::Enabled;
    match (attached, brought) {
        (None, true) => all.push(linked(
            path,
            format!("The subnet {id} has no network security group, although preconfiguredNSG is Enabled."),
            format!("az network vnet subnet update --ids {id} --network-security-group <id>"),
        )),
        // A repeated attempt finds the group it has attached itself; where none is, the plan attaches it.
        (Some(group), false) if !wish::is_managed(cluster, &group.id) => all.push(linked(
            path,
            format!(
                "The subnet {id} has the network security group {}. Detach it, or set preconfiguredNSG to Enabled.",
                group.id
            ),
            format!("az network vnet subnet update --ids {id} --remove networkSecurityGroup"),
        )),
        _ => {}
    }
}

fn own_ranges(cluster: &Cluster, ranges: &mut Vec<(String, IpNet)>, all: &mut Vec<Finding>) {
    let profile = &cluster.properties.network_profile;
    for (member, range) in [("podCidr", &profile.pod_cidr), ("serviceCidr", &profile.service_cidr)] {
        let path = format!("properties.networkProfile.{member}");
        match range.parse() {
            Ok(range) => ranges.push((path, range)),
            Err(_) => all.push(linked(
                &path,
                format!("The range {range} is not a CIDR range."),
                RANGES.to_owned(),
            )),
        }
    }
}

fn overlap(ranges: &[(String, IpNet)], all: &mut Vec<Finding>) {
    for (index, (path, range)) in ranges.iter().enumerate() {
        for (other_path, other) in &ranges[..index] {
            if range.contains(other) || other.contains(range) {
                all.push(linked(
                    path,
                    format!(
                        "The ranges {other} ({other_path}) and {range} ({path}) overlap. Choose ranges that are apart."
                    ),
                    RANGES.to_owned(),
                ));
            }
        }
    }
}
