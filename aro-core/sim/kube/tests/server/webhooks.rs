//! Admission webhooks over HTTPS: what they change, refuse and warn of, and what happens when they do not answer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aro_sim_kube::{ApiServer, Controllers};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;

use crate::send;

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
const JSON: &str = "application/json";

/// A webhook's server, and the reviews it was asked for.
struct Webhook {
    address: SocketAddr,
    bundle: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Webhook {
    async fn start() -> Self {
        let key = KeyPair::generate().unwrap();
        let names = ["localhost".to_owned(), "judge.hooks.svc".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let webhook = Self {
            address: listener.local_addr().unwrap(),
            bundle: STANDARD.encode(certificate.pem()),
            asked: Arc::default(),
        };
        let (acceptor, asked) = (TlsAcceptor::from(Arc::new(tls)), Arc::clone(&webhook.asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, asked) = (acceptor.clone(), Arc::clone(&asked));
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await.unwrap();
                    let service = service_fn(|request| answer(request, Arc::clone(&asked)));
                    // The caller may go first.
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        webhook
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    /// What was asked since the last time, told by a member.
    fn asked(&self, pointer: &str) -> Vec<Value> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked
            .iter()
            .map(|review| review.pointer(pointer).cloned().unwrap_or_default())
            .collect()
    }
}

async fn answer(
    request: http::Request<Incoming>,
    asked: Arc<Mutex<Vec<Value>>>,
) -> Result<http::Response<Full<bytes::Bytes>>, std::convert::Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let review: Value = serde_json::from_slice(&body).unwrap();
    let uid = review["request"]["uid"].clone();
    let name = review["request"]["name"].as_str().unwrap_or_default().to_owned();
    asked.lock().unwrap().push(review);
    let response = match path.as_str() {
        "/label" => {
            let patch = json!([{"op": "add", "path": "/metadata/labels", "value": {"labelled": "yes"}}]);
            json!({"allowed": true, "patchType": "JSONPatch", "patch": STANDARD.encode(patch.to_string())})
        }
        "/judge" if name.starts_with("bad") => {
            json!({"allowed": false, "status": {"code": 403, "reason": "Forbidden", "message": "bad name"}})
        }
        "/judge" => json!({"allowed": true, "warnings": ["so \"so\""]}),
        _ => std::future::pending().await,
    };
    let mut review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
    review["response"]["uid"] = uid;
    Ok(http::Response::new(Full::from(review.to_string())))
}

fn configuration(kind: &str, name: &str, client: Value, more: Value) -> Value {
    let mut webhook = json!({
        "name": format!("{name}.example.com"),
        "clientConfig": client,
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "rules": [{
            "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
            "operations": ["CREATE", "UPDATE", "DELETE"],
        }],
    });
    for (member, value) in more.as_object().unwrap() {
        webhook[member] = value.clone();
    }
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name},
        "webhooks": [webhook],
    })
}

async fn install(server: &ApiServer, configuration: Value) {
    let plural = configuration["kind"].as_str().unwrap().to_lowercase() + "s";
    let path = format!("/apis/admissionregistration.k8s.io/v1/{plural}");
    let (_, made) = send(server, "POST", &path, JSON, Some(&configuration)).await;
    assert!(made["metadata"]["uid"].is_string(), "{made}");
}

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}})
}

