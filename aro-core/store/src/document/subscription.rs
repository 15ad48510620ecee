//! Subscriptions.

use aro_api::model::{Extra, Subscription};

use super::{own_partition, sealed};
use crate::backend::{Address, Collection, Content, Lease, Record};
use crate::members::{Malformed, Members};
use crate::{KeyRing, StoreError, secrets};

/// Subscriptions; each is a partition of its own.
pub(crate) static COLLECTION: Collection = Collection {
    name: "subscriptions",
    keys: &[],
    default_ttl: None,
};

/// A subscription as ARM has told us about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubscriptionDocument {
    /// The subscription id, lower case.
    pub id: String,
    /// Who works on the subscription. For information: only the store changes it.
    pub lease: Option<Lease>,
    /// Times a worker has taken the subscription.
    pub dequeues: u32,
    /// Whether its clusters have to be deleted; puts it into the queue.
    pub deleting: bool,
    /// The subscription.
    pub subscription: Subscription,
    /// Members that this build does not know.
    pub extra: Extra,
}

// === impl Form, Leasable ===

impl sealed::Form for SubscriptionDocument {
    fn collection() -> &'static Collection {
        &COLLECTION
    }

    fn canonical_id(id: &str) -> String {
        id.to_lowercase()
    }

    fn place(&mut self) -> Result<Address, StoreError> {
        self.id = Self::canonical_id(&self.id);
        own_partition(&COLLECTION, &self.id)
    }

    fn encode(&self, keys: &KeyRing) -> Result<Content, Malformed> {
        let mut members = Members::with_extra(&self.extra);
        members.put("id", &self.id)?;
        if self.deleting {
            members.put("deleting", &true)?;
        }
        members.put_payload("subscription", &self.subscription, keys, &self.id)?;
        Ok(Content {
            body: members.into_body()?,
            keys: Vec::new(),
            queued: self.deleting,
            dequeues: self.dequeues,
            ttl: None,
        })
    }

    fn any_stale(&self, keys: &KeyRing) -> bool {
        secrets::any_stale(&self.subscription, keys)
    }

    fn decode(record: &Record, mut members: Members) -> Result<Self, Malformed> {
        members.take::<String>("id")?;
        Ok(Self {
            id: record.address.id.clone(),
            lease: record.lease.clone(),
            dequeues: record.dequeues,
            deleting: members.take("deleting")?,
            subscription: members.take_payload("subscription")?.unwrap_or_default(),
            extra: members.into_extra(),
        })
    }
}

impl sealed::Leasable for SubscriptionDocument {
    fn set_lease(&mut self, lease: Option<Lease>) {
        self.lease = lease;
    }
}
