//! Planned maintenance, as the admin API shows it.

use super::{Page, write};
use crate::model::{MaintenanceManifest, MaintenanceSchedule};
use crate::resource::view::View;
use crate::version::ApiVersion;

/// A piece of maintenance. Below its cluster (`of_cluster`) the cluster is not named again.
pub fn manifest(manifest: &MaintenanceManifest, of_cluster: bool) -> Vec<u8> {
    write(&View {
        node: &shown(manifest, of_cluster),
        version: ApiVersion::admin(),
    })
}

/// A page of maintenance, in the order given.
pub fn manifests(manifests: &[MaintenanceManifest], of_cluster: bool, next_link: Option<&str>) -> Vec<u8> {
    let shown: Vec<_> = manifests.iter().map(|manifest| shown(manifest, of_cluster)).collect();
    let value = shown
        .iter()
        .map(|node| View {
            node,
            version: ApiVersion::admin(),
        })
        .collect();
    write(&Page { value, next_link })
}

fn shown(manifest: &MaintenanceManifest, of_cluster: bool) -> MaintenanceManifest {
    let mut shown = manifest.clone();
    if of_cluster {
        shown.cluster_resource_id.clear();
    }
    shown
}

/// A schedule of recurring maintenance.
pub fn schedule(schedule: &MaintenanceSchedule) -> Vec<u8> {
    write(&View {
        node: schedule,
        version: ApiVersion::admin(),
    })
}

/// A page of schedules, in the order given.
pub fn schedules(schedules: &[MaintenanceSchedule], next_link: Option<&str>) -> Vec<u8> {
    let version = ApiVersion::admin();
    let value = schedules.iter().map(|node| View { node, version }).collect();
    write(&Page { value, next_link })
}
