//! How fast the store is on this machine: `cargo run --release -p aro-store --example measure`.
//!
//! Prints one line of JSON for each figure. Every commit waits for the disk, as in a service.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aro_api::model::{Cluster, ProvisioningState};
use aro_store::{
    AsyncOperationDocument, ClusterDocument, KeyRing, RandomIds, Store, StoreConfig, StoreError, SubscriptionDocument,
};
use tokio::task::JoinSet;

/// How long each figure is measured.
const SPAN: Duration = Duration::from_secs(2);

/// Clusters in the queue.
const WAITING: usize = 100_000;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let directory = std::env::args_os()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = directory.join(format!("aro-store-measure-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let result = measure(&directory.join("store.db")).await;
    std::fs::remove_dir_all(&directory)?;
    result
}

async fn measure(path: &std::path::Path) -> Result<(), Failure> {
    let store = Store::open_sqlite(path, StoreConfig::default(), KeyRing::ephemeral()?, Arc::new(RandomIds)).await?;
    for callers in [1, 8, 64] {
        let replaced = replaces(&store, callers).await?;
        println!(r#"{{"figure":"read and replace","callers":{callers},"per_second":{replaced:.0}}}"#);
    }
    let begun = Instant::now();
    fill(&store).await?;
    let created = WAITING as f64 / begun.elapsed().as_secs_f64();
    println!(r#"{{"figure":"create with operation","callers":64,"per_second":{created:.0}}}"#);
    for callers in [1, 8] {
        let taken = takes(&store, callers).await?;
        println!(r#"{{"figure":"take","callers":{callers},"waiting":{WAITING},"per_second":{taken:.0}}}"#);
    }
    let begun = Instant::now();
    let mut reads = 0;
    while begun.elapsed() < SPAN {
        let id = format!("{:06}", reads * 7919 % WAITING);
        store
            .clusters()
            .get(&cluster_id(&id))
            .await?
            .ok_or("a cluster is missing")?;
        reads += 1;
    }
    let read = reads as f64 / begun.elapsed().as_secs_f64();
    println!(r#"{{"figure":"get by key","callers":1,"documents":{WAITING},"per_second":{read:.0}}}"#);
    store.close().await;
    Ok(())
}

/// Each caller reads and replaces a document of its own.
async fn replaces(store: &Store, callers: usize) -> Result<f64, Failure> {
    let end = Instant::now() + SPAN;
    let mut tasks = JoinSet::new();
    for number in 0..callers {
        let subscriptions = store.subscriptions();
        tasks.spawn(async move {
            let id = format!("{callers}-{number}");
            subscriptions
                .create(SubscriptionDocument {
                    id: id.clone(),
                    ..Default::default()
                })
                .await?;
            let mut done = 0_u32;
            while Instant::now() < end {
                let Some(mut stored) = subscriptions.get(&id).await? else {
                    continue;
                };
                stored.document.dequeues += 1;
                subscriptions.replace(stored).await?;
                done += 1;
            }
            Ok::<u32, StoreError>(done)
        });
    }
    sum(tasks).await
}

async fn takes(store: &Store, callers: usize) -> Result<f64, Failure> {
    let end = Instant::now() + SPAN;
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let clusters = store.clusters();
        tasks.spawn(async move {
            let mut done = 0_u32;
            while Instant::now() < end && clusters.take(Duration::from_secs(3600)).await?.is_some() {
                done += 1;
            }
            Ok::<u32, StoreError>(done)
        });
    }
    sum(tasks).await
}

async fn sum(mut tasks: JoinSet<Result<u32, StoreError>>) -> Result<f64, Failure> {
    let mut total = 0;
    while let Some(done) = tasks.join_next().await {
        total += done??;
    }
    Ok(f64::from(total) / SPAN.as_secs_f64())
}

async fn fill(store: &Store) -> Result<(), Failure> {
    const CALLERS: usize = 64;
    let mut tasks = JoinSet::new();
    for caller in 0..CALLERS {
        let store = store.clone();
        tasks.spawn(async move {
            for number in (caller..WAITING).step_by(CALLERS) {
                let number = format!("{number:06}");
                let operation = AsyncOperationDocument {
                    id: store.new_id(),
                    ..Default::default()
                };
                store.clusters().create(cluster(&store, &number), operation).await?;
            }
            Ok::<(), StoreError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

fn cluster_id(number: &str) -> String {
    format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.RedHatOpenShift/openShiftClusters/{number}")
}

/// About two kilobytes, as a real one.
fn cluster(store: &Store, number: &str) -> ClusterDocument {
    let mut cluster = Cluster {
        id: cluster_id(number),
        name: number.to_owned(),
        ..Cluster::default()
    };
    cluster.tags = [("padding".to_owned(), "x".repeat(1500))].into_iter().collect();
    cluster.properties.provisioning_state = ProvisioningState::Creating;
    cluster.properties.cluster_profile.resource_group_id = format!("/subscriptions/s/resourceGroups/managed-{number}");
    ClusterDocument {
        id: store.new_id(),
        cluster,
        ..ClusterDocument::default()
    }
}
