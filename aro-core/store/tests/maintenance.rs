//! Planned maintenance as the admin API uses it.
#![allow(clippy::unwrap_used)]

mod fixture;

use aro_api::model::{MaintenanceManifest, MaintenanceManifestState, MaintenanceSchedule};
use aro_store::{MaintenanceManifestDocument, MaintenanceScheduleDocument, ManifestScope};
use fixture::*;

fn manifest(id: &str, cluster: &str, schedule: &str) -> MaintenanceManifestDocument {
    MaintenanceManifestDocument {
        id: id.to_owned(),
        cluster_resource_id: cluster.to_owned(),
        maintenance_manifest: MaintenanceManifest {
            state: MaintenanceManifestState::Pending,
            created_by_schedule: schedule.to_owned(),
            run_after: 5,
            ..MaintenanceManifest::default()
        },
        ..MaintenanceManifestDocument::default()
    }
}

#[tokio::test]
async fn manifests_are_found_by_cluster_by_waiting_and_by_schedule() {
    let fixture = Fixture::new().await;
    let manifests = fixture.store.manifests();
    for (id, cluster, schedule) in [
        ("1", "/Sub/A", "s"),
        ("2", "/sub/a", ""),
        ("3", "/sub/ab", "s"),
        ("4", "/sub/a", "st"),
    ] {
        manifests.create(manifest(id, cluster, schedule)).await.unwrap();
    }
    let ids = async |scope: ManifestScope| {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            // One at a time, so that every place is one to go on from.
            let page = manifests.page_in(&scope, after.as_deref(), 1).await.unwrap();
            ids.extend(page.documents.into_iter().map(|stored| stored.id));
            after = page.next;
            if after.is_none() {
                return ids;
            }
        }
    };
    assert_eq!(ids(ManifestScope::Cluster("/SUB/a".into())).await, ["1", "2", "4"]);
    assert_eq!(ids(ManifestScope::Pending).await, ["1", "2", "3", "4"]);
    assert_eq!(ids(ManifestScope::PendingOfSchedule("s".into())).await, ["1", "3"]);

    // What does not wait any longer leaves the lists of what waits, and stays with its cluster.
    let set = |document: &mut MaintenanceManifestDocument| {
        document.maintenance_manifest.state = MaintenanceManifestState::Cancelled;
    };
    let changed = manifests.update("1", set).await.unwrap();
    assert_eq!(
        changed.document.cluster_resource_id, "/sub/a",
        "ids are kept in lower case"
    );
    assert_eq!(ids(ManifestScope::Pending).await, ["2", "3", "4"]);
    assert_eq!(ids(ManifestScope::PendingOfSchedule("s".into())).await, ["3"]);
    assert_eq!(ids(ManifestScope::Cluster("/sub/a".into())).await, ["1", "2", "4"]);

    let stored = fixture.other().await.manifests().get("2").await.unwrap().unwrap();
    assert_eq!(stored.document, manifest("2", "/sub/a", ""));
    manifests.delete(&stored).await.unwrap();
    assert_eq!(ids(ManifestScope::Cluster("/sub/a".into())).await, ["1", "4"]);
}

#[tokio::test]
async fn schedules_come_back_as_they_were_written() {
    let fixture = Fixture::new().await;
    let document = MaintenanceScheduleDocument {
        id: "s".to_owned(),
        maintenance_schedule: MaintenanceSchedule {
            schedule: "Mon *-*-* 02:15".to_owned(),
            look_forward_count: 3,
            ..MaintenanceSchedule::default()
        },
        ..MaintenanceScheduleDocument::default()
    };
    fixture.store.schedules().create(document.clone()).await.unwrap();
    let stored = fixture.other().await.schedules().get("s").await.unwrap().unwrap();
    assert_eq!(stored.document, document);
}
