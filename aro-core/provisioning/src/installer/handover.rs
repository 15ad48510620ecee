//! What an installer is given that works with the cluster's own document and secrets.

use std::collections::BTreeMap;

use aro_api::{
    Secret,
    model::{Cluster, CorrelationData, PlatformWorkloadIdentityRole},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

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
    /// Manifests that go into the cluster, by file name. Their content is JSON, which is YAML.
    pub manifests: BTreeMap<String, String>,
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
}

/// The operator whose secret the service writes itself, after the installation.
const OWN_OPERATOR: &str = "aro-operator";
/// Where tokens of service accounts are, in every pod that has one.
const TOKEN: &str = "/var/run/secrets/openshift/serviceaccount/token";

/// Manifests of a cluster with workload identities: a secret for each operator's identity, one for the operator that hands
/// credentials out, and the issuer of service accounts' tokens. None for other clusters.
#[must_use]
pub fn custom_manifests(
    cluster: &Cluster,
    tenant: &str,
    subscription: &str,
    roles: &[PlatformWorkloadIdentityRole],
) -> BTreeMap<String, String> {
    let properties = &cluster.properties;
    let Some(profile) = &properties.platform_workload_identity_profile else {
        return BTreeMap::new();
    };
    let secret = |namespace: &str, name: &str, data: Value| {
        json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"namespace": namespace, "name": name}, "stringData": data})
    };
    let mut all = BTreeMap::new();
    for (operator, identity) in profile.platform_workload_identities.iter() {
        let role = roles.iter().find(|role| role.operator_name == *operator);
        let Some(place) = role
            .map(|role| &role.secret_location)
            .filter(|_| operator != OWN_OPERATOR)
        else {
            continue;
        };
        let data = json!({
            "azure_client_id": identity.client_id,
            "azure_subscription_id": subscription,
            "azure_tenant_id": tenant,
            "azure_region": cluster.location,
            "azure_federated_token_file": TOKEN,
        });
        let file = format!("{}-{}-credentials.yaml", place.namespace, place.name);
        all.insert(file, secret(&place.namespace, &place.name, data).to_string());
    }
    let (namespace, name) = ("openshift-cloud-credential-operator", "azure-credentials");
    all.insert(
        format!("{namespace}-{name}-credentials.yaml"),
        secret(namespace, name, json!({"azure_tenant_id": tenant})).to_string(),
    );
    let issuer = properties.cluster_profile.oidc_issuer.clone().unwrap_or_default();
    all.insert(
        "cluster-authentication-02-config.yaml".to_owned(),
        json!({"apiVersion": "config.openshift.io/v1", "kind": "Authentication", "metadata": {"name": "cluster"},
            "spec": {"serviceAccountIssuer": issuer}})
        .to_string(),
    );
    all
}

/// A pull secret: `base`, where there is one, with the registries (name, user, password) of the service in it.
///
/// # Errors
/// When `base` is no pull secret; its content is no part of the error.
pub fn pull_secret(base: Option<&str>, registries: &[(String, String, Secret)]) -> Result<Secret, String> {
    let malformed = || "the pull secret of the service is malformed".to_owned();
    let mut root: Map<String, Value> = match base {
        Some(base) => serde_json::from_str(base).map_err(|_| malformed())?,
        None => Map::new(),
    };
    let auths = root.entry("auths").or_insert_with(|| json!({}));
    let auths = auths.as_object_mut().ok_or_else(malformed)?;
    for (registry, user, password) in registries {
        let password = password.plain().unwrap_or_default();
        let auth = STANDARD.encode(format!("{user}:{password}"));
        auths.insert(registry.clone(), json!({"auth": auth}));
    }
    Ok(Secret::new(Value::Object(root).to_string()))
}
