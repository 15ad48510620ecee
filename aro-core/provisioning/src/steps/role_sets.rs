//! Which operators of a cluster act in Azure, and what each of them needs.

use aro_api::{CloudError, model::PlatformWorkloadIdentityRole};

use super::context::Cx;
use crate::StepError;

/// `4.18` of `4.18.9`, as numbers: versions sort by them.
fn minor(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.split('.').map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    }
}

/// The operators of the cluster's minor version, and of the one it may be upgraded to. What both have is there once, with
/// the service accounts of both.
pub(crate) async fn operators(cx: &Cx) -> Result<Vec<PlatformWorkloadIdentityRole>, StepError> {
    let version = &cx.properties().cluster_profile.version;
    let profile = cx.properties().platform_workload_identity_profile.as_ref();
    let next = profile
        .and_then(|profile| profile.upgradeable_to.as_deref())
        .unwrap_or_default();
    let own = minor(version);
    let mut wanted = vec![(own, version.as_str(), "properties.clusterProfile.version")];
    if minor(next) > own {
        let target = "properties.platformWorkloadIdentityProfile.upgradeableTo";
        wanted.push((minor(next), next, target));
    }
    let sets = cx.environment.store.role_sets().list().await?;
    let mut found: Vec<PlatformWorkloadIdentityRole> = Vec::new();
    for (minor_version, version, target) in wanted {
        let set = sets
            .iter()
            .map(|stored| &stored.document.platform_workload_identity_role_set.properties)
            .find(|set| minor_version.is_some() && minor(&set.openshift_version) == minor_version)
            .ok_or_else(|| {
                let text = format!(
                    "It is not known which identities OpenShift {version} needs. Choose a version that is offered in this \
                     region."
                );
                CloudError::invalid_parameter(target, text)
            })?;
        for role in set.platform_workload_identity_roles.iter() {
            match found.iter_mut().find(|one| one.operator_name == role.operator_name) {
                None => found.push(role.clone()),
                Some(known) => {
                    for account in role.service_accounts.iter() {
                        if !known.service_accounts.contains(account) {
                            known.service_accounts.as_vec_mut().push(account.clone());
                        }
                    }
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn versions_sort_by_number() {
        assert!(minor("4.9.1") < minor("4.18"));
        assert_eq!(minor("4.18.9"), minor("4.18"));
        assert_eq!((minor("4"), minor("x.y")), (None, None));
    }
}
