//! Hive: a Kubernetes service that installs OpenShift in a job of its own and looks after the cluster later on.
//!
//! ```text
//! start ──► namespace, secrets, ClusterDeployment (applied; repeats are safe)
//! state ──► spec.installed: done │ ProvisionFailed: reason + log of the last attempt │ else: under way
//! ```

mod objects;
mod reasons;

use std::{collections::BTreeMap, fmt, path::PathBuf};

use aro_config::ConfigSecret;
use aro_http::OperationContext;
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client,
    api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
    core::GroupVersionKind,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{InstallRequest, InstallState, Installer, InstallerError};

/// Who owns the members that are written here.
const FIELD_MANAGER: &str = "aro-rp";
/// Where releases come from, unless they are mirrored.
const QUAY: &str = "quay.io";
/// Longest piece of a provision's log that is read.
const MAX_LOG: usize = 1024 * 1024;

/// Where Hive is and what it is told about every cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HiveSettings {
    /// File with the kubeconfig of Hive's API server.
    pub kubeconfig: PathBuf,
    /// The registry that mirrors releases; releases are pulled from where they come where empty.
    pub registry: String,
    /// The installer's image in place of that of the version.
    pub installer_image: Option<String>,
    /// The installer's environment: names without their prefix `ARO_`, and values.
    pub environment: BTreeMap<String, ConfigSecret>,
    /// File with the pull secret of the service; only the registries of a cluster where absent.
    pub pull_secret_file: Option<PathBuf>,
    /// Whether clusters that Hive has not installed are looked after by it from their next maintenance on.
    pub adopt: bool,
}

/// Installs by Hive.
pub struct HiveInstaller {
    settings: HiveSettings,
    client: OnceCell<Client>,
}

impl HiveSettings {
    /// A release image at the registry that mirrors it.
    fn mirrored(&self, image: &str) -> String {
        match image.strip_prefix(QUAY) {
            Some(rest) if !self.registry.is_empty() => format!("{}{rest}", self.registry),
            _ => image.to_owned(),
        }
    }
}

impl HiveInstaller {
    /// Hive at the API server that the kubeconfig of the settings names. Nothing is asked of it yet.
    #[must_use]
    pub fn new(settings: HiveSettings) -> Self {
        Self {
            settings,
            client: OnceCell::new(),
        }
    }

    /// Hive behind a client that is there already.
    #[must_use]
    pub fn with_client(settings: HiveSettings, client: Client) -> Self {
        Self {
            settings,
            client: OnceCell::new_with(Some(client)),
        }
    }

    async fn client(&self) -> Result<&Client, InstallerError> {
        self.client.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Client, InstallerError> {
        let path = &self.settings.kubeconfig;
        let unusable = |why: &dyn fmt::Display| {
            InstallerError::Incomplete(format!(
                "the kubeconfig of Hive ({}) cannot be used: {why}",
                path.display()
            ))
        };
        let text = tokio::fs::read_to_string(path)
            .await
            .map_err(|error| unusable(&error))?;
        let parsed = kube::config::Kubeconfig::from_yaml(&text).map_err(|error| unusable(&error))?;
        let config = kube::Config::from_custom_kubeconfig(parsed, &kube::config::KubeConfigOptions::default())
            .await
            .map_err(|error| unusable(&error))?;
        Client::try_from(config).map_err(|error| unusable(&error))
    }

    async fn deployments(&self, id: &str) -> Result<Api<DynamicObject>, InstallerError> {
        self.hive(id, "ClusterDeployment").await
    }

    async fn hive(&self, id: &str, kind: &str) -> Result<Api<DynamicObject>, InstallerError> {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("hive.openshift.io", "v1", kind));
        let namespace = objects::namespace_name(id);
        Ok(Api::namespaced_with(
            self.client().await?.clone(),
            &namespace,
            &resource,
        ))
    }

