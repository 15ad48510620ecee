//! Who the cluster is in the customer's tenant.

use aro_api::{CloudError, Code};
use aro_azure::identities::Identity;

use super::{
    cluster_identity,
    context::{Cx, missing},
};
use crate::{Change, StepError, Verdict};

/// The object id of the service principal.
pub(crate) async fn service_principal_object_id(cx: Cx) -> Result<Verdict, StepError> {
    let profile = cx
        .properties()
        .service_principal_profile
        .as_ref()
        .ok_or_else(|| missing("a service principal"))?;
    if !profile.sp_object_id.is_empty() {
        return Ok(Change::none().into());
    }
    let graph = cx.environment.azure.graph(cx.service_principal().await?, &cx.operation);
    let client_id = profile.client_id.clone();
    let found = graph.service_principals(&client_id).await?;
    let [principal] = &found[..] else {
        let text = if found.is_empty() {
            format!(
                "The application {client_id} has no service principal in the tenant of the subscription. Create one for it."
            )
        } else {
            format!(
                "The application {client_id} has {} service principals in the tenant; it must have one.",
                found.len()
            )
        };
        let target = "properties.servicePrincipalProfile.clientId";
        return Err(CloudError::bad_request(Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS, target, text).into());
    };
    let object_id = principal.id.clone();
    Ok(Change::document(move |document| {
        if let Some(profile) = &mut document.cluster.properties.service_principal_profile {
            profile.sp_object_id.clone_from(&object_id);
        }
    })
    .into())
}

/// The ids of the platform identities.
pub(crate) async fn platform_identities(cx: Cx) -> Result<Verdict, StepError> {
    // As the cluster's identity: the customer has given that one, not the service, the right to read them.
    let arm = cluster_identity::arm(&cx).await?;
    let profile = cx.properties().platform_workload_identity_profile.as_ref();
    let profile = profile.ok_or_else(|| missing("platform identities"))?;
    let mut learned = Vec::new();
    for (name, identity) in profile.platform_workload_identities.iter() {
        let Some(found) = arm.find::<Identity>(&identity.resource_id).await? else {
            let target =
                format!("properties.platformWorkloadIdentityProfile.platformWorkloadIdentities['{name}'].resourceId");
            let text = format!(
                "The identity {} does not exist. Create it, or name one that exists.",
                identity.resource_id
            );
            return Err(CloudError::bad_request(Code::INVALID_PLATFORM_WORKLOAD_IDENTITY, target, text).into());
        };
        learned.push((name.clone(), found.properties.client_id, found.properties.principal_id));
    }
    Ok(Change::document(move |document| {
        let Some(profile) = &mut document.cluster.properties.platform_workload_identity_profile else {
            return;
        };
        for (name, client_id, object_id) in &learned {
            if let Some(identity) = profile.platform_workload_identities.as_map_mut().get_mut(name) {
                identity.client_id.clone_from(client_id);
                identity.object_id.clone_from(object_id);
            }
        }
    })
    .into())
}
