//! Clusters and subscriptions as workers use them.
#![allow(clippy::unwrap_used)]

mod fixture;

use std::time::Duration;

use aro_api::CloudErrorBody;
use aro_api::model::{Cluster, Install, ProvisioningState};
use aro_store::{Outcome, Progress, StoreError, SubscriptionDocument};
use fixture::*;

fn lost<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::LeaseLost { .. }))
}

#[tokio::test]
async fn a_worker_that_dies_is_replaced_and_the_late_one_writes_nothing() {
    let fixture = Fixture::new().await;
    let (store, other) = (&fixture.store, fixture.other().await);
    store
        .clusters()
        .create(cluster(store, "g", "n"), operation(store))
        .await
        .unwrap();
    let late = store.clusters().take(MINUTE).await.unwrap().unwrap();
    assert_eq!(late.stored().document.dequeues, 1);
    late.write(|document| {
        document.progress = Some(Progress {
            plan: "create".to_owned(),
            ..Progress::default()
        })
    })
    .await
    .unwrap();
    assert!(other.clusters().take(MINUTE).await.unwrap().is_none());

    // Nobody renews; the clock of the store passes for everybody.
    other.advance_clock(MINUTE).await.unwrap();
    let next = other.clusters().take(MINUTE).await.unwrap().unwrap();
    let document = next.stored().document.clone();
    assert_eq!(document.dequeues, 2);
    assert_eq!(
        document.progress.unwrap().plan,
        "create",
        "the record of the first is there"
    );

    assert!(lost(late.renew().await));
    assert!(lost(late.write(|document| document.progress = None).await));
    assert!(lost(late.release(|_| {}, Duration::ZERO).await));
    assert!(lost(late.finish(&Outcome::succeeded(), |_| {}).await));
    assert!(lost(late.finish_removed().await));
    next.renew().await.unwrap();
    assert!(
        next.write(|document| document.bucket = 7)
            .await
            .unwrap()
            .document
            .progress
            .is_some()
    );
}

#[tokio::test]
async fn renewing_and_writing_at_once() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    store
        .clusters()
        .create(cluster(store, "g", "n"), operation(store))
        .await
        .unwrap();
    let leased = store.clusters().take(MINUTE).await.unwrap().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (renewing, writing, etag) = (leased.clone(), leased.clone(), leased.stored().id.clone());
        tasks.spawn(async move { renewing.renew().await });
        tasks.spawn(async move {
            writing
                .write(|document| document.cluster.properties.infra_id.push('x'))
                .await
                .map(|stored| {
                    assert_eq!(stored.id, etag);
                })
        });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap().unwrap();
    }
    let stored = store.clusters().get(&cluster_id("g", "n")).await.unwrap().unwrap();
    assert_eq!(stored.document.cluster.properties.infra_id, "x".repeat(10));
    assert_eq!(stored.etag, leased.stored().etag);
}

#[tokio::test]
async fn others_may_write_meanwhile() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let created = store
        .clusters()
        .create(cluster(store, "g", "n"), operation(store))
        .await
        .unwrap();
    let leased = store.clusters().take(MINUTE).await.unwrap().unwrap();
    let mut theirs = store.clusters().get(&created.document.key).await.unwrap().unwrap();
    theirs.document.bucket = 9;
    store.clusters().replace(theirs, None).await.unwrap();
    // The change is made to what the other has written.
    let written = leased
        .write(|document| document.cluster.properties.infra_id = "i".to_owned())
        .await
        .unwrap();
    assert_eq!(
        (written.document.bucket, &*written.document.cluster.properties.infra_id),
        (9, "i")
    );
    let mut theirs = store.clusters().get(&created.document.key).await.unwrap().unwrap();
    theirs.document.bucket = 10;
    store.clusters().replace(theirs, None).await.unwrap();
    leased.renew().await.unwrap();
    assert_eq!(leased.stored().document.bucket, 10);
}

#[tokio::test]
async fn finish_ends_operation_and_cluster_at_once() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let operation = operation(store);
    let operation_id = operation.id.clone();
    let mut document = cluster(store, "g", "n");
    document.correlation_data.request_id = "r".to_owned();
    document.cluster.properties.last_provisioning_state = ProvisioningState::Succeeded;
    document.cluster.properties.install = Some(Install::default());
    let created = store.clusters().create(document, operation).await.unwrap();
    let leased = store.clusters().take(MINUTE).await.unwrap().unwrap();
    leased
        .write(|document| document.progress = Some(Progress::default()))
        .await
        .unwrap();

    let error: CloudErrorBody =
        serde_json::from_str(r#"{"code":"DeploymentFailed","message":"It failed.","target":"step"}"#).unwrap();
    let outcome = Outcome::failed(ProvisioningState::Creating, error.clone());
    leased
        .finish(&outcome, |document| document.cluster.properties.install = None)
        .await
        .unwrap();

    let stored = store.clusters().get(&created.document.key).await.unwrap().unwrap();
    let document = &stored.document;
    assert_eq!(stored.etag, leased.stored().etag);
    assert_eq!(
        (&document.lease, document.dequeues, &document.progress),
        (&None, 0, &None)
    );
    assert_eq!(document.async_operation_id, "");
    assert_eq!(document.correlation_data, Default::default());
    let properties = &document.cluster.properties;
    assert_eq!(properties.provisioning_state, ProvisioningState::Failed);
    assert_eq!(properties.failed_provisioning_state, ProvisioningState::Creating);
    assert!(properties.last_provisioning_state.is_unset() && properties.install.is_none());
    assert_eq!(store.clusters().queue_length().await.unwrap(), 0);

    let operation = store.operations().get(&operation_id).await.unwrap().unwrap().document;
    assert_eq!(operation.async_operation.status, ProvisioningState::Failed);
    assert_eq!(operation.async_operation.error, Some(error));
    assert!(operation.async_operation.end_time.is_some());
    let copy = operation.openshift_cluster.unwrap();
    assert_eq!(copy.properties.provisioning_state, ProvisioningState::Failed);
    assert!(copy.properties.cluster_profile.pull_secret.is_empty() && copy.properties.ssh_key.is_empty());
    assert!(
        copy.properties
            .service_principal_profile
            .unwrap()
            .client_secret
            .is_empty()
    );

    // The lease is given back: nothing more can be done with it.
    assert!(lost(leased.write(|_| {}).await));
    assert!(lost(leased.finish(&Outcome::succeeded(), |_| {}).await));
}

