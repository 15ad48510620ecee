//! The store.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::backend::Backend;
use crate::clusters::Clusters;
use crate::core::Core;
use crate::document::{
    AsyncOperationDocument, BillingDocument, COLLECTIONS, GatewayDocument, MaintenanceManifestDocument,
    MaintenanceScheduleDocument, OpenShiftVersionDocument, PlatformWorkloadIdentityRoleSetDocument,
    SubscriptionDocument,
};
use crate::documents::Documents;
use crate::sqlite::SqliteBackend;
use crate::{IdKind, IdSource, KeyRing, StoreConfig, StoreError, key_check};

/// All documents of the service. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) core: Arc<Core>,
}

impl Store {
    /// Opens a store in an SQLite file, creating it if it is missing. Several processes may use the file at once.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be used, or was written by a newer release; `Key` if its secrets were sealed
    /// with keys that are not on the ring.
    pub async fn open_sqlite(
        path: impl AsRef<Path>,
        config: StoreConfig,
        keys: KeyRing,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, StoreError> {
        let backend = SqliteBackend::open(path.as_ref(), config, COLLECTIONS).await?;
        let store = Self::new(Arc::new(backend), keys, ids);
        key_check::check(&store.core).await?;
        Ok(store)
    }

    /// A store on an engine that is already open.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>, keys: KeyRing, ids: Arc<dyn IdSource>) -> Self {
        Self {
            core: Arc::new(Core {
                backend,
                keys: Arc::new(keys),
                ids,
            }),
        }
    }

    /// The clusters.
    #[must_use]
    pub fn clusters(&self) -> Clusters {
        Clusters::new(Arc::clone(&self.core))
    }

    /// The asynchronous operations.
    #[must_use]
    pub fn operations(&self) -> Documents<AsyncOperationDocument> {
        Documents::new(Arc::clone(&self.core))
    }

    /// The subscriptions. Their queue holds those whose clusters have to be deleted.
    #[must_use]
    pub fn subscriptions(&self) -> Documents<SubscriptionDocument> {
        Documents::new(Arc::clone(&self.core))
    }

    /// The OpenShift versions.
    #[must_use]
    pub fn openshift_versions(&self) -> Documents<OpenShiftVersionDocument> {
        Documents::new(Arc::clone(&self.core))
    }

    /// The platform workload identity role sets.
    #[must_use]
    pub fn role_sets(&self) -> Documents<PlatformWorkloadIdentityRoleSetDocument> {
        Documents::new(Arc::clone(&self.core))
    }

    /// The billing records.
    #[must_use]
    pub fn billing(&self) -> Documents<BillingDocument> {
        Documents::new(Arc::clone(&self.core))
    }

    /// The clusters that the gateway serves.
    #[must_use]
    pub fn gateways(&self) -> Documents<GatewayDocument> {
        Documents::new(Arc::clone(&self.core))
    }

    /// Pieces of planned maintenance.
    #[must_use]
    pub fn manifests(&self) -> Documents<MaintenanceManifestDocument> {
        Documents::new(Arc::clone(&self.core))
    }

    /// Schedules of recurring maintenance.
    #[must_use]
    pub fn schedules(&self) -> Documents<MaintenanceScheduleDocument> {
        Documents::new(Arc::clone(&self.core))
    }

    /// What opens the secrets of documents.
    #[must_use]
    pub fn sealer(&self) -> &KeyRing {
        &self.core.keys
    }

    /// A fresh id for a document.
    #[must_use]
    pub fn new_id(&self) -> String {
        self.core.ids.new_id(IdKind::Document).to_string()
    }

    /// The time by which leases and expiry are judged.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn now(&self) -> Result<OffsetDateTime, StoreError> {
        self.core.backend.now().await
    }

    /// Moves the clock forward for all processes that share the store. Only for tests.
    ///
    /// # Errors
    /// `Refused` unless [`StoreConfig::test_clock`] is set, `Unavailable`.
    pub async fn advance_clock(&self, by: Duration) -> Result<(), StoreError> {
        self.core.backend.advance_clock(by).await
    }

    /// Removes what has expired, which every process also does from time to time; returns how many documents went.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        self.core.backend.sweep().await
    }

    /// Waits for what is under way and ends the threads of the store. Later calls end with `Unavailable`.
    pub async fn close(&self) {
        self.core.backend.close().await;
    }
}
