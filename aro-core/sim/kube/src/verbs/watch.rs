//! Watches: a stream of changes, one JSON object a line.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::{Response, header};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::read::Selection;
use crate::call::{Body, Call, Reply, Target};
use crate::faults::Fault;
use crate::negotiate::Shape;
use crate::options;
use crate::render;
use crate::server::Inner;
use crate::status::Status;
use crate::storage::{Change, Event, RevisionError};
use crate::types;

/// A watch without `timeoutSeconds` ends after this.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1800);
/// Before the end, a watcher that takes bookmarks gets one.
const BOOKMARK_BEFORE_END: Duration = Duration::from_secs(2);
const TOO_OLD: &str = "The resourceVersion for the provided watch is too old.";

struct Watcher {
    server: Arc<Inner>,
    target: Target,
    selection: Selection,
    shape: Shape,
    include: render::Include,
    /// Lines that wait to be sent.
    queue: VecDeque<Bytes>,
    cursor: u64,
    changed: watch::Receiver<u64>,
    cuts: watch::Receiver<u64>,
    deadline: Instant,
    next_bookmark: Option<Instant>,
    /// Columns are told once.
    columns_sent: bool,
    sent: usize,
    fault: Option<Fault>,
    ended: bool,
}

/// Starts a watch.
pub(crate) fn watch(server: &Arc<Inner>, call: &Call, target: &Target, fault: Option<Fault>) -> Result<Reply, Status> {
    let options = options::list(&call.query, true)?;
    let selection = Selection::of(call, target)?;
    let storage = target.resource.storage.to_string();
    let mut world = server.world();
    let now = world.state.revision();
    let revision = match &options.revision {
        None => 0,
        Some(text) => text.parse().map_err(|_| {
            Status::internal(format!(
                "resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
            ))
        })?,
    };
    let timeout = options.timeout.map_or(DEFAULT_TIMEOUT, Duration::from_secs);
    let started = Instant::now();
    let deadline = started + timeout;
    let mut watcher = Watcher {
        changed: world.state.subscribe(&storage),
        cuts: server.faults.cuts(),
        server: Arc::clone(server),
        target: target.clone(),
        selection,
        shape: call.form.shape,
        include: render::Include::of(&call.query)?,
        queue: VecDeque::new(),
        cursor: revision,
        deadline,
        next_bookmark: options.bookmarks.then(|| {
            let soon = started + server.options.bookmark_interval;
            soon.min(
                deadline
                    .checked_sub(BOOKMARK_BEFORE_END)
                    .unwrap_or(deadline)
                    .max(started),
            )
        }),
        columns_sent: false,
        sent: 0,
        fault,
        ended: false,
    };
    let initial = match options.initial_events {
        Some(true) => true,
        Some(false) => false,
        None => revision == 0,
    };
    if initial || (revision == 0 && options.initial_events.is_none()) {
        watcher.cursor = now.max(revision);
        let objects: Vec<Arc<Value>> = world
            .state
            .scan(&storage, &watcher.selection.prefix)
            .map(|(_, object)| Arc::clone(object))
            .collect();
        for object in objects {
            if watcher.selection.matches(&watcher.target, &object) {
                let line = watcher.line("ADDED", &object);
                watcher.queue.push_back(line);
            }
        }
        if options.initial_events == Some(true) && options.bookmarks {
            let line = watcher.bookmark(true);
            watcher.queue.push_back(line);
        }
    } else if revision == 0 {
        watcher.cursor = now;
    }
    drop(world);
    let mut answer = Response::new(Body::from_stream(stream::unfold(watcher, next)));
    let headers = answer.headers_mut();
    // The media type of a stream is plain JSON, whatever its objects are.
    headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    headers.insert(
        header::CACHE_CONTROL,
        http::HeaderValue::from_static("no-cache, private"),
    );
    Ok(Reply::Made(answer))
}

async fn next(mut watcher: Watcher) -> Option<(Result<Bytes, Infallible>, Watcher)> {
    loop {
        if watcher.ended {
            return None;
        }
        match watcher.fault {
            Some(Fault::CutWatch { events }) if watcher.sent >= events => return None,
            Some(Fault::ExpireWatch { events }) if watcher.sent >= events => {
                watcher.ended = true;
                let line = error_line(&Status::expired(TOO_OLD));
                return Some((Ok(line), watcher));
            }
            _ => {}
        }
        if let Some(line) = watcher.queue.pop_front() {
            watcher.sent += 1;
            return Some((Ok(line), watcher));
        }
        watcher.changed.borrow_and_update();
        if !watcher.collect() {
            continue;
        }
        if !watcher.queue.is_empty() || watcher.ended {
            continue;
        }
        let wake = watcher.next_bookmark.unwrap_or(watcher.deadline).min(watcher.deadline);
        tokio::select! {
            changed = watcher.changed.changed() => {
                if changed.is_err() {
                    return None;
                }
            }
            _ = watcher.cuts.changed() => return None,
            () = watcher.server.stopping.cancelled() => return None,
            () = tokio::time::sleep_until(wake) => {
                let now = Instant::now();
                if now >= watcher.deadline {
                    return None;
                }
                if watcher.next_bookmark.is_some_and(|at| now >= at) {
                    let end = watcher.deadline.checked_sub(BOOKMARK_BEFORE_END).unwrap_or(watcher.deadline);
                    let after = now + watcher.server.options.bookmark_interval;
                    watcher.next_bookmark = (now < end).then(|| after.min(end)).or(Some(watcher.deadline));
                    if watcher.cursor > 0 {
                        watcher.advance();
                        let line = watcher.bookmark(false);
                        watcher.queue.push_back(line);
                    }
                }
            }
        }
    }
}

