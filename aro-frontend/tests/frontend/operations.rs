//! Asynchronous operations, from their start to after their end.

use std::sync::Arc;

use aro_api::model::ProvisioningState;
use aro_api::view::OperationProgress;
use aro_api::{CloudErrorBody, Code};
use aro_frontend::ProgressReader;
use aro_store::ClusterDocument;
use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::support::{Answer, CLUSTER, SUBSCRIPTION, Service, body, cluster};

const OPERATION: &str = "02020202-0202-0202-0000-000000000001";

async fn ask(service: &Service, kind: &str) -> Answer {
    let path = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RedHatOpenShift/locations/eastus/{kind}/{OPERATION}?\
         api-version=2023-11-22"
    );
    let referer = format!("https://management.azure.com{path}");
    service
        .raw(
            Request::get(path)
                .header("referer", referer)
                .body(Body::empty())
                .unwrap(),
        )
        .await
}

/// Writes how the operation ended; the cluster still refers to it.
async fn end(service: &Service, change: impl FnMut(&mut aro_store::AsyncOperationDocument) + Send) {
    service.store.operations().update(OPERATION, change).await.unwrap();
}

struct Halfway;

impl ProgressReader for Halfway {
    fn read(&self, document: &ClusterDocument) -> Option<OperationProgress> {
        assert_eq!(document.async_operation_id, OPERATION);
        Some(OperationProgress {
            percent_complete: 42,
            step: "install".to_string(),
            steps_done: 3,
            steps_total: 8,
        })
    }
}

#[tokio::test]
async fn a_running_operation_tells_how_far_it_is() {
    let service = Service::with(|parts| parts.progress = Arc::new(Halfway)).await;
    service.put(&cluster("2023-11-22"), &body()).await;
    let status = ask(&service, "operationsStatus").await;
    assert_eq!((status.status.as_u16(), status.header("retry-after")), (200, "15"));
    let shown = status.json();
    assert_eq!(
        (&shown["name"], &shown["status"]),
        (&json!(OPERATION), &json!("Creating"))
    );
    assert_eq!(shown["startTime"], "2024-06-07T08:09:10.123456789Z");
    assert_eq!(shown["percentComplete"], 42);
    assert_eq!(
        shown["properties"],
        json!({"step": "install", "stepsDone": 3, "stepsTotal": 8})
    );

    let result = ask(&service, "operationResults").await;
    assert_eq!(
        (
            result.status.as_u16(),
            result.text.as_str(),
            result.header("retry-after")
        ),
        (202, "", "15")
    );
    assert!(
        result.header("location").starts_with("https://management.azure.com/"),
        "ask here again"
    );
    assert!(
        result.header("location").contains("/operationResults/"),
        "spelt as the client spelt it"
    );
}

#[tokio::test]
async fn how_far_it_is_follows_from_the_record_of_the_plan() {
    let service = Service::with(|parts| parts.progress = Arc::new(aro_frontend::PlanProgress)).await;
    service.put(&cluster("2023-11-22"), &body()).await;
    let shown = ask(&service, "operationsStatus").await.json();
    assert_eq!(
        (&shown["percentComplete"], &shown["properties"]["stepsDone"]),
        (&json!(0), &json!(0))
    );
    assert!(shown["properties"]["stepsTotal"].as_u64().unwrap() >= 8, "{shown}");
    assert!(!shown["properties"]["step"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn the_end_is_not_told_before_the_cluster_has_it() {
    let service = Service::start().await;
    service.put(&cluster("2023-11-22"), &body()).await;
    end(&service, |document| {
        document.async_operation.status = ProvisioningState::Failed;
        document.async_operation.end_time = Some(crate::support::NOW);
        document.async_operation.error = Some(CloudErrorBody {
            code: Code::DEPLOYMENT_FAILED,
            message: "Why.".to_string(),
            ..Default::default()
        });
    })
    .await;
    let shown = ask(&service, "operationsStatus").await.json();
    assert_eq!(shown["status"], "Creating");
    assert_eq!((shown.get("endTime"), shown.get("error")), (None, None));

    service.settle(CLUSTER, "Failed").await;
    let status = ask(&service, "operationsStatus").await;
    assert_eq!(status.header("retry-after"), "", "finished");
    let shown = status.json();
    assert_eq!(
        (&shown["status"], &shown["error"]["code"]),
        (&json!("Failed"), &json!("DeploymentFailed"))
    );
    assert!(shown["endTime"].is_string());
    assert_eq!(
        ask(&service, "operationResults").await.status,
        204,
        "a failure without a snapshot has no result"
    );
}

#[tokio::test]
async fn the_result_is_the_cluster_as_the_operation_left_it() {
    let service = Service::start().await;
    service.put(&cluster("2023-11-22"), &body()).await;
    let left = service
        .store
        .clusters()
        .get(&CLUSTER.to_lowercase())
        .await
        .unwrap()
        .unwrap()
        .document
        .cluster;
    end(&service, |document| {
        document.async_operation.status = ProvisioningState::Succeeded;
        document.openshift_cluster = Some(left.clone());
    })
    .await;
    service.settle(CLUSTER, "Succeeded").await;
    let result = ask(&service, "operationResults").await;
    assert_eq!((result.status.as_u16(), result.header("retry-after")), (200, ""));
    assert_eq!(result.json()["id"], CLUSTER);
    assert!(!result.text.contains("pullSecret"));
    let status = ask(&service, "operationsStatus").await.json();
    assert_eq!(
        (status["status"].as_str(), status.get("percentComplete")),
        (Some("Succeeded"), None)
    );
}

#[tokio::test]
async fn an_operation_outlives_its_cluster() {
    let service = Service::start().await;
    service.put(&cluster("2023-11-22"), &body()).await;
    end(&service, |document| {
        document.async_operation.status = ProvisioningState::Succeeded
    })
    .await;
    let clusters = service.store.clusters();
    let stored = clusters.get(&CLUSTER.to_lowercase()).await.unwrap().unwrap();
    clusters.delete(&stored).await.unwrap();
    assert_eq!(ask(&service, "operationsStatus").await.json()["status"], "Succeeded");
    assert_eq!(ask(&service, "operationResults").await.status, 204);
}

#[tokio::test]
async fn somebody_elses_operation_does_not_exist() {
    let service = Service::start().await;
    service.put(&cluster("2023-11-22"), &body()).await;
    for (subscription, operation) in [
        ("11111111-2222-3333-4444-555555555555", OPERATION),
        (SUBSCRIPTION, "02020202-0202-0202-0000-000000000099"),
    ] {
        for kind in ["operationsStatus", "operationResults"] {
            let answer = service
                .get(&format!(
                    "/subscriptions/{subscription}/providers/Microsoft.RedHatOpenShift/locations/eastus/{kind}/\
                     {operation}?api-version=2023-11-22"
                ))
                .await;
            assert_eq!(answer.error(), (404, "NotFound".to_string(), String::new()), "{kind}");
            assert_eq!(answer.header("retry-after"), "");
        }
    }
}