#[tokio::test]
async fn webhooks_change_refuse_and_warn() {
    let webhook = Webhook::start().await;
    let address = webhook.address;
    let server = ApiServer::builder()
        .controllers(Controllers::NONE)
        .webhook_services(move |service| (service.namespace == "hooks" && service.name == "judge").then_some(address))
        .build();
    let client = json!({"url": webhook.url("/label"), "caBundle": webhook.bundle});
    install(
        &server,
        configuration("MutatingWebhookConfiguration", "label", client, json!({})),
    )
    .await;
    let client = json!({
        "service": {"namespace": "hooks", "name": "judge", "path": "/judge"}, "caBundle": webhook.bundle,
    });
    let more = json!({
        "namespaceSelector": {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn",
            "values": ["kube-system"]}]},
        "matchConditions": [{"name": "not-free", "expression": "request.name != 'free'"}],
    });
    install(
        &server,
        configuration("ValidatingWebhookConfiguration", "judge", client, more),
    )
    .await;

    let (headers, made) = send(&server, "POST", CONFIG_MAPS, JSON, Some(&map("good"))).await;
    assert_eq!(made["metadata"]["labels"], json!({"labelled": "yes"}));
    assert_eq!(headers["warning"], "299 - \"so \\\"so\\\"\"");
    let owned = made["metadata"]["managedFields"].to_string();
    assert!(!owned.contains("labelled") && owned.contains("f:a"), "{owned}");
    let asked = std::mem::take(&mut *webhook.asked.lock().unwrap());
    let [first, second] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(
        (
            &first["request"]["operation"],
            &first["request"]["name"],
            &first["request"]["dryRun"]
        ),
        (&json!("CREATE"), &json!("good"), &json!(false))
    );
    assert_eq!(first["request"]["object"]["metadata"]["uid"], made["metadata"]["uid"]);
    assert_eq!(first["request"]["object"]["metadata"]["labels"], Value::Null);
    assert_eq!(
        second["request"]["object"]["metadata"]["labels"],
        json!({"labelled": "yes"})
    );
    assert_eq!(second["request"]["userInfo"]["username"], "system:admin");

    let (_, refused) = send(&server, "POST", CONFIG_MAPS, JSON, Some(&map("bad"))).await;
    assert_eq!(
        (&refused["code"], &refused["reason"], &refused["message"]),
        (
            &json!(403),
            &json!("Forbidden"),
            &json!("admission webhook \"judge.example.com\" denied the request: bad name")
        )
    );
    assert!(server.get(("", "configmaps"), Some("default"), "bad").is_none());

    // Where it need not be asked, and where nothing is to be kept.
    webhook.asked("");
    let (headers, _) = send(&server, "POST", CONFIG_MAPS, JSON, Some(&map("free"))).await;
    assert!(headers.get("warning").is_none());
    let system = "/api/v1/namespaces/kube-system/configmaps";
    send(&server, "POST", system, JSON, Some(&map("bad"))).await;
    assert!(server.get(("", "configmaps"), Some("kube-system"), "bad").is_some());
    let mut unnamed = map("");
    unnamed["metadata"] = json!({"generateName": "gen-"});
    let (_, dry) = send(
        &server,
        "POST",
        &format!("{CONFIG_MAPS}?dryRun=All"),
        JSON,
        Some(&unnamed),
    )
    .await;
    let names = webhook
        .asked
        .lock()
        .unwrap()
        .iter()
        .map(|review| review["request"]["name"].clone())
        .collect::<Vec<_>>();
    assert_eq!(names.last(), Some(&dry["metadata"]["name"]));
    assert_eq!(webhook.asked("/request/dryRun"), [false, false, true, true]);

    // An update and a deletion tell what was there.
    let body = json!({"data": {"a": "2"}});
    let merge = "application/merge-patch+json";
    send(&server, "PATCH", &format!("{CONFIG_MAPS}/good"), merge, Some(&body)).await;
    assert_eq!(webhook.asked("/request/oldObject/data/a"), ["1", "1"]);
    send(&server, "DELETE", CONFIG_MAPS, JSON, None).await;
    let deleted = webhook.asked("/request/oldObject/metadata/name");
    assert_eq!(deleted, ["free", "good", "good"]);
    assert!(server.list(("", "configmaps"), Some("default")).is_empty());
}

#[tokio::test]
async fn webhooks_that_do_not_answer_stop_a_write_or_are_passed_over() {
    let webhook = Webhook::start().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let service = json!({"service": {"namespace": "hooks", "name": "nobody", "path": "/x"}});
    let cases = [
        (
            json!({"url": format!("https://127.0.0.1:{}/x", closed.port()), "caBundle": webhook.bundle}),
            format!(
                "Post \"https://127.0.0.1:{0}/x?timeout=1s\": dial tcp 127.0.0.1:{0}: connect: connection refused",
                closed.port()
            ),
        ),
        (
            json!({"url": webhook.url("/never"), "caBundle": webhook.bundle}),
            format!(
                "Post \"{}?timeout=1s\": context deadline exceeded",
                webhook.url("/never")
            ),
        ),
        (
            service,
            "Post \"https://nobody.hooks.svc:443/x?timeout=1s\": service \"nobody\" not found".to_owned(),
        ),
    ];
    for (client, wanted) in cases {
        let server = ApiServer::builder().controllers(Controllers::NONE).build();
        let more = json!({"timeoutSeconds": 1});
        install(
            &server,
            configuration("ValidatingWebhookConfiguration", "w", client.clone(), more),
        )
        .await;
        let (_, refused) = send(&server, "POST", CONFIG_MAPS, JSON, Some(&map("x"))).await;
        let why = format!("failed calling webhook \"w.example.com\": failed to call webhook: {wanted}");
        assert_eq!(refused["message"], format!("Internal error occurred: {why}"));
        assert_eq!(refused["code"], 500);
        assert_eq!(refused["details"], json!({"causes": [{"message": why}]}));

        let server = ApiServer::builder().controllers(Controllers::NONE).build();
        let more = json!({"timeoutSeconds": 1, "failurePolicy": "Ignore"});
        install(
            &server,
            configuration("ValidatingWebhookConfiguration", "w", client, more),
        )
        .await;
        let (_, made) = send(&server, "POST", CONFIG_MAPS, JSON, Some(&map("x"))).await;
        assert_eq!(made["metadata"]["name"], "x");
    }
}
