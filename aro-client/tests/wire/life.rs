//! A cluster from create to delete, and the example.

use std::process::Command;

use aro_client::types::{OpenShiftClusterUpdate, ProvisioningState};
use aro_client::{Error, Progress};
use futures::{StreamExt as _, TryStreamExt as _};

use crate::house::House;

#[tokio::test]
async fn a_cluster_is_created_watched_changed_resumed_and_deleted() {
    let house = House::start();
    let client = house.client();
    let clusters = client.clusters();
    let (group, name) = (house.group(), "full");

    // Create, watched.
    let wish = house.document(name, 1);
    let debug = format!("{wish:?}");
    assert!(!debug.contains(house.principal(1).2), "{debug}");
    let poller = clusters.create_or_update(group, name, &wish).await.unwrap();
    assert!(poller.url().is_some());
    let seen = poller.progress().try_collect::<Vec<_>>().await.unwrap();
    let (last, before) = seen.split_last().unwrap();
    let Progress::Done(created) = last else {
        panic!("{last:?}")
    };
    let properties = created.properties.as_ref().unwrap();
    assert_eq!(properties.provisioning_state, Some(ProvisioningState::Succeeded));
    let percents = before.iter().filter_map(|seen| match seen {
        Progress::Running { percent, .. } => *percent,
        _ => None,
    });
    let percents = percents.collect::<Vec<_>>();
    assert!(!percents.is_empty(), "{before:?}");
    assert!(percents.is_sorted() && percents.iter().all(|percent| (0.0..=100.0).contains(percent)));
    assert!(
        before
            .iter()
            .any(|seen| matches!(seen, Progress::Running { step: Some(_), .. }))
    );

    // Read, list, credentials.
    assert_eq!(&clusters.get(group, name).await.unwrap(), created);
    let listed = clusters.list().try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(listed.len(), 1);
    let listed = clusters
        .list_by_resource_group(group)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    let credentials = clusters.credentials(group, name).await.unwrap();
    assert_eq!(credentials.kubeadmin_username.as_deref(), Some("kubeadmin"));
    let password = credentials.kubeadmin_password.clone().unwrap();
    assert!(!password.expose().is_empty());
    assert!(!format!("{credentials:?}").contains(password.expose()));
    let kubeconfig = clusters.admin_credentials(group, name).await.unwrap();
    assert!(kubeconfig.kubeconfig.is_some_and(|file| !file.expose().is_empty()));

    // Change, followed from its URL by another client, as another process would.
    let change = OpenShiftClusterUpdate {
        tags: [("changed".to_owned(), "yes".to_owned())].into(),
        ..OpenShiftClusterUpdate::default()
    };
    let poller = clusters.update(group, name, &change).await.unwrap();
    let url = poller.url().unwrap().clone();
    drop(poller);
    let other = house.client();
    let changed = other.clusters().resume(group, name, &url).unwrap().await.unwrap();
    assert_eq!(changed.tags.get("changed").map(String::as_str), Some("yes"));
    // Also after its end.
    other.clusters().resume(group, name, &url).unwrap().await.unwrap();

    // Delete, twice: the second has nothing to wait for.
    let poller = clusters.delete(group, name).await.unwrap();
    let url = poller.url().unwrap().clone();
    poller.await.unwrap();
    clusters.resume_delete(&url).unwrap().await.unwrap();
    let poller = clusters.delete(group, name).await.unwrap();
    assert!(poller.url().is_none());
    poller.await.unwrap();
    let error = clusters.get(group, name).await.unwrap_err();
    assert!(error.is_not_found() && matches!(error, Error::Refused(_)), "{error:?}");
}

#[tokio::test]
async fn the_example_works() {
    let house = House::start();
    let own = std::env::current_exe().unwrap();
    let example = own.parent().unwrap().parent().unwrap().join("examples/life");
    assert!(
        example.exists(),
        "the example is missing: run `cargo test -p aro-client` without a target"
    );
    let output = Command::new(example).arg(&house.ready_file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains(" % ") && text.contains("created /subscriptions/") && text.contains("deleted"),
        "{text}"
    );
}

#[test]
fn the_example_has_forty_lines() {
    let source = include_str!("../../examples/life.rs");
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    let lines = source.lines().filter(is_code).count();
    assert!(lines <= 40, "{lines}");
}

#[tokio::test]
async fn what_can_be_installed_is_listed() {
    let house = crate::house::shared();
    let client = house.client();
    let location = house.text("/location");
    let versions = client
        .openshift_versions(location)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let first = versions[0].properties.as_ref().unwrap().version.clone().unwrap();
    let one = client.openshift_version(location, &first).await.unwrap();
    assert_eq!(one, versions[0]);
    let sets = client.role_sets(location).try_collect::<Vec<_>>().await.unwrap();
    let minor = sets[0].properties.as_ref().unwrap().open_shift_version.clone().unwrap();
    assert_eq!(client.role_set(location, &minor).await.unwrap(), sets[0]);
    let operations = client.operations().collect::<Vec<_>>().await;
    assert!(operations.len() > 5 && operations.iter().all(Result::is_ok));
}
