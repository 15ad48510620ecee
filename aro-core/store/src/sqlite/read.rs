//! Reading. Every statement names its index: the planner has no statistics to choose by.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use time::OffsetDateTime;

use crate::StoreError;
use crate::backend::{Address, Collection, Found, Lease, Query, Record, RecordChange, Values};
use crate::sqlite::fault::Faults;

/// Columns of a [`Record`], in the order [`record`] expects.
pub(super) const COLUMNS: &str = "partition, id, position, etag, dequeues, lease_token, lease_expires, body";

/// Documents that have not expired at `:now`.
pub(super) const ALIVE: &str = "(expires IS NULL OR expires > :now)";

/// The store's time in milliseconds since 1970: that of this host, moved by what tests have added.
pub(super) fn now(connection: &Connection, faults: Faults) -> Result<i64, StoreError> {
    connection
        .prepare_cached("SELECT clock_offset FROM meta")
        .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)))
        .map(|offset| host_now().saturating_add(offset))
        .map_err(|error| faults.of(&error))
}

pub(super) fn host_now() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

pub(super) fn to_time(milliseconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Takes what is there: a damaged row must not stop the others, and the text is judged where it is parsed.
pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let text = |index| -> rusqlite::Result<Vec<u8>> {
        Ok(match row.get_ref(index)? {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
            _ => Vec::new(),
        })
    };
    let string = |index| text(index).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let number = |index| -> rusqlite::Result<i64> {
        Ok(match row.get_ref(index)? {
            ValueRef::Integer(number) => number,
            _ => 0,
        })
    };
    let token = string(5)?;
    Ok(Record {
        address: Address {
            partition: string(0)?,
            id: string(1)?,
        },
        position: u64::try_from(number(2)?).unwrap_or(0),
        etag: string(3)?,
        dequeues: u32::try_from(number(4)?).unwrap_or(0),
        lease: if token.is_empty() {
            None
        } else {
            Some(Lease {
                token,
                expires: to_time(number(6)?),
            })
        },
        body: text(7)?,
    })
}

pub(super) fn get_sql(collection: &Collection) -> String {
    let name = collection.name;
    format!(
        "SELECT {COLUMNS} FROM {name} INDEXED BY {name}_address WHERE partition = :partition AND id = :id AND {ALIVE}"
    )
}

pub(super) fn get(
    connection: &Connection,
    faults: Faults,
    collection: &Collection,
    address: &Address,
) -> Result<Option<Record>, StoreError> {
    let now = now(connection, faults)?;
    let sql = get_sql(collection);
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            statement
                .query_row(
                    &[
                        (":partition", &address.partition as &dyn ToSql),
                        (":id", &address.id),
                        (":now", &now),
                    ],
                    record,
                )
                .optional()
        })
        .map_err(|error| faults.of(&error))
}

pub(super) fn query(
    connection: &Connection,
    faults: Faults,
    collection: &Collection,
    query: &Query,
) -> Result<Vec<Found>, StoreError> {
    let now = now(connection, faults)?;
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let sql = query_sql(collection, query)?;
    let mut bound: Vec<(&str, &dyn ToSql)> = vec![(":now", &now), (":limit", &limit)];
    if let Some(partition) = &query.partition {
        bound.push((":partition", partition));
    }
    let end;
    match &query.values {
        Values::All => {}
        Values::Equal(value) => bound.push((":value", value)),
        Values::Prefix(prefix) => {
            // The largest character is greater than all that may follow the prefix.
            end = format!("{prefix}{}", char::MAX);
            bound.push((":value", prefix));
            bound.push((":end", &end));
        }
    }
    if let Some(after) = &query.after {
        bound.push((":after", &after.key));
        if let Some(id) = &after.id {
            bound.push((":after_id", id));
        }
    }
    let found = |row: &Row<'_>| {
        Ok(Found {
            key: row.get("sort_key")?,
            record: record(row)?,
        })
    };
    let rows = || -> rusqlite::Result<Vec<Found>> {
        connection
            .prepare_cached(&sql)?
            .query_map(bound.as_slice(), found)?
            .collect()
    };
    rows().map_err(|error| faults.of(&error))
}

/// The statement of a query; separate so that a test can ask for its plan.
pub(super) fn query_sql(collection: &Collection, query: &Query) -> Result<String, StoreError> {
    let name = collection.name;
    let (column, index) = if query.key == "id" {
        ("id".to_owned(), format!("{name}_id"))
    } else if collection.key_position(query.key).is_some() {
        (format!("k_{}", query.key), format!("{name}_k_{}", query.key))
    } else {
        return Err(StoreError::Invalid {
            collection: name,
            reason: format!("no index on {}", query.key),
        });
    };
    let mut sql = format!("SELECT {COLUMNS}, {column} AS sort_key FROM {name} INDEXED BY {index} WHERE {ALIVE} AND ");
    sql += &match &query.values {
        Values::All => format!("{column} >= ''"),
        Values::Equal(_) => format!("{column} = :value"),
        Values::Prefix(_) => format!("{column} >= :value AND {column} < :end"),
    };
    if query.partition.is_some() {
        sql += " AND partition = :partition";
    }
    match &query.after {
        None => {}
        Some(after) if after.id.is_some() => sql += &format!(" AND ({column}, id) > (:after, :after_id)"),
        Some(_) => sql += &format!(" AND {column} > :after"),
    }
    // Naming the id twice would cost a sort.
    sql += if query.key == "id" {
        " ORDER BY id"
    } else {
        " ORDER BY sort_key, id"
    };
    sql += " LIMIT :limit";
    Ok(sql)
}

