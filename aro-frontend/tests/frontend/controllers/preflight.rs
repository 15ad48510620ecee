use serde_json::{Value, json};

use crate::support::{CLUSTER, SUBSCRIPTION, Service, body};

fn path() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/resourceGroup/providers/Microsoft.RedHatOpenShift/deployments/d/\
         preflight?api-version=2023-11-22"
    )
}

fn resource() -> Value {
    let mut resource = body();
    resource["id"] = json!(CLUSTER);
    resource["name"] = json!("resourceName");
    resource["type"] = json!("microsoft.redhatopenshift/OPENSHIFTCLUSTERS");
    resource["apiVersion"] = json!("2023-11-22");
    resource
}

async fn verdict(service: &Service, resources: Value) -> Value {
    let answer = service
        .send(
            http::Method::POST,
            &path(),
            json!({"resources": resources}).to_string().into(),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.ends_with("}\n") && !answer.text.contains("    "));
    answer.json()
}

#[tokio::test]
async fn accepts_what_put_would_accept_and_writes_nothing() {
    let service = Service::start().await;
    for resources in [json!([]), json!([{"type": "Microsoft.Other/x"}]), json!([resource()])] {
        assert_eq!(verdict(&service, resources).await, json!({"status": "Succeeded"}));
    }
    assert_eq!(service.etag().await, None);
    service.created().await;
    assert_eq!(
        verdict(&service, json!([resource()])).await,
        json!({"status": "Succeeded"})
    );
}

#[tokio::test]
async fn finds_what_put_would_refuse() {
    let service = Service::start().await;
    let change = |pointer: &str, value: Value| {
        let mut resource = resource();
        *resource.pointer_mut(pointer).unwrap() = value;
        resource
    };
    for (resource, beginning, code) in [
        (
            change("/location", json!("x")),
            "400: InvalidParameter: location: ",
            None,
        ),
        (
            change("/properties/clusterProfile/version", json!("4.11.1")),
            "400: InvalidParameter: properties.clusterProfile.version: ",
            Some("InvalidParameter"),
        ),
        (
            change("/apiVersion", json!("x")),
            "400: InvalidResourceType: apiVersion: ",
            None,
        ),
        (change("/id", json!("x")), "400: InvalidRequestContent: id: ", None),
        (
            change("/properties/workerProfiles", json!(5)),
            "400: InvalidRequestContent: : ",
            None,
        ),
        (json!("x"), "400: InvalidRequestContent: : ", None),
    ] {
        let verdict = verdict(&service, json!([{"type": "Microsoft.Other/x"}, resource])).await;
        assert_eq!(verdict["status"], "Failed");
        let message = verdict["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(beginning), "{message}");
        assert_eq!(verdict["error"]["code"].as_str(), code, "{message}");
    }
    for text in ["", "{", "null", "[]"] {
        let answer = service.send(http::Method::POST, &path(), text.into()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["status"].as_str()),
            (200, Some("Failed")),
            "{text}"
        );
    }
}