    /// Makes the namespace; one that is there already is as good, unless it is on its way out.
    async fn ensure_namespace(&self, id: &str) -> Result<(), InstallerError> {
        let namespaces: Api<Namespace> = Api::all(self.client().await?.clone());
        let wanted: Namespace = serde_json::from_value(objects::namespace(id))
            .map_err(|error| InstallerError::Incomplete(error.to_string()))?;
        match namespaces.create(&PostParams::default(), &wanted).await {
            Ok(_) => return Ok(()),
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => return Err(error.into()),
        }
        let found = namespaces.get(&objects::namespace_name(id)).await?;
        if found.metadata.deletion_timestamp.is_some() {
            return Err(InstallerError::Kubernetes {
                reason: "Terminating".to_owned(),
                message: "the namespace of an earlier cluster is still being deleted".to_owned(),
                retryable: true,
            });
        }
        Ok(())
    }

    async fn apply(&self, id: &str, objects: Vec<Value>) -> Result<(), InstallerError> {
        self.ensure_namespace(id).await?;
        let namespace = objects::namespace_name(id);
        for object in objects {
            let malformed = || InstallerError::Incomplete("an object for Hive is malformed".to_owned());
            let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(malformed);
            let (version, kind) = (text(&object["apiVersion"])?, text(&object["kind"])?);
            let name = text(&object["metadata"]["name"])?;
            let (group, version) = version.split_once('/').unwrap_or(("", &version));
            let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &kind));
            let api: Api<DynamicObject> = Api::namespaced_with(self.client().await?.clone(), &namespace, &resource);
            let params = PatchParams::apply(FIELD_MANAGER).force();
            api.patch(&name, &params, &Patch::Apply(&object)).await?;
        }
        Ok(())
    }

    /// The log of the last attempt; empty when there is none.
    async fn log(&self, id: &str) -> Result<String, InstallerError> {
        let provisions = self
            .hive(id, "ClusterProvision")
            .await?
            .list(&ListParams::default())
            .await?;
        let last = provisions
            .items
            .into_iter()
            .max_by_key(|provision| provision.data["spec"]["attempt"].as_i64().unwrap_or_default());
        let log = last.and_then(|provision| provision.data["spec"]["installLog"].as_str().map(str::to_owned));
        let mut log = log.unwrap_or_default();
        let mut start = log.len().saturating_sub(MAX_LOG);
        while !log.is_char_boundary(start) {
            start += 1;
        }
        Ok(log.split_off(start))
    }
}

/// Conditions of an object: type, status, reason, message.
fn conditions(object: &DynamicObject) -> impl Iterator<Item = [&str; 4]> {
    let all = object.data["status"]["conditions"].as_array();
    all.into_iter()
        .flatten()
        .map(|one| ["type", "status", "reason", "message"].map(|name| one[name].as_str().unwrap_or_default()))
}

#[async_trait::async_trait]
impl Installer for HiveInstaller {
    fn needs_handover(&self) -> bool {
        true
    }

    fn place(&self, id: &str) -> Option<String> {
        Some(objects::namespace_name(id))
    }

    async fn start(&self, id: &str, request: &InstallRequest, _: &OperationContext) -> Result<(), InstallerError> {
        self.apply(id, objects::installation(id, request, &self.settings)?)
            .await
    }

    async fn state(&self, id: &str, _: &OperationContext) -> Result<Option<InstallState>, InstallerError> {
        let Some(deployment) = self.deployments(id).await?.get_opt(objects::DEPLOYMENT).await? else {
            return Ok(None);
        };
        if deployment.data["spec"]["installed"] == json!(true) {
            return Ok(Some(InstallState::Succeeded(None)));
        }
        let failed = conditions(&deployment).find(|[kind, status, ..]| (*kind, *status) == ("ProvisionFailed", "True"));
        if let Some([_, _, reason, _]) = failed {
            let (code, message) = reasons::explain(reason, &self.log(id).await?);
            return Ok(Some(InstallState::Failed { code, message }));
        }
        let provisioned = conditions(&deployment).find(|[kind, ..]| *kind == "Provisioned");
        let stage = provisioned.map_or("Initializing", |[_, _, reason, _]| reason);
        let percent = if stage == "Provisioning" { 50 } else { 5 };
        Ok(Some(InstallState::Running {
            stage: stage.to_owned(),
            percent,
        }))
    }

