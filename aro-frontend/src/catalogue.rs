//! What new clusters are checked against and operators change at any time: OpenShift versions and role sets. Both are
//! kept in memory and follow the change feeds of the store, so that a request costs at most a look at what is new.
//!
//! Nothing runs beside the requests: who asks for what was looked at too long ago looks again, and everybody else who asks
//! at that moment waits for that look.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aro_api::model::{OpenShiftVersion, PlatformWorkloadIdentityRoleSet};
use aro_api::release::Release;
use aro_store::{
    Change, Document, Documents, FeedPosition, OpenShiftVersionDocument, PlatformWorkloadIdentityRoleSetDocument,
    Store, StoreError,
};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Changes that are read at once.
const PAGE: usize = 200;

/// The versions and role sets there are, in the order of their numbers. Those that are being deleted are left out.
pub(crate) struct Catalogue {
    store: Store,
    max_age: Duration,
    versions: Mutex<Followed<OpenShiftVersion>>,
    role_sets: Mutex<Followed<PlatformWorkloadIdentityRoleSet>>,
}

impl Catalogue {
    /// Believes what it has read for `max_age`.
    pub(crate) fn new(store: Store, max_age: Duration) -> Catalogue {
        Catalogue {
            store,
            max_age,
            versions: Mutex::default(),
            role_sets: Mutex::default(),
        }
    }

    /// All versions, those that customers cannot install included.
    pub(crate) async fn versions(&self) -> Result<Arc<Vec<OpenShiftVersion>>, StoreError> {
        let mut followed = self.versions.lock().await;
        let shown = |document: OpenShiftVersionDocument| {
            let version = document.openshift_version;
            (!version.deleting).then_some(version)
        };
        let number = |version: &OpenShiftVersion| version.properties.version.parse::<Release>().ok();
        followed
            .follow(&self.store.openshift_versions(), self.max_age, shown, number)
            .await
    }

    /// All role sets.
    pub(crate) async fn role_sets(&self) -> Result<Arc<Vec<PlatformWorkloadIdentityRoleSet>>, StoreError> {
        let mut followed = self.role_sets.lock().await;
        let shown = |document: PlatformWorkloadIdentityRoleSetDocument| {
            let set = document.platform_workload_identity_role_set;
            (!set.deleting).then_some(set)
        };
        let number = |set: &PlatformWorkloadIdentityRoleSet| minor(&set.properties.openshift_version);
        followed
            .follow(&self.store.role_sets(), self.max_age, shown, number)
            .await
    }

    /// Looks again at the next request, however soon it comes: this process has just written.
    pub(crate) async fn written(&self) {
        self.versions.lock().await.looked = None;
        self.role_sets.lock().await.looked = None;
    }

    /// Looks at once; fails where the store does not answer.
    pub(crate) async fn read_again(&self) -> Result<(), StoreError> {
        self.written().await;
        self.versions().await?;
        self.role_sets().await?;
        Ok(())
    }
}

/// The documents of a collection, as far as its change feed has been read.
struct Followed<T> {
    position: FeedPosition,
    documents: BTreeMap<String, T>,
    sorted: Arc<Vec<T>>,
    /// Whether the documents have changed since they were sorted: a request may be given up between the two.
    unsorted: bool,
    /// When the feed was last read to its end.
    looked: Option<Instant>,
}

impl<T> Default for Followed<T> {
    fn default() -> Followed<T> {
        Followed {
            position: FeedPosition::START,
            documents: BTreeMap::new(),
            sorted: Arc::default(),
            unsorted: false,
            looked: None,
        }
    }
}

impl<T: Clone> Followed<T> {
    /// What there is, looked at no longer ago than `max_age`. `shown` says what of a document is kept, and `number` in
    /// which order.
    async fn follow<D: Document, K: Ord>(
        &mut self,
        documents: &Documents<D>,
        max_age: Duration,
        shown: impl Fn(D) -> Option<T>,
        number: impl Fn(&T) -> K,
    ) -> Result<Arc<Vec<T>>, StoreError> {
        let now = Instant::now();
        if self.looked.is_some_and(|looked| now - looked < max_age) {
            return Ok(self.sorted.clone());
        }
        loop {
            let page = documents.changes(self.position, PAGE).await?;
            for error in &page.corrupt {
                tracing::error!(%error, "a version or role set cannot be read and is not followed");
            }
            for change in page.changes {
                self.unsorted = true;
                match change {
                    Change::Written(stored) => match shown(stored.document) {
                        Some(kept) => drop(self.documents.insert(stored.id, kept)),
                        None => drop(self.documents.remove(&stored.id)),
                    },
                    Change::Deleted { id } => drop(self.documents.remove(&id)),
                    _ => {}
                }
            }
            self.position = page.position;
            if !page.more {
                break;
            }
        }
        if self.unsorted {
            let mut sorted: Vec<T> = self.documents.values().cloned().collect();
            sorted.sort_by_cached_key(number);
            self.sorted = Arc::new(sorted);
            self.unsorted = false;
        }
        self.looked = Some(now);
        Ok(self.sorted.clone())
    }
}

/// The numbers of `4.16`, so that 4.9 stands before 4.10.
fn minor(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
