//! Working on a document under a lease.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::StoreError;
use crate::backend::LeaseChange;
use crate::core::Core;
use crate::document::{Queued, Stored};

/// How often a write reads again after somebody else has written to the document.
const RACES: usize = 5;

/// A document taken from its queue. Clones share the lease: one may renew it while another works.
///
/// Every write carries the lease's token and the etag of what was read. Once another worker has taken the document,
/// or the lease was given back, they all end with [`StoreError::LeaseLost`]. Dropping it without giving it back lets
/// the lease run out.
#[derive(Debug)]
pub struct Leased<T> {
    shared: Arc<Shared<T>>,
}

#[derive(Debug)]
struct Shared<T> {
    core: Arc<Core>,
    token: String,
    ttl: Duration,
    valid_until: Mutex<Instant>,
    latest: Mutex<Arc<Stored<T>>>,
    /// Writes of one holder happen one after the other.
    turn: tokio::sync::Mutex<()>,
}

impl<T> Clone for Leased<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T: Queued> Leased<T> {
    pub(crate) fn new(core: Arc<Core>, token: String, ttl: Duration, valid_until: Instant, stored: Stored<T>) -> Self {
        let latest = Mutex::new(Arc::new(stored));
        let valid_until = Mutex::new(valid_until);
        Self {
            shared: Arc::new(Shared {
                core,
                token,
                ttl,
                valid_until,
                latest,
                turn: tokio::sync::Mutex::new(()),
            }),
        }
    }

    /// The document as this holder has last read or written it.
    #[must_use]
    pub fn stored(&self) -> Arc<Stored<T>> {
        Arc::clone(&lock(&self.shared.latest))
    }

    /// Until when nobody else can have taken the document, by this process's clock: reckoned from before the request
    /// was sent, so it errs on the early side.
    #[must_use]
    pub fn valid_until(&self) -> Instant {
        *lock(&self.shared.valid_until)
    }

    /// Extends the lease by its full length, from now.
    ///
    /// # Errors
    /// `LeaseLost`; after `Unavailable` it may be tried again until [`Leased::valid_until`].
    pub async fn renew(&self) -> Result<(), StoreError> {
        let shared = &*self.shared;
        let _turn = shared.turn.lock().await;
        for _ in 0..=RACES {
            let current = self.stored();
            let begun = Instant::now();
            let backend = &shared.core.backend;
            let renewed = backend
                .renew(
                    T::collection(),
                    &current.address,
                    &current.etag,
                    &shared.token,
                    shared.ttl,
                )
                .await;
            match renewed {
                Ok((etag, expires)) => {
                    let mut next = Stored::clone(&current);
                    next.etag = etag;
                    next.document.set_lease(Some(crate::Lease {
                        token: shared.token.clone(),
                        expires,
                    }));
                    *lock(&shared.latest) = Arc::new(next);
                    *lock(&shared.valid_until) = begun + shared.ttl;
                    return Ok(());
                }
                Err(error) if error.is_precondition_failed() => self.read_again(&current).await?,
                Err(error) => return Err(self.lost_if_gone(error)),
            }
        }
        Err(self.overtaken())
    }

    /// Changes the document. `change` runs again on what it then finds if somebody else has written, and after
    /// `Unavailable` a repeated call may find its own change already made: it should set values, not add to them.
    ///
    /// # Errors
    /// `LeaseLost`, `Conflict`, `Invalid`, `Unavailable`.
    pub async fn write(&self, change: impl FnMut(&mut T) + Send) -> Result<Arc<Stored<T>>, StoreError> {
        self.write_with(change, LeaseChange::Hold(self.shared.token.clone()))
            .await
    }

    /// Changes the document a last time and gives the lease back. Nobody takes the document before `rest` is over.
    ///
    /// # Errors
    /// As [`Leased::write`].
    pub async fn release(
        &self,
        change: impl FnMut(&mut T) + Send,
        rest: Duration,
    ) -> Result<Arc<Stored<T>>, StoreError> {
        self.write_with(
            change,
            LeaseChange::Release {
                token: self.shared.token.clone(),
                rest,
            },
        )
        .await
    }

    async fn write_with(
        &self,
        mut change: impl FnMut(&mut T) + Send,
        lease: LeaseChange,
    ) -> Result<Arc<Stored<T>>, StoreError> {
        let core = &self.shared.core;
        let _turn = self.shared.turn.lock().await;
        for _ in 0..=RACES {
            let current = self.stored();
            let mut next = Stored::clone(&current);
            change(&mut next.document);
            if matches!(lease, LeaseChange::Release { .. }) {
                next.document.set_lease(None);
            }
            match core.write_one(core.prepare_replace(next, lease.clone())?).await {
                Ok(stored) => return Ok(self.keep(stored)),
                Err(error) if error.is_precondition_failed() => self.read_again(&current).await?,
                Err(error) => return Err(self.lost_if_gone(error)),
            }
        }
        Err(self.overtaken())
    }

    pub(crate) fn core(&self) -> &Core {
        &self.shared.core
    }

    pub(crate) fn token(&self) -> &str {
        &self.shared.token
    }

    /// Waits until no other write of this holder is under way.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.shared.turn.lock().await
    }

    pub(crate) fn keep(&self, stored: Stored<T>) -> Arc<Stored<T>> {
        let stored = Arc::new(stored);
        *lock(&self.shared.latest) = Arc::clone(&stored);
        stored
    }

    /// Reads the document after it was found changed; an error if it is no longer ours.
    pub(crate) async fn read_again(&self, current: &Stored<T>) -> Result<(), StoreError> {
        let record = self.shared.core.backend.get(T::collection(), &current.address).await?;
        let ours = record.filter(|record| {
            record
                .lease
                .as_ref()
                .is_some_and(|lease| lease.token == self.shared.token)
        });
        match ours {
            Some(record) => {
                self.keep(Stored::read(&record)?);
                Ok(())
            }
            None => Err(self.lost()),
        }
    }

    pub(crate) fn lost_if_gone(&self, error: StoreError) -> StoreError {
        if error.is_not_found() { self.lost() } else { error }
    }

    pub(crate) fn overtaken(&self) -> StoreError {
        StoreError::PreconditionFailed {
            collection: T::collection().name,
            id: self.stored().id.clone(),
        }
    }

    fn lost(&self) -> StoreError {
        StoreError::LeaseLost {
            collection: T::collection().name,
            id: self.stored().id.clone(),
        }
    }
}

fn lock<V>(mutex: &Mutex<V>) -> std::sync::MutexGuard<'_, V> {
    // What is kept here is replaced as a whole, so a panic elsewhere cannot have left half of it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
