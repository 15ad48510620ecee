//! Who installs OpenShift on the machines: another service, asked over HTTPS.

use std::fmt;

use aro_api::Secret;
use aro_azure::Azure;
use aro_cluster::Graph;
use aro_http::{AzureError, Client, FailureKind, OperationContext, json};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

/// What the installer needs to know.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallRequest {
    /// The cluster's resource id.
    pub cluster_resource_id: String,
    /// The managed resource group's resource id.
    pub resource_group_id: String,
    /// Region.
    pub location: String,
    /// Infrastructure id, the stem of names.
    pub infra_id: String,
    /// The cluster's domain.
    pub domain: String,
    /// OpenShift version.
    pub version: String,
    /// Subnet of control plane machines.
    pub master_subnet_id: String,
    /// Size of control plane machines.
    pub master_vm_size: String,
    /// Subnet of workers.
    pub worker_subnet_id: String,
    /// Size of workers.
    pub worker_vm_size: String,
    /// Number of workers.
    pub worker_count: i64,
    /// Zones of the machines.
    pub zones: Vec<String>,
    /// Storage account of the installation.
    pub storage_account: String,
}

/// How an installation stands.
#[derive(Debug, Clone)]
pub enum InstallState {
    /// Under way.
    Running {
        /// What it does at the moment.
        stage: String,
        /// How far it is, 0 to 100.
        percent: u8,
    },
    /// Done, with what only the installer knows.
    Succeeded(Installed),
    /// Failed for good.
    Failed {
        /// Why, as a word.
        code: String,
        /// Why, for people.
        message: String,
    },
}

/// What a finished installation gives.
#[derive(Clone)]
pub struct Installed {
    /// The installer's assets: the administrator's kubeconfig, the authority that signs clients.
    pub graph: Graph,
    /// Password of the user kubeadmin.
    pub kubeadmin_password: Secret,
}

impl fmt::Debug for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installed").finish_non_exhaustive()
    }
}

/// Installs OpenShift.
#[async_trait::async_trait]
pub trait Installer: Send + Sync + fmt::Debug {
    /// Starts an installation; one that is known goes on.
    ///
    /// # Errors
    /// What the installer said.
    async fn start(&self, id: &str, request: &InstallRequest, context: &OperationContext) -> Result<(), AzureError>;

    /// How an installation stands; `None` when it is not known.
    ///
    /// # Errors
    /// What the installer said.
    async fn state(&self, id: &str, context: &OperationContext) -> Result<Option<InstallState>, AzureError>;

    /// Ends an installation and forgets it; one that is not known is forgotten already.
    ///
    /// # Errors
    /// What the installer said.
    async fn forget(&self, id: &str, context: &OperationContext) -> Result<(), AzureError>;
}

/// The installer of the simulated world: `PUT`, `GET` and `DELETE` of `{base}/{id}`.
#[derive(Debug, Clone)]
pub struct SimulatedInstaller {
    azure: Azure,
    base: Url,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status: String,
    #[serde(default)]
    stage: String,
    #[serde(default)]
    percent: u8,
    error: Option<AnswerError>,
    graph: Option<serde_json::Value>,
    kubeadmin_password: Option<String>,
}

#[derive(Deserialize)]
struct AnswerError {
    code: String,
    message: String,
}

impl SimulatedInstaller {
    /// The installer at that address.
    #[must_use]
    pub fn new(azure: Azure, base: Url) -> Self {
        Self { azure, base }
    }

    fn client(&self, context: &OperationContext) -> Client {
        self.azure.anonymous(context)
    }

    fn url(&self, id: &str) -> Result<Url, AzureError> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| AzureError::new(FailureKind::Request, "the installer's address cannot have a path"))?
            .pop_if_empty()
            .push(id);
        Ok(url)
    }
}

#[async_trait::async_trait]
impl Installer for SimulatedInstaller {
    async fn start(&self, id: &str, request: &InstallRequest, context: &OperationContext) -> Result<(), AzureError> {
        let request = json::request(Method::PUT, &self.url(id)?, &[], Some(request))?;
        self.client(context).execute(request).await.map(drop)
    }

    async fn state(&self, id: &str, context: &OperationContext) -> Result<Option<InstallState>, AzureError> {
        let url = self.url(id)?;
        let response = match self
            .client(context)
            .execute(json::request::<()>(Method::GET, &url, &[], None)?)
            .await
        {
            Ok(response) => response,
            Err(error) if error.status == Some(StatusCode::NOT_FOUND) => return Ok(None),
            Err(error) => return Err(error),
        };
        let answer: Answer = json::body(&response).map_err(|error| error.at(&Method::GET, &url))?;
        let incomplete = || {
            AzureError::new(
                FailureKind::Decode,
                "the installer has succeeded but gives no credentials",
            )
            .at(&Method::GET, &url)
        };
        Ok(Some(match answer.status.as_str() {
            "Succeeded" => InstallState::Succeeded(Installed {
                graph: answer
                    .graph
                    .and_then(|graph| Graph::parse(graph.to_string().as_bytes()).ok())
                    .ok_or_else(incomplete)?,
                kubeadmin_password: Secret::new(answer.kubeadmin_password.ok_or_else(incomplete)?),
            }),
            "Failed" => {
                let error = answer.error.map(|error| (error.code, error.message));
                let (code, message) = error.unwrap_or_else(|| ("InstallFailed".to_owned(), String::new()));
                InstallState::Failed { code, message }
            }
            _ => InstallState::Running {
                stage: answer.stage,
                percent: answer.percent.min(100),
            },
        }))
    }

    async fn forget(&self, id: &str, context: &OperationContext) -> Result<(), AzureError> {
        let request = json::request::<()>(Method::DELETE, &self.url(id)?, &[], None)?;
        match self.client(context).execute(request).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }
}
