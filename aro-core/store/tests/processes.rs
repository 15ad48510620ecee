//! Several processes on one file. The test starts its own binary again, with a role.
#![allow(clippy::unwrap_used)]

mod fixture;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aro_store::{Store, StoreError, SubscriptionDocument};
use fixture::*;

const ROLE: &str = "STORE_TEST_ROLE";
const DIRECTORY: &str = "STORE_TEST_DIRECTORY";
const PROCESSES: usize = 4;
const ADDITIONS: u32 = 50;
const TURNS: usize = 60;

fn start(role: &str, directory: &Path) -> Vec<Child> {
    let one = |_| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "in_a_process_of_its_own", "--nocapture"])
            .env(ROLE, role)
            .env(DIRECTORY, directory)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    (0..PROCESSES).map(one).collect()
}

/// Lines that the processes have printed for us.
fn finish(children: Vec<Child>) -> Vec<String> {
    let mut lines = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "a process failed");
        let text = String::from_utf8(output.stdout).unwrap();
        lines.extend(
            text.lines()
                .filter_map(|line| line.strip_prefix("> "))
                .map(str::to_owned),
        );
    }
    lines
}

/// Does nothing as a test; the others start it with a role.
#[tokio::test]
async fn in_a_process_of_its_own() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let directory = std::path::PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    // All processes create the file and the keys at the same moment.
    let store = open(&directory.join("store.db"), &directory.join("keys.json"), config()).await;
    match role.as_str() {
        "add" => add(&store).await,
        "work" => work(&store).await,
        "create" => create_forever(&store).await,
        other => panic!("unknown role {other}"),
    }
    store.close().await;
}

/// Adds one to a number, again and again, by etag.
async fn add(store: &Store) {
    let subscriptions = store.subscriptions();
    let first = SubscriptionDocument {
        id: SUBSCRIPTION.to_owned(),
        ..SubscriptionDocument::default()
    };
    match subscriptions.create(first).await {
        Ok(_) | Err(StoreError::Conflict { .. }) => {}
        Err(error) => panic!("{error:?}"),
    }
    let mut races = 0;
    for _ in 0..ADDITIONS {
        loop {
            let mut stored = subscriptions.get(SUBSCRIPTION).await.unwrap().unwrap();
            stored.document.dequeues += 1;
            match subscriptions.replace(stored).await {
                Ok(_) => break,
                Err(error) if error.is_precondition_failed() => races += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    println!("> {races}");
}

#[test]
fn no_process_loses_another_ones_update() {
    let directory = tempfile::tempdir().unwrap();
    let races = finish(start("add", directory.path()));
    assert_eq!(races.len(), PROCESSES);
    let sql = rusqlite::Connection::open(directory.path().join("store.db")).unwrap();
    let sum: u32 = sql
        .query_row("SELECT dequeues FROM subscriptions", [], |row| row.get(0))
        .unwrap();
    assert_eq!(
        sum,
        u32::try_from(PROCESSES).unwrap() * ADDITIONS,
        "races lost and repeated: {races:?}"
    );
}

/// Takes the one document, says when the work begins and ends, gives it back, until there were enough turns. Some
/// workers let their lease run out instead.
async fn work(store: &Store) {
    let subscriptions = store.subscriptions();
    let ttl = Duration::from_secs(3600);
    let mut changed = subscriptions.changed();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        assert!(Instant::now() < deadline, "the turns do not come to an end");
        let turns = store.billing().list().await.unwrap().len();
        if turns >= TURNS {
            return;
        }
        let Some(leased) = subscriptions.take(ttl).await.unwrap() else {
            changed.wait(Duration::from_millis(2)).await;
            continue;
        };
        // Position of the record in the feed is the order in which all processes have written.
        let entry = aro_store::BillingDocument {
            id: store.new_id(),
            key: leased.stored().document.lease.as_ref().unwrap().token.clone(),
            ..Default::default()
        };
        leased
            .write(|document| document.subscription.properties.get_or_insert_default().tenant_id = entry.key.clone())
            .await
            .unwrap();
        leased.renew().await.unwrap();
        let mine = entry.key.clone();
        store.billing().create(entry).await.unwrap();
        let seen = subscriptions.get(SUBSCRIPTION).await.unwrap().unwrap().document;
        assert_eq!(seen.lease.unwrap().token, mine, "two holders at a time");
        assert_eq!(seen.subscription.properties.unwrap().tenant_id, mine);
        if turns % 5 == 0 {
            // As if this worker had died: for everybody, the lease runs out now.
            store.advance_clock(ttl).await.unwrap();
            let late = leased.write(|document| document.deleting = true).await;
            assert!(matches!(late, Ok(_) | Err(StoreError::LeaseLost { .. })), "{late:?}");
        } else {
            leased
                .release(|document| document.dequeues = 0, Duration::ZERO)
                .await
                .unwrap();
        }
        println!("> {mine}");
    }
}

#[tokio::test]
async fn one_holder_at_a_time() {
    let fixture = Fixture::new().await;
    let document = SubscriptionDocument {
        id: SUBSCRIPTION.to_owned(),
        deleting: true,
        ..Default::default()
    };
    fixture.store.subscriptions().create(document).await.unwrap();
    let directory = fixture.directory.path().to_owned();
    let tokens = tokio::task::spawn_blocking(move || finish(start("work", &directory)))
        .await
        .unwrap();
    let mut count: BTreeMap<&String, usize> = BTreeMap::new();
    for token in &tokens {
        *count.entry(token).or_default() += 1;
    }
    assert!(tokens.len() >= TURNS);
    assert!(count.values().all(|turns| *turns == 1), "a token was given out twice");
}

/// Says of every document that it was committed.
async fn create_forever(store: &Store) {
    loop {
        let id = store.new_id();
        store
            .billing()
            .create(aro_store::BillingDocument {
                id: id.clone(),
                ..Default::default()
            })
            .await
            .unwrap();
        println!("> {id}");
    }
}

#[tokio::test]
async fn a_killed_process_leaves_what_it_was_told_was_done() {
    let fixture = Fixture::new().await;
    let directory = fixture.directory.path().to_owned();
    let told = tokio::task::spawn_blocking(move || {
        let mut told = Vec::new();
        for mut child in start("create", &directory) {
            let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
            let ids = lines.filter_map(|line| line.strip_prefix("> ").map(str::to_owned));
            let mut ids = ids.take(40).collect::<Vec<_>>();
            child.kill().unwrap();
            child.wait().unwrap();
            told.append(&mut ids);
        }
        told
    })
    .await
    .unwrap();
    assert_eq!(told.len(), 40 * PROCESSES);
    let sql = fixture.sql();
    let sound: String = sql.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    for id in told {
        assert!(
            fixture.store.billing().get(&id).await.unwrap().is_some(),
            "{id} is lost"
        );
    }
    // Nobody has left a lock behind.
    fixture
        .store
        .billing()
        .create(aro_store::BillingDocument {
            id: "after".into(),
            ..Default::default()
        })
        .await
        .unwrap();
}
