//! The cluster's way to the gateway: a private endpoint, and a record by which the gateway knows whose packets come.
//!
//! ```text
//! endpoint (base template) ── connection, link identifier ── gateway's private link service
//!                                     │
//!                                     └── record {link identifier: cluster}, read by the gateway
//! ```

use aro_api::model::Gateway;
use aro_azure::{
    network::{PrivateEndpoint, PrivateEndpointConnection, PrivateLinkService},
    resources::Deployment,
};
use aro_store::{GatewayDocument, StoreError};

use super::{context::Cx, template};
use crate::{Change, StepError, Verdict};

const APPROVED: &str = "Approved";
/// Where the plan notes the link identifier that it works on.
const LINK: &str = "gatewayLink";

fn endpoint_id(cx: &Cx) -> Result<String, StepError> {
    cx.managed("Microsoft.Network/privateEndpoints", &cx.names()?.gateway_endpoint())
}

/// The gateway's side of the cluster's endpoint.
async fn connection(cx: &Cx, service: &str) -> Result<Option<PrivateEndpointConnection>, StepError> {
    let endpoint = endpoint_id(cx)?;
    let service: Option<PrivateLinkService> = cx.provider_arm().await?.find(service).await?;
    let connections = service.map(|service| service.properties.private_endpoint_connections);
    Ok(connections.unwrap_or_default().into_iter().find(|one| {
        let other = one.properties.private_endpoint.as_ref();
        other.is_some_and(|other| other.is(&endpoint))
    }))
}

/// Name of the deployment of the endpoint of a cluster from before there was a gateway; no other plan uses it.
const DEPLOYMENT: &str = "aro-gateway-endpoint";

/// Makes the endpoint where the cluster has none: it may be older than the gateway.
pub(crate) async fn endpoint(cx: Cx) -> Result<Verdict, StepError> {
    let network = &cx.properties().network_profile;
    let Some(service) = &cx.provider().gateway_private_link_service else {
        return Ok(Change::none().into());
    };
    if !network.gateway_private_endpoint_ip.is_empty() {
        return Ok(Change::none().into());
    }
    let location = cx.cluster().location.to_lowercase();
    let subnet = &cx.properties().master_profile.subnet_id;
    let endpoint = template::gateway_endpoint(&cx.names()?, &location, subnet, service);
    let id = cx.managed("Microsoft.Resources/deployments", DEPLOYMENT)?;
    match cx.arm().await?.put(&id, &Deployment::of(vec![endpoint])).await {
        Ok(_) => Ok(Change::none().into()),
        Err(error) if error.is_deployment_active() => Ok(Verdict::not_yet(
            "an earlier deployment of the private endpoint is still running",
        )),
        Err(error) => Err(error.into()),
    }
}

/// Approves the endpoint, tells the gateway whose it is, and keeps its address.
pub(crate) async fn ensure(cx: Cx) -> Result<Verdict, StepError> {
    let Some(service) = &cx.provider().gateway_private_link_service else {
        return Ok(Change::none().into());
    };
    let network = &cx.properties().network_profile;
    if !network.gateway_private_endpoint_ip.is_empty() {
        return Ok(Change::none().into());
    }
    let arm = cx.arm().await?;
    let endpoint: PrivateEndpoint = arm
        .get_with(&endpoint_id(&cx)?, &[("$expand", "networkInterfaces")])
        .await?;
    let Some(address) = endpoint.address().map(str::to_owned) else {
        return Ok(Verdict::not_yet("the private endpoint to the gateway has no address"));
    };
    let Some(mut connection) = connection(&cx, service).await? else {
        return Ok(Verdict::not_yet("the gateway does not see the private endpoint"));
    };
    let Some(link) = connection.properties.link_identifier.clone() else {
        return Ok(Verdict::not_yet(
            "the private endpoint to the gateway has no link identifier",
        ));
    };
    if connection.properties.private_link_service_connection_state.status != APPROVED {
        let state = &mut connection.properties.private_link_service_connection_state;
        APPROVED.clone_into(&mut state.status);
        APPROVED.clone_into(&mut state.description);
        let id = connection.id.clone();
        cx.provider_arm().await?.put(&id, &connection).await?;
    }
    if !known(&cx, &link).await? {
        return Ok(Verdict::not_yet(
            "the gateway still knows the link identifier as that of a cluster that is being deleted",
        ));
    }
    Ok(Change::document(move |document| {
        let network = &mut document.cluster.properties.network_profile;
        network.gateway_private_endpoint_ip.clone_from(&address);
        network.gateway_private_link_id.clone_from(&link);
    })
    .into())
}

