//! Clusters as the frontend uses them.
#![allow(clippy::unwrap_used)]

mod fixture;

use std::time::Duration;

use aro_api::model::{
    ManagedServiceIdentity, PlatformWorkloadIdentityProfile, ProvisioningState, Subscription, SubscriptionState,
    UserAssignedIdentity,
};
use aro_store::{Change, ClusterScope, FeedPosition, StoreConfig, StoreError, SubscriptionDocument, UniqueKey};
use fixture::*;

#[tokio::test]
async fn created_with_its_operation_and_found_in_any_case() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let (document, operation) = (cluster(store, "Group", "Name"), operation(store));
    let (id, operation_id) = (document.id.clone(), operation.id.clone());
    let created = store.clusters().create(document, operation).await.unwrap();
    assert_eq!(created.id, id);
    let document = &created.document;
    assert_eq!(document.key, cluster_id("group", "name").to_lowercase());
    assert_eq!(document.partition_key, SUBSCRIPTION);
    assert_eq!(document.client_id_key, "client-group-name");
    assert!(
        document
            .cluster_resource_group_id_key
            .ends_with("/resourcegroups/managed-group-name")
    );
    assert_eq!(document.async_operation_id, operation_id);

    let clusters = fixture.other().await.clusters();
    let found = clusters.get(&cluster_id("GROUP", "nAME")).await.unwrap().unwrap();
    assert_eq!((&found.id, &found.etag), (&created.id, &created.etag));
    assert_eq!(
        found.document.cluster.id,
        cluster_id("Group", "Name"),
        "the case of the first PUT is kept"
    );
    assert!(clusters.get(&cluster_id("group", "other")).await.unwrap().is_none());
    assert!(
        clusters
            .get_by_client_id(SUBSCRIPTION, "CLIENT-group-name")
            .await
            .unwrap()
            .is_some()
    );
    let group = &document.cluster.properties.cluster_profile.resource_group_id;
    assert!(
        clusters
            .get_by_resource_group(SUBSCRIPTION, group)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        clusters
            .get_by_client_id("22222222", "client-group-name")
            .await
            .unwrap()
            .is_none()
    );
    assert!(matches!(
        clusters.get("/not/a/resource").await,
        Err(StoreError::Invalid { .. })
    ));

    let operation = store.operations().get(&operation_id).await.unwrap().unwrap();
    assert_eq!(operation.document.openshift_cluster_key, document.key);
}

#[tokio::test]
async fn a_conflict_names_the_value_and_leaves_no_operation() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let first = store
        .clusters()
        .create(cluster(store, "g", "one"), operation(store))
        .await
        .unwrap();
    let properties = &first.document.cluster.properties;
    let client_id = properties.service_principal_profile.as_ref().unwrap().client_id.clone();
    let group = properties.cluster_profile.resource_group_id.clone();

    let create = async |change: &dyn Fn(&mut aro_store::ClusterDocument)| {
        let (mut document, operation) = (cluster(store, "g", "two"), operation(store));
        change(&mut document);
        let operation_id = operation.id.clone();
        let result = store.clusters().create(document, operation).await;
        assert!(
            store.operations().get(&operation_id).await.unwrap().is_none(),
            "an orphan operation"
        );
        match result {
            Err(StoreError::Conflict { key, .. }) => key,
            other => panic!("expected a conflict, got {other:?}"),
        }
    };
    assert_eq!(
        create(&|document| document.cluster.id = cluster_id("G", "ONE")).await,
        UniqueKey::Key
    );
    let take_client = |document: &mut aro_store::ClusterDocument| {
        document
            .cluster
            .properties
            .service_principal_profile
            .as_mut()
            .unwrap()
            .client_id = client_id.to_uppercase();
    };
    assert_eq!(create(&take_client).await, UniqueKey::ClientId);
    let take_group = |document: &mut aro_store::ClusterDocument| {
        document.cluster.properties.cluster_profile.resource_group_id = group.to_uppercase();
    };
    assert_eq!(create(&take_group).await, UniqueKey::ResourceGroup);

    // On replacement too: the keys are those of the document as it is written.
    let mut second = store
        .clusters()
        .create(cluster(store, "g", "two"), operation(store))
        .await
        .unwrap();
    take_client(&mut second.document);
    let failed = operation(store);
    let failed_id = failed.id.clone();
    let result = store.clusters().replace(second, Some(failed)).await;
    assert!(
        matches!(
            result,
            Err(StoreError::Conflict {
                key: UniqueKey::ClientId,
                ..
            })
        ),
        "{result:?}"
    );
    assert!(store.operations().get(&failed_id).await.unwrap().is_none());
    // Another subscription is another matter.
    let mut elsewhere = cluster(store, "g", "one");
    elsewhere.cluster.id = elsewhere
        .cluster
        .id
        .replace(SUBSCRIPTION, "33333333-3333-3333-3333-333333333333");
    store.clusters().create(elsewhere, operation(store)).await.unwrap();
}

