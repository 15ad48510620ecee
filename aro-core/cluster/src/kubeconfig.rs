//! What a kubeconfig says, those that the service makes, and when one has to be made anew.

mod file;
mod issue;
mod renewal;

use std::path::PathBuf;

pub use file::{Cluster, ClusterEntry, Context, ContextEntry, Kubeconfig, Named, User, UserEntry};
pub use issue::{ClientKeys, Identity, KubeconfigSettings, Signer, issue};
pub use renewal::{RENEW_BEFORE, Renewal, renewal};

/// Why a kubeconfig or a certificate for one is of no use.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// It is no kubeconfig.
    #[error("the kubeconfig cannot be read")]
    Unreadable,
    /// It could not be written.
    #[error("the kubeconfig cannot be written")]
    Unwritable,
    /// It names no cluster in its context.
    #[error("the kubeconfig names no cluster")]
    NoCluster,
    /// An authority's certificate or key is of no use.
    #[error("the cluster's authority cannot be used: {0}")]
    Signer(String),
    /// A file with authorities cannot be read.
    #[error("{path}: {source}")]
    AuthorityFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Make(#[from] rcgen::Error),
}
