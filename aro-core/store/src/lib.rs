//! Documents with etags and leases: typed collections and queues over a storage engine of few primitives.

pub mod backend;
mod clusters;
mod config;
pub mod conformance;
mod core;
mod document;
mod documents;
mod error;
mod feed;
mod finish;
mod ids;
mod key_check;
mod key_file;
mod key_ring;
mod leased;
mod members;
mod page_token;
mod payload;
mod progress;
mod rekey;
mod secrets;
mod sqlite;
mod store;

pub use backend::Lease;
pub use clusters::{ClusterScope, Clusters};
pub use config::StoreConfig;
pub use document::{
    ASYNC_OPERATION_TTL, AsyncOperationDocument, BillingDocument, ClusterDocument, Document, OpenShiftVersionDocument,
    PlatformWorkloadIdentityRoleSetDocument, Queued, Stored, SubscriptionDocument,
};
pub use documents::{Documents, Page};
pub use error::{StoreError, UniqueKey};
pub use feed::{Change, Changed, FeedPage, FeedPosition};
pub use finish::Outcome;
pub use ids::{IdSource, RandomIds};
pub use key_ring::{KeyError, KeyRing};
pub use leased::Leased;
pub use page_token::{InvalidPageToken, PageTokenKey};
pub use progress::Progress;
pub use rekey::Rekeyed;
pub use sqlite::SqliteBackend;
pub use store::Store;
