//! The installer of the simulated world.

use aro_api::Secret;
use aro_azure::Azure;
use aro_cluster::Graph;
use aro_http::{AzureError, Client, FailureKind, OperationContext, json};
use http::{Method, StatusCode};
use serde::Deserialize;
use url::Url;

use super::{InstallRequest, InstallState, Installed, Installer, InstallerError};

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
    async fn start(
        &self,
        id: &str,
        request: &InstallRequest,
        context: &OperationContext,
    ) -> Result<(), InstallerError> {
        let request = json::request(Method::PUT, &self.url(id)?, &[], Some(request))?;
        self.client(context).execute(request).await?;
        Ok(())
    }

    async fn state(&self, id: &str, context: &OperationContext) -> Result<Option<InstallState>, InstallerError> {
        let url = self.url(id)?;
        let response = match self
            .client(context)
            .execute(json::request::<()>(Method::GET, &url, &[], None)?)
            .await
        {
            Ok(response) => response,
            Err(error) if error.status == Some(StatusCode::NOT_FOUND) => return Ok(None),
            Err(error) => return Err(error.into()),
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
            "Succeeded" => InstallState::Succeeded(Some(Installed {
                graph: answer
                    .graph
                    .and_then(|graph| Graph::parse(graph.to_string().as_bytes()).ok())
                    .ok_or_else(incomplete)?,
                kubeadmin_password: Secret::new(answer.kubeadmin_password.ok_or_else(incomplete)?),
            })),
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

    async fn kept(&self, id: &str, context: &OperationContext) -> Result<Option<Installed>, InstallerError> {
        match self.state(id, context).await? {
            Some(InstallState::Succeeded(installed)) => Ok(installed),
            _ => {
                let text = "the installer has no finished installation of the cluster";
                Err(InstallerError::Incomplete(text.to_owned()))
            }
        }
    }

    async fn forget(&self, id: &str, context: &OperationContext) -> Result<(), InstallerError> {
        let request = json::request::<()>(Method::DELETE, &self.url(id)?, &[], None)?;
        match self.client(context).execute(request).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
