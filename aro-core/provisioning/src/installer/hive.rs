//! Hive: a Kubernetes service that installs OpenShift in a job of its own and looks after the cluster later on.
//!
//! What the installer that Hive runs leaves behind lies in the cluster's storage account, sealed.
//!
//! ```text
//! start ──► namespace, secrets, ClusterDeployment (applied; repeats are safe)
//! state ──► spec.installed: done │ ProvisionFailed: reason + log of the last attempt │ else: under way
//! ```

mod connection;
mod objects;
mod reasons;

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

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

use self::connection::Connection;
pub use self::connection::{AksCluster, KubeconfigSource};
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
    /// Name of the AKS cluster in which Hive runs, in the provider's resource group. Its administrators' credentials are
    /// asked for, and asked for again when they are no longer good.
    pub cluster: String,
    /// File with the kubeconfig of Hive's API server, in place of `cluster`. For development.
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
    connection: Connection,
}

impl HiveSettings {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// What is wrong, with the keys.
    pub fn check(&self) -> Result<(), String> {
        match (self.cluster.is_empty(), self.kubeconfig.as_os_str().is_empty()) {
            (true, true) => Err(
                "hive.cluster is not set; give the name of the AKS cluster in which Hive runs, or \
                                 hive.kubeconfig with the kubeconfig of its API server"
                    .to_owned(),
            ),
            (false, false) => Err("hive.cluster and hive.kubeconfig are both set; give one of them".to_owned()),
            _ => Ok(()),
        }
    }

    /// A release image where its makers publish it.
    pub(crate) fn published(&self, image: &str) -> String {
        match image.strip_prefix(&self.registry) {
            Some(rest) if !self.registry.is_empty() && rest.starts_with('/') => format!("{QUAY}{rest}"),
            _ => image.to_owned(),
        }
    }

    /// A release image at the registry that mirrors it.
    fn mirrored(&self, image: &str) -> String {
        match image.strip_prefix(QUAY) {
            Some(rest) if !self.registry.is_empty() => format!("{}{rest}", self.registry),
            _ => image.to_owned(),
        }
    }
}

impl HiveInstaller {
    /// Hive at the API server to which that kubeconfig leads. Nothing is asked of it yet.
    #[must_use]
    pub fn new(settings: HiveSettings, source: Arc<dyn KubeconfigSource>) -> Self {
        Self {
            settings,
            connection: Connection::new(source),
        }
    }

    /// Hive behind a client that is there already.
    #[must_use]
    pub fn with_client(settings: HiveSettings, client: Client) -> Self {
        Self {
            settings,
            connection: Connection::with_client(client),
        }
    }

    async fn deployment(&self, id: &str, context: &OperationContext) -> Result<Option<DynamicObject>, InstallerError> {
        self.connection
            .ask(context, |client| async move {
                hive(client, id, "ClusterDeployment").get_opt(objects::DEPLOYMENT).await
            })
            .await
    }

    /// Makes the namespace; one that is there already is as good, unless it is on its way out.
    async fn ensure_namespace(&self, id: &str, context: &OperationContext) -> Result<(), InstallerError> {
        let wanted: Namespace = serde_json::from_value(objects::namespace(id))
            .map_err(|error| InstallerError::Incomplete(error.to_string()))?;
        let wanted = &wanted;
        let ensure = |client| async move {
            let namespaces: Api<Namespace> = Api::all(client);
            match namespaces.create(&PostParams::default(), wanted).await {
                Err(kube::Error::Api(status)) if status.code == 409 => {
                    namespaces.get(&objects::namespace_name(id)).await
                }
                made => made,
            }
        };
        let found = self.connection.ask(context, ensure).await?;
        if found.metadata.deletion_timestamp.is_some() {
            return Err(InstallerError::Kubernetes {
                reason: "Terminating".to_owned(),
                message: "the namespace of an earlier cluster is still being deleted".to_owned(),
                retryable: true,
            });
        }
        Ok(())
    }

