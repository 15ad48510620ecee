//! A collection of documents of one kind.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::StoreError;
use crate::backend::{Address, After, Found, LeaseChange, Query, Values};
use crate::core::Core;
use crate::document::{Document, Queued, Stored};
use crate::feed::{Changed, FeedPage, FeedPosition};
use crate::leased::Leased;

/// How often [`Documents::update`] reads again after a lost race.
const RACES: usize = 5;

/// Documents that one query reads when everything is wanted.
const PAGE: usize = 200;

/// Corrupt documents that one look into a queue passes over.
const POISONED: usize = 64;

/// Part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The documents, in order.
    pub documents: Vec<Stored<T>>,
    /// Where the next page begins: pass it as `after`. `None` if this is the end.
    pub next: Option<String>,
    /// Documents that cannot be read, as [`StoreError::Corrupt`].
    pub corrupt: Vec<StoreError>,
}

/// A collection whose documents are found by id.
#[derive(Debug)]
pub struct Documents<T> {
    pub(crate) core: Arc<Core>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Documents<T> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
            kind: PhantomData,
        }
    }
}

impl<T: Document> Documents<T> {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self {
            core,
            kind: PhantomData,
        }
    }

    /// The document with an id, if there is one. Letter case does not matter for subscriptions.
    ///
    /// # Errors
    /// `Corrupt` if it cannot be read, `Unavailable`.
    pub async fn get(&self, id: &str) -> Result<Option<Stored<T>>, StoreError> {
        // All collections but that of the clusters have the id for a partition.
        let id = T::canonical_id(id);
        self.core
            .read(&Address {
                partition: id.clone(),
                id,
            })
            .await
    }

    /// Puts a document where there is none.
    ///
    /// # Errors
    /// `Conflict`, `Invalid`, `Unavailable`.
    pub async fn create(&self, document: T) -> Result<Stored<T>, StoreError> {
        self.core.write_one(self.core.prepare_create(document)?).await
    }

    /// Writes back a document that was read and changed. The etag in it must be that of the reading.
    ///
    /// # Errors
    /// `PreconditionFailed` if somebody has written since, `NotFound`, `Conflict`, `Invalid`, `Unavailable`.
    pub async fn replace(&self, stored: Stored<T>) -> Result<Stored<T>, StoreError> {
        self.core
            .write_one(self.core.prepare_replace(stored, LeaseChange::Untouched)?)
            .await
    }

    /// Removes a document that was read.
    ///
    /// # Errors
    /// `PreconditionFailed` if somebody has written since, `NotFound`, `Unavailable`.
    pub async fn delete(&self, stored: &Stored<T>) -> Result<(), StoreError> {
        self.core.write(vec![Core::delete(stored, None)]).await.map(drop)
    }

    /// Reads, changes and writes a document, again if somebody else was faster. `change` may run several times.
    ///
    /// # Errors
    /// `NotFound`, `PreconditionFailed` after five lost races, and those of [`Documents::replace`].
    pub async fn update(&self, id: &str, mut change: impl FnMut(&mut T) + Send) -> Result<Stored<T>, StoreError> {
        let mut races = 0;
        loop {
            let mut stored = self.get(id).await?.ok_or_else(|| StoreError::NotFound {
                collection: T::collection().name,
                id: id.to_owned(),
            })?;
            change(&mut stored.document);
            match self.replace(stored).await {
                Err(error) if error.is_precondition_failed() && races < RACES => races += 1,
                other => return other,
            }
        }
    }

    /// All documents by id. Those that cannot be read are left out and logged; [`Documents::page`] names them.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(&self) -> Result<Vec<Stored<T>>, StoreError> {
        let mut documents = Vec::new();
        let mut after = None;
        loop {
            let page = self.page(after.as_deref(), PAGE).await?;
            documents.extend(page.documents);
            for error in page.corrupt {
                tracing::error!(error = %error, "a document is left out of a list");
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(documents),
            }
        }
    }

    /// Documents by id, some at a time.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn page(&self, after: Option<&str>, limit: usize) -> Result<Page<T>, StoreError> {
        self.page_of("id", None, Values::All, after, limit).await
    }

    pub(crate) async fn page_of(
        &self,
        key: &'static str,
        partition: Option<String>,
        values: Values,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<T>, StoreError> {
        let after = after.map(|key| After {
            key: key.to_owned(),
            id: None,
        });
        let limit = limit.max(1);
        // One more tells whether there is a next page.
        let query = Query {
            key,
            partition,
            values,
            after,
            limit: limit.saturating_add(1),
        };
        let mut found = self.core.backend.query(T::collection(), query).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = if more {
            found.last().map(|last| last.key.clone())
        } else {
            None
        };
        let mut page = Page {
            documents: Vec::with_capacity(found.len()),
            next,
            corrupt: Vec::new(),
        };
        for Found { record, .. } in &found {
            match Stored::read(record) {
                Ok(stored) => page.documents.push(stored),
                Err(error) => page.corrupt.push(error),
            }
        }
        Ok(page)
    }

    /// What has changed since a position.
    ///
    /// # Errors
    /// `FeedExpired` if deletions since then have been forgotten, `Unavailable`.
    pub async fn changes(&self, after: FeedPosition, limit: usize) -> Result<FeedPage<T>, StoreError> {
        let limit = limit.max(1);
        let records = self.core.backend.changes(T::collection(), after.0, limit).await?;
        Ok(FeedPage::read(&records, after, limit))
    }

    /// A signal for those who follow this collection or wait for its queue.
    #[must_use]
    pub fn changed(&self) -> Changed {
        Changed(self.core.backend.watch(T::collection()))
    }
}

impl<T: Queued> Documents<T> {
    /// Takes the document that has waited longest, under a fresh lease; `None` if nothing waits. One that cannot be
    /// read is passed over: it is logged, stays leased for `ttl`, and the next is taken.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn take(&self, ttl: Duration) -> Result<Option<Leased<T>>, StoreError> {
        for _ in 0..POISONED {
            let token = self.core.ids.new_id(crate::IdKind::Lease).to_string();
            let begun = tokio::time::Instant::now();
            let Some(record) = self.core.backend.take(T::collection(), &token, ttl).await? else {
                return Ok(None);
            };
            match Stored::read(&record) {
                Ok(stored) => {
                    return Ok(Some(Leased::new(
                        Arc::clone(&self.core),
                        token,
                        ttl,
                        begun + ttl,
                        stored,
                    )));
                }
                Err(error) => tracing::error!(error = %error, "a document cannot be worked on"),
            }
        }
        Ok(None)
    }

    /// Number of documents that could be taken now.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn queue_length(&self) -> Result<u64, StoreError> {
        self.core.backend.queue_length(T::collection()).await
    }
}
