//! Calls in the JSON of any version: the same places, pollers, pagers and errors as the typed ones.

use std::time::Duration;

use aro_client::types::OpenShiftClusterUpdate;
use aro_client::{Client, Error, Raw};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::house;
use crate::scripted::{ok, script, wish};

fn raw(client: &Client, version: &str) -> Raw<Value> {
    client.raw(version)
}

#[tokio::test]
async fn typed_and_raw_calls_ask_for_the_same() {
    let empty = || ok(&json!({"value": []}));
    let cluster = || ok(&json!({"location": "here"}));
    let nothing = || (204, Vec::new(), String::new());
    let replies = || {
        vec![
            empty(),
            empty(),
            cluster(),
            cluster(),
            cluster(),
            nothing(),
            cluster(),
            cluster(),
            empty(),
            cluster(),
            empty(),
            cluster(),
            empty(),
        ]
    };
    let (client, typed) = script(|_| replies()).await;
    let clusters = client.clusters();
    let _ = clusters.list().collect::<Vec<_>>().await;
    let _ = clusters.list_by_resource_group("g h").collect::<Vec<_>>().await;
    let _ = clusters.get("g", "n").await;
    let _ = clusters.create_or_update("g", "n", &wish()).await;
    let _ = clusters.update("g", "n", &OpenShiftClusterUpdate::default()).await;
    let _ = clusters.delete("g", "n").await;
    let _ = clusters.credentials("g", "n").await;
    let _ = clusters.admin_credentials("g", "n").await;
    let _ = client.openshift_versions("l").collect::<Vec<_>>().await;
    let _ = client.openshift_version("l", "v").await;
    let _ = client.role_sets("l").collect::<Vec<_>>().await;
    let _ = client.role_set("l", "m").await;
    let _ = client.operations().collect::<Vec<_>>().await;

    let (client, untyped) = script(|_| replies()).await;
    let raw = raw(&client, "2025-07-25");
    let _ = raw.list().collect::<Vec<_>>().await;
    let _ = raw.list_by_resource_group("g h").collect::<Vec<_>>().await;
    let _ = raw.get("g", "n").await;
    let _ = raw.create_or_update("g", "n", &wish()).await;
    let _ = raw.update("g", "n", &json!({})).await;
    let _ = raw.delete("g", "n").await;
    let _ = raw.credentials("g", "n").await;
    let _ = raw.admin_credentials("g", "n").await;
    let _ = raw.openshift_versions("l").collect::<Vec<_>>().await;
    let _ = raw.openshift_version("l", "v").await;
    let _ = raw.role_sets("l").collect::<Vec<_>>().await;
    let _ = raw.role_set("l", "m").await;
    let _ = raw.operations().collect::<Vec<_>>().await;

    let (typed, untyped) = (typed.asked(), untyped.asked());
    assert_eq!(typed.len(), replies().len());
    assert_eq!(typed, untyped);
}

