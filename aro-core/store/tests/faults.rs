//! What goes wrong outside.
#![allow(clippy::unwrap_used)]

mod fixture;

use std::time::{Duration, Instant};

use aro_store::{ClusterScope, FeedPosition, KeyRing, RandomIds, Store, StoreConfig, StoreError};
use fixture::*;

#[tokio::test]
async fn one_damaged_row_stops_nobody_else() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut ids = Vec::new();
    for name in ["1", "2", "3", "4", "5", "6"] {
        ids.push(
            store
                .clusters()
                .create(cluster(store, "g", name), operation(store))
                .await
                .unwrap()
                .id,
        );
    }
    let sql = fixture.sql();
    let damage = [
        ("1", "body = '{\"cut off\":'"),
        ("2", "body = x'fffe00'"),
        ("3", "body = 42"),
        (
            "4",
            "body = replace(body, '\"openShiftCluster\":{', '\"openShiftCluster\":{\"properties\":[7],')",
        ),
        ("5", "body = '{}', dequeues = 'many', lease_token = 7"),
    ];
    for (name, set) in damage {
        assert_eq!(
            sql.execute(&format!("UPDATE clusters SET {set} WHERE k_key LIKE '%/{name}'"), [])
                .unwrap(),
            1
        );
    }
    let corrupt = |errors: &[StoreError]| {
        let mut found: Vec<String> = errors
            .iter()
            .map(|error| match error {
                StoreError::Corrupt {
                    collection: "clusters",
                    id,
                    ..
                } => id.clone(),
                other => panic!("unexpected {other:?}"),
            })
            .collect();
        found.sort();
        found
    };
    let mut expected = ids[..5].to_vec();
    expected.sort();
    for size in [2, 10] {
        let (mut good, mut bad, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = store
                .clusters()
                .list(&ClusterScope::All, after.as_deref(), size)
                .await
                .unwrap();
            good.extend(page.documents.into_iter().map(|stored| stored.id));
            bad.extend(page.corrupt);
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        assert_eq!(
            (good, corrupt(&bad)),
            (vec![ids[5].clone()], expected.clone()),
            "pages of {size}"
        );
    }
    let page = store.clusters().changes(FeedPosition::START, 100).await.unwrap();
    assert_eq!((page.changes.len(), corrupt(&page.corrupt)), (1, expected));
    let error = store.clusters().get(&cluster_id("g", "4")).await.unwrap_err();
    assert!(error.to_string().contains("properties"), "{error}");
    assert!(!error.to_string().contains("canary"));
    assert!(store.clusters().get(&cluster_id("g", "6")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_full_disk_is_reported_and_survived() {
    let fixture = Fixture::with(StoreConfig {
        max_pages: Some(240),
        ..config()
    })
    .await;
    let store = &fixture.store;
    let mut created = Vec::new();
    let error = loop {
        let mut document = cluster(store, "g", &created.len().to_string());
        document.cluster.properties.infra_id = "x".repeat(20_000);
        match store.clusters().create(document, operation(store)).await {
            Ok(stored) => created.push(stored),
            Err(error) => break error,
        }
        assert!(created.len() < 1000);
    };
    assert!(
        matches!(&error, StoreError::Unavailable { reason, .. } if reason.contains("full")),
        "{error:?}"
    );
    assert!(error.retry_after().is_some());
    assert!(!created.is_empty());
    // Reading goes on, and after making room so does writing.
    let page = store.clusters().list(&ClusterScope::All, None, 1000).await.unwrap();
    assert_eq!(page.documents.len(), created.len());
    for stored in &created[1..] {
        store.clusters().delete(stored).await.unwrap();
    }
    store
        .clusters()
        .create(cluster(store, "h", "n"), operation(store))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_busy_file_is_waited_for_but_not_forever() {
    let config = StoreConfig {
        busy_timeout: Duration::from_millis(200),
        ..config()
    };
    let fixture = Fixture::with(config).await;
    let store = &fixture.store;
    let sql = fixture.sql();
    sql.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let error = store
        .clusters()
        .create(cluster(store, "g", "n"), operation(store))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::Unavailable { reason, .. } if reason.contains("busy")),
        "{error:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
    // Readers do not wait for writers.
    assert!(store.clusters().get(&cluster_id("g", "n")).await.unwrap().is_none());
    assert_eq!(store.clusters().queue_length().await.unwrap(), 0);
    sql.execute_batch("COMMIT").unwrap();
    store
        .clusters()
        .create(cluster(store, "g", "n"), operation(store))
        .await
        .unwrap();
}

#[tokio::test]
async fn every_wait_ends() {
    let slow = StoreConfig {
        request_timeout: Duration::from_millis(100),
        busy_timeout: Duration::from_secs(2),
        ..config()
    };
    let fixture = Fixture::with(slow).await;
    let store = &fixture.store;
    let sql = fixture.sql();
    sql.execute_batch("BEGIN IMMEDIATE").unwrap();
    let clusters = store.clusters();
    // A timer of this one-threaded runtime fires while the store waits: nothing blocks it.
    let waiting = clusters.create(cluster(store, "g", "n"), operation(store));
    assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    let begun = Instant::now();
    let error = clusters
        .create(cluster(store, "g", "n"), operation(store))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(1));
    sql.execute_batch("COMMIT").unwrap();
    drop(sql);
    // What nobody waits for any more is not done.
    store.close().await;
    let store = fixture.other().await;
    assert!(store.clusters().get(&cluster_id("g", "n")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let fixture = Fixture::new().await;
    fixture.store.close().await;
    fixture.store.close().await;
    let error = fixture.store.clusters().get(&cluster_id("g", "n")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }));
    assert!(fixture.store.sweep().await.is_err());
}

#[tokio::test]
async fn the_clock_is_moved_by_tests_only() {
    let fixture = Fixture::with(StoreConfig::default()).await;
    let refused = fixture.store.advance_clock(HOUR).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))));
    // Whoever moves it moves it for all, and it stays moved.
    let test = fixture.other().await;
    test.advance_clock(24 * HOUR).await.unwrap();
    let ahead = fixture.store.now().await.unwrap() - time::OffsetDateTime::now_utc();
    assert!((ahead - 24 * HOUR).abs() < MINUTE, "{ahead}");
}

