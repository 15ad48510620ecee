//! What reaches the resource provider behind ARM, and what does not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::client::Azure;

#[derive(Debug, Clone)]
struct Seen {
    method: String,
    target: String,
    headers: HeaderMap,
    body: Value,
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// A provider that takes everything.
async fn provider() -> (String, Log) {
    async fn take(State(log): State<Log>, request: Request) -> impl IntoResponse {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        log.lock().unwrap().push(Seen {
            method: parts.method.to_string(),
            target: parts.uri.to_string(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        });
        let status = if parts.method == "PUT" {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        (
            status,
            [
                ("azure-asyncoperation", "https://somewhere/op"),
                ("content-type", "application/json"),
            ],
            "{\"id\":\"x\"}",
        )
    }
    let log = Log::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(take).with_state(Arc::clone(&log));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, log)
}

/// What a provider is told about where the credentials of a resource's identities are.
pub async fn identity_url(azure: &Azure) -> String {
    let (url, log) = provider().await;
    azure.world.set_rp(vec![url]);
    assert!(azure.world.wait_until_registered(Duration::from_secs(10)).await);
    let body = json!({"location": "eastus", "identity": {"type": "UserAssigned"}});
    assert_eq!(azure.put(CLUSTER, V, body).await.status, StatusCode::CREATED);
    let seen = log.lock().unwrap().pop().unwrap();
    seen.headers["x-ms-identity-url"].to_str().unwrap().to_owned()
}

const CLUSTER: &str = "resourcegroups/aro-dev/providers/Microsoft.RedHatOpenShift//openShiftClusters/One";
const V: &str = "2023-11-22";

#[tokio::test]
async fn without_a_provider_arm_says_so() {
    let azure = Azure::start().await;
    assert_eq!(
        azure.get(CLUSTER, V).await.code(),
        "MissingSubscriptionRegistration",
        "not registered before the provider knows"
    );
    assert_eq!(
        azure
            .get("/providers/Microsoft.RedHatOpenShift/operations", V)
            .await
            .status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn a_put_arrives_with_what_arm_adds() {
    let azure = Azure::start().await;
    let (url, log) = provider().await;
    azure.world.set_rp(vec!["http://127.0.0.1:1".to_owned(), url]);
    assert!(azure.world.wait_until_registered(Duration::from_secs(10)).await);
    let told: Vec<Seen> = std::mem::take(&mut *log.lock().unwrap());
    let told = told
        .iter()
        .find(|one| one.target.contains(&azure.subscription))
        .unwrap();
    assert_eq!(
        (told.method.as_str(), &told.body["state"]),
        ("PUT", &json!("Registered"))
    );
    assert!(told.target.ends_with("?api-version=2.0"));
    assert_eq!(
        told.body["properties"]["tenantId"],
        json!(azure.world.endpoints().tenant)
    );

    let answer = azure
        .put(
            CLUSTER,
            V,
            json!({"location": "eastus", "identity": {"type": "UserAssigned"}}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("azure-asyncoperation"), Some("https://somewhere/op"));
    let seen = log.lock().unwrap().pop().unwrap();
    let header = |name: &str| {
        seen.headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default()
    };
    assert!(!seen.target.contains("//"), "{}", seen.target);
    assert!(seen.target.contains("/openShiftClusters/One"), "case is kept");
    assert!(header("referer").starts_with(&azure.world.endpoints().arm));
    assert!(header("referer").ends_with("api-version=2023-11-22"));
    assert!(!seen.headers.contains_key("authorization"));
    assert!(!header("x-ms-correlation-request-id").is_empty());
    assert_eq!(header("x-ms-client-tenant-id"), azure.world.endpoints().tenant);
    assert_eq!(header("x-ms-home-tenant-id"), azure.world.endpoints().tenant);
    assert!(header("x-ms-identity-url").starts_with("https://"));
    let data: Value = serde_json::from_str(&header("x-ms-arm-resource-system-data")).unwrap();
    assert_eq!(data["createdByType"], "Application");

    // The second PUT changes: nothing is created.
    azure.put(CLUSTER, V, json!({"location": "eastus"})).await;
    let seen = log.lock().unwrap().pop().unwrap();
    let data: Value = serde_json::from_str(seen.headers["x-ms-arm-resource-system-data"].to_str().unwrap()).unwrap();
    assert!(data.get("createdBy").is_none());

    let missing = azure
        .put(
            "resourceGroups/none/providers/Microsoft.RedHatOpenShift/openShiftClusters/x",
            V,
            json!({}),
        )
        .await;
    assert_eq!(missing.code(), "ResourceGroupNotFound");
    let state = azure.get("providers/Microsoft.RedHatOpenShift", "2024-11-01").await;
    assert_eq!(state.body["registrationState"], "Registered");
}

#[tokio::test]
async fn arm_tells_its_certificate() {
    let azure = Azure::start().await;
    let url = format!(
        "{}/metadata/authentication?api-version=2015-01-01",
        azure.world.endpoints().metadata
    );
    let document: Value = azure.http.get(url).send().await.unwrap().json().await.unwrap();
    let certificate = &document["clientCertificates"][0];
    assert_eq!(certificate["thumbprint"].as_str().unwrap().len(), 40);
    assert!(certificate["certificate"].as_str().unwrap().len() > 400);
    assert!(certificate["notBefore"].as_str().unwrap() < certificate["notAfter"].as_str().unwrap());
}

#[tokio::test]
async fn a_group_waits_for_the_provider_to_delete_what_it_has_there() {
    // A provider whose cluster goes when it is told to.
    async fn take(State(gone): State<Arc<Mutex<bool>>>, request: Request) -> impl IntoResponse {
        let mut gone = gone.lock().unwrap();
        let cluster = request.uri().path().to_lowercase().contains("/openshiftclusters/");
        let status = match (request.method().as_str(), cluster, *gone) {
            ("DELETE", true, _) => {
                *gone = true;
                StatusCode::ACCEPTED
            }
            ("GET", true, true) => StatusCode::NOT_FOUND,
            ("PUT", true, _) => StatusCode::CREATED,
            _ => StatusCode::OK,
        };
        (status, [("content-type", "application/json")], "{}")
    }
    let azure = Azure::start().await;
    let gone = Arc::new(Mutex::new(false));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(take).with_state(Arc::clone(&gone));
    tokio::spawn(async move { axum::serve(listener, router).await });
    azure.world.set_rp(vec![url]);
    assert!(azure.world.wait_until_registered(Duration::from_secs(10)).await);
    azure
        .put(
            "resourceGroups/with-cluster",
            "2021-04-01",
            json!({"location": "eastus"}),
        )
        .await;
    let cluster = "resourceGroups/with-cluster/providers/Microsoft.RedHatOpenShift/openShiftClusters/c";
    assert_eq!(
        azure.put(cluster, V, json!({"location": "eastus"})).await.status,
        StatusCode::CREATED
    );
    let listed = azure
        .get("resourceGroups/with-cluster/resources", "2021-04-01")
        .await
        .body;
    assert_eq!(listed["value"][0]["name"], "c");
    let deleted = azure.delete("resourceGroups/with-cluster", "2021-04-01").await;
    assert_eq!(deleted.status, StatusCode::ACCEPTED);
    // Polls are cheap; the group goes within the poll interval of ARM.
    for _ in 0..100_000 {
        if azure.get("resourceGroups/with-cluster", "2021-04-01").await.status == StatusCode::NOT_FOUND {
            assert!(*gone.lock().unwrap());
            return;
        }
    }
    panic!("the group did not go");
}