    async fn settle(&self, id: &str, _: &OperationContext) -> Result<(), InstallerError> {
        let deployments = self.deployments(id).await?;
        let Some(found) = deployments.get_opt(objects::DEPLOYMENT).await? else {
            return Ok(());
        };
        let written = found
            .metadata
            .annotations
            .as_ref()
            .and_then(|all| all.get(objects::LOG_FIELDS));
        let written: Value = written
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let Some(resource_id) = written["resource_id"].as_str() else {
            return Ok(());
        };
        let fields = objects::log_fields(resource_id, None);
        let change = json!({"metadata": {"annotations": {objects::LOG_FIELDS: fields}}});
        deployments
            .patch(objects::DEPLOYMENT, &PatchParams::default(), &Patch::Merge(&change))
            .await?;
        Ok(())
    }

    async fn adopt(&self, id: &str, request: &InstallRequest, _: &OperationContext) -> Result<(), InstallerError> {
        if !self.settings.adopt {
            return Ok(());
        }
        self.apply(id, objects::adoption(id, request)?).await
    }

    async fn not_adopted(&self, id: &str, _: &OperationContext) -> Result<Option<String>, InstallerError> {
        if !self.settings.adopt {
            return Ok(None);
        }
        let Some(deployment) = self.deployments(id).await?.get_opt(objects::DEPLOYMENT).await? else {
            return Ok(Some("Hive does not know the cluster".to_owned()));
        };
        let mut none = true;
        for [kind, status, reason, message] in conditions(&deployment) {
            none = false;
            let wanted = match kind {
                "Provisioned" => "True",
                "ControlPlaneCertificateNotFound" | "Unreachable" => "False",
                _ => continue,
            };
            if status != wanted {
                return Ok(Some(format!("Hive says {kind} is {status} ({reason}): {message}")));
            }
        }
        Ok(none.then(|| "Hive has not looked at the cluster yet".to_owned()))
    }

    async fn facts(&self, id: &str, _: &OperationContext) -> Result<Vec<(String, String)>, InstallerError> {
        let Some(deployment) = self.deployments(id).await?.get_opt(objects::DEPLOYMENT).await? else {
            return Ok(Vec::new());
        };
        let facts = conditions(&deployment).filter(|[_, status, ..]| *status != "Unknown");
        Ok(facts
            .map(|[kind, status, reason, message]| {
                (
                    format!("ClusterDeployment condition {kind}"),
                    format!("{status} ({reason}): {message}"),
                )
            })
            .collect())
    }

    async fn forget(&self, id: &str, _: &OperationContext) -> Result<(), InstallerError> {
        let namespaces: Api<Namespace> = Api::all(self.client().await?.clone());
        match namespaces
            .delete(&objects::namespace_name(id), &DeleteParams::default())
            .await
        {
            Ok(_) => Ok(()),
            // Gone, or on its way out.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl fmt::Debug for HiveInstaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HiveInstaller")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl From<kube::Error> for InstallerError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::Kubernetes {
                retryable: matches!(status.code, 408 | 409 | 429 | 500..),
                reason: status.reason.clone(),
                message: status.message.clone(),
            },
            other => Self::Kubernetes {
                reason: "Transport".to_owned(),
                message: other.to_string(),
                retryable: matches!(
                    other,
                    kube::Error::HyperError(_) | kube::Error::Service(_) | kube::Error::ReadEvents(_)
                ),
            },
        }
    }
}