#[tokio::test]
async fn the_identity_of_a_workload_identity_cluster_is_its_client() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let with_identity = |name: &str| {
        let mut document = cluster(store, "g", name);
        document.cluster.properties.service_principal_profile = None;
        document.cluster.properties.platform_workload_identity_profile =
            Some(PlatformWorkloadIdentityProfile::default());
        document.cluster.identity = Some(ManagedServiceIdentity {
            user_assigned_identities: [("/subscriptions/s/Identity".to_owned(), UserAssignedIdentity::default())]
                .into_iter()
                .collect(),
            ..ManagedServiceIdentity::default()
        });
        document
    };
    let created = store
        .clusters()
        .create(with_identity("one"), operation(store))
        .await
        .unwrap();
    assert_eq!(created.document.client_id_key, "/subscriptions/s/identity");
    let result = store.clusters().create(with_identity("two"), operation(store)).await;
    assert!(matches!(
        result,
        Err(StoreError::Conflict {
            key: UniqueKey::ClientId,
            ..
        })
    ));
}

#[tokio::test]
async fn a_lost_race_leaves_no_operation() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let created = store
        .clusters()
        .create(cluster(store, "g", "n"), operation(store))
        .await
        .unwrap();
    let mut mine = created.clone();
    succeed(&mut mine.document);
    store.clusters().replace(mine, None).await.unwrap();

    let late = operation(store);
    let late_id = late.id.clone();
    let result = store.clusters().replace(created.clone(), Some(late)).await;
    assert!(result.is_err_and(|error| error.is_precondition_failed()));
    assert!(store.operations().get(&late_id).await.unwrap().is_none());
    assert!(
        store
            .clusters()
            .delete(&created)
            .await
            .is_err_and(|error| error.is_precondition_failed())
    );
}

#[tokio::test]
async fn a_cluster_stays_in_its_subscription() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut created = store
        .clusters()
        .create(cluster(store, "g", "n"), operation(store))
        .await
        .unwrap();
    created.document.cluster.id = created.document.cluster.id.replace(SUBSCRIPTION, "other");
    assert!(matches!(
        store.clusters().replace(created, None).await,
        Err(StoreError::Invalid { .. })
    ));
}

#[tokio::test]
async fn lists_by_scope_and_page() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    for (group, name) in [("b", "3"), ("A", "2"), ("b", "1"), ("a", "1"), ("ab", "1")] {
        store
            .clusters()
            .create(cluster(store, group, name), operation(store))
            .await
            .unwrap();
    }
    let mut elsewhere = cluster(store, "a", "9");
    elsewhere.cluster.id = elsewhere
        .cluster
        .id
        .replace(SUBSCRIPTION, "00000000-0000-0000-0000-000000000000");
    store.clusters().create(elsewhere, operation(store)).await.unwrap();

    let list = async |scope: ClusterScope, size: usize| {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.clusters().list(&scope, after.as_deref(), size).await.unwrap();
            assert!(page.documents.len() <= size && page.corrupt.is_empty());
            seen.extend(page.documents.into_iter().map(|stored| stored.document.cluster.id));
            match page.next {
                Some(next) => after = Some(next),
                None => return seen,
            }
        }
    };
    let expected: Vec<String> = [("a", "1"), ("A", "2"), ("ab", "1"), ("b", "1"), ("b", "3")]
        .map(|(g, n)| cluster_id(g, n))
        .into();
    for size in 1..7 {
        let subscription = ClusterScope::Subscription(SUBSCRIPTION.to_uppercase());
        assert_eq!(list(subscription, size).await, expected, "pages of {size}");
        let group = ClusterScope::ResourceGroup {
            subscription: SUBSCRIPTION.to_owned(),
            resource_group: "A".to_owned(),
        };
        assert_eq!(list(group, size).await, expected[..2]);
        assert_eq!(list(ClusterScope::All, size).await.len(), 6);
    }
}

