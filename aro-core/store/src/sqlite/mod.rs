//! The embedded engine: SQLite, one file, shared by the processes of one host.
//!
//! Readers see the last commit and wait for nobody (write-ahead log). Each process writes through one thread that
//! commits the waiting operations of all its callers together; between processes SQLite's lock decides.

mod fault;
mod open;
#[cfg(test)]
mod plans;
mod read;
mod readers;
mod schema;
mod unit;
mod writer;

use std::path::Path;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rusqlite::Connection;
use time::OffsetDateTime;
use tokio::sync::{oneshot, watch};

use crate::backend::{Address, Backend, BatchError, Collection, Found, Query, Record, RecordChange, Write, Written};
use crate::sqlite::fault::Faults;
use crate::sqlite::readers::Readers;
use crate::sqlite::unit::Unit;
use crate::sqlite::writer::{Pending, Writer};
use crate::{StoreConfig, StoreError};

/// The SQLite engine. Dropping it ends its threads after what is under way; [`Backend::close`] waits for that.
#[derive(Debug)]
pub struct SqliteBackend {
    writer: Writer,
    readers: Readers,
    faults: Faults,
    config: StoreConfig,
}

impl SqliteBackend {
    /// Opens the file, creating it (mode 0600) and the tables of the collections if they are missing.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be opened or was written by a newer release.
    pub async fn open(
        path: &Path,
        config: StoreConfig,
        collections: &'static [&'static Collection],
    ) -> Result<Self, StoreError> {
        let faults = Faults {
            retry_after: config.retry_after,
        };
        let writer = Writer::start(path.to_owned(), config.clone(), collections, faults).await?;
        let readers = Readers::start(path.to_owned(), &config, faults).await?;
        Ok(Self {
            writer,
            readers,
            faults,
            config,
        })
    }

    async fn submit<T, F>(&self, work: F) -> Result<T, BatchError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Unit<'_>) -> Result<T, BatchError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let deadline = Instant::now() + self.config.request_timeout;
        let lost = |error| BatchError { index: 0, error };
        if !self.writer.submit(Box::new(Pending::new(work, reply, deadline))) {
            return Err(lost(self.faults.unavailable("the store is closed")));
        }
        self.answer(answer).await.map_err(lost)?
    }

    async fn submit_one<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Unit<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.submit(move |unit| work(unit).map_err(|error| BatchError { index: 0, error }))
            .await
            .map_err(|failure| failure.error)
    }

    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, Faults) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let faults = self.faults;
        let sent = self.readers.submit(Box::new(move |connection| {
            // A caller that went away needs no answer.
            if !reply.is_closed() {
                let _ = reply.send(work(connection, faults));
            }
        }));
        if !sent {
            return Err(faults.unavailable("the store is closed"));
        }
        self.answer(answer).await?
    }

    async fn answer<T>(&self, answer: oneshot::Receiver<T>) -> Result<T, StoreError> {
        match tokio::time::timeout(self.config.request_timeout, answer).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err(self.faults.unavailable("the store is closed")),
            Err(_) => Err(self.faults.unavailable("no answer in time")),
        }
    }
}

// === impl Backend ===

#[async_trait]
impl Backend for SqliteBackend {
    async fn get(&self, collection: &'static Collection, address: &Address) -> Result<Option<Record>, StoreError> {
        let address = address.clone();
        self.read(move |connection, faults| read::get(connection, faults, collection, &address))
            .await
    }

    async fn query(&self, collection: &'static Collection, query: Query) -> Result<Vec<Found>, StoreError> {
        self.read(move |connection, faults| read::query(connection, faults, collection, &query))
            .await
    }

    async fn write(&self, batch: Vec<Write>) -> Result<Vec<Written>, BatchError> {
        self.submit(move |unit| {
            let apply = |(index, write)| unit.apply(write).map_err(|error| BatchError { index, error });
            batch.into_iter().enumerate().map(apply).collect()
        })
        .await
    }

    fn atomic_batches(&self) -> bool {
        true
    }

    async fn take(
        &self,
        collection: &'static Collection,
        token: &str,
        ttl: Duration,
    ) -> Result<Option<Record>, StoreError> {
        // An idle queue must not cost the writer's lock.
        let waiting = self.read(move |connection, faults| read::anything_waiting(connection, faults, collection));
        if !waiting.await? {
            return Ok(None);
        }
        let token = token.to_owned();
        self.submit_one(move |unit| unit.take(collection, &token, ttl)).await
    }

    async fn renew(
        &self,
        collection: &'static Collection,
        address: &Address,
        etag: &str,
        token: &str,
        ttl: Duration,
    ) -> Result<(String, OffsetDateTime), StoreError> {
        let (address, etag, token) = (address.clone(), etag.to_owned(), token.to_owned());
        self.submit_one(move |unit| unit.renew(collection, &address, etag, &token, ttl))
            .await
    }

    async fn queue_length(&self, collection: &'static Collection) -> Result<u64, StoreError> {
        self.read(move |connection, faults| read::queue_length(connection, faults, collection))
            .await
    }

    async fn changes(
        &self,
        collection: &'static Collection,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RecordChange>, StoreError> {
        self.read(move |connection, faults| read::changes(connection, faults, collection, after, limit))
            .await
    }

    fn watch(&self, collection: &'static Collection) -> watch::Receiver<u64> {
        self.writer.watch(collection)
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let swept = self.submit_one(|unit| unit.sweep()).await?;
            total += swept.documents;
            if !swept.more {
                return Ok(total);
            }
        }
    }

    async fn now(&self) -> Result<OffsetDateTime, StoreError> {
        self.read(|connection, faults| Ok(read::to_time(read::now(connection, faults)?)))
            .await
    }

    async fn advance_clock(&self, by: Duration) -> Result<(), StoreError> {
        if !self.config.test_clock {
            return Err(StoreError::Refused(
                "only a store opened for tests lets its clock be moved",
            ));
        }
        self.submit_one(move |unit| unit.advance_clock(by)).await
    }

    async fn close(&self) {
        let stop = async {
            self.writer.stop().await;
            self.readers.stop().await;
        };
        if tokio::time::timeout(self.config.request_timeout, stop).await.is_err() {
            tracing::warn!("the threads of the store are still at work");
        }
    }
}
