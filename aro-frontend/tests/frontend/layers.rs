//! What holds for every request, whatever it asks for.

use std::sync::Arc;

use aro_frontend::auth::{Audience, Authorizer, Knock, Refusal};
use async_trait::async_trait;
use axum::body::Body;
use http::{Method, Request};
use serde_json::json;
use time::OffsetDateTime;

use crate::support::{CLUSTER, SUBSCRIPTION, Service, body, cluster};

#[tokio::test]
async fn bodies_are_refused_before_anything_is_written() {
    let service = Service::start().await;
    let path = cluster("2023-11-22");
    let put = |content_type: Option<&str>, body: Vec<u8>| {
        let mut request = Request::put(&path);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        request.body(Body::from(body)).unwrap()
    };
    let good = body().to_string().into_bytes();
    let json = Some("application/json");
    let cases: Vec<(&str, Request<Body>, (u16, &str))> = vec![
        ("nothing", put(None, Vec::new()), (400, "InvalidRequestContent")),
        ("not JSON", put(json, b"{".to_vec()), (400, "InvalidRequestContent")),
        ("null", put(json, b"null".to_vec()), (400, "InvalidRequestContent")),
        ("a list", put(json, b"[]".to_vec()), (400, "InvalidRequestContent")),
        (
            "a wrong type",
            put(json, b"{\"location\": 5}".to_vec()),
            (400, "InvalidRequestContent"),
        ),
        (
            "not UTF-8",
            put(json, vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']),
            (400, "InvalidRequestContent"),
        ),
        (
            "a member twice",
            put(json, b"{\"location\":\"a\",\"location\":\"b\"}".to_vec()),
            (400, "InvalidRequestContent"),
        ),
        (
            "too large",
            put(json, vec![b' '; (1 << 20) + 1]),
            (400, "InvalidResource"),
        ),
        (
            "another type",
            put(Some("text/plain"), good.clone()),
            (415, "UnsupportedMediaType"),
        ),
        (
            "another case",
            put(Some("Application/JSON"), good.clone()),
            (415, "UnsupportedMediaType"),
        ),
        ("no type", put(None, good.clone()), (415, "UnsupportedMediaType")),
        (
            "a type without a body",
            put(Some("text/plain"), Vec::new()),
            (415, "UnsupportedMediaType"),
        ),
    ];
    for (what, request, (status, code)) in cases {
        let answer = service.raw(request).await;
        assert_eq!(answer.error(), (status, code.to_string(), String::new()), "{what}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("azure-asyncoperation"), "", "{what}");
        assert_eq!(
            answer.header("retry-after"),
            "",
            "{what}: clients send again what carries it"
        );
    }
    assert_eq!(service.etag().await, None);

    // As large as allowed, and a type with a parameter.
    let mut largest = good;
    largest.resize(1 << 20, b' ');
    let answer = service.raw(put(Some("application/json; charset=utf-8"), largest)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[tokio::test]
async fn api_versions_are_known_by_their_exact_names() {
    let service = Service::start().await;
    for query in [
        "",
        "?api-version=",
        "?api-version=2023-11-21",
        "?api-version=2024-08-12-PREVIEW",
        "?API-VERSION=2023-11-22",
    ] {
        for answer in [
            service.get(&format!("{CLUSTER}{query}")).await,
            service.put(&format!("{CLUSTER}{query}"), &body()).await,
            service.post(&format!("{CLUSTER}/listCredentials{query}")).await,
        ] {
            assert_eq!(
                answer.error(),
                (400, "InvalidResourceType".to_string(), String::new()),
                "{query}"
            );
        }
    }
    assert_eq!(service.etag().await, None);
    // ARM asks every provider of the namespace for its operations with whatever version the client named.
    let operations = service
        .get("/providers/Microsoft.RedHatOpenShift/operations?api-version=1999-01-01")
        .await;
    assert_eq!(operations.status, 200);
}

#[tokio::test]
async fn names_in_the_path_are_checked_on_every_route() {
    let service = Service::start().await;
    let provider = "providers/Microsoft.RedHatOpenShift";
    let long = "a".repeat(91);
    let cases = [
        (
            format!("/subscriptions/x/{provider}/openShiftClusters"),
            "InvalidSubscriptionID",
        ),
        (
            format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/end./{provider}/openShiftClusters/c"),
            "ResourceGroupNotFound",
        ),
        (
            format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/a%20b/{provider}/openShiftClusters"),
            "ResourceGroupNotFound",
        ),
        (
            format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Other/openShiftClusters/c"),
            "InvalidResourceNamespace",
        ),
        (
            "/providers/Microsoft.Other/operations".to_string(),
            "InvalidResourceNamespace",
        ),
        (
            format!("/subscriptions/{SUBSCRIPTION}/{provider}/other"),
            "InvalidResourceType",
        ),
        (
            format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/{provider}/openShiftClusters/{long}"),
            "ResourceNotFound",
        ),
        (
            format!("/subscriptions/{SUBSCRIPTION}/{provider}/locations/westus/openShiftVersions"),
            "InvalidLocation",
        ),
        (
            format!("/subscriptions/{SUBSCRIPTION}/{provider}/locations/eastus/operationsStatus/x"),
            "InvalidOperationID",
        ),
        (
            format!("/subscriptions/{SUBSCRIPTION}/{provider}/locations/eastus/operationResults/x"),
            "InvalidOperationID",
        ),
    ];
    for (path, code) in cases {
        let answer = service.get(&format!("{path}?api-version=2023-11-22")).await;
        assert_eq!(answer.error(), (400, code.to_string(), String::new()), "{path}");
    }
}

#[tokio::test]
async fn paths_compare_without_case_and_slashes() {
    let service = Service::start().await;
    service.created().await;
    for path in [
        CLUSTER.to_uppercase(),
        CLUSTER.to_lowercase(),
        format!("/{CLUSTER}/"),
        CLUSTER.replace("/providers", "//providers"),
        CLUSTER.replace("/providers", "/./providers"),
        CLUSTER.replace("resourceName", "resource%4Eame"),
    ] {
        let answer = service.get(&format!("{path}?api-version=2023-11-22")).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.json()["id"], CLUSTER, "the id is spelt as it was at first");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods() {
    let service = Service::start().await;
    for path in ["/", "/nothing", "/subscriptions", "/subscriptions/x/y", "/healthz"] {
        let answer = service.get(path).await;
        assert_eq!(answer.error(), (404, "NotFound".to_string(), String::new()), "{path}");
    }
    let subscription = format!("/subscriptions/{SUBSCRIPTION}");
    assert_eq!(service.get(&subscription).await.status, 404);
    for (method, path, allowed) in [
        (Method::POST, cluster("2023-11-22"), "DELETE, GET, PATCH, PUT"),
        (Method::HEAD, cluster("2023-11-22"), "DELETE, GET, PATCH, PUT"),
        (
            Method::GET,
            format!("{CLUSTER}/listCredentials?api-version=2023-11-22"),
            "POST",
        ),
        (
            Method::PUT,
            "/providers/Microsoft.RedHatOpenShift/operations".to_string(),
            "GET",
        ),
        (Method::OPTIONS, "/healthz/ready".to_string(), "GET"),
    ] {
        let answer = service.send(method.clone(), &path, Body::empty()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (405, allowed),
            "{method} {path}"
        );
        assert_eq!(answer.text, "");
    }
}

#[tokio::test]
async fn every_reply_can_be_found_in_the_log() {
    let service = Service::start().await;
    let ask = |echo: Option<&str>| {
        let mut request = Request::get(cluster("2023-11-22"))
            .header("x-ms-request-id", "theirs")
            .header("x-ms-client-request-id", "client-1");
        if let Some(echo) = echo {
            request = request.header("x-ms-return-client-request-id", echo);
        }
        request.body(Body::empty()).unwrap()
    };
    for (echo, expected) in [
        (None, ""),
        (Some("false"), ""),
        (Some("true"), "client-1"),
        (Some("TRUE"), "client-1"),
    ] {
        let answer = service.raw(ask(echo)).await;
        assert_eq!(answer.header("x-ms-client-request-id"), expected);
        assert_eq!(
            answer.header("x-ms-request-id").len(),
            36,
            "an id of ours, never the caller's"
        );
    }
}

/// Breaks when it is asked, as a defect would.
struct Defect;

#[async_trait]
impl aro_frontend::Enricher for Defect {
    async fn enrich(&self, _: &str, _: &mut aro_api::model::Cluster) {
        panic!("a secret in a panic");
    }
}

#[tokio::test]
async fn a_defect_costs_one_reply_which_says_what_to_do() {
    let service = Service::with(|parts| parts.enricher = Arc::new(Defect)).await;
    service.created().await;
    let answer = service.get(&cluster("2023-11-22")).await;
    assert_eq!(answer.error(), (500, "InternalServerError".to_string(), String::new()));
    let message = answer.json()["error"]["message"].as_str().unwrap().to_string();
    assert!(message.contains(answer.header("x-ms-request-id")), "{message}");
    assert!(!message.contains("secret"));
    assert_eq!(
        service
            .get("/providers/Microsoft.RedHatOpenShift/operations")
            .await
            .status,
        200
    );
}

/// Never answers.
struct Stuck;

#[async_trait]
impl Authorizer for Stuck {
    async fn authorize(&self, _: Audience, _: &Knock<'_>, _: OffsetDateTime) -> Result<(), Refusal> {
        std::future::pending().await
    }

    async fn readiness(&self, _: OffsetDateTime) -> Result<(), Refusal> {
        Ok(())
    }
}

#[tokio::test]
async fn no_request_outlasts_arms_patience() {
    let service = Service::start().await;
    service.store.close().await;
    let folder = tempfile::tempdir().unwrap();
    let mut parts = crate::support::parts(&folder).await;
    parts.authorizer = Arc::new(Stuck);
    parts.settings.request_timeout = std::time::Duration::from_millis(10);
    let stuck = Service::of(parts, folder);
    let answer = stuck.get(&cluster("2023-11-22")).await;
    assert_eq!(answer.error(), (503, "InternalServerError".to_string(), String::new()));
    assert_eq!(answer.header("retry-after"), "15");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_503_and_not_ready() {
    let service = Service::start().await;
    service.store.close().await;
    for answer in [
        service.get(&cluster("2023-11-22")).await,
        service.put(&cluster("2023-11-22"), &body()).await,
        service.delete(&cluster("2023-11-22")).await,
        service
            .put(
                &format!("/subscriptions/{SUBSCRIPTION}?api-version=2.0"),
                &json!({"state": "Warned"}),
            )
            .await,
    ] {
        assert_eq!(answer.error(), (503, "InternalServerError".to_string(), String::new()));
        assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
        assert_eq!(answer.header("azure-asyncoperation"), "");
    }
    assert_eq!(service.get("/healthz/ready").await.status, 500);
}

#[tokio::test]
async fn readiness_waits_for_the_start_to_settle() {
    let service = Service::with(|parts| parts.settings.readiness_delay = std::time::Duration::from_secs(120)).await;
    assert_eq!(service.get("/HEALTHZ/ready").await.status, 500);
}
