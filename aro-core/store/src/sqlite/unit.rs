//! One transaction of the writer.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, ToSql, Transaction, TransactionBehavior, params};
use time::OffsetDateTime;

use crate::backend::{Address, Collection, Content, LeaseChange, Record, Write, Written};
use crate::sqlite::fault::{Faults, is_constraint};
use crate::sqlite::read::{self, ALIVE, COLUMNS};
use crate::{StoreConfig, StoreError, UniqueKey};

/// Most rows that one sweep removes, so that callers never wait long for it.
const SWEEP_ROWS: i64 = 500;

/// The writer's lock, the time and the next position of the feed.
pub(super) struct Unit<'c> {
    transaction: Transaction<'c>,
    collections: &'static [&'static Collection],
    config: &'c StoreConfig,
    faults: Faults,
    now: i64,
    position: i64,
    start: i64,
    touched: BTreeMap<&'static str, u64>,
}

/// Result of a sweep.
pub(super) struct Swept {
    /// Documents removed.
    pub(super) documents: u64,
    /// There may be more.
    pub(super) more: bool,
}

/// What a conditional write is checked against.
struct Current {
    row: i64,
    etag: String,
    token: Option<String>,
    lease_expires: i64,
}

impl<'c> Unit<'c> {
    /// Takes the write lock; fails as busy if another process has it.
    pub(super) fn begin(
        connection: &'c Connection,
        collections: &'static [&'static Collection],
        config: &'c StoreConfig,
        faults: Faults,
    ) -> rusqlite::Result<Self> {
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        let (position, offset): (i64, i64) = transaction
            .prepare_cached("SELECT position, clock_offset FROM meta")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self {
            transaction,
            collections,
            config,
            faults,
            now: read::host_now().saturating_add(offset),
            position,
            start: position,
            touched: BTreeMap::new(),
        })
    }

    /// Makes everything durable; returns the collections written to, each with its last position.
    pub(super) fn commit(self) -> rusqlite::Result<BTreeMap<&'static str, u64>> {
        if self.position != self.start {
            self.transaction
                .prepare_cached("UPDATE meta SET position = ?1")?
                .execute([self.position])?;
        }
        self.transaction.commit()?;
        Ok(self.touched)
    }

    /// Gives everything up.
    pub(super) fn abort(self) {
        if let Err(error) = self.transaction.rollback() {
            tracing::debug!(error = %error, "the transaction was already rolled back");
        }
    }

    pub(super) fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.transaction.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// One write of a batch.
    pub(super) fn apply(&mut self, write: Write) -> Result<Written, StoreError> {
        match write {
            Write::Create {
                collection,
                address,
                content,
            } => self.create(collection, &address, &content),
            Write::Replace {
                collection,
                address,
                etag,
                content,
                lease,
            } => self.replace(collection, &address, &etag, &content, &lease),
            Write::Delete {
                collection,
                address,
                etag,
                token,
            } => {
                let current = self.check(collection, &address, &etag, token.as_deref())?;
                self.remove(collection, current.row, &address)
            }
        }
    }

    fn create(
        &mut self,
        collection: &'static Collection,
        address: &Address,
        content: &Content,
    ) -> Result<Written, StoreError> {
        let written = self.next_position(collection);
        let columns: String = collection.keys.iter().map(|key| format!(", k_{}", key.name)).collect();
        let values: String = collection.keys.iter().map(|key| format!(", :k_{}", key.name)).collect();
        let sql = format!(
            "INSERT INTO {} (partition, id, position, etag, expires, queued, dequeues{columns}, body)
             VALUES (:partition, :id, :position, :etag, :expires, :queued, :dequeues{values}, :body)",
            collection.name
        );
        let queued = content.queued.then_some(self.position);
        let insert =
            |unit: &Self| unit.execute_content(&sql, collection, address, content, &written, &[(":queued", &queued)]);
        match insert(self) {
            Err(error) if is_constraint(&error) => {
                // What has expired must not stand in the way until somebody sweeps it.
                let conflict = self.conflict(collection, address, content)?;
                if conflict.is_some() || self.sweep_collection(collection)? == 0 {
                    return Err(self.conflicted(collection, conflict));
                }
                insert(self).map_err(|error| self.faults.of(&error))?;
            }
            other => other.map_err(|error| self.faults.of(&error))?,
        }
        Ok(written)
    }

    fn replace(
        &mut self,
        collection: &'static Collection,
        address: &Address,
        etag: &str,
        content: &Content,
        lease: &LeaseChange,
    ) -> Result<Written, StoreError> {
        let current = self.check(collection, address, etag, lease.token())?;
        let (token, lease_expires) = match lease {
            LeaseChange::Untouched | LeaseChange::Hold(_) => (current.token, current.lease_expires),
            LeaseChange::Release { rest, .. } if rest.is_zero() => (None, 0),
            LeaseChange::Release { rest, .. } => (None, self.after(*rest)),
        };
        let written = self.next_position(collection);
        let keys: String = collection
            .keys
            .iter()
            .map(|key| format!(", k_{0} = :k_{0}", key.name))
            .collect();
        let sql = format!(
            "UPDATE {} SET position = :position, etag = :etag, expires = :expires, dequeues = :dequeues,
                 queued = CASE WHEN :queued IS NULL THEN NULL ELSE COALESCE(queued, :queued) END,
                 lease_token = :token, lease_expires = :lease_expires{keys}, body = :body
             WHERE partition = :partition AND id = :id",
            collection.name
        );
        let queued = content.queued.then_some(self.position);
        let extra: [(&str, &dyn ToSql); 3] = [
            (":queued", &queued),
            (":token", &token),
            (":lease_expires", &lease_expires),
        ];
        let update = |unit: &Self| unit.execute_content(&sql, collection, address, content, &written, &extra);
        match update(self) {
            Err(error) if is_constraint(&error) => {
                let conflict = self.conflict(collection, address, content)?;
                if conflict.is_some() || self.sweep_collection(collection)? == 0 {
                    return Err(self.conflicted(collection, conflict));
                }
                update(self).map_err(|error| self.faults.of(&error))?;
            }
            other => other.map_err(|error| self.faults.of(&error))?,
        }
        Ok(written)
    }

    fn execute_content(
        &self,
        sql: &str,
        collection: &Collection,
        address: &Address,
        content: &Content,
        written: &Written,
        extra: &[(&str, &dyn ToSql)],
    ) -> rusqlite::Result<()> {
        let body = std::str::from_utf8(&content.body)?;
        let expires = content.ttl.or(collection.default_ttl).map(|ttl| self.after(ttl));
        let names: Vec<String> = collection.keys.iter().map(|key| format!(":k_{}", key.name)).collect();
        let mut bound: Vec<(&str, &dyn ToSql)> = vec![
            (":partition", &address.partition),
            (":id", &address.id),
            (":position", &self.position),
            (":etag", &written.etag),
            (":expires", &expires),
            (":dequeues", &content.dequeues),
            (":body", &body),
        ];
        bound.extend(
            names
                .iter()
                .map(String::as_str)
                .zip(content.keys.iter().map(|key| key as &dyn ToSql)),
        );
        bound.extend_from_slice(extra);
        self.transaction
            .prepare_cached(sql)?
            .execute(bound.as_slice())
            .map(drop)
    }

    /// Holds the document against what the writer has seen.
    fn check(
        &self,
        collection: &'static Collection,
        address: &Address,
        etag: &str,
        token: Option<&str>,
    ) -> Result<Current, StoreError> {
        let name = collection.name;
        let sql = format!(
            "SELECT rowid, etag, lease_token, lease_expires FROM {name} INDEXED BY {name}_address
             WHERE partition = :partition AND id = :id AND {ALIVE}"
        );
        let current = self
            .transaction
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                let bound: [(&str, &dyn ToSql); 3] = [
                    (":partition", &address.partition),
                    (":id", &address.id),
                    (":now", &self.now),
                ];
                statement
                    .query_row(&bound[..], |row| {
                        Ok(Current {
                            row: row.get(0)?,
                            etag: row.get(1)?,
                            token: row.get(2)?,
                            lease_expires: row.get(3)?,
                        })
                    })
                    .optional()
            })
            .map_err(|error| self.faults.of(&error))?;
        let id = || address.id.clone();
        let current = current.ok_or_else(|| StoreError::NotFound {
            collection: name,
            id: id(),
        })?;
        if token.is_some() && current.token.as_deref() != token {
            return Err(StoreError::LeaseLost {
                collection: name,
                id: id(),
            });
        }
        if current.etag != etag {
            return Err(StoreError::PreconditionFailed {
                collection: name,
                id: id(),
            });
        }
        Ok(current)
    }

    /// Which value is taken by a document that has not expired.
    fn conflict(
        &self,
        collection: &Collection,
        address: &Address,
        content: &Content,
    ) -> Result<Option<UniqueKey>, StoreError> {
        let name = collection.name;
        let taken = |condition: &str, value: &String, own_id: &str| -> rusqlite::Result<bool> {
            let sql = format!(
                "SELECT 1 FROM {name} WHERE partition = :partition AND {condition} AND id <> :own AND {ALIVE} LIMIT 1"
            );
            let bound: [(&str, &dyn ToSql); 4] = [
                (":partition", &address.partition),
                (":value", value),
                (":own", &own_id),
                (":now", &self.now),
            ];
            Ok(self
                .transaction
                .prepare_cached(&sql)?
                .query_row(&bound[..], |_| Ok(()))
                .optional()?
                .is_some())
        };
        let find = || -> rusqlite::Result<Option<UniqueKey>> {
            for (key, value) in collection.keys.iter().zip(&content.keys) {
                if let (Some(unique), Some(value)) = (key.unique, value)
                    && taken(&format!("k_{} = :value", key.name), value, &address.id)?
                {
                    return Ok(Some(unique));
                }
            }
            Ok(taken("id = :value", &address.id, "")?.then_some(UniqueKey::Id))
        };
        find().map_err(|error| self.faults.of(&error))
    }

    fn conflicted(&self, collection: &'static Collection, key: Option<UniqueKey>) -> StoreError {
        match key {
            Some(key) => StoreError::Conflict {
                collection: collection.name,
                key,
            },
            None => self.faults.unavailable("a constraint failed that no document explains"),
        }
    }

    fn remove(&mut self, collection: &'static Collection, row: i64, address: &Address) -> Result<Written, StoreError> {
        let written = self.next_position(collection);
        let sql = format!("DELETE FROM {} WHERE rowid = ?1", collection.name);
        let forget = self.after(self.config.tombstone_ttl);
        let delete =
            || -> rusqlite::Result<()> {
                self.transaction.prepare_cached(&sql)?.execute([row])?;
                self.transaction
                .prepare_cached(
                    "INSERT INTO deleted (collection, position, partition, id, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![collection.name, self.position, address.partition, address.id, forget])?;
                Ok(())
            };
        delete().map_err(|error| self.faults.of(&error))?;
        Ok(Written {
            etag: String::new(),
            ..written
        })
    }

    pub(super) fn take(
        &mut self,
        collection: &'static Collection,
        token: &str,
        ttl: Duration,
    ) -> Result<Option<Record>, StoreError> {
        let Some(row) = read::next_waiting(&self.transaction, self.faults, collection, self.now)? else {
            return Ok(None);
        };
        let written = self.next_position(collection);
        let name = collection.name;
        let update = format!(
            "UPDATE {name} SET position = ?2, etag = ?3, lease_token = ?4, lease_expires = ?5, dequeues = dequeues + 1
             WHERE rowid = ?1"
        );
        let select = format!("SELECT {COLUMNS} FROM {name} WHERE rowid = ?1");
        let lease = || -> rusqlite::Result<Record> {
            self.transaction.prepare_cached(&update)?.execute(params![
                row,
                self.position,
                written.etag,
                token,
                self.after(ttl)
            ])?;
            self.transaction.prepare_cached(&select)?.query_row([row], read::record)
        };
        lease().map(Some).map_err(|error| self.faults.of(&error))
    }

    pub(super) fn renew(
        &mut self,
        collection: &'static Collection,
        address: &Address,
        etag: String,
        token: &str,
        ttl: Duration,
    ) -> Result<(String, OffsetDateTime), StoreError> {
        let current = self.check(collection, address, &etag, Some(token))?;
        let expires = self.after(ttl);
        let sql = format!("UPDATE {} SET lease_expires = ?2 WHERE rowid = ?1", collection.name);
        self.transaction
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.execute(params![current.row, expires]))
            .map_err(|error| self.faults.of(&error))?;
        // The content is the same, and so is the etag: a heartbeat disturbs neither readers nor the feed.
        Ok((etag, read::to_time(expires)))
    }

    pub(super) fn advance_clock(&mut self, by: Duration) -> Result<(), StoreError> {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.transaction
            .execute("UPDATE meta SET clock_offset = clock_offset + ?1", [by])
            .map_err(|error| self.faults.of(&error))?;
        self.now = self.now.saturating_add(by);
        Ok(())
    }

    /// Removes documents and deletions that have expired, a limited number of each.
    pub(super) fn sweep(&mut self) -> Result<Swept, StoreError> {
        let mut swept = Swept {
            documents: 0,
            more: false,
        };
        for collection in self.collections {
            let documents = self.sweep_collection(collection)?;
            swept.documents += documents;
            swept.more |= documents >= SWEEP_ROWS.unsigned_abs();
        }
        swept.more |= self.forget().map_err(|error| self.faults.of(&error))?;
        Ok(swept)
    }

    fn sweep_collection(&mut self, collection: &'static Collection) -> Result<u64, StoreError> {
        let sql = read::expired_sql(collection);
        let find = || -> rusqlite::Result<Vec<(i64, Address)>> {
            self.transaction
                .prepare_cached(&sql)?
                .query_map(params![self.now, SWEEP_ROWS], |row| {
                    Ok((
                        row.get(0)?,
                        Address {
                            partition: row.get(1)?,
                            id: row.get(2)?,
                        },
                    ))
                })?
                .collect()
        };
        let expired = find().map_err(|error| self.faults.of(&error))?;
        for (row, address) in &expired {
            self.remove(collection, *row, address)?;
        }
        Ok(u64::try_from(expired.len()).unwrap_or(u64::MAX))
    }

    /// Forgets old deletions and marks up to where; true if there may be more.
    fn forget(&self) -> rusqlite::Result<bool> {
        let mut rows = self.transaction.prepare_cached(
            "SELECT collection, position FROM deleted INDEXED BY deleted_expires WHERE expires <= ?1 LIMIT ?2",
        )?;
        let old: Vec<(String, i64)> = rows
            .query_map(params![self.now, SWEEP_ROWS], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (collection, position) in &old {
            self.transaction
                .prepare_cached("DELETE FROM deleted WHERE collection = ?1 AND position = ?2")?
                .execute(params![collection, position])?;
            self.transaction
                .prepare_cached(
                    "INSERT INTO forgotten (collection, position) VALUES (?1, ?2)
                     ON CONFLICT DO UPDATE SET position = MAX(position, excluded.position)",
                )?
                .execute(params![collection, position])?;
        }
        Ok(old.len() >= usize::try_from(SWEEP_ROWS).unwrap_or(usize::MAX))
    }

    /// Every write has its own position in the feed, and its etag is made of it.
    fn next_position(&mut self, collection: &'static Collection) -> Written {
        self.position += 1;
        let position = self.position.unsigned_abs();
        self.touched.insert(collection.name, position);
        Written {
            etag: format!("{position:x}"),
            position,
        }
    }

    fn after(&self, duration: Duration) -> i64 {
        self.now
            .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }
}
