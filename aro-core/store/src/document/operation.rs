//! Asynchronous operations.

use std::time::Duration;

use aro_api::model::{AsyncOperation, Cluster, Extra};

use super::{own_partition, sealed};
use crate::backend::{Address, Collection, Content, Record};
use crate::members::{Malformed, Members};
use crate::{KeyRing, StoreError, secrets};

/// How long the result of an operation can be asked for.
pub const ASYNC_OPERATION_TTL: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Asynchronous operations; each is a partition of its own.
pub(crate) static COLLECTION: Collection = Collection {
    name: "async_operations",
    keys: &[],
    default_ttl: Some(ASYNC_OPERATION_TTL),
};

/// An operation that a client follows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AsyncOperationDocument {
    /// A UUID.
    pub id: String,
    /// The resource id of the cluster, lower case.
    pub openshift_cluster_key: String,
    /// The operation.
    pub async_operation: AsyncOperation,
    /// The cluster as the operation left it, without secrets; absent while it runs and after a deletion.
    pub openshift_cluster: Option<Cluster>,
    /// Members that this build does not know.
    pub extra: Extra,
}

// === impl Form ===

impl sealed::Form for AsyncOperationDocument {
    fn collection() -> &'static Collection {
        &COLLECTION
    }

    fn place(&mut self) -> Result<Address, StoreError> {
        self.openshift_cluster_key = self.openshift_cluster_key.to_lowercase();
        own_partition(&COLLECTION, &self.id)
    }

    fn encode(&self, keys: &KeyRing) -> Result<Content, Malformed> {
        let mut members = Members::with_extra(&self.extra);
        members.put("id", &self.id)?;
        members.put_text("openShiftClusterKey", &self.openshift_cluster_key)?;
        members.put_payload("asyncOperation", &self.async_operation, keys, &self.id)?;
        if let Some(cluster) = &self.openshift_cluster {
            members.put_payload("openShiftCluster", cluster, keys, &self.id)?;
        }
        Ok(Content {
            body: members.into_body()?,
            keys: Vec::new(),
            queued: false,
            dequeues: 0,
            ttl: None,
        })
    }

    fn any_stale(&self, keys: &KeyRing) -> bool {
        self.openshift_cluster
            .as_ref()
            .is_some_and(|cluster| secrets::any_stale(cluster, keys))
    }

    fn decode(record: &Record, mut members: Members) -> Result<Self, Malformed> {
        members.take::<String>("id")?;
        Ok(Self {
            id: record.address.id.clone(),
            openshift_cluster_key: members.take("openShiftClusterKey")?,
            async_operation: members
                .take_payload("asyncOperation")?
                .ok_or_else(|| Malformed("there is no member 'asyncOperation'".to_owned()))?,
            openshift_cluster: members.take_payload("openShiftCluster")?,
            extra: members.into_extra(),
        })
    }
}
