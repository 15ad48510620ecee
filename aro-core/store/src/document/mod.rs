//! The documents: a payload of the model in an envelope of what the service needs to find and work on it.

mod billing;
mod catalogue;
mod cluster;
mod gateway;
mod maintenance;
mod operation;
mod subscription;

use std::fmt;

pub use billing::BillingDocument;
pub use catalogue::{OpenShiftVersionDocument, PlatformWorkloadIdentityRoleSetDocument};
pub use cluster::ClusterDocument;
pub(crate) use cluster::subscription_of;
pub use gateway::GatewayDocument;
pub(crate) use maintenance::OF;
pub use maintenance::{MaintenanceManifestDocument, MaintenanceScheduleDocument};
pub use operation::{ASYNC_OPERATION_TTL, AsyncOperationDocument};
pub use subscription::SubscriptionDocument;

use crate::backend::{Address, Collection, Content, Lease, Record};
use crate::members::{Malformed, Members};
use crate::{KeyRing, StoreError};

/// All collections of the store.
pub(crate) static COLLECTIONS: &[&Collection] = &[
    &cluster::COLLECTION,
    &operation::COLLECTION,
    &subscription::COLLECTION,
    &catalogue::VERSIONS,
    &catalogue::ROLE_SETS,
    &billing::COLLECTION,
    &gateway::COLLECTION,
    &maintenance::MANIFESTS,
    &maintenance::SCHEDULES,
    &crate::key_check::COLLECTION,
];

/// A document as it was read or written last.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<T> {
    /// Its id.
    pub id: String,
    /// Its state when it was read; a write that carries it fails if somebody else has written since.
    pub etag: String,
    /// The document itself.
    pub document: T,
    pub(crate) address: Address,
}

/// A kind of document.
pub trait Document: sealed::Form + Clone + fmt::Debug + Send + Sync + 'static {}

impl<T: sealed::Form + Clone + fmt::Debug + Send + Sync + 'static> Document for T {}

/// A kind of document that workers take from a queue.
pub trait Queued: Document + sealed::Leasable {}

impl<T: Document + sealed::Leasable> Queued for T {}

pub(crate) mod sealed {
    use super::*;

    /// How a document is stored.
    pub trait Form: Sized {
        /// Where it is kept.
        fn collection() -> &'static Collection;
        /// The form in which ids are stored.
        fn canonical_id(id: &str) -> String {
            id.to_owned()
        }
        /// Sets the members that follow from others, and says where the document belongs.
        fn place(&mut self) -> Result<Address, StoreError>;
        /// Its stored form.
        fn encode(&self, keys: &KeyRing) -> Result<Content, Malformed>;
        /// Whether a secret in it was sealed with another key than the active one.
        fn any_stale(&self, keys: &KeyRing) -> bool;
        /// The document of a record, whose members are given.
        fn decode(record: &Record, members: Members) -> Result<Self, Malformed>;
    }

    /// What the queue keeps beside the stored form.
    pub trait Leasable {
        /// Sets who holds the document.
        fn set_lease(&mut self, lease: Option<Lease>);
    }
}

impl<T: Document> Stored<T> {
    pub(crate) fn read(record: &Record) -> Result<Self, StoreError> {
        let corrupt = |malformed: Malformed| malformed.corrupt(T::collection().name, &record.address.id);
        let members = Members::parse(&record.body).map_err(corrupt)?;
        Ok(Self {
            id: record.address.id.clone(),
            etag: record.etag.clone(),
            document: T::decode(record, members).map_err(corrupt)?,
            address: record.address.clone(),
        })
    }
}

/// The address of a document that is its own partition.
fn own_partition(collection: &Collection, id: &str) -> Result<Address, StoreError> {
    if id.is_empty() {
        return Err(StoreError::Invalid {
            collection: collection.name,
            reason: "a document needs an id".to_owned(),
        });
    }
    Ok(Address {
        partition: id.to_owned(),
        id: id.to_owned(),
    })
}

/// Lower case, or nothing.
fn key(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_lowercase())
}