/// Writes the record; an earlier attempt may have done so. False while the record of a cluster before is still there:
/// Azure gives link identifiers again.
async fn known(cx: &Cx, link: &str) -> Result<bool, StepError> {
    let properties = cx.properties();
    let record = GatewayDocument {
        id: link.to_owned(),
        gateway: Gateway {
            id: cx.cluster().id.clone(),
            storage_suffix: properties.storage_suffix.clone(),
            image_registry_storage_account_name: properties.image_registry_storage_account_name.clone(),
            ..Gateway::default()
        },
        ..GatewayDocument::default()
    };
    let wanted = record.gateway.clone();
    let records = cx.environment.store.gateways();
    match records.create(record).await {
        Ok(_) => return Ok(true),
        Err(StoreError::Conflict { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let Some(there) = records.get(link).await? else {
        return Ok(false);
    };
    let there = there.document.gateway;
    if there.deleting {
        return Ok(false);
    }
    let same = there.id.eq_ignore_ascii_case(&wanted.id)
        && there.storage_suffix == wanted.storage_suffix
        && there.image_registry_storage_account_name == wanted.image_registry_storage_account_name;
    if same {
        Ok(true)
    } else {
        Err(StepError::Unexpected(
            "the gateway knows the link identifier of the private endpoint as that of another cluster".to_owned(),
        ))
    }
}

/// Marks the record as that of a cluster that goes. The endpoint must not go before it: its identifier would be given to
/// another cluster while the gateway still takes it for this one's.
pub(crate) async fn withdraw(cx: Cx) -> Result<Verdict, StepError> {
    let Some(link) = link(&cx).await? else {
        return Ok(Change::none().into());
    };
    let (own, farewell) = (cx.cluster().id.clone(), cx.environment.config.pace.gateway_farewell);
    let records = cx.environment.store.gateways();
    let marked = records.update(&link, |record| {
        // A record of another cluster is not ours to end.
        if record.gateway.id.eq_ignore_ascii_case(&own) && !record.gateway.deleting {
            record.gateway.deleting = true;
            record.ttl = Some(farewell);
        }
    });
    match marked.await {
        Ok(_) => {}
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Change::none().output(LINK, link).into())
}

/// The link identifier on the document; of an attempt that has written the record and then died, the one that the gateway
/// sees.
async fn link(cx: &Cx) -> Result<Option<String>, StepError> {
    let noted = &cx.properties().network_profile.gateway_private_link_id;
    if !noted.is_empty() {
        return Ok(Some(noted.clone()));
    }
    match &cx.provider().gateway_private_link_service {
        Some(service) if cx.names().is_ok() && cx.managed_group().is_ok() => Ok(connection(cx, service)
            .await?
            .and_then(|one| one.properties.link_identifier)),
        _ => Ok(None),
    }
}

/// The record is gone.
pub(crate) async fn withdrawn(cx: Cx) -> Result<Verdict, StepError> {
    let Some(link) = cx.recorded(LINK).and_then(|link| link.as_str()) else {
        return Ok(Change::none().into());
    };
    let record = cx.environment.store.gateways().get(link).await?;
    let own = record.filter(|record| record.document.gateway.id.eq_ignore_ascii_case(&cx.cluster().id));
    match own {
        Some(_) => Ok(Verdict::not_yet("the gateway still has a record of the cluster")),
        None => Ok(Change::none().into()),
    }
}
