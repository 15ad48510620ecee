//! Watches through a client.

use aro_sim_kube::ApiServer;
use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use serde_json::json;

use crate::client;

fn named(name: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name}})).unwrap()
}

#[tokio::test]
async fn a_watch_tells_what_changed_since_the_list() {
    let server = ApiServer::default();
    let maps: Api<ConfigMap> = Api::default_namespaced(client(&server));
    maps.create(&PostParams::default(), &named("before")).await.unwrap();
    let list = maps.list(&ListParams::default()).await.unwrap();
    let from = list.metadata.resource_version.unwrap();

    maps.create(&PostParams::default(), &named("a")).await.unwrap();
    let patch = json!({"data": {"x": "1"}});
    maps.patch("a", &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .unwrap();
    maps.patch("a", &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .unwrap();
    maps.delete("a", &DeleteParams::default()).await.unwrap();

    let events: Vec<String> = maps
        .watch(&WatchParams::default(), &from)
        .await
        .unwrap()
        .take(3)
        .map_ok(|event| match event {
            WatchEvent::Added(object) => format!("+{}", object.metadata.name.unwrap()),
            WatchEvent::Modified(object) => format!("~{}", object.metadata.name.unwrap()),
            WatchEvent::Deleted(object) => format!("-{}", object.metadata.name.unwrap()),
            other => format!("{other:?}"),
        })
        .try_collect()
        .await
        .unwrap();
    assert_eq!(events, ["+a", "~a", "-a"], "a patch that changes nothing is no event");
}

#[tokio::test]
async fn a_watch_from_a_forgotten_revision_is_told_410() {
    let server = ApiServer::builder().history(2).build();
    let maps: Api<ConfigMap> = Api::default_namespaced(client(&server));
    let from = server.revision().to_string();
    for name in ["a", "b", "c"] {
        maps.create(&PostParams::default(), &named(name)).await.unwrap();
    }
    let mut events = maps.watch(&WatchParams::default(), &from).await.unwrap().boxed();
    match events.next().await.unwrap().unwrap() {
        WatchEvent::Error(status) => assert_eq!((status.code, status.reason.as_str()), (410, "Expired")),
        other => panic!("{other:?}"),
    }
    assert!(events.next().await.is_none());
}
