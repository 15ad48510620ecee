//! Long-running operations in all their forms.

use std::time::Duration;

use aro_http::{
    AzureError, FailureKind, LroPace, Response,
    lro::{self, Operation, Started},
};
use http::Method;

use crate::server::{Reply, Server, cancellable, client, status};

fn pace() -> LroPace {
    LroPace {
        delay: Duration::ZERO,
        ..LroPace::default()
    }
}

async fn run(server: &Server, method: Method) -> Result<Option<Response>, AzureError> {
    lro::run(&client(), server.request(method, "/r"), &pace()).await
}

fn running(headers: Vec<(&'static str, &'static str)>) -> Reply {
    Reply::Answer(202, headers, "")
}

fn ok(body: &'static str) -> Reply {
    Reply::Answer(200, vec![], body)
}

const WATCHED: (&str, &str) = ("azure-asyncoperation", "{base}/op");
const LOCATED: (&str, &str) = ("location", "{base}/result");

#[tokio::test]
async fn azure_async_operation_goes_before_location_and_ends_with_the_resource() {
    let server = Server::start([
        running(vec![WATCHED, LOCATED, ("retry-after", "0")]),
        ok(r#"{"status":"InProgress"}"#),
        status(503),
        ok(r#"{"status":"Succeeded"}"#),
        ok(r#"{"name":"r"}"#),
    ])
    .await;
    let result = run(&server, Method::PUT).await.unwrap().unwrap();
    assert_eq!(&result.body()[..], br#"{"name":"r"}"#);
    assert_eq!(server.lines(), ["PUT /r", "GET /op", "GET /op", "GET /op", "GET /r"]);
}

#[tokio::test]
async fn the_result_of_an_action_is_at_its_location() {
    let server = Server::start([
        running(vec![WATCHED, LOCATED]),
        ok(r#"{"status":"Succeeded"}"#),
        ok("{}"),
    ])
    .await;
    run(&server, Method::POST).await.unwrap();
    assert_eq!(server.lines(), ["POST /r", "GET /op", "GET /result"]);
}

#[tokio::test]
async fn location_alone_is_asked_until_it_has_the_result() {
    let server = Server::start([running(vec![LOCATED]), running(vec![LOCATED]), ok("{}")]).await;
    run(&server, Method::POST).await.unwrap();
    assert_eq!(server.lines(), ["POST /r", "GET /result", "GET /result"]);
    // What was deleted, and its operation with it, is gone.
    let server = Server::start([running(vec![LOCATED]), status(404)]).await;
    assert!(run(&server, Method::DELETE).await.unwrap().is_none());
}

#[tokio::test]
async fn without_headers_the_resource_says_how_it_is() {
    let creating = || ok(r#"{"properties":{"provisioningState":"Creating"}}"#);
    let server = Server::start([
        creating(),
        creating(),
        ok(r#"{"properties":{"provisioningState":"Succeeded"}}"#),
    ])
    .await;
    run(&server, Method::PUT).await.unwrap();
    assert_eq!(server.lines(), ["PUT /r", "GET /r", "GET /r"]);
    let server = Server::start([running(vec![]), creating(), status(404)]).await;
    assert!(run(&server, Method::DELETE).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_done_at_once_is_not_asked_for() {
    for (method, reply) in [
        (Method::PUT, ok(r#"{"properties":{"provisioningState":"Succeeded"}}"#)),
        (Method::PUT, ok("{}")),
        (Method::DELETE, ok("")),
        (Method::DELETE, status(204)),
        (Method::POST, ok("{}")),
    ] {
        let server = Server::start([reply]).await;
        run(&server, method).await.unwrap();
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_failed_operation_tells_why_and_names_the_resource() {
    let failed = r#"{"status":"Failed","error":{"code":"SkuNotAvailable","message":"No such machine."}}"#;
    let server = Server::start([running(vec![WATCHED]), ok(failed)]).await;
    let error = run(&server, Method::PUT).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_deref()),
        (FailureKind::Operation, Some("SkuNotAvailable"))
    );
    assert!(error.is_vm_sku_error() && error.url.as_deref().is_some_and(|url| url.ends_with("/r")));

    let failed = r#"{"properties":{"provisioningState":"Failed","error":{"code":"A","message":"b"}}}"#;
    let server = Server::start([ok(failed)]).await;
    assert_eq!(run(&server, Method::PUT).await.unwrap_err().code.as_deref(), Some("A"));
    let server = Server::start([running(vec![WATCHED]), ok(r#"{"status":"Canceled"}"#)]).await;
    assert_eq!(
        run(&server, Method::PUT).await.unwrap_err().code.as_deref(),
        Some("Canceled")
    );
}

#[tokio::test]
async fn another_process_goes_on_asking() {
    let server = Server::start([running(vec![WATCHED]), ok(r#"{"status":"Succeeded"}"#), ok("{}")]).await;
    let request = server.request(Method::PUT, "/r");
    let response = client().execute(request).await.unwrap();
    let Started::Running(operation, _) = lro::started(&Method::PUT, &server.url("/r"), response).unwrap() else {
        panic!("it was to run");
    };
    let stored = serde_json::to_string(&operation).unwrap();
    let operation: Operation = serde_json::from_str(&stored).unwrap();
    assert!(operation.wait(&client(), &pace(), None).await.unwrap().is_some());
    assert_eq!(server.lines(), ["PUT /r", "GET /op", "GET /r"]);
}

#[tokio::test]
async fn a_wait_ends_with_its_time_or_with_its_operation() {
    let server = Server::start([running(vec![WATCHED])]).await;
    let short = LroPace {
        delay: Duration::from_secs(5),
        timeout: Duration::from_secs(1),
        ..pace()
    };
    let error = lro::run(&client(), server.request(Method::PUT, "/r"), &short)
        .await
        .unwrap_err();
    assert_eq!(error.kind, FailureKind::Timeout);

    let server = Server::start([running(vec![WATCHED])]).await;
    let (client, token) = cancellable();
    let slow = LroPace {
        delay: Duration::from_secs(3000),
        max_delay: Duration::from_secs(3000),
        ..LroPace::default()
    };
    let call = lro::run(&client, server.request(Method::PUT, "/r"), &slow);
    let cancel = async {
        while server.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        token.cancel();
    };
    let (result, ()) = tokio::join!(call, cancel);
    assert!(result.unwrap_err().is_cancelled());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_place_outside_the_service_is_refused() {
    for elsewhere in ["https://elsewhere.example/op", "http://127.0.0.1:1/op"] {
        let server = Server::start([running(vec![("azure-asyncoperation", elsewhere)])]).await;
        let error = run(&server, Method::PUT).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Decode, "{error}");
    }
}
