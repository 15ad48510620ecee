//! What the installer leaves behind: its assets by type, the "persisted graph".
//!
//! `{"*tls.AdminKubeConfigSignerCertKey": {"CertRaw", "KeyRaw"}, "*kubeconfig.AdminInternalClient": {"Config"},
//! "*tls.RootCA": {"CertRaw", "KeyRaw"}, "*password.KubeadminPassword": {"Password"}, "*installconfig.InstallConfig": {"Config"}, …}`. Entries that nobody
//! here reads are left alone.

use std::fmt;

use aro_api::Secret;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::kubeconfig::{Kubeconfig, KubeconfigError, Signer};

const ADMIN_SIGNER: &str = "*tls.AdminKubeConfigSignerCertKey";
const ROOT: &str = "*tls.RootCA";
const ADMIN_KUBECONFIG: &str = "*kubeconfig.AdminInternalClient";
const PASSWORD: &str = "*password.KubeadminPassword";
const INSTALL_CONFIG: &str = "*installconfig.InstallConfig";

/// Why the graph does not say what is asked.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// It is no JSON object.
    #[error("the installer's graph is not a JSON object")]
    Malformed,
    /// It lacks an entry.
    #[error("the installer's graph has no usable {0}")]
    Missing(&'static str),
    /// An entry is of no use.
    #[error(transparent)]
    Unusable(#[from] KubeconfigError),
}

/// The graph. It holds private keys, so it is never printed.
#[derive(Clone)]
pub struct Graph(Map<String, Value>);

impl Graph {
    /// Reads the graph.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn parse(json: &[u8]) -> Result<Self, GraphError> {
        serde_json::from_slice(json)
            .map(Self)
            .map_err(|_| GraphError::Malformed)
    }

    fn member(&self, entry: &'static str, member: &str) -> Result<&Value, GraphError> {
        self.0
            .get(entry)
            .and_then(|entry| entry.get(member))
            .ok_or(GraphError::Missing(entry))
    }

    fn pem(&self, entry: &'static str, member: &str) -> Result<Zeroizing<String>, GraphError> {
        let text = self.member(entry, member)?.as_str().ok_or(GraphError::Missing(entry))?;
        let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| GraphError::Missing(entry))?);
        let pem = std::str::from_utf8(&bytes).map_err(|_| GraphError::Missing(entry))?;
        Ok(Zeroizing::new(pem.to_owned()))
    }

    /// The authority that signs the API server's clients.
    ///
    /// # Errors
    /// When the graph has none, or it cannot be used.
    pub fn admin_signer(&self) -> Result<Signer, GraphError> {
        self.signer(ADMIN_SIGNER)
    }

    /// The authority that signs the machine config server.
    ///
    /// # Errors
    /// When the graph has none, or it cannot be used.
    pub fn root_authority(&self) -> Result<Signer, GraphError> {
        self.signer(ROOT)
    }

    fn signer(&self, entry: &'static str) -> Result<Signer, GraphError> {
        let certificate = self.pem(entry, "CertRaw")?;
        let key = self.pem(entry, "KeyRaw")?;
        Ok(Signer::from_pem(&certificate, &key)?)
    }

    /// The administrator's kubeconfig, which leads to the API server from inside the cluster's network.
    ///
    /// # Errors
    /// When the graph has none, or it cannot be read.
    pub fn admin_kubeconfig(&self) -> Result<Kubeconfig, GraphError> {
        let config = self.member(ADMIN_KUBECONFIG, "Config")?;
        serde_json::from_value(config.clone()).map_err(|_| GraphError::Missing(ADMIN_KUBECONFIG))
    }

    /// The password of the user kubeadmin.
    ///
    /// # Errors
    /// When the graph has none.
    pub fn kubeadmin_password(&self) -> Result<Secret, GraphError> {
        let text = self.member(PASSWORD, "Password")?.as_str();
        text.map(Secret::new).ok_or(GraphError::Missing(PASSWORD))
    }

    /// The network plugin that was installed, as the installer calls it.
    ///
    /// # Errors
    /// When the graph does not say.
    pub fn network_type(&self) -> Result<&str, GraphError> {
        self.member(INSTALL_CONFIG, "Config")?
            .pointer("/networking/networkType")
            .and_then(Value::as_str)
            .ok_or(GraphError::Missing(INSTALL_CONFIG))
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Graph")
            .field(&self.0.keys().collect::<Vec<_>>())
            .finish()
    }
}
