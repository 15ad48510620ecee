//! The clusters, and the operations on them.

use std::sync::Arc;
use std::time::Duration;

use crate::StoreError;
use crate::backend::{LeaseChange, Query, Values};
use crate::core::Core;
use crate::document::{AsyncOperationDocument, ClusterDocument, Stored, sealed::Form, subscription_of};
use crate::documents::{Documents, Page};
use crate::feed::{Changed, FeedPage, FeedPosition};
use crate::leased::Leased;

/// Which clusters a list is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterScope {
    /// All of them.
    All,
    /// Those of a subscription.
    Subscription(String),
    /// Those whose resource is in a resource group.
    ResourceGroup {
        /// The subscription id.
        subscription: String,
        /// The name of the group.
        resource_group: String,
    },
}

/// The collection of the clusters.
#[derive(Debug, Clone)]
pub struct Clusters {
    pub(crate) documents: Documents<ClusterDocument>,
}

impl Clusters {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self {
            documents: Documents::new(core),
        }
    }

    /// The cluster with a resource id, in any letter case.
    ///
    /// # Errors
    /// `Corrupt` if it cannot be read, `Invalid` if this is no resource id, `Unavailable`.
    pub async fn get(&self, key: &str) -> Result<Option<Stored<ClusterDocument>>, StoreError> {
        self.find("key", &subscription_of(key)?, key).await
    }

    /// The cluster of a subscription that uses a client id, or the identity with this resource id.
    ///
    /// # Errors
    /// `Corrupt`, `Unavailable`.
    pub async fn get_by_client_id(
        &self,
        subscription: &str,
        client_id: &str,
    ) -> Result<Option<Stored<ClusterDocument>>, StoreError> {
        self.find("client_id", subscription, client_id).await
    }

    /// The cluster of a subscription whose machines are in a managed resource group, named by its resource id.
    ///
    /// # Errors
    /// `Corrupt`, `Unavailable`.
    pub async fn get_by_resource_group(
        &self,
        subscription: &str,
        resource_group_id: &str,
    ) -> Result<Option<Stored<ClusterDocument>>, StoreError> {
        self.find("resource_group", subscription, resource_group_id).await
    }

    async fn find(
        &self,
        key: &'static str,
        subscription: &str,
        value: &str,
    ) -> Result<Option<Stored<ClusterDocument>>, StoreError> {
        let query = Query {
            key,
            partition: Some(subscription.to_lowercase()),
            values: Values::Equal(value.to_lowercase()),
            after: None,
            limit: 1,
        };
        let found = self
            .documents
            .core
            .backend
            .query(ClusterDocument::collection(), query)
            .await?;
        found.first().map(|found| Stored::read(&found.record)).transpose()
    }

    /// Puts a new cluster together with the operation that creates it: both or neither.
    ///
    /// # Errors
    /// `Conflict` says which value another cluster of the subscription has, `Invalid`, `Unavailable`.
    pub async fn create(
        &self,
        mut document: ClusterDocument,
        mut operation: AsyncOperationDocument,
    ) -> Result<Stored<ClusterDocument>, StoreError> {
        document.async_operation_id.clone_from(&operation.id);
        operation.openshift_cluster_key = document.cluster.id.to_lowercase();
        let core = &self.documents.core;
        let cluster = core.prepare_create(document)?;
        // The operation first: an engine that stops in between leaves one that expires, not a cluster without.
        let operation = core.prepare_create(operation)?;
        let written = core.write(vec![operation.write, cluster.write.clone()]).await?;
        Ok(cluster.done(written.get(1)))
    }

    /// Writes back a cluster that was read and changed; with the operation that this starts, if one does.
    ///
    /// # Errors
    /// `PreconditionFailed` if somebody has written since, `NotFound`, `Conflict`, `Invalid`, `Unavailable`. Then the
    /// operation does not exist either.
    pub async fn replace(
        &self,
        mut stored: Stored<ClusterDocument>,
        operation: Option<AsyncOperationDocument>,
    ) -> Result<Stored<ClusterDocument>, StoreError> {
        let core = &self.documents.core;
        let Some(mut operation) = operation else {
            return self.documents.replace(stored).await;
        };
        stored.document.async_operation_id.clone_from(&operation.id);
        operation.openshift_cluster_key = stored.document.cluster.id.to_lowercase();
        let cluster = core.prepare_replace(stored, LeaseChange::Untouched)?;
        let operation = core.prepare_create(operation)?;
        let written = core.write(vec![operation.write, cluster.write.clone()]).await?;
        Ok(cluster.done(written.get(1)))
    }

    /// Removes a cluster that was read. The worker ends a deletion with [`Leased::finish_removed`] instead.
    ///
    /// # Errors
    /// `PreconditionFailed` if somebody has written since, `NotFound`, `Unavailable`.
    pub async fn delete(&self, stored: &Stored<ClusterDocument>) -> Result<(), StoreError> {
        self.documents.delete(stored).await
    }

    /// Clusters in the order of their lower-case resource ids; `after` is such an id, or the last page's `next`.
    ///
    /// # Errors
    /// `Unavailable`. Clusters that cannot be read are named in the page.
    pub async fn list(
        &self,
        scope: &ClusterScope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<ClusterDocument>, StoreError> {
        let (partition, values) = match scope {
            ClusterScope::All => (None, Values::All),
            ClusterScope::Subscription(id) => {
                let id = id.to_lowercase();
                let prefix = format!("/subscriptions/{id}/");
                (Some(id), Values::Prefix(prefix))
            }
            ClusterScope::ResourceGroup {
                subscription,
                resource_group,
            } => {
                let id = subscription.to_lowercase();
                let prefix = format!("/subscriptions/{id}/resourcegroups/{}/", resource_group.to_lowercase());
                (Some(id), Values::Prefix(prefix))
            }
        };
        self.documents.page_of("key", partition, values, after, limit).await
    }

    /// What has changed since a position.
    ///
    /// # Errors
    /// `FeedExpired`, `Unavailable`.
    pub async fn changes(&self, after: FeedPosition, limit: usize) -> Result<FeedPage<ClusterDocument>, StoreError> {
        self.documents.changes(after, limit).await
    }

    /// A signal for those who follow the clusters or wait for the queue.
    #[must_use]
    pub fn changed(&self) -> Changed {
        self.documents.changed()
    }

    /// Takes the cluster that has waited longest; see [`Documents::take`].
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn take(&self, ttl: Duration) -> Result<Option<Leased<ClusterDocument>>, StoreError> {
        self.documents.take(ttl).await
    }

    /// Number of clusters that could be taken now.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn queue_length(&self) -> Result<u64, StoreError> {
        self.documents.queue_length().await
    }
}
