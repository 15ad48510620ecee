//! The installer image that Hive runs, as far as it can be seen from outside: what it reads of what it was handed.
//!
//! | from | it takes |
//! |---|---|
//! | the secret of `platform.azure.credentialsSecretRef` | `99_aro.json` the cluster, `99_sub.json` the subscription, `osServicePrincipal.json` whom the cluster works as |
//! | `boundServiceAccountSigningKeySecretRef`, `manifestsSecretRef` | with workload identities: the key and the manifests in place of a service principal |
//! | `pullSecretRef` | what the release is pulled with |
//! | `installerEnv` | `ARO_UUID` the cluster's id, `ARO_GRAPH_KEY_ID` and `ARO_GRAPH_KEY` what the graph is sealed with |

use std::collections::BTreeMap;

use aro_sim_kube::ApiServer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::seal::Seal;
use crate::state::State;

/// What the image is about to do.
pub(super) struct Plan {
    /// The cluster's id.
    pub(super) id: String,
    /// What to install, as [`crate::installation`] takes it.
    pub(super) request: Value,
    pub(super) seal: Seal,
}

/// What was handed over, in the namespace of a ClusterDeployment.
struct Handed<'a> {
    server: &'a ApiServer,
    namespace: &'a str,
    spec: &'a Value,
}

impl Handed<'_> {
    /// A member of the secret that a reference names, in the clear.
    fn secret(&self, reference: &str, member: &str) -> Option<String> {
        self.named(self.spec.pointer(reference)?["name"].as_str()?, member)
    }

    fn named(&self, name: &str, member: &str) -> Option<String> {
        let secret = self.server.get(("", "secrets"), Some(self.namespace), name)?;
        let bytes = STANDARD.decode(secret["data"][member].as_str()?).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// All members of the secret that a reference names, in the clear.
    fn all(&self, reference: &str) -> BTreeMap<String, String> {
        let name = self.spec.pointer(reference).and_then(|of| of["name"].as_str());
        let secret = self
            .server
            .get(("", "secrets"), Some(self.namespace), name.unwrap_or_default());
        let data = secret.as_ref().and_then(|secret| secret["data"].as_object());
        let members = data.into_iter().flatten();
        let opened = members.filter_map(|(member, _)| Some((member.clone(), self.named(name?, member)?)));
        opened.collect()
    }

    fn json(&self, reference: &str, member: &str) -> Result<Value, String> {
        let text = self
            .secret(reference, member)
            .ok_or_else(|| format!("{member} is missing"))?;
        serde_json::from_str(&text).map_err(|_| format!("{member} is not JSON"))
    }

    fn variable(&self, name: &str) -> Result<String, String> {
        let all = self
            .spec
            .pointer("/provisioning/installerEnv")
            .and_then(Value::as_array);
        let variable = all.into_iter().flatten().find(|one| one["name"] == name);
        let from = |one: &Value| {
            let of = &one["valueFrom"]["secretKeyRef"];
            self.named(of["name"].as_str()?, of["key"].as_str()?)
        };
        variable
            .and_then(|one| one["value"].as_str().map(str::to_owned).or_else(|| from(one)))
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("the environment lacks {name}"))
    }
}

/// The cluster's id, by which its installation is known.
pub(super) fn id(server: &ApiServer, namespace: &str, spec: &Value) -> Result<String, String> {
    Handed {
        server,
        namespace,
        spec,
    }
    .variable("ARO_UUID")
    .map(|id| id.to_lowercase())
}

