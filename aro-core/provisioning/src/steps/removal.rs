//! What lies in the managed resource group, deleted level by level: users before what they use.

use aro_azure::{
    ArmClient, api_version,
    network::{self, NetworkInterface, SecurityGroup},
    resources::GenericResource,
};
use aro_http::AzureError;
use futures::future::join_all;

use super::{context::Cx, group, roles::is_type, subnets};
use crate::{Change, StepError, Verdict};

const INTERFACES: &str = "Microsoft.Network/networkInterfaces";
const SECURITY_GROUPS: &str = "Microsoft.Network/networkSecurityGroups";
const PRIVATE_ZONES: &str = "Microsoft.Network/privateDnsZones";

/// A level of deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Machines and private endpoints.
    Machines,
    /// Private link services, which hold frontends of load balancers.
    LinkServices,
    /// Network interfaces and contents of galleries.
    Interfaces,
    /// All else.
    Rest,
    /// What others refer to: security groups, addresses, private zones, galleries.
    Last,
}

fn level_of(kind: &str) -> Level {
    match kind.to_ascii_lowercase().as_str() {
        "microsoft.compute/virtualmachines" | "microsoft.network/privateendpoints" => Level::Machines,
        "microsoft.network/privatelinkservices" => Level::LinkServices,
        "microsoft.network/networkinterfaces" => Level::Interfaces,
        "microsoft.network/networksecuritygroups"
        | "microsoft.network/publicipaddresses"
        | "microsoft.network/privatednszones"
        | "microsoft.compute/galleries" => Level::Last,
        kind if kind.starts_with("microsoft.compute/galleries/") => Level::Interfaces,
        _ => Level::Rest,
    }
}

/// Deletes what is on that level or above it, and waits until it is gone. Above, because an installer or an operator in the
/// cluster may have made something since.
pub(crate) async fn delete_level(cx: Cx, level: Level) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let Some(group) = group::ours(&cx, &arm).await? else {
        return Ok(Change::none().into());
    };
    let all = match arm.resources_in(&group).await {
        Err(error) if error.is_not_found() => return Ok(Change::none().into()),
        // Not even looking is allowed: what is left goes with the group.
        Err(error) if error.is_forbidden() => return Ok(Change::none().into()),
        all => all?,
    };
    let mut due: Vec<(Level, &GenericResource)> = all
        .iter()
        .map(|one| (level_of(&one.kind), one))
        .filter(|(own, _)| *own <= level)
        .collect();
    due.sort_by_key(|(own, one)| (*own, one.id.to_lowercase()));
    for same in due.chunk_by(|(a, _), (b, _)| a == b) {
        delete_together(&arm, same.iter().map(|(_, one)| *one)).await?;
    }
    Ok(Change::none().into())
}

/// Starts all deletions, then waits for all of them; the first failure is told after all have ended.
async fn delete_together(arm: &ArmClient, due: impl Iterator<Item = &GenericResource>) -> Result<(), StepError> {
    let results = join_all(due.map(|one| async move {
        before(arm, one).await?;
        let Some(version) = api_version(&one.kind) else {
            // It goes with the resource group.
            tracing::warn!(kind = one.kind, id = one.id, "a resource of this type is not known");
            return Ok(());
        };
        match arm.delete(&one.id, version).await {
            Err(error) if is_type(one, INTERFACES) && !error.is_retryable() => heal(arm, &one.id, error).await,
            result => Ok(result?),
        }
    }))
    .await;
    results.into_iter().collect()
}

/// A network interface whose last change failed cannot be deleted until a change succeeds: it is written as it is, and
/// deleted then.
async fn heal(arm: &ArmClient, id: &str, error: AzureError) -> Result<(), StepError> {
    let Some(interface) = arm.find::<NetworkInterface>(id).await? else {
        return Ok(());
    };
    if interface.properties.provisioning_state.as_deref() != Some("Failed") {
        return Err(error.into());
    }
    arm.replace(id, &interface).await?;
    Ok(arm.delete(id, network::API_VERSION).await?)
}

/// What must be let go before a resource can be deleted.
async fn before(arm: &ArmClient, resource: &GenericResource) -> Result<(), StepError> {
    if is_type(resource, SECURITY_GROUPS) {
        let Some(found) = arm.find::<SecurityGroup>(&resource.id).await? else {
            return Ok(());
        };
        for subnet in &found.properties.subnets {
            subnets::detach(arm, &subnet.id, &resource.id).await?;
        }
    } else if is_type(resource, PRIVATE_ZONES) {
        let version = "2018-09-01";
        let links: Vec<GenericResource> = arm
            .list(&format!("{}/virtualNetworkLinks", resource.id), version, &[])
            .await?;
        for link in links {
            arm.delete(&link.id, version).await?;
        }
    }
    Ok(())
}

/// The customer's subnets no longer refer to anything of the cluster, even when the group was removed by other hands.
pub(crate) async fn release_subnets(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let Ok(names) = cx.names() else {
        return Ok(Change::none().into());
    };
    let Some(_) = group::ours(&cx, &arm).await? else {
        return Ok(Change::none().into());
    };
    let ours = cx.managed(SECURITY_GROUPS, &names.security_group())?;
    for (_, id) in cx.subnets() {
        subnets::detach(&arm, &id, &ours).await?;
    }
    Ok(Change::none().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_go_before_what_they_use() {
        let machine = level_of("Microsoft.Compute/virtualMachines");
        let interface = level_of("Microsoft.Network/networkInterfaces");
        let balancer = level_of("Microsoft.Network/loadBalancers");
        let service = level_of("Microsoft.Network/privateLinkServices");
        let security = level_of("microsoft.network/networkSecurityGroups");
        assert!(machine < interface && interface < balancer && service < balancer && balancer < security);
        assert!(balancer < level_of("Microsoft.Network/publicIPAddresses"));
        assert!(level_of("Microsoft.Compute/galleries/serviceArtifacts") < level_of("Microsoft.Compute/galleries"));
    }
}
