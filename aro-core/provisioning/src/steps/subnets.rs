//! The customer's subnets: read, changed where needed, written back under their etag. A change by somebody else in between
//! is refused by Azure, and the next attempt reads again.

use aro_api::{CloudError, Code, model::PreconfiguredNsg};
use aro_azure::{
    ArmClient, Reference,
    network::{ServiceEndpoint, Subnet},
};

use super::context::Cx;
use crate::{Change, StepError, Verdict, wish};

/// Azure services the machines reach directly.
const ENDPOINTS: [&str; 2] = ["Microsoft.ContainerRegistry", "Microsoft.Storage"];

/// Ways to the services the machines need.
pub(crate) async fn service_endpoints(cx: Cx) -> Result<Verdict, StepError> {
    if cx.properties().feature_profile.gateway_enabled {
        return Ok(Change::none().into());
    }
    let arm = cx.arm().await?;
    for (_, id) in cx.subnets() {
        change(&arm, &id, |subnet| {
            let endpoints = &mut subnet.properties.service_endpoints;
            let mut changed = false;
            for service in ENDPOINTS {
                let known = endpoints
                    .iter_mut()
                    .find(|endpoint| endpoint.service.eq_ignore_ascii_case(service));
                match known {
                    Some(endpoint) => {
                        // Written again where it does not work, in its place.
                        changed |= endpoint
                            .provisioning_state
                            .as_deref()
                            .is_some_and(|state| state != "Succeeded");
                    }
                    None => {
                        endpoints.push(ServiceEndpoint {
                            service: service.to_owned(),
                            locations: vec!["*".to_owned()],
                            ..ServiceEndpoint::default()
                        });
                        changed = true;
                    }
                }
            }
            Ok(changed)
        })
        .await?;
    }
    Ok(Change::none().into())
}

/// Network policies keep private links out of a subnet; off with them.
pub(crate) async fn policies(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let id = &cx.properties().master_profile.subnet_id;
    change(&arm, id, |subnet| {
        let properties = &mut subnet.properties;
        let policies = [
            &mut properties.private_endpoint_network_policies,
            &mut properties.private_link_service_network_policies,
        ];
        let mut changed = false;
        for policy in policies {
            if policy.as_deref() != Some("Disabled") {
                *policy = Some("Disabled".to_owned());
                changed = true;
            }
        }
        Ok(changed)
    })
    .await?;
    Ok(Change::none().into())
}

/// The cluster's security group on all its subnets, unless the customer brings their own.
pub(crate) async fn attach_security_group(cx: Cx) -> Result<Verdict, StepError> {
    if cx.properties().network_profile.preconfigured_nsg == PreconfiguredNsg::Enabled {
        return Ok(Change::none().into());
    }
    let arm = cx.arm().await?;
    let ours = cx.managed("Microsoft.Network/networkSecurityGroups", &cx.names()?.security_group())?;
    for (path, id) in cx.subnets() {
        change(&arm, &id, |subnet| match &subnet.properties.network_security_group {
            Some(group) if group.is(&ours) => Ok(false),
            Some(group) if !wish::is_managed(cx.cluster(), &group.id) => {
                let text = format!(
                    "The subnet {id} has the network security group {}. Detach it, or set preconfiguredNSG to Enabled.",
                    group.id
                );
                Err(CloudError::bad_request(Code::INVALID_LINKED_VNET, path.clone(), text).into())
            }
            _ => {
                subnet.properties.network_security_group = Some(Reference::to(ours.clone()));
                Ok(true)
            }
        })
        .await?;
    }
    Ok(Change::none().into())
}

/// Takes a security group off a subnet that still has it. A subnet that is gone has none.
pub(crate) async fn detach(arm: &ArmClient, subnet_id: &str, group_id: &str) -> Result<(), StepError> {
    let Some(mut subnet) = arm.find::<Subnet>(subnet_id).await? else {
        return Ok(());
    };
    if subnet
        .properties
        .network_security_group
        .as_ref()
        .is_some_and(|group| group.is(group_id))
    {
        subnet.properties.network_security_group = None;
        arm.replace(subnet_id, &subnet).await?;
    }
    Ok(())
}

async fn change(
    arm: &ArmClient,
    id: &str,
    edit: impl FnOnce(&mut Subnet) -> Result<bool, StepError>,
) -> Result<(), StepError> {
    let mut subnet: Subnet = arm.get(id).await?;
    if edit(&mut subnet)? {
        arm.replace(id, &subnet).await?;
    }
    Ok(())
}
