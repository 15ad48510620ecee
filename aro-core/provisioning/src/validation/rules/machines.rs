//! Machine sizes and the zones that have them.

use std::collections::BTreeSet;

use aro_api::{Code, model::Cluster};

use crate::{
    validation::{Facts, Finding},
    wish,
};

/// Zones a cluster needs at least, where the region has any.
const ZONES: usize = 3;

/// The zones that a new cluster is spread over; none where the region or its sizes have none.
#[must_use]
pub fn zones(cluster: &Cluster, facts: &Facts) -> Vec<String> {
    let machines = wish::machines(cluster);
    let sizes = machines.iter().filter_map(|machines| facts.size(machines.size));
    let zones: BTreeSet<&str> = sizes.flat_map(|size| &size.zones).map(String::as_str).collect();
    zones.into_iter().map(str::to_owned).collect()
}

pub(super) fn judge(cluster: &Cluster, facts: &Facts, all: &mut Vec<Finding>) {
    if facts.sizes.is_none() {
        return;
    }
    let location = &cluster.location;
    let list = |size: &str| format!("az vm list-skus --location {location} --size {size} --all --output table");
    let mut zonal: Vec<bool> = Vec::new();
    for machines in wish::machines(cluster) {
        let size = machines.size;
        let target = machines.size_target();
        let Some(found) = facts.size(size).filter(|found| !found.restricted) else {
            all.push(Finding::new(
                Code::INVALID_PARAMETER,
                target,
                format!(
                    "The machine size {size} is not available to the subscription in region {location}. Choose another size \
                     or region."
                ),
                list(size),
            ));
            continue;
        };
        let count = found.zones.len();
        zonal.push(count > 0);
        if count > 0 && count < ZONES {
            all.push(Finding::new(
                Code::INVALID_PARAMETER,
                target,
                format!(
                    "The machine size {size} is available in {count} zones of region {location} only; a cluster needs three. \
                     Choose another size or region."
                ),
                list(size),
            ));
        }
    }
    if zonal.iter().any(|one| *one) && !zonal.iter().all(|one| *one) {
        let (_, member) = cluster.workers();
        all.push(Finding::new(
            Code::INVALID_PARAMETER,
            format!("properties.{member}"),
            format!(
                "Some of the machine sizes are available in zones of region {location}, others not. Choose sizes of one kind."
            ),
            list("Standard"),
        ));
    }
}