    async fn apply(&self, id: &str, objects: Vec<Value>, context: &OperationContext) -> Result<(), InstallerError> {
        self.ensure_namespace(id, context).await?;
        let namespace = &objects::namespace_name(id);
        for object in &objects {
            let malformed = || InstallerError::Incomplete("an object for Hive is malformed".to_owned());
            let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(malformed);
            let (version, kind) = (text(&object["apiVersion"])?, text(&object["kind"])?);
            let name = text(&object["metadata"]["name"])?;
            let (group, version) = version.split_once('/').unwrap_or(("", &version));
            let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &kind));
            let (resource, name) = (&resource, &name);
            let apply = |client| async move {
                let api: Api<DynamicObject> = Api::namespaced_with(client, namespace, resource);
                let params = PatchParams::apply(FIELD_MANAGER).force();
                api.patch(name, &params, &Patch::Apply(object)).await
            };
            self.connection.ask(context, apply).await?;
        }
        Ok(())
    }

    /// The log of the last attempt; empty when there is none.
    async fn log(&self, id: &str, context: &OperationContext) -> Result<String, InstallerError> {
        let list = |client| async move {
            let provisions = hive(client, id, "ClusterProvision");
            provisions.list(&ListParams::default()).await
        };
        let provisions = self.connection.ask(context, list).await?;
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

/// Hive's objects of a kind, of one cluster.
fn hive(client: Client, id: &str, kind: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("hive.openshift.io", "v1", kind));
    Api::namespaced_with(client, &objects::namespace_name(id), &resource)
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

    async fn start(
        &self,
        id: &str,
        request: &InstallRequest,
        context: &OperationContext,
    ) -> Result<(), InstallerError> {
        let objects = objects::installation(id, request, &self.settings)?;
        self.apply(id, objects, context).await
    }

    async fn state(&self, id: &str, context: &OperationContext) -> Result<Option<InstallState>, InstallerError> {
        let Some(deployment) = self.deployment(id, context).await? else {
            return Ok(None);
        };
        if deployment.data["spec"]["installed"] == json!(true) {
            return Ok(Some(InstallState::Succeeded(None)));
        }
        let failed = conditions(&deployment).find(|[kind, status, ..]| (*kind, *status) == ("ProvisionFailed", "True"));
        if let Some([_, _, reason, _]) = failed {
            let (code, message) = reasons::explain(reason, &self.log(id, context).await?);
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

    async fn settle(&self, id: &str, context: &OperationContext) -> Result<(), InstallerError> {
        let Some(found) = self.deployment(id, context).await? else {
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
        let change = &json!({"metadata": {"annotations": {objects::LOG_FIELDS: fields}}});
        let write = |client| async move {
            let deployments = hive(client, id, "ClusterDeployment");
            let params = PatchParams::default();
            deployments
                .patch(objects::DEPLOYMENT, &params, &Patch::Merge(change))
                .await
        };
        self.connection.ask(context, write).await.map(drop)
    }

    async fn adopt(
        &self,
        id: &str,
        request: &InstallRequest,
        context: &OperationContext,
    ) -> Result<(), InstallerError> {
        if !self.settings.adopt {
            return Ok(());
        }
        self.apply(id, objects::adoption(id, request)?, context).await
    }

    async fn not_adopted(&self, id: &str, context: &OperationContext) -> Result<Option<String>, InstallerError> {
        if !self.settings.adopt {
            return Ok(None);
        }
        let Some(deployment) = self.deployment(id, context).await? else {
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

    async fn facts(&self, id: &str, context: &OperationContext) -> Result<Vec<(String, String)>, InstallerError> {
        let Some(deployment) = self.deployment(id, context).await? else {
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

    async fn forget(&self, id: &str, context: &OperationContext) -> Result<(), InstallerError> {
        let delete = |client| async move {
            let namespaces: Api<Namespace> = Api::all(client);
            match namespaces
                .delete(&objects::namespace_name(id), &DeleteParams::default())
                .await
            {
                Ok(_) => Ok(()),
                // Gone, or on its way out.
                Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
                Err(error) => Err(error),
            }
        };
        self.connection.ask(context, delete).await
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
                // 401 is what credentials end in while they are being replaced.
                retryable: matches!(status.code, 401 | 408 | 409 | 410 | 429 | 500..),
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