/// Reads what was handed over.
///
/// # Errors
/// What the image would end with.
pub(super) fn read(
    state: &State,
    server: &ApiServer,
    namespace: &str,
    spec: &Value,
    now: OffsetDateTime,
) -> Result<Plan, String> {
    const CREDENTIALS: &str = "/platform/azure/credentialsSecretRef";
    let handed = Handed {
        server,
        namespace,
        spec,
    };
    let id = id(server, namespace, spec)?;
    let cluster = handed.json(CREDENTIALS, "99_aro.json")?;
    let subscription = handed.json(CREDENTIALS, "99_sub.json")?;
    if subscription
        .pointer("/properties/tenantId")
        .and_then(Value::as_str)
        .is_none()
    {
        return Err("99_sub.json has no tenant".to_owned());
    }
    let properties = &cluster["properties"];
    let text = |pointer: &str| {
        let value = properties
            .pointer(pointer)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty());
        value
            .map(str::to_owned)
            .ok_or_else(|| format!("99_aro.json has no properties{pointer}"))
    };
    if properties.pointer("/install/now").is_none() {
        return Err("99_aro.json does not say when the installation has begun".to_owned());
    }
    text("/sshKey")?;
    let principal = match properties
        .get("servicePrincipalProfile")
        .filter(|profile| profile.is_object())
    {
        Some(_) => Some(principal(
            state,
            &handed.json(CREDENTIALS, "osServicePrincipal.json")?,
            now,
        )?),
        None => {
            workload_identity(&handed, &text("/clusterProfile/oidcIssuer")?)?;
            None
        }
    };
    pulls(&handed)?;
    let workers = properties["workerProfiles"].as_array().cloned().unwrap_or_default();
    let worker = workers.first().ok_or("99_aro.json has no workers")?;
    let count: i64 = workers.iter().filter_map(|one| one["count"].as_i64()).sum();
    let request = json!({
        "clusterResourceId": cluster["id"],
        "resourceGroupId": text("/clusterProfile/resourceGroupId")?,
        "location": cluster["location"].as_str().unwrap_or_default().to_lowercase(),
        "infraId": text("/infraId")?,
        "domain": text("/clusterProfile/domain")?,
        "version": text("/clusterProfile/version")?,
        "releaseImage": spec["provisioning"]["releaseImage"],
        "masterSubnetId": text("/masterProfile/subnetId")?,
        "masterVmSize": text("/masterProfile/vmSize")?,
        "workerSubnetId": worker["subnetId"],
        "workerVmSize": worker["vmSize"],
        "workerCount": count,
        "workerDiskSizeGb": worker["diskSizeGB"].as_i64().unwrap_or_default(),
        "workerEncryptionAtHost": worker["encryptionAtHost"] == "Enabled",
        "workerDiskEncryptionSetId": worker["diskEncryptionSetId"].as_str().unwrap_or_default(),
        "zones": cluster.pointer("/properties/zones").cloned().unwrap_or_else(|| json!([])),
        "storageAccount": format!("cluster{}", text("/storageSuffix")?),
        "mtuSize": properties.pointer("/networkProfile/mtuSize").cloned().unwrap_or_default(),
        "podCidr": text("/networkProfile/podCidr")?,
        "serviceCidr": text("/networkProfile/serviceCidr")?,
        "pullSecret": pull_secret(properties)?,
        "manifests": handed.all("/provisioning/manifestsSecretRef"),
        "servicePrincipal": principal,
    });
    let seal = Seal {
        id: handed.variable("ARO_GRAPH_KEY_ID")?,
        key: handed.variable("ARO_GRAPH_KEY")?,
        cluster: id.clone(),
    };
    Ok(Plan { id, request, seal })
}

/// The customer's pull secret, with the registries of the service.
fn pull_secret(properties: &Value) -> Result<String, String> {
    let own = properties
        .pointer("/clusterProfile/pullSecret")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let own = if own.trim().is_empty() { "{}" } else { own };
    let mut all: Value = serde_json::from_str(own).map_err(|_| "the pull secret is not JSON".to_owned())?;
    for registry in properties["registryProfiles"].as_array().into_iter().flatten() {
        let text = |name: &str| registry[name].as_str().unwrap_or_default();
        let auth = STANDARD.encode(format!("{}:{}", text("username"), text("password")));
        all["auths"][text("name")] = json!({"auth": auth});
    }
    Ok(all.to_string())
}

/// The service principal, which must be able to sign in.
fn principal(state: &State, given: &Value, now: OffsetDateTime) -> Result<Value, String> {
    let text = |name: &str| given[name].as_str().unwrap_or_default();
    let application = state
        .applications
        .values()
        .find(|one| one.app_id.eq_ignore_ascii_case(text("clientId")));
    let secrets = application.map(|one| one.secrets.as_slice()).unwrap_or_default();
    if !secrets
        .iter()
        .any(|one| one.secret == text("clientSecret") && one.ends > now)
    {
        return Err("AADSTS7000215: Invalid client secret provided.".to_owned());
    }
    Ok(json!({"clientId": text("clientId"), "clientSecret": text("clientSecret")}))
}

/// With workload identities, the manifests name the issuer, and there is a key to sign with.
fn workload_identity(handed: &Handed<'_>, issuer: &str) -> Result<(), String> {
    let key = "bound-service-account-signing-key.key";
    let key = handed
        .secret("/boundServiceAccountSigningKeySecretRef", key)
        .unwrap_or_default();
    if !key.contains("PRIVATE KEY") {
        return Err("there is no key to sign service accounts' tokens with".to_owned());
    }
    let file = "cluster-authentication-02-config.yaml";
    let authentication = handed
        .secret("/provisioning/manifestsSecretRef", file)
        .unwrap_or_default();
    if !authentication.contains(issuer) {
        return Err(format!("the manifests do not say that {issuer} issues tokens"));
    }
    Ok(())
}

/// The release can be pulled: a registry of Azure gives nothing without a password.
fn pulls(handed: &Handed<'_>) -> Result<(), String> {
    let pull = handed.json("/pullSecretRef", ".dockerconfigjson")?;
    let images = ["/provisioning/releaseImage", "/provisioning/installerImageOverride"];
    for image in images.map(|image| handed.spec.pointer(image).and_then(Value::as_str).unwrap_or_default()) {
        let registry = image.split('/').next().unwrap_or_default();
        let known = pull["auths"][registry]["auth"].as_str().unwrap_or_default();
        if image.is_empty() || (registry.ends_with(".azurecr.io") && known.is_empty()) {
            return Err(format!("{image} cannot be pulled: there is no password for {registry}"));
        }
    }
    Ok(())
}
