//! The primitives a storage engine has to offer. Collections, queues and leases are written once on top of them.
//!
//! They are few enough for a document database without transactions over several containers: what only an embedded
//! engine can promise (atomic batches) is marked, and callers order their writes so that any prefix of a batch is
//! safe. There is no blind write: replacing and deleting carry the etag of what was read.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::{StoreError, UniqueKey};

/// A kind of document and what it is found by.
#[derive(Debug)]
pub struct Collection {
    /// Name, also of the table or container; lower case letters and underscores.
    pub name: &'static str,
    /// Members a query can use besides the id, each with an index.
    pub keys: &'static [KeySpec],
    /// Life of a document that does not say otherwise.
    pub default_ttl: Option<Duration>,
}

/// A member that documents are found by.
#[derive(Debug)]
pub struct KeySpec {
    /// Name; lower case letters and underscores.
    pub name: &'static str,
    /// If set, no two documents of a partition share a value, and this is what a conflict reports.
    pub unique: Option<UniqueKey>,
}

impl Collection {
    /// Position of a key in [`Collection::keys`].
    pub(crate) fn key_position(&self, name: &str) -> Option<usize> {
        self.keys.iter().position(|key| key.name == name)
    }
}

/// Where a document lives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Partition; unique keys hold within it.
    pub partition: String,
    /// Id, unique within the partition.
    pub id: String,
}

/// A document as an engine knows it: its text and the facts beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it lives.
    pub address: Address,
    /// Changes with every write.
    pub etag: String,
    /// Position of the last write in the change feed.
    pub position: u64,
    /// Times it was taken from the queue since a write last set this.
    pub dequeues: u32,
    /// Who holds it, if anybody. The lease may have run out.
    pub lease: Option<Lease>,
    /// The JSON text. An engine passes on what it finds, even if it is damaged.
    pub body: Vec<u8>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("address", &self.address)
            .field("etag", &self.etag)
            .field("position", &self.position)
            .field("dequeues", &self.dequeues)
            .field("lease", &self.lease)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// The right to work on a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Drawn anew by each acquisition; every write of the holder carries it.
    pub token: String,
    /// When others may take the document, by the store's clock.
    pub expires: OffsetDateTime,
}

/// What a write puts in place of a document.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The JSON text.
    pub body: Vec<u8>,
    /// Values of [`Collection::keys`], in their order; an absent value is not indexed and conflicts with nothing.
    pub keys: Vec<Option<String>>,
    /// Whether a worker has something to do here. The queue remembers since when.
    pub queued: bool,
    /// Number of times taken from the queue.
    pub dequeues: u32,
    /// Life from now on; `None` means that of the collection.
    pub ttl: Option<Duration>,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("keys", &self.keys)
            .field("queued", &self.queued)
            .field("dequeues", &self.dequeues)
            .field("ttl", &self.ttl)
            .finish()
    }
}

/// What a write does to the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseChange {
    /// The writer does not hold the lease and leaves it alone.
    Untouched,
    /// The writer holds the lease with this token and keeps it.
    Hold(String),
    /// The writer holds the lease with this token and gives it back; nobody takes the document before the delay is
    /// over.
    Release {
        /// Token of the lease.
        token: String,
        /// How long the document rests.
        rest: Duration,
    },
}

impl LeaseChange {
    pub(crate) fn token(&self) -> Option<&str> {
        match self {
            Self::Untouched => None,
            Self::Hold(token) | Self::Release { token, .. } => Some(token),
        }
    }
}

/// One write of a batch.
#[derive(Debug, Clone)]
pub enum Write {
    /// Puts a document where there is none.
    Create {
        /// Collection.
        collection: &'static Collection,
        /// Place.
        address: Address,
        /// Content.
        content: Content,
    },
    /// Replaces the document that was read.
    Replace {
        /// Collection.
        collection: &'static Collection,
        /// Place.
        address: Address,
        /// Etag of what was read.
        etag: String,
        /// New content.
        content: Content,
        /// Effect on the lease.
        lease: LeaseChange,
    },
    /// Removes the document that was read.
    Delete {
        /// Collection.
        collection: &'static Collection,
        /// Place.
        address: Address,
        /// Etag of what was read.
        etag: String,
        /// Token of the lease, if the writer holds one.
        token: Option<String>,
    },
}

impl Write {
    /// Collection that is written to.
    #[must_use]
    pub fn collection(&self) -> &'static Collection {
        match self {
            Self::Create { collection, .. } | Self::Replace { collection, .. } | Self::Delete { collection, .. } => {
                collection
            }
        }
    }

    /// Document that is written.
    #[must_use]
    pub fn address(&self) -> &Address {
        match self {
            Self::Create { address, .. } | Self::Replace { address, .. } | Self::Delete { address, .. } => address,
        }
    }
}

