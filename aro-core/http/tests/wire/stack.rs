//! Retry, correlation, timeouts, tokens, cancellation, throttling.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aro_http::{AzureError, FailureKind, HttpPace, Idempotent, TokenSource};
use azure_core::credentials::Secret;
use http::Method;

use crate::server::{Reply, Server, builder, cancellable, client, hasty, status};

#[tokio::test]
async fn throttled_and_failing_calls_are_repeated_with_one_id() {
    let replies = [
        Reply::Answer(429, vec![("retry-after", "0")], ""),
        status(500),
        status(200),
    ];
    let server = Server::start(replies).await;
    let (client, _) = cancellable();
    let response = client
        .execute(server.request(Method::PUT, "/a?api-version=1"))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let asked = server.asked();
    assert_eq!(server.lines(), ["PUT /a?api-version=1"; 3]);
    let id = asked[0].header("x-ms-client-request-id").unwrap();
    assert!(asked.iter().all(|one| one.header("x-ms-client-request-id") == Some(id)));
    assert!(
        asked
            .iter()
            .all(|one| one.header("x-ms-correlation-request-id") == Some("corr-1"))
    );
}

#[tokio::test]
async fn a_lost_reply_is_repeated_only_where_twice_is_once() {
    let server = Server::start([Reply::Reset, status(200)]).await;
    assert!(client().execute(server.request(Method::PUT, "/a")).await.is_ok());
    assert_eq!(server.asked().len(), 2);

    let server = Server::start([Reply::Reset, status(200)]).await;
    let error = client().execute(server.request(Method::POST, "/a")).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Transport);
    assert_eq!(server.asked().len(), 1);

    let server = Server::start([Reply::Reset, status(200)]).await;
    let mut request = server.request(Method::POST, "/a");
    request.extensions_mut().insert(Idempotent);
    assert!(client().execute(request).await.is_ok());
}

#[tokio::test]
async fn statuses_that_precede_any_effect_also_repeat_a_post() {
    let server = Server::start([status(503), status(429), status(200)]).await;
    assert!(client().execute(server.request(Method::POST, "/a")).await.is_ok());
    let server = Server::start([status(500), status(200)]).await;
    let error = client().execute(server.request(Method::POST, "/a")).await.unwrap_err();
    assert_eq!(error.status.map(|status| status.as_u16()), Some(500));
}

#[tokio::test]
async fn tries_end_and_the_error_tells_what_the_service_said() {
    let body = r#"{"error":{"code":"ServerBusy","message":"Busy."}}"#;
    let server = Server::start((0..9).map(|_| Reply::Answer(503, vec![("x-ms-request-id", "r-1")], body))).await;
    let error = client()
        .execute(server.request(Method::GET, "/a?api-version=1&sig=SECRET"))
        .await
        .unwrap_err();
    assert_eq!(server.asked().len(), 4);
    assert_eq!(
        (error.code.as_deref(), error.request_id.as_deref()),
        (Some("ServerBusy"), Some("r-1"))
    );
    assert!(error.client_request_id.is_some());
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}");
    assert!(
        error
            .url
            .as_deref()
            .is_some_and(|url| url.ends_with("/a?api-version=1"))
    );
}

#[tokio::test]
async fn a_conflict_is_repeated_only_when_told_to() {
    let server = Server::start([Reply::Answer(409, vec![("retry-after", "0")], ""), status(200)]).await;
    assert!(client().execute(server.request(Method::DELETE, "/a")).await.is_ok());
    let server = Server::start([status(409), status(200)]).await;
    assert!(
        client()
            .execute(server.request(Method::DELETE, "/a"))
            .await
            .unwrap_err()
            .is_conflict()
    );
}

#[tokio::test]
async fn a_try_has_a_time_and_a_missing_server_is_told_apart() {
    let server = Server::start([Reply::Silence, status(200)]).await;
    let pace = HttpPace {
        try_timeout: Duration::from_millis(100),
        ..hasty()
    };
    assert!(
        builder(pace.clone())
            .build()
            .execute(server.request(Method::GET, "/a"))
            .await
            .is_ok()
    );
    let server = Server::start([Reply::Silence]).await;
    let pace = HttpPace { attempts: 1, ..pace };
    let error = builder(pace)
        .build()
        .execute(server.request(Method::GET, "/a"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, FailureKind::Timeout);

    let gone = Server::start([]).await;
    let request = gone.request(Method::POST, "/a");
    drop(gone);
    // The listener ends with its task, a moment later; until then connections are reset.
    let error = client().execute(request).await.unwrap_err();
    assert!(
        matches!(error.kind, FailureKind::Connect | FailureKind::Transport),
        "{error:?}"
    );
}

#[tokio::test]
async fn no_call_starts_after_cancellation() {
    let server = Server::start([status(200)]).await;
    let (client, token) = cancellable();
    token.cancel();
    let error = client.execute(server.request(Method::GET, "/a")).await.unwrap_err();
    assert!(error.is_cancelled() && !error.is_retryable());
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn cancellation_ends_the_pause_before_a_repetition() {
    let server = Server::start([Reply::Answer(503, vec![("retry-after", "3600")], ""), status(200)]).await;
    let pace = HttpPace {
        max_delay: Duration::from_secs(3600),
        ..hasty()
    };
    let (_, token) = cancellable();
    let context = aro_http::OperationContext::new("c", token.clone());
    let client = builder(pace).build().with_context(context);
    let call = client.execute(server.request(Method::GET, "/a"));
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
async fn a_throttled_scope_makes_its_other_callers_wait() {
    let throttled = Reply::Answer(429, vec![("retry-after-ms", "150")], "");
    let server = Server::start([throttled, status(200), status(200)]).await;
    let client = builder(HttpPace { attempts: 1, ..hasty() }).build();
    assert!(
        client
            .execute(server.request(Method::GET, "/subscriptions/s/a"))
            .await
            .is_err()
    );
    let begun = Instant::now();
    assert!(
        client
            .execute(server.request(Method::GET, "/subscriptions/other/a"))
            .await
            .is_ok()
    );
    assert!(
        client
            .execute(server.request(Method::GET, "/SUBSCRIPTIONS/S/b"))
            .await
            .is_ok()
    );
    assert!(begun.elapsed() >= Duration::from_millis(100), "{:?}", begun.elapsed());
}

#[derive(Debug, Default)]
struct Tokens {
    given: AtomicUsize,
    forgotten: AtomicUsize,
}

#[async_trait::async_trait]
impl TokenSource for Tokens {
    async fn token(&self, scope: &str) -> Result<Secret, AzureError> {
        self.given.fetch_add(1, Ordering::Relaxed);
        Ok(Secret::new(format!(
            "token-{scope}-{}",
            self.forgotten.load(Ordering::Relaxed)
        )))
    }

    async fn forget(&self, _: &str, _: &Secret) {
        self.forgotten.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = Server::start([status(401), status(200), status(401), status(401)]).await;
    let tokens = Arc::new(Tokens::default());
    let client = builder(hasty()).credential(tokens.clone(), "scope").build();
    assert!(client.execute(server.request(Method::GET, "/a")).await.is_ok());
    let error = client.execute(server.request(Method::GET, "/b")).await.unwrap_err();
    assert!(error.is_unauthorized());
    let sent: Vec<_> = server
        .asked()
        .iter()
        .filter_map(|one| one.header("authorization").map(str::to_owned))
        .collect();
    let wanted = ["scope-0", "scope-1", "scope-1", "scope-2"].map(|token| format!("Bearer token-{token}"));
    assert_eq!(sent, wanted);
    assert!(!format!("{error:?}").contains("token-"));
}
