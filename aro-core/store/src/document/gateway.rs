//! Clusters that the gateway serves.

use std::time::Duration;

use aro_api::model::{Extra, Gateway};

use super::{own_partition, sealed};
use crate::backend::{Address, Collection, Content, Record};
use crate::members::{Malformed, Members};
use crate::{KeyRing, StoreError, secrets};

/// Records of the gateway; each is a partition of its own.
pub(crate) static COLLECTION: Collection = Collection {
    name: "gateway",
    keys: &[],
    default_ttl: None,
};

/// A cluster that the gateway serves. Readers follow the changes; who removes one marks it first and lets it expire, so
/// that every reader sees it go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GatewayDocument {
    /// The link identifier of the cluster's private endpoint.
    pub id: String,
    /// Until when, from its last write on, the record lives; for ever where absent.
    pub ttl: Option<Duration>,
    /// The record.
    pub gateway: Gateway,
    /// Members that this build does not know.
    pub extra: Extra,
}

// === impl Form ===

impl sealed::Form for GatewayDocument {
    fn collection() -> &'static Collection {
        &COLLECTION
    }

    fn place(&mut self) -> Result<Address, StoreError> {
        own_partition(&COLLECTION, &self.id)
    }

    fn encode(&self, keys: &KeyRing) -> Result<Content, Malformed> {
        let mut members = Members::with_extra(&self.extra);
        members.put("id", &self.id)?;
        if let Some(ttl) = self.ttl {
            members.put("ttl", &ttl.as_secs())?;
        }
        members.put_payload("gateway", &self.gateway, keys, &self.id)?;
        Ok(Content {
            body: members.into_body()?,
            keys: Vec::new(),
            queued: false,
            dequeues: 0,
            ttl: self.ttl,
        })
    }

    fn any_stale(&self, keys: &KeyRing) -> bool {
        secrets::any_stale(&self.gateway, keys)
    }

    fn decode(record: &Record, mut members: Members) -> Result<Self, Malformed> {
        members.take::<String>("id")?;
        Ok(Self {
            id: record.address.id.clone(),
            ttl: members.take::<Option<u64>>("ttl")?.map(Duration::from_secs),
            gateway: members.take_payload("gateway")?.unwrap_or_default(),
            extra: members.into_extra(),
        })
    }
}
