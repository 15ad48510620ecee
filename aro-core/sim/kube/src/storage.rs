//! Objects, their revisions and the history that watches read.
//!
//! ```text
//! State ─ revision            one counter for all kinds
//!       └ Table (per kind) ─ objects   key → object      key = "namespace/name", or "name"
//!                          ├ events    the last N changes, oldest first
//!                          └ compacted the newest revision whose change is forgotten
//! ```

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

/// What a change was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Modified,
    Deleted,
}

/// A change of one object.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) revision: u64,
    pub(crate) key: String,
    pub(crate) change: Change,
    /// The object after the change; when deleted, its last state under the revision of the deletion.
    pub(crate) object: Arc<Value>,
    /// The object before the change.
    pub(crate) previous: Option<Arc<Value>>,
    /// The event as a line of a watch in the first version asked for: most watchers want the same.
    pub(crate) line: OnceLock<(String, Bytes)>,
}

/// Objects of one kind.
#[derive(Debug)]
pub(crate) struct Table {
    objects: BTreeMap<String, Arc<Value>>,
    events: VecDeque<Arc<Event>>,
    compacted: u64,
    changed: watch::Sender<u64>,
}

/// Why a revision cannot be served.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RevisionError {
    TooOld,
    TooNew { current: u64 },
}

/// Everything stored.
#[derive(Debug)]
pub(crate) struct State {
    revision: u64,
    /// Tables made later have forgotten what was before this.
    floor: u64,
    tables: HashMap<String, Table>,
    history: usize,
}

pub(crate) fn key(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    }
}

impl Table {
    fn new(compacted: u64) -> Self {
        Self {
            objects: BTreeMap::new(),
            events: VecDeque::new(),
            compacted,
            changed: watch::Sender::new(compacted),
        }
    }

    fn record(&mut self, event: Event, history: usize) {
        let revision = event.revision;
        self.events.push_back(Arc::new(event));
        while self.events.len() > history {
            if let Some(gone) = self.events.pop_front() {
                self.compacted = gone.revision;
            }
        }
        self.changed.send_replace(revision);
    }

    /// Objects as they were at a revision.
    fn at(&self, revision: u64) -> BTreeMap<String, Arc<Value>> {
        let mut objects = self.objects.clone();
        for event in self.events.iter().rev().take_while(|event| event.revision > revision) {
            match &event.previous {
                Some(previous) => objects.insert(event.key.clone(), Arc::clone(previous)),
                None => objects.remove(&event.key),
            };
        }
        objects
    }
}

impl State {
    /// An empty store whose next change has the revision after `revision`.
    pub(crate) fn new(revision: u64, history: usize) -> Self {
        Self {
            revision,
            floor: revision,
            tables: HashMap::new(),
            history: history.max(1),
        }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    fn table(&mut self, storage: &str) -> &mut Table {
        let floor = self.floor;
        self.tables
            .entry(storage.to_owned())
            .or_insert_with(|| Table::new(floor))
    }

    pub(crate) fn get(&self, storage: &str, key: &str) -> Option<&Arc<Value>> {
        self.tables.get(storage)?.objects.get(key)
    }

    /// Objects whose key starts with `prefix`, in the order of keys.
    pub(crate) fn scan<'a>(
        &'a self,
        storage: &str,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a Arc<Value>)> + 'a {
        self.tables
            .get(storage)
            .into_iter()
            .flat_map(move |table| table.objects.range(prefix.to_owned()..))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// All tables by name, with how many objects they hold.
    pub(crate) fn storages(&self) -> impl Iterator<Item = (&String, usize)> {
        self.tables.iter().map(|(name, table)| (name, table.objects.len()))
    }

    /// Writes an object under the next revision, which becomes its `resourceVersion`.
    pub(crate) fn put(&mut self, storage: &str, key: String, mut object: Value) -> Arc<Value> {
        self.revision += 1;
        let (revision, history) = (self.revision, self.history);
        stamp(&mut object, revision);
        let object = Arc::new(object);
        let table = self.table(storage);
        let previous = table.objects.insert(key.clone(), Arc::clone(&object));
        let change = if previous.is_some() {
            Change::Modified
        } else {
            Change::Added
        };
        let event = Event {
            revision,
            key,
            change,
            object: Arc::clone(&object),
            previous,
            line: OnceLock::new(),
        };
        table.record(event, history);
        object
    }

