//! What operators of the service offer to customers: OpenShift versions and the role sets that go with them. A PUT of
//! the admin API says everything about one; it is not laid over what there is.

use super::Method;
use crate::error::{CloudError, Code};
use crate::model::{OpenShiftVersion, PlatformWorkloadIdentityRoleSet};
use crate::resource::Node;
use crate::resource::change::{Change, changed};
use crate::resource::commit::commit;
use crate::resource::merge::merge;
use crate::resource::projection::project_version;
use crate::version::ApiVersion;

/// The type of OpenShift versions.
pub const VERSION_TYPE: &str = "Microsoft.RedHatOpenShift/OpenShiftVersion";
/// The type of role sets.
pub const ROLE_SET_TYPE: &str = "Microsoft.RedHatOpenShift/PlatformWorkloadIdentityRoleSet";

/// Makes the OpenShift version that a PUT of the admin API wishes for; `current` is the one of the same number.
///
/// # Errors
/// 400: the body cannot be read, lacks a member, changes one that cannot change, or takes away the default version.
pub fn put_openshift_version(body: &[u8], current: Option<&OpenShiftVersion>) -> Result<OpenShiftVersion, CloudError> {
    let wish = read::<OpenShiftVersion>(body)?;
    let members = &wish.properties;
    for (name, value) in [
        ("version", &members.version),
        ("installerPullspec", &members.installer_pullspec),
        ("openShiftPullspec", &members.openshift_pullspec),
    ] {
        if value.is_empty() {
            let message = format!("The member '{name}' must be provided. Add it and send the request again.");
            return Err(CloudError::invalid_parameter(format!("properties.{name}"), message));
        }
    }
    if let Some(current) = current {
        let mut shown = current.clone();
        project_version(&mut shown, ApiVersion::admin());
        check_unchanged(&wish, &shown)?;
        if current.properties.default && !members.enabled {
            let message = "The default version cannot be disabled. Make another version the default first.";
            return Err(CloudError::invalid_parameter("properties.enabled", message));
        }
    }
    let mut version = current.cloned().unwrap_or_default();
    commit(&mut version, None, &wish, ApiVersion::admin());
    version.name.clone_from(&version.properties.version);
    VERSION_TYPE.clone_into(&mut version.r#type);
    Ok(version)
}

/// Makes the role set that a PUT of the admin API wishes for; `current` is the one of the same OpenShift version.
///
/// # Errors
/// 400: the body cannot be read, lacks members (all of them are named), or changes one that cannot change.
pub fn put_role_set(
    body: &[u8],
    current: Option<&PlatformWorkloadIdentityRoleSet>,
) -> Result<PlatformWorkloadIdentityRoleSet, CloudError> {
    let wish = read::<PlatformWorkloadIdentityRoleSet>(body)?;
    let missing = missing_members(&wish);
    if !missing.is_empty() {
        let message = "The members named in the target must be provided. Add them and send the request again.";
        return Err(CloudError::invalid_parameter(missing.join(", "), message));
    }
    if let Some(current) = current {
        check_unchanged(&wish, current)?;
    }
    let mut role_set = current.cloned().unwrap_or_default();
    commit(&mut role_set, None, &wish, ApiVersion::admin());
    role_set.name.clone_from(&role_set.properties.openshift_version);
    ROLE_SET_TYPE.clone_into(&mut role_set.r#type);
    Ok(role_set)
}

fn missing_members(wish: &PlatformWorkloadIdentityRoleSet) -> Vec<String> {
    let members = &wish.properties;
    if members.openshift_version.is_empty() {
        return vec!["properties.openShiftVersion".to_owned()];
    }
    if members.platform_workload_identity_roles.is_empty() {
        return vec!["properties.platformWorkloadIdentityRoles".to_owned()];
    }
    let mut missing = Vec::new();
    for (index, role) in members.platform_workload_identity_roles.iter().enumerate() {
        for (name, absent) in [
            ("operatorName", role.operator_name.is_empty()),
            ("roleDefinitionName", role.role_definition_name.is_empty()),
            ("roleDefinitionId", role.role_definition_id.is_empty()),
            ("serviceAccounts", role.service_accounts.is_empty()),
        ] {
            if absent {
                missing.push(format!("properties.platformWorkloadIdentityRoles[{index}].{name}"));
            }
        }
    }
    missing
}

fn read<T: Node + Default>(body: &[u8]) -> Result<T, CloudError> {
    let mut wish = T::default();
    merge(&mut wish, ApiVersion::admin(), Method::Put, body)?;
    Ok(wish)
}

fn check_unchanged(wish: &dyn Node, current: &dyn Node) -> Result<(), CloudError> {
    match changed(wish, current, ApiVersion::admin()) {
        None => Ok(()),
        Some(Change { path, .. }) => Err(CloudError::new(
            400,
            Code::PROPERTY_CHANGE_NOT_ALLOWED,
            path.clone(),
            format!("The member '{path}' cannot be changed. Send the value that is stored."),
        )),
    }
}
