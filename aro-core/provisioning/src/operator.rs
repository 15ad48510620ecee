//! The operator that the service runs inside every cluster: what objects make it.
//!
//! The operator's own code is not here. [`OperatorRelease`] says what a plan has to bring into a cluster and what it waits for;
//! [`AroOperator`] is the release that the settings name, as pure functions of a cluster's document.
//!
//! ```text
//! definitions ─► objects ─► Cluster object ─► pull secret, owned by it ─► workloads      a new cluster
//! definitions ─► objects ─────────────────► pull secret ─► workloads ─► Cluster object   maintenance
//! ```
//!
//! On maintenance the object that carries the flags comes last, when the new version runs: a change of flags reaches one
//! version only, and nodes are not rebooted twice.

mod definitions;
mod objects;
mod release;
mod settings;
mod spec;

use std::fmt;

use aro_api::{Secret, model::Cluster};
use serde_json::Value;

pub use objects::credentials_request;
pub(crate) use release::tag;
pub use release::{AroOperator, Service};
pub use settings::OperatorSettings;

/// The operator's namespace.
pub const NAMESPACE: &str = "openshift-azure-operator";
/// The deployment that runs the controllers; it has credentials for Azure.
pub const MASTER: &str = "aro-operator-master";
/// The deployment that looks at the internet from a worker.
pub const WORKER: &str = "aro-operator-worker";
/// The secret with the operator's credentials for Azure.
pub const CREDENTIALS: &str = "azure-cloud-credentials";
/// The secret with the service's part of the pull secret, from which the operator repairs that of the cluster.
pub const PULL_SECRET: &str = "cluster";
/// The one object of the kind `Cluster`.
pub const CLUSTER: &str = "cluster";
/// The operator among the identities of a cluster.
pub const IDENTITY: &str = "aro-operator";
/// The flag under which the operator makes changes that reboot nodes.
pub const FORCE_RECONCILIATION: &str = "aro.forcereconciliation";

/// A version of the operator, ready to be brought into clusters.
///
/// What it says are the objects whole; a plan applies them as the field manager `aro-rp`, so that members which others have
/// written stay.
pub trait OperatorRelease: Send + Sync + fmt::Debug {
    /// The version that a cluster should run: the label `version` of the deployments, and the tag of their pods' image.
    fn version(&self, cluster: &Cluster) -> String;

    /// The deployments to wait for, in [`NAMESPACE`].
    fn deployments(&self) -> &'static [&'static str];

    /// Definitions of the operator's own kinds. They are established before anything else is applied.
    fn definitions(&self) -> Vec<Value>;

    /// What the workloads need, each after what it refers to.
    ///
    /// # Errors
    /// What the document lacks.
    fn objects(&self, of: &OperatorSubject<'_>) -> Result<Vec<Value>, String>;

    /// The deployments.
    fn workloads(&self, of: &OperatorSubject<'_>) -> Vec<Value>;

    /// The object that tells the operator which cluster it is in, and its flags.
    ///
    /// # Errors
    /// What the document lacks.
    fn cluster_object(&self, of: &OperatorSubject<'_>) -> Result<Value, String>;
}

/// The cluster that the operator is brought into.
#[derive(Debug, Clone)]
pub struct OperatorSubject<'a> {
    /// Its document.
    pub cluster: &'a Cluster,
    /// The customer's tenant.
    pub tenant: &'a str,
    /// The customer's subscription.
    pub subscription: &'a str,
    /// Its whole domain.
    pub domain: &'a str,
    /// Major and minor of the version of OpenShift that it runs: the objects of newer ones say more.
    pub openshift: (u32, u32),
}

/// The service's part of the pull secret, as the operator keeps it.
#[must_use]
pub fn pull_secret(content: &Secret) -> Value {
    objects::pull_secret(content)
}
