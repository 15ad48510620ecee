//! What schedules of maintenance can choose a cluster by.

use std::collections::BTreeMap;

use aro_api::model::Cluster;
use aro_api::{CloudError, Code};

use super::compact;
use crate::controllers::clusters::{find, not_found};
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

/// GET …/selectors
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    let stored = find(&call).await?.ok_or_else(|| not_found(&call))?;
    let subscription = call.subscription();
    let Some(registered) = call.app.parts.store.subscriptions().get(subscription).await? else {
        let message = format!("The subscription {subscription} is not registered with the resource provider.");
        return Err(CloudError::new(404, Code::RESOURCE_NOT_FOUND, "", message).into());
    };
    let cluster = &stored.document.cluster;
    let properties = &cluster.properties;
    let flag = |value: bool| value.to_string();
    let selectors: BTreeMap<&str, String> = BTreeMap::from([
        ("resourceID", call.cluster_key()),
        ("bucketID", stored.document.bucket.to_string()),
        ("subscriptionID", subscription.to_string()),
        (
            "subscriptionState",
            registered.document.subscription.state.as_str().to_string(),
        ),
        (
            "authenticationType",
            if cluster.uses_workload_identity() {
                "WorkloadIdentity"
            } else {
                "ServicePrincipal"
            }
            .to_string(),
        ),
        ("architectureVersion", properties.architecture_version.0.to_string()),
        ("provisioningState", properties.provisioning_state.as_str().to_string()),
        (
            "outboundType",
            properties.network_profile.outbound_type.as_str().to_string(),
        ),
        (
            "APIServerVisibility",
            properties.apiserver_profile.visibility.as_str().to_string(),
        ),
        (
            "isManagedDomain",
            flag(is_managed(cluster, &call.app.parts.settings.domain)),
        ),
    ]);
    compact(&selectors)
}

/// Whether the service looks after the DNS records of the cluster: a bare name, or one below the service's own domain.
fn is_managed(cluster: &Cluster, domain: &str) -> bool {
    let name = cluster.properties.cluster_profile.domain.to_lowercase();
    !name.contains('.')
        || name
            .strip_suffix(&domain.to_lowercase())
            .is_some_and(|rest| rest.ends_with('.'))
}
