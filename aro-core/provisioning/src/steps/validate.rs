//! What must be true in the customer's subscription before anything is made or changed.

use aro_api::{CloudError, arm_id::ResourceGroupId};

use super::{cluster_identity, context::Cx, dns, role_sets};
use crate::{
    Change, StepError, Verdict,
    validation::{self, Principal, PrincipalClaims, Sources},
    wish,
};

/// The service principal can sign in.
pub(crate) async fn credentials(cx: Cx) -> Result<Verdict, StepError> {
    let credential = cx.service_principal().await?;
    cx.environment.azure.prove(credential.as_ref()).await?;
    Ok(Change::none().into())
}

/// All that dynamic validation asks for. A new cluster learns its zones.
pub(crate) async fn resources(cx: Cx) -> Result<Verdict, StepError> {
    let sources = sources(&cx).await?;
    let facts = sources.gather(cx.cluster()).await?;
    let findings = validation::evaluate(cx.cluster(), &facts);
    for finding in &findings.0 {
        tracing::warn!(code = %finding.code, target = finding.target, missing = finding.missing, command = finding.command, "validation");
    }
    match findings.error() {
        Some(error) if findings.may_settle() => Err(StepError::Settling(error)),
        Some(error) => Err(error.into()),
        None if wish::is_being_created(cx.cluster()) => {
            let zones = validation::zones(cx.cluster(), &facts);
            Ok(Change::document(move |document| document.cluster.properties.zones = zones.clone().into()).into())
        }
        None => Ok(Change::none().into()),
    }
}

async fn sources(cx: &Cx) -> Result<Sources, StepError> {
    let azure = &cx.environment.azure;
    let first_party = cx.first_party().await?;
    let arm = cx.arm().await?;
    let object_id = azure.claims(first_party.as_ref()).await?.oid;
    let mut principals = vec![Principal::FirstParty { object_id }];
    let (mut credentials, mut operators, mut identities) = (None, Vec::new(), arm.clone());
    if cx.cluster().uses_workload_identity() {
        let all = role_sets::operators(cx).await?;
        operators = all.iter().map(|role| role.operator_name.clone()).collect();
        let roles: Vec<(String, String)> = all
            .into_iter()
            .map(|role| (role.operator_name, role.role_definition_id))
            .collect();
        identities = cluster_identity::arm(cx).await?;
        principals.extend(validation::platform_principals(&arm, cx.subscription()?, cx.cluster(), &roles).await?);
        let identity = cx.cluster().identity.as_ref();
        let own = identity.and_then(|identity| identity.user_assigned_identities.values().next());
        // Asked about once a step has learned who it is.
        if let Some(own) = own.filter(|own| !own.principal_id.is_empty()) {
            principals.push(Principal::ClusterIdentity {
                object_id: own.principal_id.clone(),
            });
        }
    } else {
        let credential = cx.service_principal().await?;
        let claims = PrincipalClaims {
            arm: azure.claims(credential.as_ref()).await?,
            graph: azure.graph_claims(credential.as_ref()).await?,
        };
        principals.push(Principal::ServicePrincipal {
            object_id: claims.arm.oid.clone(),
        });
        credentials = Some(claims);
    }
    Ok(Sources {
        region: cx.region().await?,
        check_access: azure.check_access(first_party, &cx.cluster().location, &cx.operation)?,
        identities,
        principals,
        credentials,
        operators,
        domain_owner: dns::owner(cx).await?,
    })
}

/// The managed resource group is named by a resource id in the cluster's own subscription.
pub(crate) fn managed_group_fits(cx: &Cx) -> Result<(), StepError> {
    let id = cx.managed_group()?;
    match ResourceGroupId::parse(id) {
        Some(parsed) if parsed.subscription_id.eq_ignore_ascii_case(cx.subscription()?) => Ok(()),
        _ => {
            let text =
                format!("The managed resource group {id} is not in the cluster's subscription. Name one that is.");
            Err(CloudError::invalid_parameter("properties.clusterProfile.resourceGroupId", text).into())
        }
    }
}
