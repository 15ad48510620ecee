//! The secrets from which the operators of a cluster with workload identities learn who they are: said once, for the
//! installation, for updates and for the service's own operator.

use aro_api::model::{Cluster, PlatformWorkloadIdentity, PlatformWorkloadIdentityRole};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::operator::IDENTITY as OWN_OPERATOR;

/// Where tokens of service accounts are, in every pod that has one.
pub(crate) const TOKEN: &str = "/var/run/secrets/openshift/serviceaccount/token";

/// A secret of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdentitySecret {
    /// The operator.
    pub(crate) operator: String,
    /// Where it looks.
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// What it finds there. None of it is secret.
    data: Value,
}

impl IdentitySecret {
    /// Whether it is the service's own operator's, which no installation brings.
    pub(crate) fn is_own(&self) -> bool {
        self.operator == OWN_OPERATOR
    }

    /// The secret as an object.
    pub(crate) fn object(&self) -> Value {
        json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"namespace": self.namespace, "name": self.name}, "data": self.data})
    }
}

/// Who an operator is.
pub(crate) fn data(cluster: &Cluster, identity: &PlatformWorkloadIdentity, tenant: &str, subscription: &str) -> Value {
    let encoded = |text: &str| STANDARD.encode(text);
    json!({
        "azure_client_id": encoded(&identity.client_id),
        "azure_subscription_id": encoded(subscription),
        "azure_tenant_id": encoded(tenant),
        "azure_region": encoded(&cluster.location),
        "azure_federated_token_file": encoded(TOKEN),
    })
}

/// The secrets of all operators that the role set knows. None for clusters without workload identities.
///
/// # Errors
/// The operator of which the role set does not say where its secret is.
pub(crate) fn all(
    cluster: &Cluster,
    tenant: &str,
    subscription: &str,
    roles: &[PlatformWorkloadIdentityRole],
) -> Result<Vec<IdentitySecret>, String> {
    let profile = cluster.properties.platform_workload_identity_profile.as_ref();
    let identities = profile
        .into_iter()
        .flat_map(|profile| profile.platform_workload_identities.iter());
    let mut found = Vec::new();
    for (operator, identity) in identities {
        let Some(role) = roles.iter().find(|role| role.operator_name == *operator) else {
            continue;
        };
        let place = &role.secret_location;
        if place.namespace.is_empty() || place.name.is_empty() {
            return Err(format!(
                "the role set does not say where the secret of the operator {operator} is"
            ));
        }
        found.push(IdentitySecret {
            operator: operator.clone(),
            namespace: place.namespace.clone(),
            name: place.name.clone(),
            data: data(cluster, identity, tenant, subscription),
        });
    }
    Ok(found)
}
