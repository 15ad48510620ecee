//! Who asked what: the record that tests read.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// One request, after it was answered (a watch: after it was started).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Position in the record, from 1.
    pub number: u64,
    /// Who asked, after impersonation; empty when nobody could be told.
    pub user: String,
    /// Groups of the user.
    pub groups: Vec<String>,
    /// Who impersonated the user.
    pub impersonator: Option<String>,
    /// `User-Agent`.
    pub agent: String,
    /// Verb as authorization names it (`get`, `list`, `watch`, `create`, …).
    pub verb: String,
    /// Path, decoded, without the query.
    pub path: String,
    /// Query as sent.
    pub query: String,
    /// API group of the resource.
    pub group: String,
    /// Plural name of the resource; empty for other paths.
    pub resource: String,
    /// Subresource.
    pub subresource: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// HTTP status of the answer.
    pub code: u16,
}

/// The newest records.
#[derive(Debug)]
pub(crate) struct Audit {
    records: Mutex<(u64, VecDeque<Record>)>,
    capacity: usize,
}

impl Audit {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            records: Mutex::new((0, VecDeque::new())),
            capacity,
        }
    }

    pub(crate) fn add(&self, mut record: Record) {
        let mut guard = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0 += 1;
        if self.capacity == 0 {
            return;
        }
        record.number = guard.0;
        if guard.1.len() == self.capacity {
            guard.1.pop_front();
        }
        guard.1.push_back(record);
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        let guard = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        guard.1.iter().cloned().collect()
    }

    pub(crate) fn count(&self) -> u64 {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).0
    }
}
