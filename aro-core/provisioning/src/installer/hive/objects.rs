//! The Kubernetes objects by which Hive is told what to do, as pure functions.

use std::collections::BTreeSet;

use aro_api::model::CorrelationData;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::HiveSettings;
use crate::{Handover, InstallRequest, InstallerError};

/// Name of the ClusterDeployment, one in each namespace.
pub(super) const DEPLOYMENT: &str = "cluster";
/// Annotation whose members Hive writes into each line of its logs.
pub(super) const LOG_FIELDS: &str = "hive.openshift.io/additional-log-fields";
const CREDENTIALS: &str = "cluster-service-principal-secret";
const MANIFESTS: &str = "cluster-manifests-secret";
const ENVIRONMENT: &str = "aro-env-secret";
const PULL_SECRET: &str = "aro-pullsecret";
const INSTALL_CONFIG: &str = "aro-installconfig";
const SIGNING_KEY: &str = "bound-service-account-signing-key";
const KUBECONFIG: &str = "aro-service-kubeconfig-secret";

/// Variables with what the graph is sealed with.
const GRAPH_KEY_ID: &str = "GRAPH_KEY_ID";
const GRAPH_KEY: &str = "GRAPH_KEY";

/// The namespace of a cluster.
pub(super) fn namespace_name(id: &str) -> String {
    format!("aro-{id}")
}

pub(super) fn namespace(id: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace_name(id)}})
}

/// All objects of an installation, each after those it refers to.
pub(super) fn installation(
    id: &str,
    request: &InstallRequest,
    settings: &HiveSettings,
) -> Result<Vec<Value>, InstallerError> {
    let handover = given(request)?;
    let namespace = namespace_name(id);
    let mut credentials = credentials(handover);
    credentials.insert("99_aro.json".to_owned(), encoded(open(&handover.cluster)));
    credentials.insert("99_sub.json".to_owned(), encoded(&handover.subscription));
    let manifests = request.manifests.iter();
    let manifests = manifests.map(|(file, content)| (file.clone(), encoded(content)));
    let environment = settings.environment.iter();
    let mut environment: Map<String, Value> = environment
        .map(|(name, value)| (variable(name), encoded(value.expose())))
        .collect();
    let key = &handover.graph_key;
    environment.insert(variable(GRAPH_KEY_ID), encoded(&key.id));
    environment.insert(variable(GRAPH_KEY), encoded(open(&key.key)));
    let install_config = format!(
        "apiVersion: v1\nplatform:\n  azure:\n    region: {}\n",
        Value::from(request.location.clone())
    );
    let one = |name: &str, content: &str| Map::from_iter([(name.to_owned(), encoded(content))]);
    let mut all = vec![
        secret(&namespace, CREDENTIALS, credentials),
        secret(&namespace, MANIFESTS, manifests.collect()),
        secret(&namespace, ENVIRONMENT, environment),
        secret(
            &namespace,
            PULL_SECRET,
            one(".dockerconfigjson", open(&handover.pull_secret)),
        ),
        secret(&namespace, INSTALL_CONFIG, one("install-config.yaml", &install_config)),
    ];
    if let Some(key) = &handover.signing_key {
        let file = format!("{SIGNING_KEY}.key");
        all.push(secret(&namespace, SIGNING_KEY, one(&file, open(key))));
    }
    all.push(deployment(id, request, handover, settings));
    Ok(all)
}

/// All objects of a cluster that exists, each after those it refers to.
pub(super) fn adoption(id: &str, request: &InstallRequest) -> Result<Vec<Value>, InstallerError> {
    let handover = given(request)?;
    let namespace = namespace_name(id);
    let kubeconfig = Map::from_iter([("kubeconfig".to_owned(), encoded(open(&handover.kubeconfig)))]);
    let mut spec = common(request, handover);
    spec["installed"] = json!(true);
    spec["clusterMetadata"] = json!({
        "adminKubeconfigSecretRef": {"name": KUBECONFIG}, "clusterID": id, "infraID": request.infra_id,
    });
    let mut metadata = metadata(&namespace, request, handover);
    metadata["annotations"]["hive.openshift.io/infra-disabled"] = json!("true");
    Ok(vec![
        secret(&namespace, KUBECONFIG, kubeconfig),
        secret(&namespace, CREDENTIALS, credentials(handover)),
        json!({"apiVersion": "hive.openshift.io/v1", "kind": "ClusterDeployment", "metadata": metadata, "spec": spec}),
    ])
}

