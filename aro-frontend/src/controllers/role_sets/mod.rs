//! Which identities an OpenShift minor version needs, and which roles each of them.

pub(crate) mod get;
pub(crate) mod list;

use aro_api::model::PlatformWorkloadIdentityRoleSet;

use crate::fault::Fault;
use crate::request::Call;

/// All role sets, oldest version first.
pub(crate) async fn all(call: &Call) -> Result<Vec<PlatformWorkloadIdentityRoleSet>, Fault> {
    let stored = call.app.parts.store.role_sets().list().await?;
    let mut sets: Vec<PlatformWorkloadIdentityRoleSet> = stored
        .into_iter()
        .map(|stored| stored.document.platform_workload_identity_role_set)
        .filter(|set| !set.deleting)
        .collect();
    sets.sort_by_cached_key(|set| minor(&set.properties.openshift_version));
    Ok(sets)
}

/// The numbers of `4.16`, so that 4.9 stands before 4.10.
fn minor(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
