//! Rights of the cluster's identities in the managed resource group.

use aro_api::{CloudError, Code};
use aro_azure::{
    authorization::{self, CONTRIBUTOR, OWNER, RoleAssignment, RoleAssignmentProperties},
    resources::{Deployment, GenericResource},
};

use super::{
    context::{Cx, missing},
    group, role_sets, template,
};
use crate::{Change, StepError, Verdict, names};

/// The assignments the cluster needs: name, role definition id, object id.
pub(crate) async fn wanted(cx: &Cx) -> Result<Vec<(String, String, String)>, StepError> {
    let scope = cx.managed_group()?;
    let subscription = cx.subscription()?;
    let assignment = |role_id: String, principal: &str| {
        let role = role_id.rsplit('/').next().unwrap_or_default().to_owned();
        (
            names::role_assignment(scope, &role, principal),
            role_id,
            principal.to_owned(),
        )
    };
    let definition =
        |role: &str| format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}");
    if let Some(profile) = &cx.properties().service_principal_profile {
        if profile.sp_object_id.is_empty() {
            return Err(missing("the object id of the service principal"));
        }
        return Ok(vec![assignment(definition(CONTRIBUTOR), &profile.sp_object_id)]);
    }
    let Some(profile) = &cx.properties().platform_workload_identity_profile else {
        return Ok(Vec::new());
    };
    let operators = role_sets::operators(cx).await?;
    let mut all = Vec::new();
    for (operator, identity) in profile.platform_workload_identities.iter() {
        if identity.object_id.is_empty() {
            return Err(missing("the object id of a platform identity"));
        }
        let Some(wanted) = operators.iter().find(|one| one.operator_name == *operator) else {
            let target = format!("properties.platformWorkloadIdentityProfile.platformWorkloadIdentities['{operator}']");
            let text = format!(
                "The version of the cluster has no operator {operator} that needs an identity. Leave the identity out."
            );
            return Err(CloudError::bad_request(Code::PLATFORM_WORKLOAD_IDENTITY_MISMATCH, target, text).into());
        };
        let role = wanted.role_definition_id.rsplit('/').next().unwrap_or_default();
        all.push(assignment(definition(role), &identity.object_id));
    }
    Ok(all)
}

/// Object ids that the deny assignment spares: those with which the cluster works. `None` where deny assignments are off.
pub(crate) async fn spared(cx: &Cx) -> Result<Option<Vec<String>>, StepError> {
    if !cx.environment.config.deny_assignments {
        return Ok(None);
    }
    let properties = cx.properties();
    let mut ids: Vec<String> = match (
        &properties.service_principal_profile,
        &properties.platform_workload_identity_profile,
    ) {
        (Some(profile), _) => vec![profile.sp_object_id.clone()],
        (None, Some(profile)) => {
            let identities = profile.platform_workload_identities.iter();
            identities.map(|(_, identity)| identity.object_id.clone()).collect()
        }
        (None, None) => Vec::new(),
    };
    // An assignment that spares nobody would lock the cluster out of its own resources.
    if ids.is_empty() || ids.iter().any(String::is_empty) {
        return Err(missing("the object id of an identity with which the cluster works"));
    }
    if properties.service_principal_profile.is_none() {
        ids.push(cx.environment.first_party_object_id(&cx.tenant().await?).await?);
    }
    Ok(Some(ids))
}

/// Name of the deployment that renews the deny assignment; no other plan uses it.
const DEPLOYMENT: &str = "aro-deny-assignment";

/// Makes the deny assignment what it must be for the identities that the cluster has now.
pub(crate) async fn deny(cx: Cx) -> Result<Verdict, StepError> {
    let Some(spared) = spared(&cx).await? else {
        return Ok(Change::none().into());
    };
    let scope = cx.managed_group()?;
    let id = format!("{scope}/providers/Microsoft.Resources/deployments/{DEPLOYMENT}");
    let deployment = Deployment::of(vec![template::deny_assignment(scope, &spared)]);
    match cx.arm().await?.put(&id, &deployment).await {
        Ok(_) => Ok(Change::none().into()),
        Err(error) if error.is_deployment_active() => Ok(Verdict::not_yet(
            "an earlier deployment of the deny assignment is still running",
        )),
        Err(error) => Err(error.into()),
    }
}

/// Makes the assignments in the managed resource group those the cluster needs. Owners are left alone. A service principal
/// shares the group with nobody; beside workload identities others may have rights there, which are none of the cluster's.
pub(crate) async fn reconcile(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let scope = cx.managed_group()?;
    let wanted = wanted(&cx).await?;
    let current = arm.role_assignments_at(scope).await?;
    let is_wanted = |one: &RoleAssignment| {
        wanted.iter().any(|(_, role, principal)| {
            role.rsplit('/').next().is_some_and(|role| one.has_role(role))
                && one.properties.principal_id.eq_ignore_ascii_case(principal)
        })
    };
    let exclusive = !cx.cluster().uses_workload_identity();
    let is_ours = |one: &RoleAssignment| {
        let holder = &one.properties.principal_id;
        exclusive
            || wanted
                .iter()
                .any(|(_, _, principal)| principal.eq_ignore_ascii_case(holder))
    };
    let is_surplus = |one: &&RoleAssignment| !one.has_role(OWNER) && is_ours(one) && !is_wanted(one);
    for surplus in current.iter().filter(is_surplus) {
        arm.delete(&surplus.id, authorization::API_VERSION).await?;
    }
    for (name, role, principal) in &wanted {
        let there = current.iter().any(|one| {
            role.rsplit('/').next().is_some_and(|role| one.has_role(role))
                && one.properties.principal_id.eq_ignore_ascii_case(principal)
        });
        if there {
            continue;
        }
        let assignment = RoleAssignment {
            properties: RoleAssignmentProperties {
                role_definition_id: role.clone(),
                principal_id: principal.clone(),
                ..RoleAssignmentProperties::default()
            },
            ..RoleAssignment::default()
        };
        let id = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
        match arm.put(&id, &assignment).await {
            Ok(_) => {}
            // The same right under another name.
            Err(error) if error.has_code("RoleAssignmentExists") => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Change::none().into())
}

/// Removes all assignments at the managed resource group but those of owners.
pub(crate) async fn remove_assignments(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let Some(scope) = group::ours(&cx, &arm).await? else {
        return Ok(Change::none().into());
    };
    for one in arm.role_assignments_at(&scope).await? {
        if !one.has_role(OWNER) {
            arm.delete(&one.id, authorization::API_VERSION).await?;
        }
    }
    Ok(Change::none().into())
}

/// Removes the custom role that older clusters had.
pub(crate) async fn remove_definitions(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let Some(scope) = group::ours(&cx, &arm).await? else {
        return Ok(Change::none().into());
    };
    for one in arm.role_definitions_at(&scope).await? {
        let only_here = matches!(&one.properties.assignable_scopes[..], [only] if only.eq_ignore_ascii_case(&scope));
        if only_here && one.properties.role_name.starts_with("Azure Red Hat OpenShift cluster") {
            arm.delete(&one.id, authorization::ROLE_DEFINITIONS_API_VERSION).await?;
        }
    }
    Ok(Change::none().into())
}

/// A resource of the group by its type, compared without case.
pub(crate) fn is_type(resource: &GenericResource, kind: &str) -> bool {
    resource.kind.eq_ignore_ascii_case(kind)
}
