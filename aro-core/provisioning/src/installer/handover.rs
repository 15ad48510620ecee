//! What an installer is given that works with the cluster's own document and secrets.

use std::collections::BTreeMap;

use aro_api::{
    Secret,
    model::{Cluster, CorrelationData, PlatformWorkloadIdentityRole},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::identity_secrets;

/// A cluster as an installer is given it. All secrets are open in it; none is ever printed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Handover {
    /// The cluster's name.
    pub name: String,
    /// The customer's subscription.
    pub subscription_id: String,
    /// The cluster's whole document as JSON, in the clear.
    pub cluster: Secret,
    /// The subscription's document as JSON.
    pub subscription: String,
    /// The service principal, as JSON that the installer signs in with; `None` with workload identities.
    pub service_principal: Option<Secret>,
    /// What images are pulled with.
    pub pull_secret: Secret,
    /// The key that signs service accounts' tokens; `None` with a service principal.
    pub signing_key: Option<Secret>,
    /// Address of the private endpoint to the API server.
    pub private_endpoint: String,
    /// Image of the OpenShift release.
    pub release_image: String,
    /// Image of the installer.
    pub installer_image: String,
    /// Kubeconfig of the service; for clusters that exist.
    pub kubeconfig: Secret,
    /// Ids of the request that caused the installation.
    pub correlation: CorrelationData,
    /// What the installer seals with what it leaves behind.
    pub graph_key: GraphKey,
}

/// A key for what an installer leaves in the cluster's storage account. It seals that and opens nothing else; how, is said
/// of [`aro_store::DelegatedKey`], and the context is [`GraphKey::context`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphKey {
    /// Its id.
    pub id: String,
    /// The key, 32 bytes in base64.
    pub key: Secret,
}

impl GraphKey {
    /// The context in which the graph of a cluster is sealed.
    #[must_use]
    pub fn context(id: &str) -> String {
        format!("{id}/graph")
    }
}

/// Manifests of a cluster with workload identities, by file name; their content is JSON, which is YAML: a secret for each
/// operator's identity, one for the operator that hands credentials out, and the issuer of service accounts' tokens. None
/// for other clusters.
///
/// # Errors
/// The operator of which the role set does not say where its secret is.
pub fn custom_manifests(
    cluster: &Cluster,
    tenant: &str,
    subscription: &str,
    roles: &[PlatformWorkloadIdentityRole],
) -> Result<BTreeMap<String, String>, String> {
    let properties = &cluster.properties;
    if properties.platform_workload_identity_profile.is_none() {
        return Ok(BTreeMap::new());
    }
    let file = |namespace: &str, name: &str| format!("{namespace}-{name}-credentials.yaml");
    // That of the service's own operator comes with that operator, after the installation.
    let mut all: BTreeMap<String, String> = identity_secrets::all(cluster, tenant, subscription, roles)?
        .into_iter()
        .filter(|one| !one.is_own())
        .map(|one| (file(&one.namespace, &one.name), one.object().to_string()))
        .collect();
    let (namespace, name) = ("openshift-cloud-credential-operator", "azure-credentials");
    all.insert(
        file(namespace, name),
        json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"namespace": namespace, "name": name}, "data": {"azure_tenant_id": STANDARD.encode(tenant)}})
        .to_string(),
    );
    let issuer = properties.cluster_profile.oidc_issuer.clone().unwrap_or_default();
    all.insert(
        "cluster-authentication-02-config.yaml".to_owned(),
        json!({"apiVersion": "config.openshift.io/v1", "kind": "Authentication", "metadata": {"name": "cluster"},
            "spec": {"serviceAccountIssuer": issuer}})
        .to_string(),
    );
    Ok(all)
}

/// A registry with user and password.
pub type Registry = (String, String, Secret);

/// A pull secret: `base`, where there is one, with the registries of the service in it. Other registries and their members
/// stay as they are.
///
/// # Errors
/// When `base` is no pull secret; its content is no part of the error.
pub fn pull_secret(base: Option<&str>, registries: &[Registry]) -> Result<Secret, String> {
    let malformed = || "the pull secret is malformed".to_owned();
    let mut root: Map<String, Value> = match base {
        Some(base) => serde_json::from_str(base).map_err(|_| malformed())?,
        None => Map::new(),
    };
    let auths = root.entry("auths").or_insert_with(|| json!({}));
    if auths.is_null() {
        *auths = json!({});
    }
    let auths = auths.as_object_mut().ok_or_else(malformed)?;
    for (registry, user, password) in registries {
        let password = password.plain().unwrap_or_default();
        let auth = STANDARD.encode(format!("{user}:{password}"));
        auths.insert(registry.clone(), json!({"auth": auth}));
    }
    Ok(Secret::new(Value::Object(root).to_string()))
}