#[tokio::test]
async fn an_operation_that_is_gone_or_damaged_is_no_obstacle() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    for (name, damage) in [
        ("gone", "DELETE FROM async_operations"),
        ("bad", "UPDATE async_operations SET body = '{'"),
    ] {
        store
            .clusters()
            .create(cluster(store, "g", name), operation(store))
            .await
            .unwrap();
        let leased = store.clusters().take(MINUTE).await.unwrap().unwrap();
        fixture.sql().execute_batch(damage).unwrap();
        leased.finish(&Outcome::succeeded(), |_| {}).await.unwrap();
        let stored = store.clusters().get(&cluster_id("g", name)).await.unwrap().unwrap();
        assert_eq!(
            stored.document.cluster.properties.provisioning_state,
            ProvisioningState::Succeeded
        );
    }
}

#[tokio::test]
async fn a_deletion_ends_with_the_operation_succeeded_and_the_document_gone() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let operation = operation(store);
    let operation_id = operation.id.clone();
    let mut document = cluster(store, "g", "n");
    document.cluster.properties.provisioning_state = ProvisioningState::Deleting;
    let created = store.clusters().create(document, operation).await.unwrap();
    let leased = store.clusters().take(MINUTE).await.unwrap().unwrap();
    // Somebody touches the cluster at the last moment.
    let mut theirs = store.clusters().get(&created.document.key).await.unwrap().unwrap();
    theirs.document.bucket = 3;
    store.clusters().replace(theirs, None).await.unwrap();
    leased.finish_removed().await.unwrap();
    assert!(store.clusters().get(&created.document.key).await.unwrap().is_none());
    let operation = store.operations().get(&operation_id).await.unwrap().unwrap().document;
    assert_eq!(operation.async_operation.status, ProvisioningState::Succeeded);
    assert_eq!(operation.openshift_cluster, None::<Cluster>);
    assert!(lost(leased.finish_removed().await));
    // The values are free again.
    store
        .clusters()
        .create(cluster(store, "g", "n"), fixture::operation(store))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_poisoned_document_does_not_stop_the_queue() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    for name in ["1", "2", "3"] {
        store
            .clusters()
            .create(cluster(store, "g", name), operation(store))
            .await
            .unwrap();
    }
    fixture
        .sql()
        .execute("UPDATE clusters SET body = '{\"key\":7' WHERE k_key LIKE '%/1'", [])
        .unwrap();
    fixture
        .sql()
        .execute("UPDATE clusters SET body = x'ff00fe' WHERE k_key LIKE '%/2'", [])
        .unwrap();
    let leased = store.clusters().take(MINUTE).await.unwrap().unwrap();
    assert!(leased.stored().document.key.ends_with("/3"));
    assert!(store.clusters().take(MINUTE).await.unwrap().is_none());
    // They wait out a lease like others, so that looking at them costs little.
    let other = fixture.other().await;
    assert_eq!(other.clusters().queue_length().await.unwrap(), 0);
    store.advance_clock(MINUTE).await.unwrap();
    assert_eq!(other.clusters().queue_length().await.unwrap(), 3);
}

#[tokio::test]
async fn subscriptions_wait_while_they_are_being_deleted() {
    let fixture = Fixture::new().await;
    let subscriptions = fixture.store.subscriptions();
    let document = SubscriptionDocument {
        id: SUBSCRIPTION.to_owned(),
        ..SubscriptionDocument::default()
    };
    subscriptions.create(document).await.unwrap();
    assert!(subscriptions.take(MINUTE).await.unwrap().is_none());
    subscriptions
        .update(SUBSCRIPTION, |document| document.deleting = true)
        .await
        .unwrap();
    let leased = subscriptions.take(MINUTE).await.unwrap().unwrap();
    // Some clusters are still busy: again in ten minutes, as if it had not been taken.
    leased
        .release(|document| document.dequeues = 0, 10 * MINUTE)
        .await
        .unwrap();
    assert!(subscriptions.take(MINUTE).await.unwrap().is_none());
    fixture.store.advance_clock(10 * MINUTE).await.unwrap();
    let leased = subscriptions.take(MINUTE).await.unwrap().unwrap();
    assert_eq!(leased.stored().document.dequeues, 1);
    leased
        .release(|document| document.deleting = false, Duration::ZERO)
        .await
        .unwrap();
    fixture.store.advance_clock(HOUR).await.unwrap();
    assert!(subscriptions.take(MINUTE).await.unwrap().is_none());
}
