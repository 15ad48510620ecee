//! What is billed for clusters.

use aro_api::model::{Billing, Extra};

use super::{own_partition, sealed};
use crate::backend::{Address, Collection, Content, Record};
use crate::members::{Malformed, Members};
use crate::{KeyRing, StoreError, secrets};

/// Billing records; each is a partition of its own.
pub(crate) static COLLECTION: Collection = Collection {
    name: "billing",
    keys: &[],
    default_ttl: None,
};

/// Since when and until when a cluster is billed. It outlives the cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BillingDocument {
    /// The id of the cluster's document.
    pub id: String,
    /// The cluster's resource id, lower case.
    pub key: String,
    /// The managed resource group, lower case.
    pub cluster_resource_group_id_key: String,
    /// The infrastructure id that the installer chose.
    pub infra_id: String,
    /// The billing record.
    pub billing: Billing,
    /// Members that this build does not know.
    pub extra: Extra,
}

// === impl Form ===

impl sealed::Form for BillingDocument {
    fn collection() -> &'static Collection {
        &COLLECTION
    }

    fn place(&mut self) -> Result<Address, StoreError> {
        own_partition(&COLLECTION, &self.id)
    }

    fn encode(&self, keys: &KeyRing) -> Result<Content, Malformed> {
        let mut members = Members::with_extra(&self.extra);
        members.put("id", &self.id)?;
        members.put_text("key", &self.key)?;
        // Spelt with a capital D here, unlike on the cluster's document.
        members.put_text("clusterResourceGroupIDKey", &self.cluster_resource_group_id_key)?;
        members.put_text("infraId", &self.infra_id)?;
        members.put_payload("billing", &self.billing, keys, &self.id)?;
        Ok(Content {
            body: members.into_body()?,
            keys: Vec::new(),
            queued: false,
            dequeues: 0,
            ttl: None,
        })
    }

    fn any_stale(&self, keys: &KeyRing) -> bool {
        secrets::any_stale(&self.billing, keys)
    }

    fn decode(record: &Record, mut members: Members) -> Result<Self, Malformed> {
        members.take::<String>("id")?;
        Ok(Self {
            id: record.address.id.clone(),
            key: members.take("key")?,
            cluster_resource_group_id_key: members.take("clusterResourceGroupIDKey")?,
            infra_id: members.take("infraId")?,
            billing: members.take_payload("billing")?.unwrap_or_default(),
            extra: members.into_extra(),
        })
    }
}