#[tokio::test]
async fn files_that_are_no_store_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let open = async |name: &str| {
        let path = directory.path().join(name);
        Store::open_sqlite(
            path,
            config(),
            KeyRing::ephemeral().unwrap(),
            std::sync::Arc::new(RandomIds),
        )
        .await
    };
    std::fs::write(directory.path().join("text"), "x".repeat(10_000)).unwrap();
    assert!(matches!(open("text").await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(
        open("no/such/directory").await,
        Err(StoreError::Unavailable { .. })
    ));
    let newer = rusqlite::Connection::open(directory.path().join("newer")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    let error = open("newer").await.unwrap_err();
    assert!(error.to_string().contains("99"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new().await;
    for entry in std::fs::read_dir(fixture.directory.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o077,
            0,
            "{:?}",
            entry.path()
        );
    }
}

/// Many callers wait while another process holds the lock.
#[tokio::test]
async fn what_waits_is_committed_together_and_a_refusal_stays_alone() {
    const CALLERS: usize = 64;
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let sql = fixture.sql();
    sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    sql.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..CALLERS {
        // Two of each name: one of them is refused.
        let (document, operation) = (cluster(store, "g", &(number / 2).to_string()), operation(store));
        let clusters = store.clusters();
        callers.spawn(async move { clusters.create(document, operation).await });
    }
    // All have asked, none has an answer.
    for _ in 0..CALLERS * 2 {
        tokio::task::yield_now().await;
    }
    assert!(callers.try_join_next().is_none());
    sql.execute_batch("COMMIT").unwrap();
    let (mut done, mut refused) = (0, 0);
    while let Some(result) = callers.join_next().await {
        match result.unwrap() {
            Ok(_) => done += 1,
            Err(StoreError::Conflict { .. }) => refused += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((done, refused), (CALLERS / 2, CALLERS / 2));
    // Each commit of its own would write at least a dozen pages to the log.
    let log = std::fs::metadata(fixture.directory.path().join("store.db-wal"))
        .unwrap()
        .len();
    let pages = log / 4096;
    assert!(pages < 4 * u64::try_from(CALLERS).unwrap(), "{pages} pages");
}
