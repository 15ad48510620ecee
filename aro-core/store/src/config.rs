//! How a store behaves, as configuration.

use std::time::Duration;

/// Settings of a store. `Default` is what a service uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// Longest wait of one caller for one operation, queueing included.
    pub request_timeout: Duration,
    /// Longest wait of the writer for the other processes that write to the same file.
    pub busy_timeout: Duration,
    /// What [`StoreError::Unavailable`](crate::StoreError::Unavailable) tells clients to wait.
    pub retry_after: Duration,
    /// Number of connections that read.
    pub readers: usize,
    /// Most operations that one transaction commits together.
    pub group_limit: usize,
    /// How often this process removes what has expired.
    pub sweep_interval: Duration,
    /// How long a change feed remembers a deletion.
    pub tombstone_ttl: Duration,
    /// Lets this process move the store's clock, for every process on the file. Only for tests.
    pub test_clock: bool,
    /// Largest size of the database file in pages of 4096 bytes; `None` for no limit of ours. The store answers
    /// `Unavailable` when it is reached.
    pub max_pages: Option<u32>,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(15),
            busy_timeout: Duration::from_secs(5),
            retry_after: Duration::from_secs(5),
            readers: 4,
            group_limit: 256,
            sweep_interval: Duration::from_secs(60),
            tombstone_ttl: Duration::from_secs(24 * 60 * 60),
            test_clock: false,
            max_pages: None,
        }
    }
}
