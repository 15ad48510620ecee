//! What an installer is given that works with the cluster's own document: opened only for it.

use aro_api::{CloudError, Secret, model::OpenShiftVersionProperties, stored};
use aro_store::KeyError;
use serde_json::json;

use super::{
    context::{Cx, missing},
    registry,
};
use crate::{GraphKey, Handover, StepError};

/// The handover of the cluster.
pub(super) async fn of(cx: &Cx) -> Result<Handover, StepError> {
    let (sealer, id) = (cx.environment.store.sealer(), cx.document.id.as_str());
    let properties = cx.properties();
    let unreadable = |error: stored::StoredError| StepError::Unexpected(error.to_string());
    let subscription = cx.environment.store.subscriptions().get(cx.subscription()?).await?;
    let subscription = subscription
        .ok_or_else(|| missing("a registered subscription"))?
        .document;
    let tenant = cx.tenant().await?;
    let version = version(cx).await?;
    let service_principal = match &properties.service_principal_profile {
        None => None,
        Some(profile) => Some(Secret::new(
            json!({
                "clientId": profile.client_id,
                "clientSecret": profile.client_secret.open(sealer, id)?.as_str(),
                "tenantId": tenant,
                "subscriptionId": cx.subscription()?,
            })
            .to_string(),
        )),
    };
    let signing_key = match &properties.cluster_profile.bound_service_account_signing_key {
        Some(key) if cx.cluster().uses_workload_identity() => Some(Secret::new(key.open(sealer, id)?.as_str())),
        _ => None,
    };
    let unsealable = |error: KeyError| StepError::Unexpected(error.to_string());
    let graph_key = cx
        .environment
        .store
        .sealer()
        .delegate(&GraphKey::context(id))
        .map_err(unsealable)?;
    let kubeconfig = properties.aro_service_kubeconfig.open(sealer, id)?;
    Ok(Handover {
        name: cx.cluster().name.clone(),
        subscription_id: cx.subscription()?.to_owned(),
        cluster: Secret::new(
            stored::to_clear_string(cx.cluster(), sealer, id)
                .map_err(unreadable)?
                .as_str(),
        ),
        subscription: stored::to_string(&subscription.subscription, sealer, &subscription.id).map_err(unreadable)?,
        service_principal,
        pull_secret: registry::pull_secret(cx).await?,
        signing_key,
        private_endpoint: properties.network_profile.private_endpoint_ip.clone(),
        release_image: version.openshift_pullspec,
        installer_image: version.installer_pullspec,
        kubeconfig: Secret::new(String::from_utf8_lossy(&kubeconfig).into_owned()),
        correlation: cx.document.correlation_data.clone(),
        graph_key: GraphKey {
            id: graph_key.id,
            key: Secret::new(graph_key.key.as_str()),
        },
    })
}

/// The enabled OpenShift version that the cluster asks for.
async fn version(cx: &Cx) -> Result<OpenShiftVersionProperties, StepError> {
    let wanted = &cx.properties().cluster_profile.version;
    let all = cx.environment.store.openshift_versions().list().await?;
    let all = all
        .into_iter()
        .map(|stored| stored.document.openshift_version.properties);
    all.filter(|version| version.enabled)
        .find(|version| version.version == *wanted)
        .ok_or_else(|| {
            let text = format!(
                "OpenShift {wanted} cannot be installed. Choose another version: az aro get-versions --location {} lists them.",
                cx.cluster().location
            );
            CloudError::invalid_parameter("properties.clusterProfile.version", text).into()
        })
}
