//! The provider's own way to the API server.

use aro_azure::{
    Reference,
    network::{
        self, PrivateEndpoint, PrivateEndpointProperties, PrivateLinkConnection, PrivateLinkConnectionProperties,
    },
};

use super::context::Cx;
use crate::{Change, StepError, Verdict};

fn endpoint_id(cx: &Cx) -> String {
    let group = cx.environment.provider_group();
    format!(
        "{group}/providers/Microsoft.Network/privateEndpoints/rp-pe-{}",
        cx.document.id
    )
}

/// Makes the endpoint and learns its address.
pub(crate) async fn ensure(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.provider_arm().await?;
    let id = endpoint_id(&cx);
    let service = cx.managed(
        "Microsoft.Network/privateLinkServices",
        &cx.names()?.private_link_service(),
    )?;
    let endpoint = PrivateEndpoint {
        location: cx.environment.config.location.clone(),
        properties: PrivateEndpointProperties {
            subnet: Reference::to(cx.environment.config.private_endpoint_subnet.clone()),
            manual_private_link_service_connections: vec![PrivateLinkConnection {
                name: "rp-plsconnection".to_owned(),
                properties: PrivateLinkConnectionProperties {
                    private_link_service_id: service,
                    ..PrivateLinkConnectionProperties::default()
                },
                ..PrivateLinkConnection::default()
            }],
            ..PrivateEndpointProperties::default()
        },
        ..PrivateEndpoint::default()
    };
    arm.put(&id, &endpoint).await?;
    let made: PrivateEndpoint = arm.get_with(&id, &[("$expand", "networkInterfaces")]).await?;
    let Some(address) = made.address().map(str::to_owned) else {
        return Ok(Verdict::not_yet("the private endpoint has no address"));
    };
    Ok(Change::document(move |document| {
        document
            .cluster
            .properties
            .network_profile
            .private_endpoint_ip
            .clone_from(&address);
    })
    .into())
}

/// Removes the endpoint.
pub(crate) async fn remove(cx: Cx) -> Result<Verdict, StepError> {
    cx.provider_arm()
        .await?
        .delete(&endpoint_id(&cx), network::API_VERSION)
        .await?;
    Ok(Change::none().into())
}