fn error_line(status: &Status) -> Bytes {
    line(&json!({"type": "ERROR", "object": status.body()}))
}

fn line(value: &Value) -> Bytes {
    let mut text = value.to_string();
    text.push('\n');
    Bytes::from(text)
}

impl Watcher {
    /// Reads what changed into the queue; false when the caller should look again at once.
    fn collect(&mut self) -> bool {
        let events = {
            let mut world = self.server.world();
            if self.target.resource.is_custom()
                && world
                    .registry
                    .by_plural(&self.target.resource.group, &self.target.resource.plural)
                    .is_none()
            {
                // The definition is gone: what is left is told, then the stream ends.
                self.ended = true;
            }
            world.state.since(&self.target.resource.storage, self.cursor)
        };
        let events = match events {
            Ok(events) => events,
            Err(RevisionError::TooOld | RevisionError::TooNew { .. }) => {
                self.ended = false;
                self.fault = Some(Fault::ExpireWatch { events: 0 });
                return false;
            }
        };
        for event in events {
            self.cursor = self.cursor.max(event.revision);
            if let Some(line) = self.tell(&event) {
                self.queue.push_back(line);
            }
        }
        if self.ended && !self.queue.is_empty() {
            // Send the rest first; the next round finds nothing new.
            self.ended = false;
        }
        true
    }

    /// Nothing of this kind happened up to now: the cursor may say so.
    fn advance(&mut self) {
        let mut world = self.server.world();
        let now = world.state.revision();
        if world
            .state
            .since(&self.target.resource.storage, self.cursor)
            .is_ok_and(|events| events.is_empty())
        {
            self.cursor = self.cursor.max(now);
        }
    }

    /// What a change means to this watcher.
    fn tell(&mut self, event: &Arc<Event>) -> Option<Bytes> {
        if !event.key.starts_with(&self.selection.prefix) {
            return None;
        }
        let before = event
            .previous
            .as_ref()
            .is_some_and(|previous| self.selection.matches(&self.target, previous));
        if event.change == Change::Deleted {
            return before.then(|| self.cached("DELETED", event));
        }
        let after = self.selection.matches(&self.target, &event.object);
        match (before, after) {
            (false, false) => None,
            (false, true) if event.change == Change::Added => Some(self.cached("ADDED", event)),
            (false, true) => Some(self.line("ADDED", &event.object)),
            (true, true) => Some(self.cached("MODIFIED", event)),
            (true, false) => {
                // It left the selection: what is told is what it was, at the revision where it left.
                let mut last = event.previous.as_deref().cloned()?;
                crate::meta::set(&mut last, "resourceVersion", event.revision.to_string());
                Some(self.line("DELETED", &last))
            }
        }
    }

    /// The line of an event that most watchers of the kind share.
    fn cached(&mut self, change: &str, event: &Arc<Event>) -> Bytes {
        if self.shape != Shape::Object {
            return self.line(change, &event.object);
        }
        let (version, bytes) = event.line.get_or_init(|| {
            let object = types::show(self.target.typed(), &event.object);
            (self.cache_key(), line(&json!({"type": change, "object": object})))
        });
        if *version == self.cache_key() {
            bytes.clone()
        } else {
            self.line(change, &event.object)
        }
    }

    fn cache_key(&self) -> String {
        format!("{}/{}", self.target.resource.group, self.target.version)
    }

    fn line(&mut self, change: &str, object: &Value) -> Bytes {
        let object = types::show(self.target.typed(), object);
        let object = match self.shape {
            Shape::Object | Shape::Discovery => object,
            Shape::Metadata => render::partial(object),
            Shape::Table => {
                let columns = !self.columns_sent;
                self.columns_sent = true;
                render::table_of_one(&self.target, object, self.include, columns, self.server.now())
            }
        };
        line(&json!({"type": change, "object": object}))
    }

    fn bookmark(&mut self, initial: bool) -> Bytes {
        let target = &self.target;
        let mut object = match self.shape {
            Shape::Metadata => json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}),
            _ => json!({
                "kind": target.resource.kind,
                "apiVersion": target.resource.api_version(&target.version),
            }),
        };
        object["metadata"] = json!({"resourceVersion": self.cursor.to_string()});
        if initial {
            object["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        if self.shape == Shape::Table {
            let columns = !self.columns_sent;
            self.columns_sent = true;
            object = render::table_of_one(&self.target, object, self.include, columns, self.server.now());
        }
        line(&json!({"type": "BOOKMARK", "object": object}))
    }
}
