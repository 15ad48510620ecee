//! What the document learns from the running cluster.

use aro_api::model::SoftwareDefinedNetwork;
use aro_cluster::openshift::{NetworkConfig, kinds};
use k8s_openapi::api::core::v1::Service;
use kube::Api;
use serde_json::Value;

use super::{
    super::{
        context::Cx,
        dns,
        naming::{LARGE_PACKETS, USUAL_PACKETS},
    },
    all,
};
use crate::{Change, StepError, Verdict};

/// A cluster whose network was migrated says so itself.
pub(crate) async fn network(cx: Cx) -> Result<Verdict, StepError> {
    if cx.properties().network_profile.software_defined_network != SoftwareDefinedNetwork::OpenShiftSdn {
        return Ok(Change::none().into());
    }
    let network = Api::<NetworkConfig>::all(cx.kube().await?).get("cluster").await?;
    let plugin = network.status.network_type;
    if SoftwareDefinedNetwork::from(plugin.as_str()) != SoftwareDefinedNetwork::OvnKubernetes {
        return Ok(Change::none().into());
    }
    Ok(Change::document(|document| {
        document.cluster.properties.network_profile.software_defined_network = SoftwareDefinedNetwork::OvnKubernetes;
    })
    .into())
}

/// The size of packets on the cluster's network, where the document does not know it: clusters with large ones have a
/// machine config that says so.
pub(crate) async fn packet_size(cx: Cx) -> Result<Verdict, StepError> {
    if cx.properties().network_profile.mtu_size != 0 {
        return Ok(Change::none().into());
    }
    let configs = all(&cx.kube().await?, &kinds::machine_config());
    let size = if configs.get_opt("99-master-mtu").await?.is_some() {
        LARGE_PACKETS
    } else {
        USUAL_PACKETS
    };
    Ok(Change::document(move |document| document.cluster.properties.network_profile.mtu_size = size).into())
}

/// The storage account of the image registry, where the document does not know it.
pub(crate) async fn registry_account(cx: Cx) -> Result<Verdict, StepError> {
    if !cx.properties().image_registry_storage_account_name.is_empty() {
        return Ok(Change::none().into());
    }
    let registries = all(&cx.kube().await?, &kinds::image_registry());
    let registry = registries.get("cluster").await?;
    let account = registry.data.pointer("/spec/storage/azure/accountName");
    let Some(account) = account.and_then(Value::as_str).map(str::to_owned) else {
        return Err(StepError::Unexpected(
            "the image registry of the cluster names no storage account".to_owned(),
        ));
    };
    Ok(Change::document(move |document| {
        document
            .cluster
            .properties
            .image_registry_storage_account_name
            .clone_from(&account);
    })
    .into())
}

/// The address of the router, as the cluster has it now: the domain points there.
pub(crate) async fn router_address(cx: Cx) -> Result<Verdict, StepError> {
    if cx.properties().ingress_profiles.is_empty() {
        tracing::info!("the cluster has no ingress profile, so no router is looked for");
        return Ok(Change::none().into());
    }
    let services = Api::<Service>::namespaced(cx.kube().await?, "openshift-ingress");
    let service = services.get("router-default").await?;
    let address = service
        .status
        .and_then(|status| status.load_balancer)
        .and_then(|balancer| balancer.ingress)
        .and_then(|ingress| ingress.into_iter().next())
        .and_then(|ingress| ingress.ip)
        .filter(|address| !address.is_empty());
    let Some(address) = address else {
        return Err(StepError::NotYet("the router has no address".to_owned()));
    };
    dns::point_apps(&cx, &address).await?;
    Ok(Change::document(move |document| {
        if let Some(profile) = document.cluster.properties.ingress_profiles.first_mut() {
            profile.ip.clone_from(&address);
        }
    })
    .into())
}
