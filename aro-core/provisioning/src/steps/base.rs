//! The deployment of the base template, and the addresses that come out of it.

use aro_api::{CloudError, Code, model::ResourceReference};
use aro_azure::{
    ArmClient,
    network::{LoadBalancer, PublicIpAddress, Subnet},
    resources::Deployment,
};
use ipnet::{IpNet, Ipv4Net};

use super::{
    context::Cx,
    dns, roles,
    template::{self, Facts},
};
use crate::{Change, StepError, Verdict, names};

/// Name of the deployment; no other plan uses it.
const DEPLOYMENT: &str = "aro-base";

fn deployment_id(group: &str) -> String {
    format!("{group}/providers/Microsoft.Resources/deployments/{DEPLOYMENT}")
}

/// Names of managed outbound addresses besides the API server's.
pub(crate) fn outbound_names(cx: &Cx) -> Vec<String> {
    let wanted = cx.wanted_outbound().unwrap_or(1);
    let own = wanted.saturating_sub(usize::from(cx.api_is_public()));
    names::outbound_addresses(&cx.document.id, own)
}

/// Deploys the base resources.
pub(crate) async fn deploy(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let group_id = cx.managed_group()?;
    let id = deployment_id(group_id);
    let storage_subnets = storage_subnets(&cx, &arm).await?;
    let outbound = outbound_names(&cx);
    let roles = roles::wanted(&cx).await?;
    let spared = roles::spared(&cx).await?;
    let blob_reader = blob_reader(&cx).await?;
    let location = cx.cluster().location.to_lowercase();
    let facts = Facts {
        names: cx.names()?,
        storage_suffix: cx.storage_suffix()?,
        location: &location,
        group_id,
        provider_subscription: &cx.environment.config.subscription,
        master_subnet: &cx.properties().master_profile.subnet_id,
        storage_subnets: &storage_subnets,
        zones: &cx.properties().zones,
        api_is_public: cx.api_is_public(),
        ingress_is_public: cx.ingress_is_public(),
        load_balancer: cx.calls_out_by_load_balancer(),
        outbound: &outbound,
        roles: &roles,
        spared: spared.as_deref(),
        blob_reader: blob_reader.as_deref(),
        gateway: cx.provider().gateway_private_link_service.as_deref(),
    };
    match arm.put(&id, &Deployment::of(template::resources(&facts))).await {
        Ok(_) => Ok(Change::none().into()),
        // One of an earlier attempt still runs. It was made from the same facts; the next attempt finds it ended.
        Err(error) if error.is_deployment_active() => Ok(Verdict::not_yet(
            "an earlier deployment of the base resources is still running",
        )),
        Err(error) => Err(error.into()),
    }
}

/// Who reads the cluster's storage account by a role, as keys do not open it: the provider, where the cluster has
/// workload identities.
pub(crate) async fn blob_reader(cx: &Cx) -> Result<Option<String>, StepError> {
    if !cx.cluster().uses_workload_identity() {
        return Ok(None);
    }
    Ok(Some(cx.environment.first_party_object_id(&cx.tenant().await?).await?))
}

/// Subnets from which the storage accounts can be reached: the provider's, and those of the cluster that have a way to
/// storage; only those can be named in a storage account's rules.
pub(crate) async fn storage_subnets(cx: &Cx, arm: &ArmClient) -> Result<Vec<String>, StepError> {
    let mut found = cx.provider().storage_subnets.clone();
    for (_, id) in cx.subnets() {
        let subnet: Subnet = arm.get(&id).await?;
        let endpoints = &subnet.properties.service_endpoints;
        if endpoints
            .iter()
            .any(|endpoint| endpoint.service.eq_ignore_ascii_case("Microsoft.Storage"))
        {
            found.push(id);
        }
    }
    Ok(found)
}

/// No deployment of an earlier attempt to create the cluster runs any more.
pub(crate) async fn settled(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let Some(group) = super::group::ours(&cx, &arm).await? else {
        return Ok(Change::none().into());
    };
    let found = arm.find::<Deployment>(&deployment_id(&group)).await?;
    let state = found.and_then(|deployment| deployment.properties.provisioning_state);
    match state.as_deref() {
        None | Some("Succeeded" | "Failed" | "Canceled") => Ok(Change::none().into()),
        Some(state) => Ok(Verdict::not_yet(format!(
            "the deployment of the base resources is {state}"
        ))),
    }
}

