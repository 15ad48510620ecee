//! ETags and the requests that depend on them.

use http::Request;
use serde_json::json;

use crate::support::{Answer, Service, body, cluster};

async fn conditional(service: &Service, method: &str, header: &str, value: &str) -> Answer {
    let text = match method {
        "PUT" => body().to_string(),
        "PATCH" => json!({"tags": {"x": "y"}}).to_string(),
        _ => String::new(),
    };
    let request = Request::builder()
        .method(method)
        .uri(cluster("2023-11-22"))
        .header("content-type", "application/json")
        .header(header, value)
        .body(text.into())
        .unwrap();
    service.raw(request).await
}

#[tokio::test]
async fn a_missing_cluster() {
    let service = Service::start().await;
    for (method, header, value, status) in [
        ("PUT", "if-match", "*", 412),
        ("PUT", "if-match", "\"x\"", 412),
        ("PATCH", "if-match", "*", 404),
        ("PATCH", "if-match", "\"x\"", 404),
        ("DELETE", "if-match", "*", 204),
        ("DELETE", "if-match", "\"x\"", 204),
    ] {
        let answer = conditional(&service, method, header, value).await;
        assert_eq!(answer.status, status, "{method} {header}: {value}");
        if status == 412 {
            assert_eq!(answer.error(), (412, "PreconditionFailed".to_string(), String::new()));
        }
        assert_eq!(service.etag().await, None);
    }
    assert_eq!(conditional(&service, "PUT", "if-none-match", "*").await.status, 201);
}

#[tokio::test]
async fn a_cluster_that_is_there() {
    let service = Service::start().await;
    service.created().await;
    let shown = service.get(&cluster("2023-11-22")).await.header("etag").to_string();
    assert_eq!(Some(shown.trim_matches('"').to_string()), service.etag().await);
    let weak = format!("W/{shown}");

    for (method, header, value) in [
        ("PUT", "if-match", "\"x\""),
        ("PUT", "if-match", weak.as_str()),
        ("PATCH", "if-match", "\"x\""),
        ("DELETE", "if-match", "\"x\""),
        ("PUT", "if-none-match", "*"),
    ] {
        let answer = conditional(&service, method, header, value).await;
        assert_eq!(
            answer.error(),
            (412, "PreconditionFailed".to_string(), String::new()),
            "{method} {header}: {value}"
        );
    }
    assert_eq!(
        service.etag().await,
        Some(shown.trim_matches('"').to_string()),
        "nothing was written"
    );

    let updated = conditional(&service, "PATCH", "if-match", &shown).await;
    assert_eq!(updated.status, 200, "{}", updated.text);
    assert_ne!(updated.header("etag"), shown);
    assert_eq!(
        Some(updated.header("etag").trim_matches('"').to_string()),
        service.etag().await
    );
}
