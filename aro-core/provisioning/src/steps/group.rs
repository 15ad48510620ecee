//! The managed resource group.

use aro_api::{CloudError, Code};
use aro_azure::{ArmClient, resources::ResourceGroup};

use super::{context::Cx, validate};
use crate::{Change, StepError, Verdict};

/// Makes the group, marked as managed by the cluster. Also repeated: it renews the provider's rights in it.
pub(crate) async fn ensure(cx: Cx) -> Result<Verdict, StepError> {
    validate::managed_group_fits(&cx)?;
    let arm = cx.arm().await?;
    let id = cx.managed_group()?;
    let cluster = cx.cluster();
    let group = match arm.find::<ResourceGroup>(id).await? {
        Some(group)
            if manages(cluster.id.as_str(), &group) && group.location.eq_ignore_ascii_case(&cluster.location) =>
        {
            group
        }
        Some(_) => {
            let text = format!(
                "The resource group {id} exists and is not managed by this cluster. Name one that does not exist, or delete \
                 it."
            );
            let target = "properties.clusterProfile.resourceGroupId";
            return Err(CloudError::bad_request(Code::CLUSTER_RESOURCE_GROUP_ALREADY_EXISTS, target, text).into());
        }
        None => ResourceGroup {
            location: cluster.location.clone(),
            managed_by: Some(cluster.id.clone()),
            ..ResourceGroup::default()
        },
    };
    arm.put(id, &group).await?;
    Ok(Change::none().into())
}

pub(crate) fn manages(cluster_id: &str, group: &ResourceGroup) -> bool {
    group
        .managed_by
        .as_deref()
        .is_some_and(|owner| owner.eq_ignore_ascii_case(cluster_id))
}

/// The group, if it exists and this cluster manages it. Nothing is ever deleted in another one.
pub(crate) async fn ours(cx: &Cx, arm: &ArmClient) -> Result<Option<String>, StepError> {
    // A document without a group id has never come to making one.
    let Ok(id) = cx.managed_group() else { return Ok(None) };
    let group = match arm.find::<ResourceGroup>(id).await {
        Err(error) if error.is_resource_group_not_found() => None,
        result => result?,
    };
    Ok(group
        .filter(|group| manages(&cx.cluster().id, group))
        .map(|_| id.to_owned()))
}

/// Deletes the group with whatever is left in it.
pub(crate) async fn delete(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    if let Some(id) = ours(&cx, &arm).await? {
        arm.delete(&id, aro_azure::resources::API_VERSION).await?;
    }
    Ok(Change::none().into())
}
