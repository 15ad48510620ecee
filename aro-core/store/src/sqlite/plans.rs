//! Every statement of the hot paths finds its rows by an index, at a size where it matters.

use rusqlite::{Connection, ToSql};

use crate::backend::{After, Collection, KeySpec, Query, Values};
use crate::sqlite::{read, schema};
use crate::{StoreError, UniqueKey};

const ROWS: i64 = 100_000;

static COLLECTION: Collection = Collection {
    name: "many",
    keys: &[
        KeySpec {
            name: "key",
            unique: Some(UniqueKey::Key),
        },
        KeySpec {
            name: "color",
            unique: None,
        },
    ],
    default_ttl: None,
};

/// A tenth waits, a tenth is leased, the rest is done; without statistics, as in a store that has just grown.
fn filled() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    schema::create(&connection, &[&COLLECTION]).unwrap();
    connection
        .execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO many (partition, id, position, etag, expires, queued, lease_token, lease_expires,
                               k_key, k_color, body)
             SELECT 'p' || (i % 10), printf('%06d', i), i, i, iif(i % 7 = 0, 1, NULL), iif(i % 10 < 2, i, NULL),
                    iif(i % 10 = 1, 't', NULL), iif(i % 10 = 1, 9000000000000, 0), 'k' || i, 'c' || (i % 3), '{}'
             FROM n",
            [ROWS],
        )
        .unwrap();
    connection
}

/// Lines of the plan.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let zeros: Vec<&dyn ToSql> = (0..statement.parameter_count()).map(|_| &0 as &dyn ToSql).collect();
    statement
        .query_map(&zeros[..], |row| row.get("detail"))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn assert_found_by(connection: &Connection, sql: &str, index: &str, sorted: bool) {
    let plan = plan(connection, sql);
    let searches: Vec<_> = plan
        .iter()
        .filter(|line| line.contains(&format!("INDEX {index} ")))
        .collect();
    assert!(
        !searches.is_empty() && searches.iter().all(|line| line.starts_with("SEARCH")),
        "{sql}\n{plan:#?}"
    );
    assert!(
        !plan.iter().any(|line| line.starts_with("SCAN many")),
        "{sql}\n{plan:#?}"
    );
    assert_eq!(
        plan.iter().any(|line| line.contains("TEMP B-TREE")),
        sorted,
        "{sql}\n{plan:#?}"
    );
}

#[test]
fn the_queue_is_read_by_its_indexes() {
    let connection = filled();
    let [waiting, leased] = read::waiting_sql(&COLLECTION);
    assert_found_by(&connection, &waiting, "many_waiting", false);
    // Only what has run out is sorted.
    assert_found_by(&connection, &leased, "many_leased", true);
}

#[test]
fn queries_are_answered_in_the_order_of_an_index() {
    let connection = filled();
    let after = [
        None,
        Some(After {
            key: "k".into(),
            id: None,
        }),
        Some(After {
            key: "k".into(),
            id: Some("1".into()),
        }),
    ];
    for (key, index) in [("id", "many_id"), ("key", "many_k_key"), ("color", "many_k_color")] {
        for values in [Values::All, Values::Equal("k1".into()), Values::Prefix("k1".into())] {
            for partition in [None, Some("p".to_owned())] {
                for after in &after {
                    let (values, partition, after) = (values.clone(), partition.clone(), after.clone());
                    let query = Query {
                        key,
                        partition,
                        values,
                        after,
                        limit: 10,
                    };
                    assert_found_by(
                        &connection,
                        &read::query_sql(&COLLECTION, &query).unwrap(),
                        index,
                        false,
                    );
                }
            }
        }
    }
    let query = Query {
        key: "body",
        partition: None,
        values: Values::All,
        after: None,
        limit: 1,
    };
    assert!(matches!(
        read::query_sql(&COLLECTION, &query),
        Err(StoreError::Invalid { .. })
    ));
}

#[test]
fn single_documents_feed_and_expiry_use_theirs() {
    let connection = filled();
    assert_found_by(&connection, &read::get_sql(&COLLECTION), "many_address", false);
    assert_found_by(&connection, &read::changes_sql(&COLLECTION), "many_position", false);
    assert_found_by(&connection, &read::expired_sql(&COLLECTION), "many_expires", false);
}