    /// Removes an object; returns its last state.
    pub(crate) fn remove(&mut self, storage: &str, key: &str) -> Option<Arc<Value>> {
        let (_, previous) = self.tables.get_mut(storage)?.objects.remove_entry(key)?;
        self.revision += 1;
        let (revision, history) = (self.revision, self.history);
        let mut last = Value::clone(&previous);
        stamp(&mut last, revision);
        let last = Arc::new(last);
        let event = Event {
            revision,
            key: key.to_owned(),
            change: Change::Deleted,
            object: Arc::clone(&last),
            previous: Some(previous),
            line: OnceLock::new(),
        };
        self.table(storage).record(event, history);
        Some(last)
    }

    /// Objects at exactly this revision.
    pub(crate) fn exact(
        &mut self,
        storage: &str,
        revision: u64,
    ) -> Result<BTreeMap<String, Arc<Value>>, RevisionError> {
        if revision > self.revision {
            return Err(RevisionError::TooNew { current: self.revision });
        }
        let table = self.table(storage);
        if revision < table.compacted {
            return Err(RevisionError::TooOld);
        }
        Ok(table.at(revision))
    }

    /// A receiver that wakes with every change of the kind.
    pub(crate) fn subscribe(&mut self, storage: &str) -> watch::Receiver<u64> {
        self.table(storage).changed.subscribe()
    }

    /// Wakes the watchers of a kind without a change.
    pub(crate) fn wake(&mut self, storage: &str) {
        if let Some(table) = self.tables.get(storage) {
            table.changed.send_modify(|_| {});
        }
    }

    /// Changes after a revision, oldest first.
    pub(crate) fn since(&mut self, storage: &str, revision: u64) -> Result<Vec<Arc<Event>>, RevisionError> {
        let table = self.table(storage);
        if revision < table.compacted {
            return Err(RevisionError::TooOld);
        }
        let first = table.events.partition_point(|event| event.revision <= revision);
        Ok(table.events.range(first..).cloned().collect())
    }

    /// Forgets all changes up to and including a revision, of all kinds.
    pub(crate) fn compact(&mut self, revision: u64) {
        self.floor = self.floor.max(revision);
        for table in self.tables.values_mut() {
            while table.events.front().is_some_and(|event| event.revision <= revision) {
                table.events.pop_front();
            }
            table.compacted = table.compacted.max(revision);
            // Watchers that are behind must learn that they lost something.
            table.changed.send_modify(|_| {});
        }
    }
}

fn stamp(object: &mut Value, revision: u64) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".to_owned(), Value::from(revision.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: u64) -> Value {
        json!({"metadata": {"name": "a"}, "value": value})
    }

    #[test]
    fn history_gives_the_past_back_until_it_is_forgotten() {
        let mut state = State::new(100, 3);
        state.put("things", "a".to_owned(), object(1));
        state.put("things", "a".to_owned(), object(2));
        state.remove("things", "a");
        assert_eq!(state.exact("things", 101).unwrap()["a"]["value"], 1);
        assert_eq!(state.exact("things", 102).unwrap()["a"]["value"], 2);
        assert!(state.exact("things", 103).unwrap().is_empty());
        assert_eq!(state.exact("things", 104), Err(RevisionError::TooNew { current: 103 }));
        let changes: Vec<Change> = state.since("things", 100).unwrap().iter().map(|e| e.change).collect();
        assert_eq!(changes, [Change::Added, Change::Modified, Change::Deleted]);

        state.put("things", "a".to_owned(), object(3));
        assert_eq!(state.since("things", 100).map(|_| ()), Err(RevisionError::TooOld));
        assert_eq!(state.since("things", 101).unwrap().len(), 3);
        state.compact(103);
        assert_eq!(state.exact("things", 102), Err(RevisionError::TooOld));
        assert_eq!(state.since("things", 103).unwrap().len(), 1);
    }

    #[test]
    fn keys_sort_as_text() {
        let mut state = State::new(0, 10);
        for key in ["a/x", "a-b/x", "a/b"] {
            state.put("things", key.to_owned(), object(0));
        }
        let keys: Vec<&String> = state.scan("things", "").map(|(key, _)| key).collect();
        assert_eq!(keys, ["a-b/x", "a/b", "a/x"]);
        assert_eq!(state.scan("things", "a/").count(), 2);
    }
}
