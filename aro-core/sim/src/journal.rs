//! What the world remembers across a restart or a kill.
//!
//! `world.json` is a whole picture, replaced by rename; `journal.jsonl` has one line for each change since. A change
//! is in the file before the reply that acknowledges it leaves. A torn last line (the process died while writing it)
//! was never acknowledged and is dropped.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// Table name → key → row.
pub(crate) type Picture = BTreeMap<String, BTreeMap<String, Value>>;

#[derive(Serialize, Deserialize)]
struct Line {
    t: String,
    k: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<Value>,
}

enum Message {
    Line(String),
    Flush {
        to_disk: bool,
        reply: oneshot::Sender<Result<(), String>>,
    },
}

/// The sending side, held by every table. Without a data directory nothing is written.
#[derive(Clone, Default)]
pub(crate) struct Journal {
    sender: Option<mpsc::UnboundedSender<Message>>,
}

impl Journal {
    pub(crate) fn put(&self, table: &str, key: &str, row: &impl Serialize) {
        let Some(sender) = &self.sender else { return };
        match serde_json::to_value(row) {
            Ok(value) => send(
                sender,
                Line {
                    t: table.to_owned(),
                    k: key.to_owned(),
                    v: Some(value),
                },
            ),
            Err(error) => tracing::error!(table, key, %error, "a row of the simulated world could not be written"),
        }
    }

    pub(crate) fn remove(&self, table: &str, key: &str) {
        if let Some(sender) = &self.sender {
            send(
                sender,
                Line {
                    t: table.to_owned(),
                    k: key.to_owned(),
                    v: None,
                },
            );
        }
    }

    /// Waits until everything sent so far is in the file, where it survives the end of this process.
    pub(crate) async fn flush(&self) -> Result<(), String> {
        self.ask(false).await
    }

    /// As `flush`, and on the disk, where it survives the end of the machine.
    pub(crate) async fn sync(&self) -> Result<(), String> {
        self.ask(true).await
    }

    async fn ask(&self, to_disk: bool) -> Result<(), String> {
        let Some(sender) = &self.sender else { return Ok(()) };
        let (reply, answer) = oneshot::channel();
        if sender.send(Message::Flush { to_disk, reply }).is_err() {
            return Err("the journal is closed".to_owned());
        }
        answer.await.unwrap_or_else(|_| Err("the journal is closed".to_owned()))
    }
}

fn send(sender: &mpsc::UnboundedSender<Message>, line: Line) {
    match serde_json::to_string(&line) {
        // A closed channel means the world is shutting down; the next flush reports it to whoever waits.
        Ok(text) => drop(sender.send(Message::Line(text))),
        Err(error) => tracing::error!(table = line.t, %error, "a row of the simulated world could not be written"),
    }
}

/// Takes the directory for this world alone, for as long as the file is open; nothing when another world has it.
pub(crate) fn take(directory: &Path) -> io::Result<Option<File>> {
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(directory.join("world.lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Reads what a directory holds, makes it one picture again and opens a fresh journal behind it.
pub(crate) fn open(directory: &Path) -> io::Result<(Picture, Journal, tokio::task::JoinHandle<()>)> {
    let picture = load(directory)?;
    replace_picture(directory, &picture)?;
    let file = private().open(journal_path(directory))?;
    let (sender, receiver) = mpsc::unbounded_channel();
    let writer = tokio::task::spawn_blocking(move || write_lines(file, receiver));
    Ok((picture, Journal { sender: Some(sender) }, writer))
}

fn write_lines(file: File, mut receiver: mpsc::UnboundedReceiver<Message>) {
    let mut out = BufWriter::new(file);
    let mut failure: Option<String> = None;
    while let Some(message) = receiver.blocking_recv() {
        match message {
            Message::Line(line) => {
                if let Err(error) = writeln!(out, "{line}") {
                    failure.get_or_insert_with(|| error.to_string());
                }
            }
            Message::Flush { to_disk, reply } => {
                let written = out
                    .flush()
                    .and_then(|()| if to_disk { out.get_ref().sync_all() } else { Ok(()) });
                if let Err(error) = written {
                    failure.get_or_insert_with(|| error.to_string());
                }
                // Whoever asked may be gone; the lines are written all the same.
                drop(reply.send(failure.clone().map_or(Ok(()), Err)));
            }
        }
    }
    if let Err(error) = out.flush() {
        tracing::error!(%error, "the journal of the simulated world could not be written");
    }
}

fn load(directory: &Path) -> io::Result<Picture> {
    let mut picture: Picture = match std::fs::read(picture_path(directory)) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Picture::new(),
        Err(error) => return Err(error),
    };
    let journal = match std::fs::read_to_string(journal_path(directory)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(picture),
        Err(error) => return Err(error),
    };
    for text in journal.split_inclusive('\n') {
        if !text.ends_with('\n') {
            break;
        }
        let line: Line = serde_json::from_str(text)?;
        let table = picture.entry(line.t).or_default();
        match line.v {
            Some(value) => drop(table.insert(line.k, value)),
            None => drop(table.remove(&line.k)),
        }
    }
    Ok(picture)
}

fn replace_picture(directory: &Path, picture: &Picture) -> io::Result<()> {
    let new = directory.join("world.json.new");
    let mut file = private().open(&new)?;
    file.write_all(&serde_json::to_vec(picture)?)?;
    file.sync_all()?;
    std::fs::rename(new, picture_path(directory))?;
    // The new name is on the disk before the journal behind the old picture is emptied.
    File::open(directory)?.sync_all()
}

/// The state holds secrets of the simulated tenant.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true).mode(0o600);
    options
}

fn picture_path(directory: &Path) -> PathBuf {
    directory.join("world.json")
}

fn journal_path(directory: &Path) -> PathBuf {
    directory.join("journal.jsonl")
}
