//! Members that a version shows otherwise than they are stored, each in one function.

use std::borrow::Cow;

use super::{Described, Shape};
use crate::model::{Cluster, OpenShiftVersion, PreconfiguredNsg, Properties};
use crate::version::ApiVersion;

/// Makes of a stored cluster what the version is to show, without a copy where that is what is stored. The result is
/// for views and as the ground of a request, never for the store.
pub(crate) fn project(cluster: &Cluster, version: ApiVersion) -> Cow<'_, Cluster> {
    let mut shown = Cow::Borrowed(cluster);
    for (applies, projection) in PROJECTIONS {
        if applies(&shown, version) {
            projection(shown.to_mut());
        }
    }
    shown
}

/// When a cluster is shown otherwise than stored, and how.
type Projection = (fn(&Cluster, ApiVersion) -> bool, fn(&mut Cluster));

const PROJECTIONS: [Projection; 4] = [
    // A version without a member for the machine sets that were found shows them in place of those that were wished
    // for.
    (
        |cluster, version| {
            let properties = &cluster.properties;
            properties.worker_profiles.is_some()
                && properties.worker_profiles_status.is_some()
                && !shows(Properties::described(), "workerProfilesStatus", version)
        },
        |cluster| cluster.properties.worker_profiles = cluster.properties.worker_profiles_status.clone(),
    ),
    // The object is always there for a version that has it.
    (
        |cluster, version| cluster.system_data.is_none() && shows(Cluster::described(), "systemData", version),
        |cluster| cluster.system_data = Some(Default::default()),
    ),
    // The identities of the operators are shown together with their map or not at all.
    (
        |cluster, _| {
            let profile = &cluster.properties.platform_workload_identity_profile;
            profile
                .as_ref()
                .is_some_and(|profile| profile.platform_workload_identities.is_none())
        },
        |cluster| cluster.properties.platform_workload_identity_profile = None,
    ),
    // The admin API shows the default where nothing is stored.
    (
        |cluster, version| version.is_admin() && cluster.properties.network_profile.preconfigured_nsg.is_unset(),
        |cluster| cluster.properties.network_profile.preconfigured_nsg = PreconfiguredNsg::Disabled,
    ),
];

fn shows(shape: &Shape, name: &str, version: ApiVersion) -> bool {
    shape
        .fields
        .iter()
        .any(|field| field.name == name && field.visible.contains(version))
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
