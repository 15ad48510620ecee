//! Whether the identities of a workload-identity cluster are those that its OpenShift version needs.

use std::collections::BTreeSet;

use crate::model::{Cluster, PlatformWorkloadIdentityRole, PlatformWorkloadIdentityRoleSet};
use crate::release::Release;
use crate::validate::text::quoted;
use crate::{CloudError, Code};

const TARGET: &str = "properties.PlatformWorkloadIdentityProfile.PlatformWorkloadIdentities";

/// The roles that a cluster's operators need: those of its minor version, and of the minor version that it may be
/// upgraded to. One entry for each operator and role definition.
///
/// # Errors
/// Status 400 `InvalidParameter` without target when a minor version has no role set or the version is unreadable.
pub fn required_roles<'a>(
    cluster: &Cluster,
    role_sets: &'a [PlatformWorkloadIdentityRoleSet],
) -> Result<Vec<&'a PlatformWorkloadIdentityRole>, CloudError> {
    let unknown = |version: &str| {
        let message = format!(
            "There are no platform workload identity roles for OpenShift {}. Choose another version.",
            quoted(version)
        );
        CloudError::invalid_parameter("", message)
    };
    let version = &cluster.properties.cluster_profile.version;
    let installed: Release = version.parse().map_err(|_| unknown(version))?;
    let mut minors = vec![installed.minor_version()];
    let profile = cluster.properties.platform_workload_identity_profile.as_ref();
    if let Some(upgrade) = profile.and_then(|profile| profile.upgradeable_to.as_deref()) {
        let upgrade: Release = upgrade.parse().map_err(|_| unknown(upgrade))?;
        if installed.is_lower_than(&upgrade) && upgrade.minor_version() != minors[0] {
            minors.push(upgrade.minor_version());
        }
    }
    let mut roles = Vec::new();
    let mut seen = BTreeSet::new();
    for minor in &minors {
        let set = role_sets
            .iter()
            .find(|set| !set.deleting && set.properties.openshift_version == *minor)
            .ok_or_else(|| unknown(minor))?;
        for role in set.properties.platform_workload_identity_roles.iter() {
            if seen.insert((role.operator_name.as_str(), role.role_definition_id.as_str())) {
                roles.push(role);
            }
        }
    }
    Ok(roles)
}

/// Checks that a workload-identity cluster has exactly the identities that its operators need. Other clusters pass.
///
/// # Errors
/// As [`required_roles`], and status 400 `PlatformWorkloadIdentityMismatch` with the names that are needed.
pub fn check_identities(cluster: &Cluster, role_sets: &[PlatformWorkloadIdentityRoleSet]) -> Result<(), CloudError> {
    if !cluster.uses_workload_identity() {
        return Ok(());
    }
    let roles = required_roles(cluster, role_sets)?;
    let required: BTreeSet<&str> = roles.iter().map(|role| role.operator_name.as_str()).collect();
    let profile = cluster.properties.platform_workload_identity_profile.as_ref();
    let given: BTreeSet<&str> = profile
        .into_iter()
        .flat_map(|profile| profile.platform_workload_identities.keys().map(String::as_str))
        .collect();
    if required == given {
        return Ok(());
    }
    let list = |names: Vec<&str>| names.join(", ").replace('"', "'");
    let mut message = format!(
        "The platform workload identities do not match those that the OpenShift version needs. Needed are exactly: {}.",
        list(required.iter().copied().collect())
    );
    for (names, what) in [
        (required.difference(&given), "Missing"),
        (given.difference(&required), "Not needed"),
    ] {
        let names: Vec<&str> = names.copied().collect();
        if !names.is_empty() {
            message.push_str(&format!(" {what}: {}.", list(names)));
        }
    }
    Err(CloudError::bad_request(
        Code::PLATFORM_WORKLOAD_IDENTITY_MISMATCH,
        TARGET,
        message,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PlatformWorkloadIdentity, PlatformWorkloadIdentityProfile};

    fn set(minor: &str, operators: &[&str]) -> PlatformWorkloadIdentityRoleSet {
        let mut set = PlatformWorkloadIdentityRoleSet::default();
        set.properties.openshift_version = minor.into();
        set.properties.platform_workload_identity_roles = operators
            .iter()
            .map(|name| PlatformWorkloadIdentityRole {
                operator_name: (*name).into(),
                ..Default::default()
            })
            .collect();
        set
    }

    fn cluster(version: &str, upgradeable_to: Option<&str>, operators: &[&str]) -> Cluster {
        let mut cluster = Cluster::default();
        cluster.properties.cluster_profile.version = version.into();
        cluster.properties.platform_workload_identity_profile = Some(PlatformWorkloadIdentityProfile {
            upgradeable_to: upgradeable_to.map(Into::into),
            platform_workload_identities: operators
                .iter()
                .map(|name| ((*name).to_owned(), PlatformWorkloadIdentity::default()))
                .collect(),
            ..Default::default()
        });
        cluster
    }

    #[test]
    fn names_must_be_exactly_those_of_all_needed_role_sets() {
        let sets = [set("4.16", &["a", "b"]), set("4.17", &["a", "b", "c"])];
        assert!(check_identities(&cluster("4.16.30", None, &["a", "b"]), &sets).is_ok());
        assert!(check_identities(&cluster("4.16.30", Some("4.16.99"), &["a", "b"]), &sets).is_ok());
        assert!(check_identities(&cluster("4.17.1", Some("4.16.0"), &["a", "b", "c"]), &sets).is_ok());
        let error = check_identities(&cluster("4.16.30", Some("4.17.0"), &["a", "x"]), &sets).unwrap_err();
        assert_eq!(
            (error.code, error.target.as_str()),
            (Code::PLATFORM_WORKLOAD_IDENTITY_MISMATCH, TARGET)
        );
        assert!(error.message.contains("exactly: a, b, c.") && error.message.contains("Not needed: x."));
        assert_eq!(
            check_identities(&cluster("4.18.0", None, &["a"]), &sets)
                .unwrap_err()
                .target,
            ""
        );
    }
}
