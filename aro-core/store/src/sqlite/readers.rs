//! Threads that read. A read sees the last commit and never waits for a writer.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::sqlite::fault::Faults;
use crate::sqlite::open;
use crate::{StoreConfig, StoreError};

/// Something to do with a connection.
pub(super) type Read = Box<dyn FnOnce(&Connection) + Send>;

enum Message {
    Read(Read),
    Stop(oneshot::Sender<()>),
}

/// A pool of reading threads, fed from one queue.
#[derive(Debug)]
pub(super) struct Readers {
    sender: Sender<Message>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) async fn start(path: PathBuf, config: &StoreConfig, faults: Faults) -> Result<Self, StoreError> {
        let (sender, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::new();
        for number in 0..config.readers.max(1) {
            let (opened, ready) = oneshot::channel();
            let (path, config, receiver) = (path.clone(), config.clone(), Arc::clone(&receiver));
            let thread = std::thread::Builder::new()
                .name(format!("store-read-{number}"))
                .spawn(move || match open::reader(&path, &config, faults) {
                    Ok(connection) => {
                        let _ = opened.send(Ok(()));
                        let stopped = run(&connection, &receiver);
                        drop(connection);
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
                .map_err(|_| faults.unavailable("a reading thread ended early"))??;
            threads.push(thread);
        }
        Ok(Self { sender, threads })
    }

    /// False if the pool has stopped.
    pub(super) fn submit(&self, read: Read) -> bool {
        self.sender.send(Message::Read(read)).is_ok()
    }

    pub(super) async fn stop(&self) {
        for _ in &self.threads {
            let (stopped, wait) = oneshot::channel();
            if self.sender.send(Message::Stop(stopped)).is_ok() {
                // The thread may have gone by itself.
                let _ = wait.await;
            }
        }
    }
}

/// Reads until told to stop, and by whom, or until nobody can ask any more.
fn run(connection: &Connection, receiver: &Mutex<Receiver<Message>>) -> Option<oneshot::Sender<()>> {
    loop {
        // Only one thread waits in the channel, the others for the lock on it.
        let message = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match message {
            Ok(Message::Read(read)) => read(connection),
            Ok(Message::Stop(stopped)) => return Some(stopped),
            Err(_) => return None,
        }
    }
}
