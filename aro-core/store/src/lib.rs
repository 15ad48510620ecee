//! Documents with etags and leases: typed collections and queues over a storage engine of few primitives.

pub mod backend;
mod config;
mod error;
mod ids;
mod key_file;
mod key_ring;
mod page_token;
mod sqlite;

pub use config::StoreConfig;
pub use error::{StoreError, UniqueKey};
pub use ids::{IdSource, RandomIds};
pub use key_ring::{KeyError, KeyRing};
pub use page_token::{InvalidPageToken, PageTokenKey};
pub use sqlite::SqliteBackend;
