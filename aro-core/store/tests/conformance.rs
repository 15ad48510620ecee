//! SQLite does what every storage engine has to do.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use aro_store::conformance::{self, COLLECTIONS, Subject, TOMBSTONE_TTL};
use aro_store::{SqliteBackend, StoreConfig};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_conforms() {
    conformance::run(async || {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let config = StoreConfig {
            test_clock: true,
            tombstone_ttl: TOMBSTONE_TTL,
            ..StoreConfig::default()
        };
        let one = SqliteBackend::open(&path, config.clone(), COLLECTIONS).await.unwrap();
        let other = SqliteBackend::open(&path, config, COLLECTIONS).await.unwrap();
        Subject {
            one: Arc::new(one),
            other: Arc::new(other),
            keep: Box::new(directory),
        }
    })
    .await;
}
