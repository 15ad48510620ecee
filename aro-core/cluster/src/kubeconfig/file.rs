//! The file.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::KubeconfigError;

/// A kubeconfig. Members that this build does not know are kept. It may hold a private key, so it is never printed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Kubeconfig {
    /// `v1`.
    #[serde(rename = "apiVersion", default = "version")]
    pub api_version: String,
    /// `Config`.
    #[serde(default = "kind")]
    pub kind: String,
    /// Clusters by name.
    #[serde(default, deserialize_with = "list")]
    pub clusters: Vec<Named<Cluster>>,
    /// Contexts by name.
    #[serde(default, deserialize_with = "list")]
    pub contexts: Vec<Named<Context>>,
    /// Who uses it, by name.
    #[serde(default, deserialize_with = "list")]
    pub users: Vec<Named<User>>,
    /// The context that is used.
    #[serde(rename = "current-context", default)]
    pub current_context: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An entry with its name beside it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Named<T> {
    /// The name.
    pub name: String,
    /// The entry, under the name of its kind.
    #[serde(flatten)]
    pub entry: T,
}

/// A cluster.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// What is said of it.
    pub cluster: ClusterEntry,
}

/// Where an API server is and whom it is trusted by.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusterEntry {
    /// URL of the API server.
    #[serde(default)]
    pub server: String,
    /// Certificates that the API server's is checked against, PEM in base64; those of the system where absent.
    #[serde(
        rename = "certificate-authority-data",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub certificate_authority_data: Option<String>,
    /// The proxy that leads there.
    #[serde(rename = "proxy-url", default, skip_serializing_if = "Option::is_none")]
    pub proxy_url: Option<String>,
    /// All else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A context: who uses which cluster.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// What is said of it.
    pub context: ContextEntry,
}

/// Who uses which cluster.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ContextEntry {
    /// Name of the cluster.
    #[serde(default)]
    pub cluster: String,
    /// Name of the user.
    #[serde(default)]
    pub user: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A user.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// What is said of it.
    pub user: UserEntry,
}

/// How a user proves who it is.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UserEntry {
    /// Client certificate, PEM in base64.
    #[serde(rename = "client-certificate-data", default, skip_serializing_if = "Option::is_none")]
    pub client_certificate_data: Option<String>,
    /// Its key, PEM in base64.
    #[serde(rename = "client-key-data", default, skip_serializing_if = "Option::is_none")]
    pub client_key_data: Option<String>,
    /// All else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

fn version() -> String {
    "v1".to_owned()
}

fn kind() -> String {
    "Config".to_owned()
}

/// Go writes an empty list as null.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Kubeconfig {
    /// Reads YAML or JSON.
    ///
    /// # Errors
    /// When it is no kubeconfig. What it says is not part of the error: it may be secret.
    pub fn parse(text: &[u8]) -> Result<Self, KubeconfigError> {
        let text = std::str::from_utf8(text).map_err(|_| KubeconfigError::Unreadable)?;
        serde_saphyr::from_str(text).map_err(|_| KubeconfigError::Unreadable)
    }

    /// As YAML.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn to_yaml(&self) -> Result<Zeroizing<String>, KubeconfigError> {
        serde_saphyr::to_string(self)
            .map(Zeroizing::new)
            .map_err(|_| KubeconfigError::Unwritable)
    }

    /// The cluster of the current context, else of the first context, else the first cluster.
    pub(super) fn cluster_in_use(&self) -> Result<&Named<Cluster>, KubeconfigError> {
        let context = self.contexts.iter().find(|one| one.name == self.current_context);
        let wanted = context.or(self.contexts.first()).map(|one| &one.entry.context.cluster);
        let named = self.clusters.iter().find(|one| Some(&one.name) == wanted);
        named.or(self.clusters.first()).ok_or(KubeconfigError::NoCluster)
    }
}

impl fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<&str> = self
            .clusters
            .iter()
            .map(|one| one.entry.cluster.server.as_str())
            .collect();
        f.debug_struct("Kubeconfig")
            .field("servers", &servers)
            .finish_non_exhaustive()
    }
}
