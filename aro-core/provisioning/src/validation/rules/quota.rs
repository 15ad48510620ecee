//! Limits of the subscription. What the cluster has made already is in the limit's count and is not needed again, so that a
//! repeated attempt does not count it twice.

use std::collections::BTreeMap;

use aro_api::{Code, model::Cluster};
use aro_azure::network::Usage;

use super::subscription_of;
use crate::{
    validation::{Facts, Finding},
    wish,
};

/// Ports of one public address that machines can call out from.
const PORTS: usize = 63_992;
/// Ports that each machine gets.
const PORTS_OF_A_MACHINE: usize = 1024;

pub(super) fn judge(cluster: &Cluster, facts: &Facts, all: &mut Vec<Finding>) {
    addresses(cluster, facts, all);
    if wish::is_being_created(cluster) {
        cores(cluster, facts, all);
    } else {
        ports(cluster, facts, all);
    }
}

fn left(usage: &Usage) -> i64 {
    usage.limit.saturating_sub(usage.current_value).max(0)
}

fn exceeded(cluster: &Cluster, target: &str, provider: &str, kind: &str, needed: i64, usage: &Usage) -> Finding {
    let counted = &usage.name.value;
    Finding::new(
        Code::RESOURCE_QUOTA_EXCEEDED,
        target,
        format!(
            "The cluster needs {needed} more of {counted} in region {}, but {} of {} are left. Ask for a higher limit, or \
             free what is not used.",
            cluster.location,
            left(usage),
            usage.limit
        ),
        format!(
            "az quota update --resource-name {counted} --resource-type {kind} --limit-object value={} --scope \
             /subscriptions/{}/providers/{provider}/locations/{}",
            usage.current_value.saturating_add(needed),
            subscription_of(cluster),
            cluster.location
        ),
    )
}

fn addresses(cluster: &Cluster, facts: &Facts, all: &mut Vec<Finding>) {
    let missing = wish::public_addresses(cluster).saturating_sub(facts.made.public_addresses);
    let needed = i64::try_from(missing).unwrap_or(i64::MAX);
    let usage = facts
        .usages
        .iter()
        .find(|usage| usage.name.value.eq_ignore_ascii_case("PublicIPAddresses"));
    if let Some(usage) = usage.filter(|usage| needed > left(usage)) {
        let target = "properties.networkProfile.loadBalancerProfile.managedOutboundIps.count";
        all.push(exceeded(
            cluster,
            target,
            "Microsoft.Network",
            "PublicIpAddresses",
            needed,
            usage,
        ));
    }
}

fn cores(cluster: &Cluster, facts: &Facts, all: &mut Vec<Finding>) {
    // Machines that are still to be made: those of an earlier attempt are taken off the first of their size.
    let mut missing = wish::machines(cluster);
    for made in &facts.made.machines {
        let same = |machines: &&mut wish::Machines<'_>| machines.count > 0 && machines.size.eq_ignore_ascii_case(made);
        if let Some(machines) = missing.iter_mut().find(same) {
            machines.count -= 1;
        }
    }
    let mut needed: BTreeMap<String, (i64, String)> = BTreeMap::new();
    let mut need = |what: &str, amount: i64, target: &str| {
        let entry = needed.entry(what.to_owned()).or_insert_with(|| (0, target.to_owned()));
        entry.0 = entry.0.saturating_add(amount);
    };
    for machines in &missing {
        let Some(size) = facts.size(machines.size) else {
            continue;
        };
        let target = machines.size_target();
        let cores = size.cores.saturating_mul(machines.count);
        need("virtualMachines", machines.count, &target);
        // Each starts from a disk of its own.
        need("PremiumDiskCount", machines.count, &target);
        need("cores", cores, &target);
        need(&size.family, cores, &target);
    }
    for (what, (amount, target)) in &needed {
        let usage = facts
            .usages
            .iter()
            .find(|usage| usage.name.value.eq_ignore_ascii_case(what));
        if let Some(usage) = usage.filter(|usage| *amount > left(usage)) {
            all.push(exceeded(
                cluster,
                target,
                "Microsoft.Compute",
                "dedicated",
                *amount,
                usage,
            ));
        }
    }
}

fn ports(cluster: &Cluster, facts: &Facts, all: &mut Vec<Finding>) {
    let (Some(machines), Some(addresses)) = (facts.calling_out, wish::outbound_addresses(cluster)) else {
        return;
    };
    let room = addresses.saturating_mul(PORTS) / PORTS_OF_A_MACHINE;
    if machines > room {
        let enough = (machines * PORTS_OF_A_MACHINE).div_ceil(PORTS);
        all.push(Finding::new(
            Code::INVALID_PARAMETER,
            "properties.networkProfile.loadBalancerProfile",
            format!(
                "{machines} machines call out through the load balancer, but {addresses} addresses have ports for {room} \
                 only. At least {enough} addresses are needed."
            ),
            format!(
                "az aro update --ids {} --load-balancer-managed-outbound-ip-count {enough}",
                cluster.id
            ),
        ));
    }
}
