//! Clusters.

use aro_api::model::{Cluster, CorrelationData, Extra, ProvisioningState};
use serde_json::value::RawValue;

use super::{key, sealed};
use crate::backend::{Address, Collection, Content, KeySpec, Lease, Record};
use crate::members::{Malformed, Members};
use crate::{KeyRing, Progress, StoreError, UniqueKey, secrets};

/// Clusters, by subscription.
pub(crate) static COLLECTION: Collection = Collection {
    name: "clusters",
    keys: &[
        KeySpec {
            name: "key",
            unique: Some(UniqueKey::Key),
        },
        KeySpec {
            name: "client_id",
            unique: Some(UniqueKey::ClientId),
        },
        KeySpec {
            name: "resource_group",
            unique: Some(UniqueKey::ResourceGroup),
        },
    ],
    default_ttl: None,
};

/// A cluster and what the service needs to work on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterDocument {
    /// A UUID. Secrets of the cluster are bound to it.
    pub id: String,
    /// The cluster's resource id in lower case. Set from the cluster by every write.
    pub key: String,
    /// The subscription, lower case: unique keys hold within it. Set from the cluster by every write.
    pub partition_key: String,
    /// The managed resource group, lower case. Set from the cluster by every write.
    pub cluster_resource_group_id_key: String,
    /// The client id of the service principal, or the resource id of the cluster's identity, lower case. Set from the
    /// cluster by every write.
    pub client_id_key: String,
    /// Which instance of a service watches over the cluster, 0 to 255.
    pub bucket: u8,
    /// Who works on the cluster. For information: only the store changes it.
    pub lease: Option<Lease>,
    /// Times a worker has taken the cluster since the operation began.
    pub dequeues: u32,
    /// The operation that runs; empty if none does.
    pub async_operation_id: String,
    /// Where the request that started the operation came from.
    pub correlation_data: CorrelationData,
    /// How far the operation is.
    pub progress: Option<Progress>,
    /// The cluster.
    pub cluster: Cluster,
    /// Members that this build does not know.
    pub extra: Extra,
}

impl ClusterDocument {
    /// Whether a worker has something to do.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        use ProvisioningState::{AdminUpdating, Creating, Deleting, Updating};
        matches!(
            self.cluster.properties.provisioning_state,
            Creating | Updating | AdminUpdating | Deleting
        )
    }

    fn refuse(reason: String) -> StoreError {
        StoreError::Invalid {
            collection: COLLECTION.name,
            reason,
        }
    }
}

/// The subscription of a resource id, lower case.
pub(crate) fn subscription_of(resource_id: &str) -> Result<String, StoreError> {
    let lower = resource_id.to_lowercase();
    let subscription = lower
        .strip_prefix("/subscriptions/")
        .and_then(|rest| rest.split('/').next());
    match subscription {
        Some(subscription) if !subscription.is_empty() => Ok(subscription.to_owned()),
        _ => Err(ClusterDocument::refuse(format!(
            "'{resource_id}' is not the id of a resource in a subscription"
        ))),
    }
}

// === impl Form, Leasable ===

impl sealed::Form for ClusterDocument {
    fn collection() -> &'static Collection {
        &COLLECTION
    }

    fn place(&mut self) -> Result<Address, StoreError> {
        if self.id.is_empty() {
            return Err(Self::refuse("a document needs an id".to_owned()));
        }
        let cluster = &self.cluster;
        let properties = &cluster.properties;
        let client_id = if cluster.uses_workload_identity() {
            cluster.cluster_identity_id()
        } else {
            properties
                .service_principal_profile
                .as_ref()
                .map(|profile| profile.client_id.as_str())
        };
        self.partition_key = subscription_of(&cluster.id)?;
        self.key = cluster.id.to_lowercase();
        self.cluster_resource_group_id_key = properties.cluster_profile.resource_group_id.to_lowercase();
        self.client_id_key = client_id.unwrap_or_default().to_lowercase();
        Ok(Address {
            partition: self.partition_key.clone(),
            id: self.id.clone(),
        })
    }

    fn encode(&self, keys: &KeyRing) -> Result<Content, Malformed> {
        let mut members = Members::with_extra(&self.extra);
        members.put("id", &self.id)?;
        members.put("key", &self.key)?;
        members.put("partitionKey", &self.partition_key)?;
        members.put_text("clusterResourceGroupIdKey", &self.cluster_resource_group_id_key)?;
        members.put_text("clientIdKey", &self.client_id_key)?;
        members.put("bucket", &self.bucket)?;
        members.put_text("asyncOperationId", &self.async_operation_id)?;
        members.put_payload_unless_empty("correlationData", &self.correlation_data, keys, &self.id)?;
        if let Some(progress) = &self.progress {
            members.put("progress", &progress.to_raw()?)?;
        }
        members.put_payload("openShiftCluster", &self.cluster, keys, &self.id)?;
        Ok(Content {
            body: members.into_body()?,
            keys: vec![
                key(&self.key),
                key(&self.client_id_key),
                key(&self.cluster_resource_group_id_key),
            ],
            queued: self.is_queued(),
            dequeues: self.dequeues,
            ttl: None,
        })
    }

    fn any_stale(&self, keys: &KeyRing) -> bool {
        secrets::any_stale(&self.cluster, keys)
    }

    fn decode(record: &Record, mut members: Members) -> Result<Self, Malformed> {
        // The place decides, not what the text says of it.
        members.take::<String>("id")?;
        let progress = members.take::<Option<Box<RawValue>>>("progress")?;
        Ok(Self {
            id: record.address.id.clone(),
            key: members.take("key")?,
            partition_key: members.take("partitionKey")?,
            cluster_resource_group_id_key: members.take("clusterResourceGroupIdKey")?,
            client_id_key: members.take("clientIdKey")?,
            bucket: members.take("bucket")?,
            lease: record.lease.clone(),
            dequeues: record.dequeues,
            async_operation_id: members.take("asyncOperationId")?,
            correlation_data: members.take_payload("correlationData")?.unwrap_or_default(),
            progress: progress.map(|raw| Progress::from_raw(&raw)).transpose()?,
            cluster: members
                .take_payload("openShiftCluster")?
                .ok_or_else(|| Malformed("there is no member 'openShiftCluster'".to_owned()))?,
            extra: members.into_extra(),
        })
    }
}

impl sealed::Leasable for ClusterDocument {
    fn set_lease(&mut self, lease: Option<Lease>) {
        self.lease = lease;
    }
}
