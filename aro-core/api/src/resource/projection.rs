//! Members that a version shows otherwise than they are stored, each in one function.

use super::{Described, Shape};
use crate::model::{Cluster, OpenShiftVersion, PreconfiguredNsg, Properties};
use crate::version::ApiVersion;

/// Makes of a stored cluster what the version is to show. The result is for views and as the ground of a request,
/// never for the store.
pub(crate) fn project(cluster: &mut Cluster, version: ApiVersion) {
    workers_as_found(cluster, version);
    system_data_is_there(cluster, version);
    identities_with_their_map(cluster);
    network_security_group_has_a_word(cluster, version);
}

fn shows(shape: &Shape, name: &str, version: ApiVersion) -> bool {
    shape
        .fields
        .iter()
        .any(|field| field.name == name && field.visible.contains(version))
}

/// A version without a member for the machine sets that were found shows them in place of those that were wished for.
fn workers_as_found(cluster: &mut Cluster, version: ApiVersion) {
    let properties = &mut cluster.properties;
    let hidden = !shows(Properties::described(), "workerProfilesStatus", version);
    if hidden && properties.worker_profiles.is_some() && properties.worker_profiles_status.is_some() {
        properties.worker_profiles = properties.worker_profiles_status.clone();
    }
}

/// The object is always there for a version that has it.
fn system_data_is_there(cluster: &mut Cluster, version: ApiVersion) {
    if shows(Cluster::described(), "systemData", version) {
        cluster.system_data.get_or_insert_default();
    }
}

/// The identities of the operators are shown together with their map or not at all.
fn identities_with_their_map(cluster: &mut Cluster) {
    let profile = &mut cluster.properties.platform_workload_identity_profile;
    if profile
        .as_ref()
        .is_some_and(|profile| profile.platform_workload_identities.is_none())
    {
        *profile = None;
    }
}

/// The admin API shows the default where nothing is stored.
fn network_security_group_has_a_word(cluster: &mut Cluster, version: ApiVersion) {
    let group = &mut cluster.properties.network_profile.preconfigured_nsg;
    if version.is_admin() && group.is_unset() {
        *group = PreconfiguredNsg::Disabled;
    }
}

/// A version that shows names fills those that nobody gave.
pub(crate) fn project_version(version: &mut OpenShiftVersion, api_version: ApiVersion) {
    if !shows(OpenShiftVersion::described(), "name", api_version) {
        return;
    }
    if version.name.is_empty() {
        version.name = version.properties.version.clone();
    }
    if version.r#type.is_empty() {
        version.r#type = "Microsoft.RedHatOpenShift/OpenShiftVersion".to_owned();
    }
}
