//! What kind of world to start.

use std::path::PathBuf;

use crate::pace::Pace;
use crate::pki::CertificateForm;

/// Ports of the listeners; 0 takes any free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ports {
    /// Azure Resource Manager.
    pub arm: u16,
    /// Entra ID.
    pub login: u16,
    /// Microsoft Graph.
    pub graph: u16,
    /// HTTPS proxy, plain http towards its clients.
    pub proxy: u16,
    /// Data planes: vaults, blobs, check-access, identities, the installer.
    pub data: u16,
    /// API servers of clusters.
    pub cluster: u16,
    /// Inspection and failures, plain http.
    pub inspect: u16,
}

/// What kind of world to start.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldConfig {
    /// Where certificates and state are kept; the state is forgotten, and certificates live in a temporary directory,
    /// when absent.
    pub data_dir: Option<PathBuf>,
    /// Ports of the listeners.
    pub ports: Ports,
    /// How long things take.
    pub pace: Pace,
    /// Customer subscriptions.
    pub subscriptions: usize,
    /// Service principals with secrets: the first owns the subscriptions, the others contribute.
    pub service_principals: usize,
    /// How the identity service gives certificates.
    pub identity_certificates: CertificateForm,
    /// Base URLs of the resource provider; more can be said later with [`World::set_rp`](crate::World::set_rp).
    pub rp: Vec<String>,
}

impl Default for WorldConfig {
    fn default() -> Self {
        Self {
            data_dir: None,
            ports: Ports::default(),
            pace: Pace::default(),
            subscriptions: 1,
            service_principals: 2,
            identity_certificates: CertificateForm::default(),
            rp: Vec::new(),
        }
    }
}
