//! Against a server that says what a test wants: several pages, words from the future, failed operations, nonsense.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aro_client::types::{OpenShiftCluster, ProvisioningState};
use aro_client::{Client, Cloud, Error, LroPace};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use futures::TryStreamExt as _;
use serde_json::{Value, json};

pub type Reply = (u16, Vec<(&'static str, String)>, String);

/// Replies in order, and what was asked.
pub struct Script {
    replies: Mutex<std::collections::VecDeque<Reply>>,
    asked: Mutex<Vec<Asked>>,
}

struct Asked {
    line: String,
    agent: String,
    body: String,
}

impl Script {
    /// Method and URL of each request.
    pub fn asked(&self) -> Vec<String> {
        self.each(|asked| asked.line.clone())
    }

    pub fn bodies(&self) -> Vec<String> {
        self.each(|asked| asked.body.clone())
    }

    fn each(&self, part: impl Fn(&Asked) -> String) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(part).collect()
    }
}

async fn play(State(script): State<Arc<Script>>, request: Request) -> Response {
    let line = format!("{} {}", request.method(), request.uri());
    let agent = request.headers()["user-agent"].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    script.asked.lock().unwrap().push(Asked { line, agent, body });
    let (status, headers, body) = script.replies.lock().unwrap().pop_front().unwrap();
    let mut response = body.into_response();
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    response
        .headers_mut()
        .insert("content-type", "application/json".parse().unwrap());
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

pub async fn script(replies: impl FnOnce(SocketAddr) -> Vec<Reply>) -> (Client, Arc<Script>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let script = Arc::new(Script {
        replies: Mutex::new(replies(address).into()),
        asked: Mutex::default(),
    });
    let router = Router::new().fallback(play).with_state(script.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let base = format!("http://{address}");
    let client = Client::builder("sub")
        .cloud(Cloud::custom(&base, &base))
        .token("t")
        .operation_pace(LroPace {
            delay: std::time::Duration::ZERO,
            ..LroPace::default()
        })
        .build()
        .unwrap();
    (client, script)
}

pub fn ok(body: &Value) -> Reply {
    (200, Vec::new(), body.to_string())
}

pub fn wish() -> OpenShiftCluster {
    serde_json::from_value(json!({"location": "here"})).unwrap()
}

#[tokio::test]
async fn every_page_is_read_and_unknown_words_and_members_stay() {
    let (client, script) = script(|address| {
        vec![
            ok(&json!({
                "value": [{"location": "here", "properties": {"provisioningState": "Dreaming"}, "fromTheFuture": 1}],
                "nextLink": format!("http://{address}/next?api-version=x&$skipToken=y"),
            })),
            ok(&json!({"value": [{"location": "there"}], "nextLink": ""})),
        ]
    })
    .await;
    let clusters = client.clusters().list().try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(clusters.len(), 2);
    let state = clusters[0]
        .properties
        .as_ref()
        .unwrap()
        .provisioning_state
        .clone()
        .unwrap();
    assert_eq!(state, ProvisioningState::Other("Dreaming".to_owned()));
    assert_eq!(
        serde_json::to_value(&clusters[0]).unwrap()["properties"]["provisioningState"],
        "Dreaming"
    );
    assert_eq!(
        script.asked(),
        [
            "GET /subscriptions/sub/providers/Microsoft.RedHatOpenShift/openShiftClusters?api-version=2025-07-25",
            "GET /next?api-version=x&$skipToken=y",
        ]
    );
}

#[tokio::test]
async fn a_page_elsewhere_is_not_read() {
    let next = "https://elsewhere.example/next";
    let (client, _) = script(|_| vec![ok(&json!({"value": [], "nextLink": next}))]).await;
    let error = client.clusters().list().try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(error, Error::Configuration(_)), "{error:?}");
}

#[tokio::test]
async fn a_failed_operation_says_why() {
    let (client, _) = script(|address| {
        let status = format!("http://{address}/status");
        let failed = json!({"status": "Failed", "error": {
            "code": "DeploymentFailed", "message": "No quota.", "target": "masters",
            "details": [{"code": "QuotaExceeded", "message": "0 of 8 cores."}],
        }});
        vec![
            (
                201,
                vec![("azure-asyncoperation", status)],
                json!({"location": "here"}).to_string(),
            ),
            ok(&failed),
        ]
    })
    .await;
    let poller = client.clusters().create_or_update("g", "n", &wish()).await.unwrap();
    let error = poller.await.unwrap_err();
    let Error::Failed(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (error.code.as_str(), error.target.as_deref()),
        ("DeploymentFailed", Some("masters"))
    );
    assert_eq!(error.details[0].code, "QuotaExceeded");
    assert_eq!(
        error.to_string(),
        "DeploymentFailed: masters: No quota. (QuotaExceeded: 0 of 8 cores.)"
    );
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_not_called_failed() {
    let (client, _) = script(|address| {
        let header = ("azure-asyncoperation", format!("http://{address}/status"));
        vec![(202, vec![header, ("retry-after", "7200".to_owned())], String::new())]
    })
    .await;
    // The service wants a longer pause than the client has time.
    let client = Client::builder("sub")
        .cloud(client_cloud(&client))
        .token("t")
        .operation_pace(LroPace {
            timeout: std::time::Duration::from_secs(1),
            ..LroPace::default()
        })
        .build()
        .unwrap();
    let error = client.clusters().delete("g", "n").await.unwrap().await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
}

fn client_cloud(client: &Client) -> Cloud {
    client.cloud().clone()
}

#[tokio::test]
async fn a_busy_service_is_asked_again_also_for_credentials() {
    let busy = || (503, vec![("retry-after", "0".to_owned())], String::new());
    let (client, script) = script(|_| vec![busy(), busy(), ok(&json!({"kubeadminUsername": "kubeadmin"}))]).await;
    let credentials = client.clusters().credentials("g", "n").await.unwrap();
    assert_eq!(credentials.kubeadmin_username.as_deref(), Some("kubeadmin"));
    let asked = script.asked();
    assert!(
        asked.len() == 3 && asked.iter().all(|request| request == &asked[0]),
        "{asked:?}"
    );
}

#[tokio::test]
async fn everything_can_move_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let (client, _) = script(|_| vec![(204, Vec::new(), String::new())]).await;
    let clusters = client.clusters();
    drop(is_send(clusters.get("g", "n")));
    drop(is_send(clusters.list()));
    let poller = is_send(is_send(clusters.delete("g", "n")).await.unwrap());
    let seen = is_send(poller.progress()).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(seen, [aro_client::Progress::Done(())]);
}

#[tokio::test]
async fn nonsense_is_not_quoted() {
    let (client, _) = script(|_| vec![(200, Vec::new(), "<html>hunter2</html>".to_owned())]).await;
    let error = client.clusters().credentials("g", "n").await.unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("hunter2"));
    let (client, _) = script(|_| vec![(404, Vec::new(), "<html>hunter2</html>".to_owned())]).await;
    let error = client.clusters().get("g", "n").await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
}

#[tokio::test]
async fn the_service_reads_who_calls() {
    let (client, script) = script(|_| vec![ok(&json!({"location": "here"}))]).await;
    let named = Client::builder("sub")
        .cloud(client.cloud().clone())
        .token("t")
        .application("inventory/1.2")
        .build()
        .unwrap();
    named.clusters().get("g", "n").await.unwrap();
    let agent = script.each(|asked| asked.agent.clone()).remove(0);
    assert!(agent.starts_with("inventory/1.2 aro-client/"), "{agent}");
    let broken = Client::builder("sub").token("t").application("two\nlines").build();
    assert!(matches!(broken, Err(Error::Configuration(_))));
}
