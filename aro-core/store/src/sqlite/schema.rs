//! Tables and indexes.
//!
//! One table a collection: with all collections in one table the planner prefers the primary key over the queue's
//! index and reads everything. The body comes last, so that the facts beside it are read without its pages.

use rusqlite::{Connection, Result};

use crate::backend::Collection;

/// Version of the layout, kept in `PRAGMA user_version`.
pub(super) const LAYOUT: i64 = 1;

/// Creates what is missing. The caller holds the write lock.
pub(super) fn create(connection: &Connection, collections: &[&Collection]) -> Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS meta (
             only INTEGER PRIMARY KEY CHECK (only = 1),
             position INTEGER NOT NULL,
             clock_offset INTEGER NOT NULL
         );
         INSERT INTO meta (only, position, clock_offset) VALUES (1, 0, 0) ON CONFLICT DO NOTHING;
         CREATE TABLE IF NOT EXISTS deleted (
             collection TEXT NOT NULL,
             position INTEGER NOT NULL,
             partition TEXT NOT NULL,
             id TEXT NOT NULL,
             expires INTEGER NOT NULL,
             PRIMARY KEY (collection, position)
         ) WITHOUT ROWID;
         CREATE INDEX IF NOT EXISTS deleted_expires ON deleted (expires);
         CREATE TABLE IF NOT EXISTS forgotten (
             collection TEXT PRIMARY KEY,
             position INTEGER NOT NULL
         ) WITHOUT ROWID;",
    )?;
    for collection in collections {
        connection.execute_batch(&table(collection))?;
    }
    connection.pragma_update(None, "user_version", LAYOUT)
}

fn table(collection: &Collection) -> String {
    let name = collection.name;
    let keys: String = collection
        .keys
        .iter()
        .map(|key| format!("k_{} TEXT,\n", key.name))
        .collect();
    let mut sql = format!(
        "CREATE TABLE IF NOT EXISTS {name} (
             partition TEXT NOT NULL,
             id TEXT NOT NULL,
             position INTEGER NOT NULL,
             etag TEXT NOT NULL,
             expires INTEGER,
             queued INTEGER,
             dequeues INTEGER NOT NULL DEFAULT 0,
             lease_token TEXT,
             lease_expires INTEGER NOT NULL DEFAULT 0,
             {keys}
             body TEXT NOT NULL
         );
         CREATE UNIQUE INDEX IF NOT EXISTS {name}_address ON {name} (partition, id);
         CREATE INDEX IF NOT EXISTS {name}_id ON {name} (id);
         CREATE UNIQUE INDEX IF NOT EXISTS {name}_position ON {name} (position);
         CREATE INDEX IF NOT EXISTS {name}_expires ON {name} (expires) WHERE expires IS NOT NULL;
         CREATE INDEX IF NOT EXISTS {name}_waiting ON {name} (queued) WHERE queued IS NOT NULL AND lease_expires = 0;
         CREATE INDEX IF NOT EXISTS {name}_leased ON {name} (lease_expires, queued)
             WHERE queued IS NOT NULL AND lease_expires > 0;\n"
    );
    for key in collection.keys {
        let key_name = key.name;
        sql += &format!("CREATE INDEX IF NOT EXISTS {name}_k_{key_name} ON {name} (k_{key_name}, id);\n");
        if key.unique.is_some() {
            sql += &format!(
                "CREATE UNIQUE INDEX IF NOT EXISTS {name}_u_{key_name} ON {name} (partition, k_{key_name})
                     WHERE k_{key_name} IS NOT NULL;\n"
            );
        }
    }
    sql
}
