//! AKS clusters: which there are, and how their administrators get in.

use std::fmt;

use aro_http::{AzureError, FailureKind};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{ArmClient, Extra, Resource, secret_text};

/// Api-version of this service.
pub const API_VERSION: &str = "2024-09-01";

/// An AKS cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ManagedCluster {
    /// Resource id; empty in requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Name; empty in requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for ManagedCluster {
    const API_VERSION: &'static str = API_VERSION;
}

/// A kubeconfig as Azure hands it out: YAML. It lets in whoever has it, so it is never printed.
#[derive(Clone)]
pub struct AdminKubeconfig(Zeroizing<Vec<u8>>);

impl AdminKubeconfig {
    /// Its text.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for AdminKubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AdminKubeconfig").finish_non_exhaustive()
    }
}

impl ArmClient {
    /// The AKS clusters of a resource group.
    ///
    /// # Errors
    /// What ARM said.
    pub async fn managed_clusters(&self, group: &str) -> Result<Vec<ManagedCluster>, AzureError> {
        let path = format!("{group}/providers/Microsoft.ContainerService/managedClusters");
        self.list(&path, API_VERSION, &[]).await
    }

    /// The kubeconfig of the administrators of an AKS cluster.
    ///
    /// # Errors
    /// What ARM said; [`FailureKind::Decode`] when it gives none.
    pub async fn cluster_admin_credential(&self, cluster: &str) -> Result<AdminKubeconfig, AzureError> {
        #[derive(Deserialize)]
        struct Given {
            kubeconfigs: Vec<Entry>,
        }
        #[derive(Deserialize)]
        struct Entry {
            #[serde(deserialize_with = "secret_text::deserialize")]
            value: Zeroizing<String>,
        }
        let path = format!("{cluster}/listClusterAdminCredential");
        let given: Option<Given> = self.post(&path, API_VERSION, &serde_json::json!({})).await?;
        let first = given.and_then(|given| given.kubeconfigs.into_iter().next());
        let decoded = first.and_then(|entry| STANDARD.decode(entry.value.as_bytes()).ok());
        let none = || {
            AzureError::new(
                FailureKind::Decode,
                "the AKS cluster gives no kubeconfig of its administrators",
            )
        };
        decoded
            .map(|bytes| AdminKubeconfig(Zeroizing::new(bytes)))
            .ok_or_else(none)
    }
}
