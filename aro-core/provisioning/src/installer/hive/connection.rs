//! The way to Hive's API server, and how it is found anew when credentials change.
//!
//! ```text
//! first call ──► kubeconfig (file, or administrators' credential of the AKS cluster) ──► client, kept
//! 401            ──► forgotten, read again, asked once more
//! no connection  ──► forgotten: certificates may have been replaced; whoever asks again reads again
//! ```

use std::{fmt, future::Future, path::PathBuf, sync::Arc, time::Duration};

use aro_azure::{Application, Azure};
use aro_http::{AzureError, OperationContext};
use kube::{
    Client,
    config::{KubeConfigOptions, Kubeconfig},
};
use tokio::sync::Mutex;

use crate::InstallerError;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence of a connection while an answer is expected.
const SILENCE: Duration = Duration::from_secs(30);

/// Where the kubeconfig of Hive's API server comes from.
#[async_trait::async_trait]
pub trait KubeconfigSource: Send + Sync + fmt::Debug {
    /// The kubeconfig as it is now: YAML.
    ///
    /// # Errors
    /// Why it cannot be had.
    async fn kubeconfig(&self, context: &OperationContext) -> Result<Kubeconfig, InstallerError>;
}

/// A file.
#[async_trait::async_trait]
impl KubeconfigSource for PathBuf {
    async fn kubeconfig(&self, _: &OperationContext) -> Result<Kubeconfig, InstallerError> {
        let unusable = |why: &dyn fmt::Display| {
            InstallerError::Incomplete(format!(
                "the kubeconfig of Hive ({}) cannot be used: {why}",
                self.display()
            ))
        };
        let text = tokio::fs::read_to_string(self)
            .await
            .map_err(|error| unusable(&error))?;
        Kubeconfig::from_yaml(&text).map_err(|error| unusable(&error))
    }
}

/// An AKS cluster, whose administrators' credentials Azure hands out.
#[derive(Debug)]
pub struct AksCluster {
    /// Makes the client of Azure Resource Manager.
    pub azure: Azure,
    /// Who asks.
    pub application: Arc<Application>,
    /// In which tenant.
    pub tenant: String,
    /// Resource id of the group in which the cluster is.
    pub group: String,
    /// Its name.
    pub name: String,
}

#[async_trait::async_trait]
impl KubeconfigSource for AksCluster {
    async fn kubeconfig(&self, context: &OperationContext) -> Result<Kubeconfig, InstallerError> {
        let credential = self.application.in_tenant(&self.tenant).await?;
        let arm = self.azure.arm(credential, context);
        let all = arm
            .managed_clusters(&self.group)
            .await
            .map_err(|error| self.refused(error))?;
        let found = all.iter().find(|one| one.name.eq_ignore_ascii_case(&self.name));
        let found = found.ok_or_else(|| {
            InstallerError::Incomplete(format!("there is no AKS cluster {} in {}", self.name, self.group))
        })?;
        let given = arm.cluster_admin_credential(&found.id).await;
        let given = given.map_err(|error| self.refused(error))?;
        let unusable = |why: &dyn fmt::Display| {
            InstallerError::Incomplete(format!(
                "the kubeconfig of the AKS cluster {} cannot be used: {why}",
                self.name
            ))
        };
        let text = std::str::from_utf8(given.expose()).map_err(|error| unusable(&error))?;
        Kubeconfig::from_yaml(text).map_err(|error| unusable(&error))
    }
}

impl AksCluster {
    /// It is the provider's own cluster: what Azure says of it is nothing that a customer could mend.
    fn refused(&self, error: AzureError) -> InstallerError {
        if error.is_cancelled() {
            return error.into();
        }
        InstallerError::Kubernetes {
            reason: error.code.clone().unwrap_or_else(|| "AksCredential".to_owned()),
            message: format!(
                "the credentials of the AKS cluster {} cannot be had: {error}",
                self.name
            ),
            // Rights that were just given are known everywhere after some minutes.
            retryable: error.is_retryable() || error.is_authorization_lag(),
        }
    }
}

/// A client, and which one it is.
#[derive(Clone)]
struct Known {
    number: u64,
    client: Client,
}

/// The client of the moment.
pub(super) struct Connection {
    /// `None` where the client was given.
    source: Option<Arc<dyn KubeconfigSource>>,
    known: Mutex<Option<Known>>,
}

impl Connection {
    pub(super) fn new(source: Arc<dyn KubeconfigSource>) -> Self {
        Self {
            source: Some(source),
            known: Mutex::default(),
        }
    }

    pub(super) fn with_client(client: Client) -> Self {
        Self {
            source: None,
            known: Mutex::new(Some(Known { number: 0, client })),
        }
    }

    /// Makes a call, with credentials that are good now.
    pub(super) async fn ask<T, F, R>(&self, context: &OperationContext, call: F) -> Result<T, InstallerError>
    where
        F: Fn(Client) -> R + Send + Sync,
        R: Future<Output = Result<T, kube::Error>> + Send,
    {
        let known = self.known(context, None).await?;
        let error = match call(known.client).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        match &error {
            kube::Error::Api(status) if status.code == 401 => {
                let fresh = self.known(context, Some(known.number)).await?;
                Ok(call(fresh.client).await?)
            }
            // An answer, whatever it says.
            kube::Error::Api(_) => Err(error.into()),
            _ => {
                self.forget(known.number).await;
                Err(error.into())
            }
        }
    }

    /// The client, but not the one of that number.
    async fn known(&self, context: &OperationContext, bad: Option<u64>) -> Result<Known, InstallerError> {
        let mut known = self.known.lock().await;
        if let Some(one) = known
            .as_ref()
            .filter(|one| bad != Some(one.number) || self.source.is_none())
        {
            return Ok(one.clone());
        }
        let number = known.as_ref().map_or(0, |one| one.number) + 1;
        let Some(source) = &self.source else {
            return Err(InstallerError::Incomplete("there is no way to Hive".to_owned()));
        };
        let fresh = Known {
            number,
            client: client(source.kubeconfig(context).await?).await?,
        };
        *known = Some(fresh.clone());
        Ok(fresh)
    }

    async fn forget(&self, number: u64) {
        let mut known = self.known.lock().await;
        if self.source.is_some() && known.as_ref().is_some_and(|one| one.number == number) {
            *known = None;
        }
    }
}

async fn client(kubeconfig: Kubeconfig) -> Result<Client, InstallerError> {
    let unusable =
        |why: &dyn fmt::Display| InstallerError::Incomplete(format!("the kubeconfig of Hive cannot be used: {why}"));
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    let mut config = config.map_err(|error| unusable(&error))?;
    // Steps ask again, and only they know for how long.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(SILENCE);
    config.write_timeout = Some(SILENCE);
    Client::try_from(config).map_err(|error| unusable(&error))
}
