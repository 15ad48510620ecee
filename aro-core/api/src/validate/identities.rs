//! Rules about managed identities and platform workload identities.

use super::facts::Facts;
use super::text::{pointer_token, quoted};
use crate::arm_id::{ResourceId, eq_ignore_case};
use crate::model::{Cluster, PlatformWorkloadIdentity};
use crate::{CloudError, grammar};

/// Where the identities of operators stand.
const IDENTITIES: &str = "properties.platformWorkloadIdentityProfile.platformWorkloadIdentities";

pub(super) fn neither_principal_nor_identities(f: &Facts<'_>) -> bool {
    f.workload_identities().is_none() && f.properties.service_principal_profile.is_none()
}

pub(super) fn neither_principal_nor_identities_message(_: &Facts<'_>) -> String {
    "The cluster has neither a service principal nor platform workload identities. Give 'servicePrincipalProfile', or \
     'platformWorkloadIdentityProfile' together with 'identity'."
        .to_owned()
}

pub(super) fn principal_and_identities(f: &Facts<'_>) -> bool {
    f.workload_identities().is_some()
        && f.properties
            .service_principal_profile
            .as_ref()
            .is_some_and(|profile| !profile.client_id.is_empty() || !profile.client_secret.is_empty())
}

pub(super) fn principal_and_identities_message(_: &Facts<'_>) -> String {
    "A cluster uses either a service principal or platform workload identities. Leave one of \
     'servicePrincipalProfile' and 'platformWorkloadIdentityProfile' out."
        .to_owned()
}

pub(super) fn identity_without_profile(f: &Facts<'_>) -> bool {
    f.cluster.identity.is_some() != f.workload_identities().is_some()
}

pub(super) fn identity_without_profile_message(_: &Facts<'_>) -> String {
    "A cluster identity and platform workload identities need each other. Give both 'identity' and \
     'platformWorkloadIdentityProfile', or neither."
        .to_owned()
}

pub(super) fn not_one_cluster_identity(f: &Facts<'_>) -> bool {
    f.cluster
        .identity
        .as_ref()
        .is_some_and(|identity| identity.user_assigned_identities.len() != 1)
}

pub(super) fn not_one_cluster_identity_message(f: &Facts<'_>) -> String {
    let count = f
        .cluster
        .identity
        .as_ref()
        .map_or(0, |identity| identity.user_assigned_identities.len());
    format!("A cluster has exactly one identity of its own, but {count} were given in 'userAssignedIdentities'.")
}

/// Where the identity of an operator stands, as a JSON pointer.
pub(crate) fn identity_pointer(name: &str) -> String {
    format!("/{}/{}", IDENTITIES.replace('.', "/"), pointer_token(name))
}

pub(super) fn no_identities(f: &Facts<'_>) -> bool {
    f.workload_identities()
        .is_some_and(|profile| profile.platform_workload_identities.is_empty())
}

pub(super) fn no_identities_message(_: &Facts<'_>) -> String {
    "The platform workload identities are missing. Give one for each operator that the OpenShift version needs."
        .to_owned()
}

pub(super) fn entry_null(f: &Facts<'_>, name: &str, _: &PlatformWorkloadIdentity) -> bool {
    !f.subject.null_elements.is_empty() && f.is_null(&identity_pointer(name))
}

pub(super) fn entry_null_message(_: &Facts<'_>, name: &str, _: &PlatformWorkloadIdentity) -> String {
    format!(
        "The platform workload identity {} is null. Give an object with 'resourceId'.",
        quoted(name)
    )
}

pub(super) fn resource_used_twice(f: &Facts<'_>, name: &str, identity: &PlatformWorkloadIdentity) -> bool {
    f.workload_identities().is_some_and(|profile| {
        profile
            .platform_workload_identities
            .iter()
            .take_while(|(earlier, _)| earlier.as_str() != name)
            .any(|(_, earlier)| eq_ignore_case(&earlier.resource_id, &identity.resource_id))
    })
}

pub(super) fn resource_used_twice_message(_: &Facts<'_>, _: &str, identity: &PlatformWorkloadIdentity) -> String {
    format!(
        "The managed identity {} is used for more than one operator. Give each operator an identity of its own.",
        quoted(&identity.resource_id)
    )
}

pub(super) fn resource_malformed(_: &Facts<'_>, _: &str, identity: &PlatformWorkloadIdentity) -> bool {
    ResourceId::parse(&identity.resource_id).is_none()
}

pub(super) fn resource_malformed_message(_: &Facts<'_>, name: &str, identity: &PlatformWorkloadIdentity) -> String {
    format!(
        "The resource id {} of the platform workload identity {} is invalid. Give the id of a user-assigned managed \
         identity.",
        quoted(&identity.resource_id),
        quoted(name)
    )
}

pub(super) fn operator_unnamed(_: &Facts<'_>, name: &str, _: &PlatformWorkloadIdentity) -> bool {
    name.is_empty()
}

pub(super) fn operator_unnamed_message(_: &Facts<'_>, _: &str, _: &PlatformWorkloadIdentity) -> String {
    "A platform workload identity has an empty operator name. Use the name of the operator as its key.".to_owned()
}

pub(super) fn resource_of_other_type(_: &Facts<'_>, _: &str, identity: &PlatformWorkloadIdentity) -> bool {
    ResourceId::parse(&identity.resource_id).is_some_and(|id| !id.is_user_assigned_identity())
}

pub(super) fn resource_of_other_type_message(_: &Facts<'_>, name: &str, identity: &PlatformWorkloadIdentity) -> String {
    format!(
        "The resource {} of the platform workload identity {} is no user-assigned managed identity. Its type must be \
         'userAssignedIdentities'.",
        quoted(&identity.resource_id),
        quoted(name)
    )
}

pub(super) fn upgradeable_to<'a>(f: &Facts<'a>) -> Option<&'a str> {
    f.workload_identities()?.upgradeable_to.as_deref()
}

pub(super) fn upgrade_malformed(f: &Facts<'_>) -> bool {
    upgradeable_to(f).is_some_and(|version| !grammar::is_semantic_version(version))
}

pub(super) fn upgrade_malformed_message(f: &Facts<'_>) -> String {
    format!(
        "The provided version {} for 'upgradeableTo' is invalid. Use three numbers, for example '4.17.0'.",
        quoted(upgradeable_to(f).unwrap_or_default())
    )
}

/// See [`super::check_identities_kept`].
pub(super) fn check_kept(current: &Cluster, merged: &Cluster) -> Result<(), CloudError> {
    if !current.uses_workload_identity() {
        return Ok(());
    }
    let identities = |cluster: &'_ Cluster, name: &str| {
        let profile = cluster.properties.platform_workload_identity_profile.as_ref();
        profile.is_some_and(|profile| profile.platform_workload_identities.get(name).is_some())
    };
    let profile = current.properties.platform_workload_identity_profile.as_ref();
    let names = profile
        .into_iter()
        .flat_map(|profile| profile.platform_workload_identities.keys());
    for name in names {
        if !identities(merged, name) {
            let mut error = CloudError::property_change_not_allowed(IDENTITIES);
            error.message = format!(
                "The platform workload identity {} cannot be removed or renamed. Send it again; others may be added.",
                quoted(name)
            );
            return Err(error);
        }
    }
    Ok(())
}