#[tokio::test]
async fn every_version_is_spoken_and_unknown_members_stay() {
    let sent = r#"{"location":"here","fromTheFuture":[1, 2.50],"properties":{"provisioningState":"Succeeded"}}"#;
    let page = format!(r#"{{"value": [{sent}], "alsoNew": 1}}"#);
    let (client, script) = script(|_| {
        vec![
            (200, Vec::new(), sent.to_owned()),
            (200, Vec::new(), page),
            (200, Vec::new(), sent.to_owned()),
        ]
    })
    .await;
    let raw = client.raw::<Box<RawValue>>("2031-01-01-preview");
    assert_eq!(raw.get("g", "n").await.unwrap().get(), sent);
    let mut pages = raw.list();
    assert_eq!(pages.next_page().await.unwrap().unwrap()[0].get(), sent);
    assert!(pages.next_page().await.unwrap().is_none());
    let text: &RawValue = serde_json::from_str(sent).unwrap();
    let poller = raw.create_or_update("g", "n", text).await.unwrap();
    assert_eq!(poller.await.unwrap().get(), sent);
    assert!(
        script
            .asked()
            .iter()
            .all(|asked| asked.ends_with("?api-version=2031-01-01-preview"))
    );
    assert_eq!(script.bodies(), ["", "", sent]);
}

#[tokio::test]
async fn a_look_shows_an_operation_that_failed_and_the_result_does_not_come() {
    let failed = json!({
        "status": "Failed", "error": {"code": "Nope", "message": "Not today."}, "fromTheFuture": true,
    });
    let (client, script) = script(|address| {
        let status = ("azure-asyncoperation", format!("http://{address}/operationsstatus/1"));
        vec![
            (202, vec![status], String::new()),
            ok(&json!({"status": "Updating", "percentComplete": 12.5, "properties": {"step": "Drain"}})),
            ok(&failed),
        ]
    })
    .await;
    let mut poller = raw(&client, "v").update("g", "n", &json!({})).await.unwrap();
    let url = poller.url().unwrap().clone();
    let status = poller.look().await.unwrap();
    assert_eq!(
        (
            status.status.as_str(),
            status.percent,
            status.step.as_deref(),
            status.ended()
        ),
        ("Updating", Some(12.5), Some("Drain"), None)
    );
    assert_eq!(poller.ended(), None);
    // Not before the service wants it; the client's own pause is zero here.
    let status = poller.next(None).await.unwrap().unwrap();
    assert_eq!((status.ended(), poller.ended()), (Some(false), Some(false)));
    assert_eq!(status.document::<Value>().unwrap(), failed);
    let error = poller.result().await.unwrap_err();
    assert_eq!(error.cloud_error().unwrap().code, "Nope");
    assert!(poller.url().is_none());
    // It is over: nobody asks again.
    assert_eq!(poller.look().await.unwrap(), status);
    assert_eq!(script.asked().len(), 3);
    // Another process sees the same.
    assert!(raw(&client, "v").resume(&url).is_ok());
}

#[tokio::test]
async fn a_look_that_would_come_too_late_is_not_waited_for() {
    let (client, _) = script(|address| {
        let status = format!("http://{address}/operationsstatus/1");
        let header = ("retry-after", "7200".to_owned());
        vec![(202, vec![("azure-asyncoperation", status), header], String::new())]
    })
    .await;
    let mut poller = raw(&client, "v").delete("g", "n").await.unwrap();
    let soon = Instant::now() + Duration::from_secs(1);
    assert_eq!(poller.next(Some(soon)).await.unwrap(), None);
    assert_eq!(poller.ended(), None);
}

#[tokio::test]
async fn names_cannot_lead_elsewhere() {
    let (client, script) = script(|_| vec![(404, Vec::new(), String::new())]).await;
    let (clusters, raw) = (client.clusters(), raw(&client, "v"));
    for (group, name) in [("", "n"), ("g", ""), ("g", ".."), ("..", "n"), (".", "n"), ("g", ".")] {
        let errors = [
            clusters.get(group, name).await.unwrap_err(),
            clusters.delete(group, name).await.unwrap_err(),
            raw.get(group, name).await.unwrap_err(),
            raw.delete(group, name).await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::Configuration(_)), "{group}/{name}: {error:?}");
        }
    }
    assert_eq!(script.asked().len(), 0);
    assert!(clusters.get("g", "../../other").await.unwrap_err().is_not_found());
    assert!(script.asked()[0].contains("/openShiftClusters/..%2F..%2Fother?"));
}

#[tokio::test]
async fn another_client_goes_on_in_another_version() {
    let house = house::shared();
    let (client, group) = (house.client(), house.group());
    let document = serde_json::to_value(house.document("raw", 2)).unwrap();
    let old = raw(&client, "2020-04-30");
    let created = raw(&client, "2023-11-22")
        .create_or_update(group, "raw", &document)
        .await;
    let poller = created.unwrap();
    let url = poller.url().unwrap().clone();
    drop(poller);
    let other = house.client();
    let cluster = raw(&other, "2023-11-22").resume(&url).unwrap().await.unwrap().unwrap();
    assert_eq!(cluster["properties"]["provisioningState"], "Succeeded");
    let mut live = raw(&client, "2023-11-22").get(group, "raw").await.unwrap();
    // A result is what was stored; only a GET asks the running cluster for its machines.
    let machines = live["properties"]
        .as_object_mut()
        .unwrap()
        .remove("workerProfilesStatus");
    assert_eq!(machines.unwrap().as_array().unwrap().len(), 3);
    assert_eq!(cluster, live);
    let shown = old.get(group, "raw").await.unwrap();
    assert!(shown["properties"]["networkProfile"].get("preconfiguredNSG").is_none());
    let error = old.admin_credentials(group, "raw").await.unwrap_err();
    assert_eq!(error.cloud_error().unwrap().code, "InvalidResourceType");
    let poller = old.delete(group, "raw").await.unwrap();
    let url = poller.url().unwrap().clone();
    assert_eq!(raw(&other, "2020-04-30").resume(&url).unwrap().await.unwrap(), None);
    let left = old.list_by_resource_group(group).try_collect::<Vec<_>>().await.unwrap();
    assert!(left.iter().all(|cluster| cluster["name"] != "raw"), "{left:?}");
}
