//! What the caller is told when SQLite fails.

use std::time::Duration;

use rusqlite::ErrorCode;

use crate::StoreError;

/// Turns failures of the engine into `Unavailable`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Faults {
    pub(super) retry_after: Duration,
}

impl Faults {
    pub(super) fn unavailable(self, reason: impl Into<String>) -> StoreError {
        StoreError::Unavailable {
            retry_after: self.retry_after,
            reason: reason.into(),
        }
    }

    /// The text of an SQLite error names tables and columns, never values.
    pub(super) fn of(self, error: &rusqlite::Error) -> StoreError {
        let reason = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => "the disk or the database is full".to_owned(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "the database is busy".to_owned(),
            Some(ErrorCode::SystemIoFailure) => format!("input/output error: {error}"),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                format!("the database file is damaged: {error}")
            }
            _ => error.to_string(),
        };
        self.unavailable(reason)
    }
}

pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

pub(super) fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}