/// A write that took place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// New etag; empty after a deletion.
    pub etag: String,
    /// Position in the change feed.
    pub position: u64,
}

/// A batch that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write {index} of a batch: {error}")]
pub struct BatchError {
    /// Which write failed, from 0. Without atomic batches, those before it took place.
    pub index: usize,
    /// Why.
    #[source]
    pub error: StoreError,
}

/// Documents to find, ordered by key and then id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Name of a key of the collection, or `id`.
    pub key: &'static str,
    /// Partition to look in; `None` for all.
    pub partition: Option<String>,
    /// Which values.
    pub values: Values,
    /// Go on after this place.
    pub after: Option<After>,
    /// Most documents to return.
    pub limit: usize,
}

/// Values of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// All.
    All,
    /// This one.
    Equal(String),
    /// Those that start with a text.
    Prefix(String),
}

/// A place in the order of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Value of the key.
    pub key: String,
    /// Id of the document with that value; `None` is after all of them.
    pub id: Option<String>,
}

/// A document that a query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Value of the key it was found by: where to go on, even if the document itself cannot be read.
    pub key: String,
    /// The document.
    pub record: Record,
}

/// An entry of the change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordChange {
    /// The document was created or replaced; this is its latest state.
    Written(Record),
    /// The document was deleted or has expired.
    Deleted {
        /// Where it was.
        address: Address,
        /// Position of the deletion.
        position: u64,
    },
}

impl RecordChange {
    /// Position in the feed.
    #[must_use]
    pub fn position(&self) -> u64 {
        match self {
            Self::Written(record) => record.position,
            Self::Deleted { position, .. } => *position,
        }
    }
}

/// A storage engine.
///
/// Every method ends within the engine's request timeout, with `Unavailable` if need be. Time is the engine's own:
/// all processes that share its data agree on it.
#[async_trait]
pub trait Backend: Send + Sync + fmt::Debug + 'static {
    /// The document at an address.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn get(&self, collection: &'static Collection, address: &Address) -> Result<Option<Record>, StoreError>;

    /// Documents by an indexed key, in the order of the key's bytes.
    ///
    /// # Errors
    /// `Invalid` if the collection has no such key, `Unavailable`.
    async fn query(&self, collection: &'static Collection, query: Query) -> Result<Vec<Found>, StoreError>;

    /// Writes in order. All or nothing if [`Backend::atomic_batches`]; otherwise up to the first that fails.
    ///
    /// # Errors
    /// Create: `Conflict`. Replace and delete: `NotFound`, `PreconditionFailed`, `LeaseLost` if a token was given and
    /// it is not that of the document's lease, whatever the etag. Replace: `Conflict`. All: `Unavailable`.
    async fn write(&self, batch: Vec<Write>) -> Result<Vec<Written>, BatchError>;

    /// Whether a batch takes place as a whole or not at all.
    fn atomic_batches(&self) -> bool;

    /// Takes the document that has been waiting longest: queued and not leased. It counts the attempt.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn take(
        &self,
        collection: &'static Collection,
        token: &str,
        ttl: Duration,
    ) -> Result<Option<Record>, StoreError>;

    /// Extends a lease; returns the etag from then on and the new end.
    ///
    /// # Errors
    /// `NotFound`, `LeaseLost`, `PreconditionFailed`, `Unavailable`.
    async fn renew(
        &self,
        collection: &'static Collection,
        address: &Address,
        etag: &str,
        token: &str,
        ttl: Duration,
    ) -> Result<(String, OffsetDateTime), StoreError>;

    /// Number of documents that could be taken now.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn queue_length(&self, collection: &'static Collection) -> Result<u64, StoreError>;

    /// Changes after a position, oldest first; of several writes to a document only the last.
    ///
    /// # Errors
    /// `FeedExpired` if deletions after that position have been forgotten, `Unavailable`.
    async fn changes(
        &self,
        collection: &'static Collection,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RecordChange>, StoreError>;

    /// A signal that this process has written to the collection. Writes of others do not show: poll as well.
    fn watch(&self, collection: &'static Collection) -> watch::Receiver<u64>;

    /// Removes what has expired and forgets old deletions; returns how many documents went.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn sweep(&self) -> Result<u64, StoreError>;

    /// The time by which leases and expiry are judged.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn now(&self) -> Result<OffsetDateTime, StoreError>;

    /// Moves the clock of all processes forward. Only for tests.
    ///
    /// # Errors
    /// `Refused` unless the store was opened for tests, `Unavailable`.
    async fn advance_clock(&self, by: Duration) -> Result<(), StoreError>;

    /// Ends the engine's threads after what is already under way.
    async fn close(&self);
}