#[tokio::test]
async fn what_this_release_does_not_know_survives_a_write() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let created = store
        .clusters()
        .create(cluster(store, "g", "n"), operation(store))
        .await
        .unwrap();
    let subscription = SubscriptionDocument {
        id: SUBSCRIPTION.to_uppercase(),
        subscription: Subscription {
            state: SubscriptionState::Registered,
            ..Subscription::default()
        },
        ..SubscriptionDocument::default()
    };
    store.subscriptions().create(subscription).await.unwrap();
    assert!(
        store
            .subscriptions()
            .get(&SUBSCRIPTION.to_uppercase())
            .await
            .unwrap()
            .is_some()
    );

    // A newer release has written members of its own, with numbers no machine type holds.
    let sql = fixture.sql();
    sql.execute_batch(
        r#"UPDATE clusters SET body = replace(replace(replace(body,
               '"bucket":', '"newEnvelope":1e400,"bucket":'),
               '"clusterProfile":{', '"clusterProfile":{"newDeep":{"a":[1.50]},'),
               '"properties":{', '"properties":{"newMember":"x",');
           UPDATE clusters SET body = substr(body, 1, length(body) - 1) || ',"progress":{"plan":"p","newProgress":7}}';
           UPDATE subscriptions SET body = replace(replace(body, '"state":', '"newState":{"b":2},"state":'),
               '"id":', '"newEnvelope":[],"id":');"#,
    )
    .unwrap();
    let mut stored = store.clusters().get(&created.document.key).await.unwrap().unwrap();
    stored.document.cluster.tags = [("k".to_owned(), "v".to_owned())].into_iter().collect();
    store.clusters().replace(stored, None).await.unwrap();
    store
        .subscriptions()
        .update(SUBSCRIPTION, |document| document.deleting = true)
        .await
        .unwrap();

    let body = |table: &str| {
        sql.query_row(&format!("SELECT body FROM {table}"), [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    let text = body("clusters");
    for member in [
        r#""newEnvelope":1e400"#,
        r#""newDeep":{"a":[1.50]}"#,
        r#""newMember":"x""#,
        r#""newProgress":7"#,
        r#"{"k":"v"}"#,
    ] {
        assert!(text.contains(member), "{member} is missing in {text}");
    }
    let text = body("subscriptions");
    for member in [r#""newEnvelope":[]"#, r#""newState":{"b":2}"#, r#""deleting":true"#] {
        assert!(text.contains(member), "{member} is missing in {text}");
    }
}

#[tokio::test]
async fn operations_expire_after_seven_days() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let operation = store.operations().create(operation(store)).await.unwrap();
    store.advance_clock(24 * 7 * HOUR - MINUTE).await.unwrap();
    assert!(store.operations().get(&operation.id).await.unwrap().is_some());
    store.advance_clock(MINUTE).await.unwrap();
    assert!(store.operations().get(&operation.id).await.unwrap().is_none());
    assert_eq!(fixture.other().await.sweep().await.unwrap(), 1);
}

#[tokio::test]
async fn expired_documents_are_removed_without_being_asked() {
    let fixture = Fixture::with(StoreConfig {
        sweep_interval: Duration::from_millis(5),
        ..config()
    })
    .await;
    let store = &fixture.store;
    let operations = store.operations();
    let mut changed = operations.changed();
    let operation = operations.create(operation(store)).await.unwrap();
    store.advance_clock(24 * 7 * HOUR).await.unwrap();
    let deleted = [Change::Deleted {
        id: operation.id.clone(),
    }];
    for _ in 0..1000 {
        let page = operations.changes(FeedPosition::START, 10).await.unwrap();
        if page.changes == deleted {
            return;
        }
        changed.wait(Duration::from_millis(20)).await;
    }
    panic!("nobody has swept");
}

#[tokio::test]
async fn the_feed_tells_of_writes_and_deletions() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let clusters = store.clusters();
    let mut changed = clusters.changed();
    let created = clusters
        .create(cluster(store, "g", "n"), operation(store))
        .await
        .unwrap();
    // Has already happened, so this does not wait for the hour.
    changed.wait(HOUR).await;
    let page = clusters.changes(FeedPosition::START, 10).await.unwrap();
    assert!(matches!(&page.changes[..], [Change::Written(stored)] if stored.etag == created.etag));
    assert!(!page.more);
    clusters.delete(&created).await.unwrap();
    let page = clusters.changes(page.position, 10).await.unwrap();
    assert_eq!(page.changes, [Change::Deleted { id: created.id.clone() }]);
    let end = clusters.changes(page.position, 10).await.unwrap();
    assert_eq!((end.changes.len(), end.position), (0, page.position));
}

#[tokio::test]
async fn provisioning_states_decide_about_the_queue() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut waiting = 0;
    for (number, word) in ProvisioningState::WORDS.iter().chain(&["", "SomethingNew"]).enumerate() {
        let mut document = cluster(store, "g", &number.to_string());
        document.cluster.properties.provisioning_state = ProvisioningState::from(*word);
        store.clusters().create(document, operation(store)).await.unwrap();
        waiting += u64::from(["Creating", "Updating", "AdminUpdating", "Deleting"].contains(word));
    }
    assert_eq!((waiting, store.clusters().queue_length().await.unwrap()), (4, 4));
}
