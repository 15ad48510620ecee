//! Who installs OpenShift on the machines: another service.
//!
//! [`Installer`] has two implementations: [`SimulatedInstaller`], that of the simulated world, and [`HiveInstaller`], which
//! hands the installation to Hive.

mod handover;
mod hive;
mod simulated;

use std::{collections::BTreeMap, fmt};

use aro_api::Secret;
use aro_cluster::Graph;
use aro_http::{AzureError, OperationContext};
use serde::Serialize;
use zeroize::Zeroizing;

pub use handover::{GraphKey, Handover, Registry, custom_manifests, pull_secret};
pub use hive::{AksCluster, HiveInstaller, HiveSettings, KubeconfigSource};
pub use simulated::SimulatedInstaller;

/// What the installer needs to know. It holds secrets, so it is never printed.
#[derive(Clone, Default, Serialize)]
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
    /// What an installer needs that works with the cluster's own document and secrets.
    #[serde(skip)]
    pub handover: Option<Handover>,
    /// Size of a worker's disk.
    pub worker_disk_size_gb: i64,
    /// Whether workers' disks and caches are encrypted on the host.
    pub worker_encryption_at_host: bool,
    /// What encrypts workers' disks; empty for nothing of the customer's.
    pub worker_disk_encryption_set_id: String,
    /// Addresses of pods.
    pub pod_cidr: String,
    /// Addresses of services.
    pub service_cidr: String,
    /// Size of packets on the nodes' network, in bytes.
    pub mtu_size: i64,
    /// The pull secret; empty where there is none.
    #[serde(serialize_with = "plain")]
    pub pull_secret: Zeroizing<String>,
    /// Manifests that go into the cluster, by file name, see [`custom_manifests`]. None of them is secret.
    pub manifests: BTreeMap<String, String>,
    /// As whom the cluster works; `None` for workload identities.
    pub service_principal: Option<InstallPrincipal>,
}

/// The service principal as which a cluster works.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallPrincipal {
    /// Application id.
    pub client_id: String,
    /// Its secret.
    #[serde(serialize_with = "plain")]
    pub client_secret: Zeroizing<String>,
}

/// The installer is the one who needs it in the clear.
fn plain<S: serde::Serializer>(text: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl fmt::Debug for InstallRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstallRequest")
            .field("cluster_resource_id", &self.cluster_resource_id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
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
    /// Done, with what only the installer knows. An installer that has left it in the cluster's storage account gives none.
    Succeeded(Option<Installed>),
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

/// Why an installer cannot be asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InstallerError {
    /// The call failed.
    #[error(transparent)]
    Call(#[from] AzureError),
    /// The installer's API server refused, or did not answer.
    #[error("{reason}: {message}")]
    Kubernetes {
        /// Kubernetes' reason, or where it failed.
        reason: String,
        /// What the API server said.
        message: String,
        /// Whether asking again may help.
        retryable: bool,
    },
    /// The installer lacks what it needs.
    #[error("{0}")]
    Incomplete(String),
}

/// Installs OpenShift, and looks after clusters where it does so later on too.
#[async_trait::async_trait]
pub trait Installer: Send + Sync + fmt::Debug {
    /// Whether [`InstallRequest::handover`] is needed. It has the cluster's secrets opened, so it is made only then.
    fn needs_handover(&self) -> bool {
        false
    }

    /// Where the installer keeps what it has of an installation, for its own people: a namespace. `None` when it has no such
    /// place.
    fn place(&self, _id: &str) -> Option<String> {
        None
    }

    /// Starts an installation; one that is known goes on.
    ///
    /// # Errors
    /// What the installer said.
    async fn start(&self, id: &str, request: &InstallRequest, context: &OperationContext)
    -> Result<(), InstallerError>;

    /// How an installation stands; `None` when it is not known.
    ///
    /// # Errors
    /// What the installer said.
    async fn state(&self, id: &str, context: &OperationContext) -> Result<Option<InstallState>, InstallerError>;

    /// What the installer itself has of a finished installation; `None` where it leaves it, sealed, in the cluster's storage
    /// account.
    ///
    /// # Errors
    /// What the installer said, or that it has no finished installation.
    async fn kept(&self, _id: &str, _context: &OperationContext) -> Result<Option<Installed>, InstallerError> {
        Ok(None)
    }

    /// The operation that the installer was told of has ended: what only belongs to it (correlation ids in logs) is forgotten.
    ///
    /// # Errors
    /// What the installer said.
    async fn settle(&self, _id: &str, _context: &OperationContext) -> Result<(), InstallerError> {
        Ok(())
    }

    /// Looks after a cluster from now on that it may not have installed itself.
    ///
    /// # Errors
    /// What the installer said.
    async fn adopt(
        &self,
        _id: &str,
        _request: &InstallRequest,
        _context: &OperationContext,
    ) -> Result<(), InstallerError> {
        Ok(())
    }

    /// Why an adopted cluster is not yet looked after; `None` when it is.
    ///
    /// # Errors
    /// What the installer said.
    async fn not_adopted(&self, _id: &str, _context: &OperationContext) -> Result<Option<String>, InstallerError> {
        Ok(None)
    }

    /// Facts about an installation that help to see why it has failed: what is looked at, and what is seen.
    ///
    /// # Errors
    /// What the installer said.
    async fn facts(&self, _id: &str, _context: &OperationContext) -> Result<Vec<(String, String)>, InstallerError> {
        Ok(Vec::new())
    }

    /// Ends an installation and forgets it; one that is not known is forgotten already.
    ///
    /// # Errors
    /// What the installer said.
    async fn forget(&self, id: &str, context: &OperationContext) -> Result<(), InstallerError>;
}

impl InstallerError {
    /// Whether asking again may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Call(error) => error.is_retryable(),
            Self::Kubernetes { retryable, .. } => *retryable,
            Self::Incomplete(_) => false,
        }
    }
}
