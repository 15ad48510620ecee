//! The whole of `aro-dev` is killed with SIGKILL in the middle of its work, and started again: the simulated Azure and the
//! services' store go on from the same moment.

use reqwest::Method;
use serde_json::Value;

use crate::estate::{Estate, text};
use crate::process::eventually;

async fn resources(estate: &Estate, group: &str) -> Vec<String> {
    let page = estate.inspect(&format!("resources?resource_group={group}")).await;
    let ids = page["value"].as_array().unwrap().iter();
    let mut ids: Vec<String> = ids.map(|one| text(&one["id"]).to_owned()).collect();
    ids.sort();
    ids
}

async fn state(estate: &Estate, name: &str) -> Value {
    let shown = estate.call(Method::GET, &estate.cluster(name), None).await;
    shown.body["properties"]["provisioningState"].clone()
}

#[tokio::test]
async fn a_killed_aro_dev_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let estate = Estate::serving(folder, "before", 20.0).await;
    estate.create_group().await;
    let (first, second) = (
        estate.wish_apart("first", 1).await,
        estate.wish_apart("second", 2).await,
    );
    let created = estate.put(&first).await;
    assert_eq!(created.status, 201, "{created:?}");
    estate.succeeded(&created.operation.unwrap()).await;
    let made = resources(&estate, "managed-first").await;
    assert!(made.len() > 20, "{made:#?}");

    // The second is half made when everything ends.
    let created = estate.put(&second).await;
    assert_eq!(created.status, 201, "{created:?}");
    eventually("the second has a network", || async {
        (resources(&estate, "managed-second").await.len() > 3).then_some(())
    })
    .await;
    let half = resources(&estate, "managed-second").await;
    let estate = Estate::serving(estate.killed().await, "after", 20.0).await;

    assert_eq!(resources(&estate, "managed-first").await, made);
    assert_eq!(state(&estate, "first").await, "Succeeded");
    let now = resources(&estate, "managed-second").await;
    assert!(
        half.iter().all(|one| now.contains(one)),
        "what was acknowledged is there: {half:#?} {now:#?}"
    );
    // A worker goes on once the lease of the dead one has run out.
    eventually("the second is made", || async {
        (state(&estate, "second").await == "Succeeded").then_some(())
    })
    .await;
    // The first cluster's API server answers with the authorities it had: an update reaches into it.
    let mut tagged = estate.body(&first);
    tagged["tags"]["changed"] = "yes".into();
    let updated = estate.call(Method::PUT, &estate.cluster("first"), Some(&tagged)).await;
    estate.succeeded(updated.operation.as_deref().unwrap()).await;
    for name in ["first", "second"] {
        let deleted = estate.call(Method::DELETE, &estate.cluster(name), None).await;
        estate.succeeded(deleted.operation.as_deref().unwrap()).await;
        assert!(
            resources(&estate, &format!("managed-{name}")).await.is_empty(),
            "{name}"
        );
    }
}
