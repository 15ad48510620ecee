//! Documents with etags and leases: typed collections and queues over a storage engine of few primitives.
//!
//! ```
//! # use std::{error::Error, sync::Arc, time::Duration};
//! # use aro_api::model::{Cluster, ProvisioningState};
//! # use aro_store::*;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path();
//! let keys = KeyRing::load_or_create(&path.join("keys.json"))?;
//! let store = Store::open_sqlite(path.join("store.db"), StoreConfig::default(), keys, Arc::new(RandomIds)).await?;
//!
//! // A frontend takes a wish down, together with the operation that the client follows.
//! let mut cluster = Cluster { id: "/subscriptions/s/resourceGroups/g/clusters/c".to_owned(), ..Cluster::default() };
//! cluster.properties.provisioning_state = ProvisioningState::Creating;
//! let document = ClusterDocument { id: store.new_id(), cluster, ..ClusterDocument::default() };
//! let operation = AsyncOperationDocument { id: store.new_id(), ..AsyncOperationDocument::default() };
//! store.clusters().create(document, operation).await?;
//!
//! // A worker makes it true.
//! let leased = store.clusters().take(Duration::from_secs(60)).await?.ok_or("nothing to do")?;
//! leased.write(|document| document.cluster.properties.infra_id = "c-x7k2p".to_owned()).await?;
//! leased.finish(&Outcome::succeeded(), |_| {}).await?;
//!
//! let stored = store.clusters().get("/subscriptions/S/resourcegroups/G/clusters/C").await?.ok_or("gone")?;
//! assert_eq!(stored.document.cluster.properties.provisioning_state, ProvisioningState::Succeeded);
//! # store.close().await;
//! # Ok(())
//! # }
//! ```

pub mod backend;
mod clusters;
mod config;
pub mod conformance;
mod core;
mod document;
mod documents;
mod error;
mod feed;
mod finish;
mod ids;
mod key_check;
mod key_file;
mod key_ring;
mod leased;
mod manifests;
mod members;
mod page_token;
mod payload;
mod progress;
mod rekey;
mod secrets;
mod sqlite;
mod store;

pub use backend::Lease;
pub use clusters::{ClusterScope, Clusters};
pub use config::StoreConfig;
pub use document::{
    ASYNC_OPERATION_TTL, AsyncOperationDocument, BillingDocument, ClusterDocument, Document, GatewayDocument,
    MaintenanceManifestDocument, MaintenanceScheduleDocument, OpenShiftVersionDocument,
    PlatformWorkloadIdentityRoleSetDocument, Queued, Stored, SubscriptionDocument,
};
pub use documents::{Documents, Page};
pub use error::{StoreError, UniqueKey};
pub use feed::{Change, Changed, FeedPage, FeedPosition};
pub use finish::Outcome;
pub use ids::{IdKind, IdSource, RandomIds};
pub use key_ring::{DelegatedKey, KeyError, KeyRing};
pub use leased::Leased;
pub use manifests::ManifestScope;
pub use page_token::{InvalidPageToken, PageTokenKey};
pub use progress::Progress;
pub use rekey::Rekeyed;
pub use sqlite::SqliteBackend;
pub use store::Store;
