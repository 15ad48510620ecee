//! Ordered failures and inspection, over HTTP.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Azure, read};

const V: &str = "2021-04-01";

async fn order(azure: &Azure, rules: Value) -> Vec<String> {
    let answer = azure
        .http
        .post(&azure.world.endpoints().fault_url)
        .json(&rules)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let body: Value = answer.json().await.unwrap();
    body["ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_status_on_the_second_call_only() {
    let azure = Azure::start().await;
    order(
        &azure,
        json!([{
            "match": {"method": "PUT", "type": "microsoft.resources/resourcegroups", "nth": 2},
            "effect": {"status": {"status": 409, "code": "Conflict", "message": "Later.", "retry_after": 3}},
        }]),
    )
    .await;
    let put = |name: &str| {
        azure
            .request(Method::PUT, &format!("resourceGroups/{name}"), V)
            .json(&json!({"location": "eastus"}))
            .send()
    };
    assert_eq!(put("a").await.unwrap().status(), StatusCode::CREATED);
    let second = read(put("b").await.unwrap()).await;
    assert_eq!(
        (second.status.as_u16(), second.code(), second.header("retry-after")),
        (409, "Conflict", Some("3"))
    );
    assert_eq!(put("c").await.unwrap().status(), StatusCode::CREATED);
    assert_eq!(azure.get("resourceGroups/b", V).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn resets_before_and_after_the_effect() {
    let azure = Azure::start().await;
    order(
        &azure,
        json!([
            {"match": {"path": "*/resourceGroups/before"}, "effect": "reset-before-effect", "times": 1},
            {"match": {"path": "*/resourceGroups/after"}, "effect": "effect-done-but-reply-lost", "times": 1},
            {"match": {"path": "*/resourceGroups/busy"}, "effect": "throttle"},
        ]),
    )
    .await;
    let put = |name: &str| {
        azure
            .request(Method::PUT, &format!("resourceGroups/{name}"), V)
            .json(&json!({"location": "eastus"}))
            .send()
    };
    assert!(put("before").await.is_err());
    assert!(put("after").await.is_err());
    assert_eq!(
        azure.get("resourceGroups/before", V).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(azure.get("resourceGroups/after", V).await.status, StatusCode::OK);
    let busy = read(put("busy").await.unwrap()).await;
    assert_eq!((busy.status.as_u16(), busy.header("retry-after")), (429, Some("1")));
}

#[tokio::test]
async fn a_held_call_waits_even_without_its_client() {
    let azure = Azure::start().await;
    let faults = azure.world.endpoints().fault_url.clone();
    let ids = order(
        &azure,
        json!([{"id": "h", "match": {"method": "PUT", "path": "*/resourceGroups/held"}, "effect": "hold"}]),
    )
    .await;
    assert_eq!(ids, ["h"]);
    let request = azure
        .request(Method::PUT, "resourceGroups/held", V)
        .json(&json!({"location": "eastus"}));
    let client = tokio::spawn(request.send());
    let status: Value = azure
        .http
        .get(format!("{faults}/h?wait=waiting&timeout_ms=10000"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(status["state"], "waiting");
    let calls: Value = azure
        .http
        .get(format!("{}/calls", azure.world.endpoints().inspect_url))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let held = calls["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|call| call["fault"] == "h")
        .unwrap()
        .clone();
    assert_eq!(
        (held["status"].clone(), held["method"].clone()),
        (Value::Null, json!("PUT"))
    );
    // The client dies; what it asked for happens when the call goes on.
    client.abort();
    assert!(client.await.is_err());
    assert_eq!(azure.get("resourceGroups/held", V).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        azure
            .http
            .post(format!("{faults}/h/release"))
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::NO_CONTENT
    );
    for _ in 0..1000 {
        if azure.get("resourceGroups/held", V).await.status == StatusCode::OK {
            return;
        }
    }
    panic!("the released call had no effect");
}

#[tokio::test]
async fn a_held_call_can_be_dropped() {
    let azure = Azure::start().await;
    let faults = azure.world.endpoints().fault_url.clone();
    order(
        &azure,
        json!([{"id": "h", "match": {"method": "PUT", "path": "*/resourceGroups/held"}, "effect": "hold"}]),
    )
    .await;
    let request = azure
        .request(Method::PUT, "resourceGroups/held", V)
        .json(&json!({"location": "eastus"}));
    let client = tokio::spawn(request.send());
    assert!(azure.world.wait_until_held("h", Duration::from_secs(10)).await);
    azure
        .http
        .post(format!("{faults}/h/release"))
        .json(&json!({"perform": false}))
        .send()
        .await
        .unwrap();
    assert!(client.await.unwrap().is_err());
    assert_eq!(azure.get("resourceGroups/held", V).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn resources_are_listed_from_outside() {
    let azure = Azure::start().await;
    let inspect = azure.world.endpoints().inspect_url.clone();
    let url = format!(
        "{inspect}/resources?subscription={}&resource_group=aro-dev",
        azure.subscription
    );
    let all: Value = azure.http.get(url).send().await.unwrap().json().await.unwrap();
    let names: Vec<&str> = all["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"aro-vnet") && names.contains(&"master") && names.contains(&"worker"),
        "{names:?}"
    );
    assert_eq!(
        azure
            .http
            .delete(format!("{inspect}/calls"))
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::NO_CONTENT
    );
    assert!(azure.world.calls(0).is_empty());
}
