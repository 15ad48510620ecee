//! The thread that writes, and how it commits for all callers at once.
//!
//! A commit costs a wait for the disk, whatever is in it. So the thread takes everything that has arrived, runs each
//! operation in a savepoint of its own, commits once, and only then answers. One that is refused is rolled back alone.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::backend::{BatchError, Collection};
use crate::sqlite::fault::Faults;
use crate::sqlite::open;
use crate::sqlite::unit::Unit;
use crate::{StoreConfig, StoreError};

/// An operation that waits for its commit.
pub(super) trait Job: Send {
    /// True if nobody waits for the answer any more.
    fn abandoned(&self) -> bool;
    /// Does the work; true if it is to be kept.
    fn run(&mut self, unit: &mut Unit<'_>) -> bool;
    /// Answers. `Err` if the work, although done, was not committed.
    fn answer(self: Box<Self>, commit: Result<(), StoreError>);
}

/// A [`Job`] made of a closure.
pub(super) struct Pending<T, F> {
    work: Option<F>,
    result: Option<Result<T, BatchError>>,
    reply: oneshot::Sender<Result<T, BatchError>>,
    deadline: Instant,
}

impl<T, F> Pending<T, F> {
    pub(super) fn new(work: F, reply: oneshot::Sender<Result<T, BatchError>>, deadline: Instant) -> Self {
        Self {
            work: Some(work),
            result: None,
            reply,
            deadline,
        }
    }
}

impl<T, F> Job for Pending<T, F>
where
    T: Send,
    F: FnOnce(&mut Unit<'_>) -> Result<T, BatchError> + Send,
{
    fn abandoned(&self) -> bool {
        self.reply.is_closed() || self.deadline <= Instant::now()
    }

    fn run(&mut self, unit: &mut Unit<'_>) -> bool {
        self.result = self.work.take().map(|work| work(unit));
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, commit: Result<(), StoreError>) {
        let lost = |error| Err(BatchError { index: 0, error });
        let result = match (self.result, commit) {
            // A refusal stands, whatever became of the others.
            (Some(Err(refusal)), _) => Err(refusal),
            (_, Err(error)) => lost(error),
            (Some(done), Ok(())) => done,
            // Never run: the caller has gone.
            (None, Ok(())) => return,
        };
        let _ = self.reply.send(result);
    }
}

enum Message {
    Job(Box<dyn Job>),
    Stop(oneshot::Sender<()>),
}

/// The writing thread of this process.
#[derive(Debug)]
pub(super) struct Writer {
    sender: Sender<Message>,
    signals: Arc<Signals>,
    _thread: JoinHandle<()>,
}

/// For each collection, the position of this process's last write.
#[derive(Debug)]
struct Signals(BTreeMap<&'static str, watch::Sender<u64>>);

impl Signals {
    fn send(&self, touched: BTreeMap<&'static str, u64>) {
        for (collection, position) in touched {
            if let Some(signal) = self.0.get(collection) {
                signal.send_replace(position);
            }
        }
    }
}

impl Writer {
    pub(super) async fn start(
        path: PathBuf,
        config: StoreConfig,
        collections: &'static [&'static Collection],
        faults: Faults,
    ) -> Result<Self, StoreError> {
        let (sender, receiver) = channel();
        let signals = collections
            .iter()
            .map(|collection| (collection.name, watch::channel(0).0))
            .collect();
        let signals = Arc::new(Signals(signals));
        let (opened, ready) = oneshot::channel();
        let thread_signals = Arc::clone(&signals);
        let thread = std::thread::Builder::new()
            .name("store-write".to_owned())
            .spawn(move || match open::writer(&path, &config, collections, faults) {
                Ok(connection) => {
                    let _ = opened.send(Ok(()));
                    let stopped = Loop {
                        connection,
                        config,
                        collections,
                        faults,
                        signals: thread_signals,
                        receiver,
                    }
                    .run();
                    if let Some(stopped) = stopped {
                        let _ = stopped.send(());
                    }
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            })
            .map_err(|error| faults.unavailable(format!("cannot start a thread: {error}")))?;
        ready
            .await
            .map_err(|_| faults.unavailable("the writing thread ended early"))??;
        Ok(Self {
            sender,
            signals,
            _thread: thread,
        })
    }

    /// False if the writer has stopped.
    pub(super) fn submit(&self, job: Box<dyn Job>) -> bool {
        self.sender.send(Message::Job(job)).is_ok()
    }

    pub(super) fn watch(&self, collection: &Collection) -> watch::Receiver<u64> {
        match self.signals.0.get(collection.name) {
            Some(signal) => signal.subscribe(),
            // Not a collection of this store: a signal that never comes.
            None => watch::channel(0).1,
        }
    }

    pub(super) async fn stop(&self) {
        let (stopped, wait) = oneshot::channel();
        if self.sender.send(Message::Stop(stopped)).is_ok() {
            let _ = wait.await;
        }
    }
}

struct Loop {
    connection: Connection,
    config: StoreConfig,
    collections: &'static [&'static Collection],
    faults: Faults,
    signals: Arc<Signals>,
    receiver: Receiver<Message>,
}

/// What the channel held.
struct Arrived {
    jobs: Vec<Box<dyn Job>>,
    stop: Option<oneshot::Sender<()>>,
}

impl Loop {
    /// Writes until told to stop, and by whom, or until nobody can ask any more. The connection is closed then.
    fn run(self) -> Option<oneshot::Sender<()>> {
        let mut next_sweep = Instant::now() + self.config.sweep_interval;
        loop {
            let mut arrived = Arrived {
                jobs: Vec::new(),
                stop: None,
            };
            match self
                .receiver
                .recv_timeout(next_sweep.saturating_duration_since(Instant::now()))
            {
                Ok(Message::Job(job)) => arrived.jobs.push(job),
                Ok(Message::Stop(stop)) => arrived.stop = Some(stop),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
            while !arrived.jobs.is_empty() {
                self.commit_group(&mut arrived);
            }
            if arrived.stop.is_some() {
                return arrived.stop;
            }
            if next_sweep <= Instant::now() {
                next_sweep = Instant::now() + self.sweep();
            }
        }
    }

    /// Adds what waits in the channel, up to the limit of a group.
    fn collect(&self, arrived: &mut Arrived) {
        while arrived.stop.is_none() && arrived.jobs.len() < self.config.group_limit {
            match self.receiver.try_recv() {
                Ok(Message::Job(job)) => arrived.jobs.push(job),
                Ok(Message::Stop(stop)) => arrived.stop = Some(stop),
                Err(_) => return,
            }
        }
    }

    fn commit_group(&self, arrived: &mut Arrived) {
        self.collect(arrived);
        let mut unit = match self.begin() {
            Ok(unit) => unit,
            Err(error) => {
                for job in arrived.jobs.drain(..) {
                    job.answer(Err(error.clone()));
                }
                return;
            }
        };
        // While this process waited for the lock, more may have come.
        self.collect(arrived);

        let mut done: Vec<Box<dyn Job>> = Vec::with_capacity(arrived.jobs.len());
        let mut outcome = Ok(());
        let mut jobs = std::mem::take(&mut arrived.jobs).into_iter();
        for mut job in jobs.by_ref() {
            if !job.abandoned() {
                outcome = run_apart(&mut unit, job.as_mut());
            }
            done.push(job);
            if outcome.is_err() {
                break;
            }
        }
        // What was not run goes into the next group.
        arrived.jobs.extend(jobs);

        let committed = match outcome {
            Ok(()) => unit.commit(),
            Err(error) => {
                unit.abort();
                Err(error)
            }
        };
        match committed {
            Ok(touched) => {
                self.signals.send(touched);
                for job in done {
                    job.answer(Ok(()));
                }
            }
            Err(error) => {
                tracing::error!(error = %error, operations = done.len(), "a commit failed");
                let error = self.faults.of(&error);
                for job in done {
                    job.answer(Err(error.clone()));
                }
            }
        }
    }

    fn begin(&self) -> Result<Unit<'_>, StoreError> {
        open::insist(self.config.busy_timeout, || {
            Unit::begin(&self.connection, self.collections, &self.config, self.faults)
        })
        .map_err(|error| {
            tracing::warn!(error = %error, "cannot begin a transaction");
            self.faults.of(&error)
        })
    }

    /// Removes what has expired; returns when to look again.
    fn sweep(&self) -> Duration {
        let swept = self.begin().and_then(|mut unit| {
            let swept = unit.sweep()?;
            self.signals
                .send(unit.commit().map_err(|error| self.faults.of(&error))?);
            Ok(swept)
        });
        match swept {
            Ok(swept) if swept.more => Duration::ZERO,
            Ok(_) => self.config.sweep_interval,
            Err(error) => {
                tracing::warn!(error = %error, "cannot remove expired documents");
                self.config.sweep_interval
            }
        }
    }
}

/// Runs one operation so that its failure does not touch the others of the group. `Err` means the whole transaction
/// is gone.
fn run_apart(unit: &mut Unit<'_>, job: &mut dyn Job) -> rusqlite::Result<()> {
    unit.execute("SAVEPOINT operation")?;
    if !job.run(unit) {
        // After a full disk SQLite may have rolled back everything on its own; then this fails and says so.
        unit.execute("ROLLBACK TO operation")?;
    }
    unit.execute("RELEASE operation")
}
