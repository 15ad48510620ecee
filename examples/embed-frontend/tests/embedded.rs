//! The example runs.
#![allow(clippy::unwrap_used)]

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

#[tokio::test]
async fn a_service_of_somebody_else_answers_arm() {
    let folder = tempfile::tempdir().unwrap();
    let service = embed_frontend::service(folder.path()).await.unwrap();
    let subscription = "/subscriptions/00000000-0000-0000-0000-000000000000";
    let clusters =
        format!("{subscription}/providers/Microsoft.RedHatOpenShift/openShiftClusters?api-version=2023-11-22");
    for (method, path, body, status, part) in [
        ("GET", "/about", "", 200, "somebody else"),
        (
            "PUT",
            &format!("{subscription}?api-version=2.0"),
            r#"{"state":"Registered"}"#,
            201,
            "Registered",
        ),
        ("GET", &clusters, "", 200, r#""value": []"#),
        ("GET", "/nothing", "", 404, "NotFound"),
        ("GET", "/admin/versions", "", 403, "Forbidden"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let reply = service.clone().oneshot(request).await.unwrap();
        assert_eq!(reply.status(), StatusCode::from_u16(status).unwrap(), "{path}");
        assert_eq!(reply.headers()["x-served-by"], "somebody-else", "{path}");
        let text = reply.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&text).contains(part), "{path}");
    }
}