/// What goes into Hive's logs of a cluster; with the ids of a request while it is worked on.
pub(super) fn log_fields(resource_id: &str, correlation: Option<&CorrelationData>) -> String {
    let segments: Vec<&str> = resource_id.split('/').collect();
    let segment = |index: usize| segments.get(index).copied().unwrap_or_default();
    let mut fields = Map::from_iter([
        ("resource_id".to_owned(), json!(resource_id)),
        ("subscription_id".to_owned(), json!(segment(2))),
        ("resource_group".to_owned(), json!(segment(4))),
        ("resource_name".to_owned(), json!(segment(8))),
    ]);
    if let Some(correlation) = correlation {
        let ids = [
            ("correlation_id", &correlation.correlation_id),
            ("client_request_id", &correlation.client_request_id),
            ("request_id", &correlation.request_id),
        ];
        let ids = ids.into_iter().filter(|(_, id)| !id.is_empty());
        fields.extend(ids.map(|(name, id)| (name.to_owned(), json!(id))));
    }
    Value::Object(fields).to_string()
}

fn given(request: &InstallRequest) -> Result<&Handover, InstallerError> {
    let missing = || InstallerError::Incomplete("Hive needs the cluster's document, which it was not given".to_owned());
    request.handover.as_ref().ok_or_else(missing)
}

fn deployment(id: &str, request: &InstallRequest, handover: &Handover, settings: &HiveSettings) -> Value {
    let mut spec = common(request, handover);
    let mut environment = vec![json!({"name": "ARO_UUID", "value": id})];
    let names: BTreeSet<String> = settings.environment.keys().map(|name| variable(name)).collect();
    let own = [GRAPH_KEY, GRAPH_KEY_ID].map(variable);
    environment.extend(
        names
            .union(&BTreeSet::from(own))
            .map(|name| json!({"name": name, "valueFrom": {"secretKeyRef": {"name": ENVIRONMENT, "key": name}}})),
    );
    spec["installAttemptsLimit"] = json!(1);
    spec["pullSecretRef"] = json!({"name": PULL_SECRET});
    spec["provisioning"] = json!({
        "installerImageOverride": settings.installer_image.as_ref().unwrap_or(&handover.installer_image),
        "releaseImage": settings.mirrored(&handover.release_image),
        "installConfigSecretRef": {"name": INSTALL_CONFIG},
        "manifestsSecretRef": {"name": MANIFESTS},
        "installerEnv": environment,
    });
    if handover.signing_key.is_some() {
        spec["boundServiceAccountSigningKeySecretRef"] = json!({"name": SIGNING_KEY});
    }
    let mut metadata = metadata(&namespace_name(id), request, handover);
    metadata["labels"]["aro-created-by-Hive"] = json!("true");
    metadata["labels"]["managed-by"] = json!(format!("sub_{}", handover.subscription_id));
    for annotation in [
        "minimal-install-mode",
        "cli-domain-from-installer-image",
        "infra-disabled",
    ] {
        metadata["annotations"][format!("hive.openshift.io/{annotation}")] = json!("true");
    }
    json!({"apiVersion": "hive.openshift.io/v1", "kind": "ClusterDeployment", "metadata": metadata, "spec": spec})
}

/// What clusters have in common that Hive installs and that it adopts. The infrastructure id is Hive's to set.
fn common(request: &InstallRequest, handover: &Handover) -> Value {
    json!({
        "baseDomain": "",
        "clusterName": handover.name,
        "platform": {"azure": {
            "baseDomainResourceGroupName": request.resource_group_id,
            "region": request.location,
            "credentialsSecretRef": {"name": CREDENTIALS},
        }},
        "controlPlaneConfig": {
            "apiServerIPOverride": handover.private_endpoint,
            "apiURLOverride": format!("api-int.{}:6443", request.domain),
        },
        "preserveOnDelete": true,
        "manageDNS": false,
    })
}

fn metadata(namespace: &str, request: &InstallRequest, handover: &Handover) -> Value {
    json!({
        "name": DEPLOYMENT,
        "namespace": namespace,
        "labels": {
            "hive.openshift.io/cluster-platform": "azure",
            "hive.openshift.io/cluster-region": request.location,
        },
        "annotations": {LOG_FIELDS: log_fields(&request.cluster_resource_id, Some(&handover.correlation))},
    })
}

/// What Hive and the installer sign in with.
fn credentials(handover: &Handover) -> Map<String, Value> {
    let principal = handover.service_principal.as_ref();
    principal
        .map(|principal| ("osServicePrincipal.json".to_owned(), encoded(open(principal))))
        .into_iter()
        .collect()
}

fn secret(namespace: &str, name: &str, data: Map<String, Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"namespace": namespace, "name": name}, "data": data})
}

fn variable(name: &str) -> String {
    format!("ARO_{name}")
}

fn encoded(text: &str) -> Value {
    STANDARD.encode(text).into()
}

fn open(secret: &aro_api::Secret) -> &str {
    // A handover has its secrets open.
    secret.plain().unwrap_or_default()
}

#[cfg(test)]
mod tests;
