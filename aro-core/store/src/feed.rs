//! Following what changes in a collection.

use std::time::Duration;

use tokio::sync::watch;

use crate::StoreError;
use crate::backend::RecordChange;
use crate::document::{Document, Stored};

/// A place in the change feed of a collection. It only grows, and may be kept across restarts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedPosition(pub u64);

impl FeedPosition {
    /// Before everything: the feed then begins with all documents there are.
    pub const START: Self = Self(0);
}

/// Something that happened to a document.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change<T> {
    /// It was created or replaced; this is its latest state, whatever was in between.
    Written(Box<Stored<T>>),
    /// It was deleted, or has expired.
    Deleted {
        /// Its id.
        id: String,
    },
}

/// Part of a change feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedPage<T> {
    /// What happened, oldest first.
    pub changes: Vec<Change<T>>,
    /// Documents that cannot be read, as [`StoreError::Corrupt`].
    pub corrupt: Vec<StoreError>,
    /// Where to go on.
    pub position: FeedPosition,
    /// True if there was more than fitted; otherwise the reader has seen everything.
    pub more: bool,
}

impl<T: Document> FeedPage<T> {
    pub(crate) fn read(records: &[RecordChange], after: FeedPosition, limit: usize) -> Self {
        let mut page = Self {
            changes: Vec::with_capacity(records.len()),
            corrupt: Vec::new(),
            position: records.last().map_or(after, |last| FeedPosition(last.position())),
            more: records.len() >= limit,
        };
        for record in records {
            match record {
                RecordChange::Deleted { address, .. } => page.changes.push(Change::Deleted { id: address.id.clone() }),
                RecordChange::Written(record) => match Stored::read(record) {
                    Ok(stored) => page.changes.push(Change::Written(Box::new(stored))),
                    Err(error) => page.corrupt.push(error),
                },
            }
        }
        page
    }
}

/// Tells when it may be worth while to look at a collection again.
#[derive(Debug)]
pub struct Changed(pub(crate) watch::Receiver<u64>);

impl Changed {
    /// Ends at the next write of this process, also one since the last call, or after `poll`: writes of other
    /// processes show only by looking.
    pub async fn wait(&mut self, poll: Duration) {
        if let Ok(Err(_)) = tokio::time::timeout(poll, self.0.changed()).await {
            // Closed: nothing will come from this process any more.
            tokio::time::sleep(poll).await;
        }
    }
}
