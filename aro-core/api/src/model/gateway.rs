//! What the gateway knows about a cluster.

use aro_api_derive::Resource;

use super::Extra;

/// A cluster whose traffic comes to the gateway through a private endpoint.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "Gateway")]
pub struct Gateway {
    /// The cluster's resource id.
    #[aro(name = "id", in("admin"))]
    pub id: String,
    /// Whether the cluster is being deleted: the gateway lets nothing through any more.
    #[aro(name = "deleting", in("admin"))]
    pub deleting: bool,
    /// The suffix of the names of the cluster's storage accounts.
    #[aro(name = "storageSuffix", in("admin"))]
    pub storage_suffix: String,
    /// The name of the storage account of the image registry.
    #[aro(name = "imageRegistryStorageAccountName", in("admin"))]
    pub image_registry_storage_account_name: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
