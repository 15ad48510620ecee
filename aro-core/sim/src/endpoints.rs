//! Where everything listens and who exists: what a client of the world needs to know.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A service principal of the tenant with a secret that works.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePrincipal {
    /// Application (client) id.
    pub client_id: String,
    /// A client secret. It is the point of this type to hand it out, but not to log it.
    pub secret: String,
    /// Object id of the service principal.
    pub object_id: String,
}

impl std::fmt::Debug for ServicePrincipal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServicePrincipal")
            .field("client_id", &self.client_id)
            .field("secret", &"[REDACTED]")
            .field("object_id", &self.object_id)
            .finish()
    }
}

/// The network that clusters go into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterNetwork {
    /// Resource group of the virtual network.
    pub resource_group: String,
    /// Resource id of the virtual network.
    pub vnet: String,
    /// Resource id of the subnet for control plane machines.
    pub master_subnet: String,
    /// Resource id of the subnet for workers.
    pub worker_subnet: String,
}

/// What the resource provider itself owns in Azure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstParty {
    /// The first-party application and its service principal.
    pub principal: ServicePrincipal,
    /// Certificate of the application (PEM file), for client assertions.
    pub certificate_file: PathBuf,
    /// Key of that certificate (PEM file, mode 0600).
    pub key_file: PathBuf,
    /// The provider's own subscription.
    pub subscription: String,
    /// The provider's own resource group.
    pub resource_group: String,
    /// DNS zone of managed cluster domains, in that resource group.
    pub dns_zone: String,
    /// Resource id of the subnet for private endpoints to clusters.
    pub private_endpoint_subnet: String,
    /// Resource id of the gateway's private link service.
    pub gateway_private_link_service: String,
    /// Name of the storage account for OpenID documents.
    pub oidc_storage_account: String,
    /// The key vault for certificates of clusters.
    pub certificate_vault: String,
    /// The key vault for credentials of clusters' identities.
    pub identity_vault: String,
    /// Resource id of the container registry with the provider's images.
    pub registry: String,
    /// Host name of that registry.
    pub registry_server: String,
    /// Name of the AKS cluster in which Hive runs, in that resource group.
    pub hive_cluster: String,
    /// Resource ids of the subnets from which the provider reaches storage accounts.
    pub storage_subnets: Vec<String>,
    /// Certificate for the provider's own https listener (PEM file; localhost, 127.0.0.1, ::1).
    pub server_certificate_file: PathBuf,
    /// Key of that certificate (PEM file, mode 0600).
    pub server_key_file: PathBuf,
}

/// Everything a client needs to find its way. Base URLs have no trailing slash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Azure Resource Manager.
    pub arm: String,
    /// Audience of tokens for Azure Resource Manager.
    pub arm_audience: String,
    /// Entra ID; a tenant's authority is `{login}/{tenant}`.
    pub login: String,
    /// Microsoft Graph.
    pub graph: String,
    /// Audience of tokens for Microsoft Graph.
    pub graph_audience: String,
    /// An HTTPS proxy that answers for `management.azure.com`, `login.microsoftonline.com` and `graph.microsoft.com`.
    pub proxy: String,
    /// Key vaults are at `{vault}/{name}`.
    pub vault: String,
    /// Blob endpoints of storage accounts are at `{blob}/{account}`.
    pub blob: String,
    /// The managed identity data plane.
    pub identity: String,
    /// The check-access service (`{check_access}{scope}/providers/Microsoft.Authorization/checkAccess`).
    pub check_access: String,
    /// The simulator's installer (`PUT {installer}/{id}`).
    pub installer: String,
    /// API servers of clusters, told apart by the name that TLS asks for.
    pub cluster_api: Option<String>,
    /// Where ARM lists its client certificates: `{metadata}/metadata/authentication?api-version=2015-01-01`.
    pub metadata: String,
    /// Inspection of the world, plain http on loopback.
    pub inspect_url: String,
    /// Ordered failures, plain http on loopback.
    pub fault_url: String,
    /// The certificate authority (PEM file) of all https listeners.
    pub ca_file: PathBuf,
    /// Tenant id.
    pub tenant: String,
    /// The region.
    pub location: String,
    /// Customer subscriptions.
    pub subscriptions: Vec<String>,
    /// Service principals for clients: the first owns the subscriptions, the others contribute to them.
    pub service_principals: Vec<ServicePrincipal>,
    /// The network that clusters go into, in the first subscription.
    pub network: ClusterNetwork,
    /// The resource provider's own identity and resources.
    pub first_party: FirstParty,
}