/// The document that has waited longest and was not leased, or had its lease run out: row and place in the queue.
pub(super) fn waiting_sql(collection: &Collection) -> [String; 2] {
    let name = collection.name;
    [
        format!(
            "SELECT rowid, queued FROM {name} INDEXED BY {name}_waiting
             WHERE queued IS NOT NULL AND queued > 0 AND lease_expires = 0 AND {ALIVE} ORDER BY queued LIMIT 1"
        ),
        format!(
            "SELECT rowid, queued FROM {name} INDEXED BY {name}_leased
             WHERE queued IS NOT NULL AND lease_expires > 0 AND lease_expires <= :now AND {ALIVE}
             ORDER BY queued LIMIT 1"
        ),
    ]
}

/// Row of the document to take next.
pub(super) fn next_waiting(
    connection: &Connection,
    faults: Faults,
    collection: &Collection,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    let mut oldest: Option<(i64, i64)> = None;
    for sql in waiting_sql(collection) {
        let found: Option<(i64, i64)> = connection
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement
                    .query_row(&[(":now", &now)], |row| Ok((row.get(1)?, row.get(0)?)))
                    .optional()
            })
            .map_err(|error| faults.of(&error))?;
        oldest = match (oldest, found) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    Ok(oldest.map(|(_, row)| row))
}

pub(super) fn anything_waiting(
    connection: &Connection,
    faults: Faults,
    collection: &Collection,
) -> Result<bool, StoreError> {
    let now = now(connection, faults)?;
    Ok(next_waiting(connection, faults, collection, now)?.is_some())
}

pub(super) fn queue_length(
    connection: &Connection,
    faults: Faults,
    collection: &Collection,
) -> Result<u64, StoreError> {
    let now = now(connection, faults)?;
    let name = collection.name;
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM {name} INDEXED BY {name}_waiting
                 WHERE queued IS NOT NULL AND lease_expires = 0 AND {ALIVE})
              + (SELECT COUNT(*) FROM {name} INDEXED BY {name}_leased
                 WHERE queued IS NOT NULL AND lease_expires > 0 AND lease_expires <= :now AND {ALIVE})"
    );
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row(&[(":now", &now)], |row| row.get::<_, i64>(0)))
        .map(|length| u64::try_from(length).unwrap_or(0))
        .map_err(|error| faults.of(&error))
}

pub(super) fn changes_sql(collection: &Collection) -> String {
    let name = collection.name;
    format!(
        "SELECT {COLUMNS} FROM {name} INDEXED BY {name}_position
         WHERE position > :after AND {ALIVE} ORDER BY position LIMIT :limit"
    )
}

/// Rows that have expired at the first parameter, at most as many as the second.
pub(super) fn expired_sql(collection: &Collection) -> String {
    let name = collection.name;
    format!(
        "SELECT rowid, partition, id FROM {name} INDEXED BY {name}_expires
         WHERE expires IS NOT NULL AND expires <= ?1 ORDER BY expires LIMIT ?2"
    )
}

pub(super) fn changes(
    connection: &Connection,
    faults: Faults,
    collection: &'static Collection,
    after: u64,
    limit: usize,
) -> Result<Vec<RecordChange>, StoreError> {
    let now = now(connection, faults)?;
    let name = collection.name;
    let read = || -> rusqlite::Result<(u64, Vec<RecordChange>)> {
        // Both tables and the mark must come from one state of the file.
        let transaction = connection.unchecked_transaction()?;
        let forgotten: Option<i64> = transaction
            .prepare_cached("SELECT position FROM forgotten WHERE collection = ?1")?
            .query_row(params![name], |row| row.get(0))
            .optional()?;
        let start = i64::try_from(after).unwrap_or(i64::MAX);
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = changes_sql(collection);
        let mut changes: Vec<RecordChange> = transaction
            .prepare_cached(&sql)?
            .query_map(&[(":after", &start), (":now", &now), (":limit", &most)], |row| {
                Ok(RecordChange::Written(record(row)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let deleted: Vec<RecordChange> = transaction
            .prepare_cached(
                "SELECT partition, id, position FROM deleted
                 WHERE collection = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
            )?
            .query_map(params![name, start, most], |row| {
                Ok(RecordChange::Deleted {
                    address: Address {
                        partition: row.get(0)?,
                        id: row.get(1)?,
                    },
                    position: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        transaction.commit()?;
        changes.extend(deleted);
        changes.sort_by_key(RecordChange::position);
        changes.truncate(limit);
        Ok((u64::try_from(forgotten.unwrap_or(0)).unwrap_or(0), changes))
    };
    let (forgotten, changes) = read().map_err(|error| faults.of(&error))?;
    if after > 0 && after < forgotten {
        return Err(StoreError::FeedExpired {
            collection: name,
            position: after,
        });
    }
    Ok(changes)
}
