//! What can go wrong with a document.

use std::fmt;
use std::time::Duration;

/// A failed operation on the store.
///
/// Texts name collections, ids and causes, never the contents of a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such document, or it has expired.
    #[error("{collection}: there is no document '{id}'")]
    NotFound {
        /// Collection that was asked.
        collection: &'static str,
        /// Id or key that was asked for.
        id: String,
    },

    /// The document has changed since it was read: read it again and decide again.
    #[error("{collection}: document '{id}' has changed since it was read")]
    PreconditionFailed {
        /// Collection of the document.
        collection: &'static str,
        /// Id of the document.
        id: String,
    },

    /// Another document of the same partition holds a value that must be unique.
    #[error("{collection}: another document has the same {key}")]
    Conflict {
        /// Collection of the document.
        collection: &'static str,
        /// Which value is taken.
        key: UniqueKey,
    },

    /// The lease under which the caller writes has passed to somebody else, or was given back.
    #[error("{collection}: the lease on document '{id}' is lost")]
    LeaseLost {
        /// Collection of the document.
        collection: &'static str,
        /// Id of the document.
        id: String,
    },

    /// The store cannot answer now (busy, full, input/output error, too slow). Whether a write took place is unknown;
    /// its etag makes it safe to read again and repeat.
    #[error("the store is unavailable: {reason}")]
    Unavailable {
        /// How long a client should wait before it asks again.
        retry_after: Duration,
        /// Why, for the operator of the service.
        reason: String,
    },

    /// A stored document cannot be read. The others are not affected.
    #[error("{collection}: document '{id}' is corrupt: {reason}")]
    Corrupt {
        /// Collection of the document.
        collection: &'static str,
        /// Id of the document.
        id: String,
        /// What is wrong with it, without its contents.
        reason: String,
    },

    /// The caller passed something no store could take, such as a malformed resource id.
    #[error("{collection}: {reason}")]
    Invalid {
        /// Collection that was addressed.
        collection: &'static str,
        /// What is wrong.
        reason: String,
    },

    /// A secret could not be sealed, opened, or loaded from the key file.
    #[error("secrets: {0}")]
    Key(#[from] crate::KeyError),

    /// The reader of a change feed stayed away longer than deletions are remembered. It has to start again from
    /// the start and forget what the feed does not mention.
    #[error("{collection}: the feed no longer remembers all deletions since position {position}")]
    FeedExpired {
        /// Collection of the feed.
        collection: &'static str,
        /// Position that was asked for.
        position: u64,
    },

    /// Something only a test may do was asked of a store that was not opened for tests.
    #[error("refused: {0}")]
    Refused(&'static str),
}

impl StoreError {
    /// How long a client should wait before it tries again, if waiting helps.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// True if there is no such document.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// True if the race for a document was lost, so that reading it again is worth while.
    #[must_use]
    pub fn is_precondition_failed(&self) -> bool {
        matches!(self, Self::PreconditionFailed { .. })
    }
}

/// A value no two documents of a partition share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UniqueKey {
    /// The id of the document itself.
    Id,
    /// The resource id of a cluster, lower case.
    Key,
    /// The client id of a cluster's service principal, or the resource id of its managed identity, lower case.
    ClientId,
    /// The managed resource group of a cluster, lower case.
    ResourceGroup,
}

impl fmt::Display for UniqueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "id",
            Self::Key => "resource id",
            Self::ClientId => "client id",
            Self::ResourceGroup => "managed resource group",
        })
    }
}
