//! Opening connections.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::backend::Collection;
use crate::sqlite::fault::{Faults, is_busy};
use crate::sqlite::schema;
use crate::{StoreConfig, StoreError};

/// Pause between attempts to get a lock that another process holds for the length of a commit.
const PAUSE: Duration = Duration::from_micros(500);

/// Statements kept ready per connection; more than there are.
const STATEMENTS: usize = 256;

pub(super) fn writer(
    path: &Path,
    config: &StoreConfig,
    collections: &[&Collection],
    faults: Faults,
) -> Result<Connection, StoreError> {
    create_private_file(path)
        .map_err(|error| faults.unavailable(format!("cannot create {}: {error}", path.display())))?;
    let prepare = || -> rusqlite::Result<Connection> {
        let connection = connect(path, config)?;
        // Switching to the log needs the file alone for a moment, which the busy handler does not wait for.
        insist(config.busy_timeout, || {
            connection.pragma_update(None, "journal_mode", "WAL")
        })?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        if let Some(pages) = config.max_pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        let transaction = insist(config.busy_timeout, || {
            rusqlite::Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)
        })?;
        let layout: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if layout > schema::LAYOUT {
            return Err(rusqlite::Error::InvalidParameterName(format!(
                "the file has layout {layout}, this release knows up to {}",
                schema::LAYOUT
            )));
        }
        schema::create(&transaction, collections)?;
        let offset: i64 = transaction.query_row("SELECT clock_offset FROM meta", [], |row| row.get(0))?;
        transaction.commit()?;
        if offset != 0 && !config.test_clock {
            tracing::warn!(offset_ms = offset, "a test has moved the clock of this store");
        }
        connection.busy_timeout(Duration::ZERO)?;
        Ok(connection)
    };
    prepare().map_err(|error| faults.of(&error))
}

pub(super) fn reader(path: &Path, config: &StoreConfig, faults: Faults) -> Result<Connection, StoreError> {
    let prepare = || -> rusqlite::Result<Connection> {
        let connection = connect(path, config)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    };
    prepare().map_err(|error| faults.of(&error))
}

fn connect(path: &Path, config: &StoreConfig) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(config.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Sealed secrets or not, the file is nobody else's business. SQLite gives the log the same mode.
fn create_private_file(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Repeats what another process's lock prevents, until the time is up.
pub(super) fn insist<T>(patience: Duration, mut attempt: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let end = Instant::now() + patience;
    loop {
        match attempt() {
            Err(error) if is_busy(&error) && Instant::now() < end => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
}