/// Addresses of the API server; outbound addresses as they are.
pub(crate) async fn api_address(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let internal: LoadBalancer = arm
        .get(&cx.managed("Microsoft.Network/loadBalancers", &cx.names()?.internal_load_balancer())?)
        .await?;
    let frontend = internal.properties.frontends.first();
    let internal = frontend.and_then(|frontend| frontend.properties.private_ip_address.clone());
    let Some(internal) = internal else {
        return Ok(Verdict::not_yet("the internal load balancer has no address"));
    };
    let address = if cx.api_is_public() {
        match public_address(&cx, &arm, &cx.names()?.api_address()).await? {
            Some(address) => address,
            None => return Ok(Verdict::not_yet("the public address of the API server is not known")),
        }
    } else {
        internal.clone()
    };
    dns::point_api(&cx, &address).await?;
    let outbound = effective_outbound(&cx, &arm).await?;
    Ok(Change::document(move |document| {
        let properties = &mut document.cluster.properties;
        properties.apiserver_profile.ip.clone_from(&address);
        properties.apiserver_profile.int_ip.clone_from(&internal);
        if let (Some(profile), Some(ids)) = (&mut properties.network_profile.load_balancer_profile, &outbound) {
            profile.effective_outbound_ips = references(ids);
        }
    })
    .into())
}

pub(crate) fn references(ids: &[String]) -> aro_api::model::Seq<ResourceReference> {
    ids.iter()
        .map(|id| ResourceReference {
            id: id.clone(),
            ..ResourceReference::default()
        })
        .collect()
}

/// Ids of the addresses that the public load balancer calls out from; `None` without such a load balancer.
pub(crate) async fn effective_outbound(cx: &Cx, arm: &ArmClient) -> Result<Option<Vec<String>>, StepError> {
    if !cx.calls_out_by_load_balancer() {
        return Ok(None);
    }
    let id = cx.managed("Microsoft.Network/loadBalancers", &cx.names()?.public_load_balancer())?;
    let balancer: LoadBalancer = arm.get(&id).await?;
    Ok(Some(super::outbound::addresses_of(&balancer)))
}

async fn public_address(cx: &Cx, arm: &ArmClient, name: &str) -> Result<Option<String>, StepError> {
    let address: PublicIpAddress = arm
        .get(&cx.managed("Microsoft.Network/publicIPAddresses", name)?)
        .await?;
    Ok(address.properties.ip_address)
}

/// The address of the ingress.
pub(crate) async fn ingress_address(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let kept = cx
        .properties()
        .ingress_profiles
        .first()
        .map(|profile| profile.ip.clone())
        .unwrap_or_default();
    let address = if cx.ingress_is_public() {
        match public_address(&cx, &arm, &cx.names()?.ingress_address()).await? {
            Some(address) => address,
            None => return Ok(Verdict::not_yet("the public address of the ingress is not known")),
        }
    } else if kept.is_empty() {
        free_address(&cx, &arm).await?
    } else {
        kept
    };
    dns::point_apps(&cx, &address).await?;
    Ok(Change::document(move |document| {
        if let Some(profile) = document.cluster.properties.ingress_profiles.first_mut() {
            profile.ip.clone_from(&address);
        }
    })
    .into())
}

/// The highest free address of the worker subnet.
async fn free_address(cx: &Cx, arm: &ArmClient) -> Result<String, StepError> {
    let (workers, _) = cx.cluster().workers();
    let id = workers
        .first()
        .map(|worker| worker.subnet_id.as_str())
        .unwrap_or_default();
    let subnet: Subnet = arm.get_with(id, &[("$expand", "ipConfigurations")]).await?;
    let range = subnet.properties.prefixes().find_map(|prefix| match prefix.parse() {
        Ok(IpNet::V4(range)) => Some(range),
        _ => None,
    });
    let used: Vec<String> = subnet
        .properties
        .ip_configurations
        .iter()
        .filter_map(|configuration| configuration.properties.private_ip_address.clone())
        .collect();
    range.and_then(|range| highest_free(range, &used)).ok_or_else(|| {
        let text =
            format!("The worker subnet {id} has no free address for the ingress. Free one, or use a larger subnet.");
        CloudError::bad_request(Code::INVALID_LINKED_VNET, "properties.workerProfiles[0].subnetId", text).into()
    })
}

/// Azure keeps the first four addresses and the last one of a subnet.
fn highest_free(range: Ipv4Net, used: &[String]) -> Option<String> {
    let (first, last) = (u32::from(range.network()), u32::from(range.broadcast()));
    (first.checked_add(4)?..last)
        .rev()
        .map(|address| std::net::Ipv4Addr::from(address).to_string())
        .find(|address| !used.contains(address))
}

#[cfg(test)]
mod tests {
    use super::highest_free;

    #[test]
    fn the_highest_free_address() {
        let range = "10.0.0.0/29".parse().unwrap();
        assert_eq!(highest_free(range, &[]), Some("10.0.0.6".to_owned()));
        assert_eq!(
            highest_free(range, &["10.0.0.6".to_owned()]),
            Some("10.0.0.5".to_owned())
        );
        let all: Vec<String> = (4..7).map(|last| format!("10.0.0.{last}")).collect();
        assert_eq!(highest_free(range, &all), None);
        assert_eq!(highest_free("10.0.0.0/31".parse().unwrap(), &[]), None);
    }
}
