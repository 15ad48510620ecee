//! Who gets in: real certificates over real TLS.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use aro_frontend::auth::{
    ArmCertificates, ArmCertificatesConfig, Audience, Authorizer, ByAudience, Caller, Closed, ExactSubject, Knock,
    MetadataError,
};
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use base64::Engine;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use tokio::task::JoinHandle;

use crate::server::{quick, start};
use crate::support::{FixedClock, NOW, SUBSCRIPTION, cluster};

/// A self-signed certificate and its key, as PEM.
struct Identity {
    der: CertificateDer<'static>,
    pem: String,
}

fn identity(name: &str) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.self_signed(&key).unwrap();
    Identity {
        der: certificate.der().clone(),
        pem: format!("{}{}", key.serialize_pem(), certificate.pem()),
    }
}

fn entry(identity: &Identity, from: OffsetDateTime, to: OffsetDateTime) -> Value {
    let rfc3339 = |time: OffsetDateTime| time.format(&time::format_description::well_known::Rfc3339).unwrap();
    json!({
        "thumbprint": "00",
        "notBefore": rfc3339(from),
        "notAfter": rfc3339(to),
        "certificate": base64::engine::general_purpose::STANDARD.encode(&identity.der),
    })
}

fn valid(identity: &Identity) -> Value {
    entry(identity, NOW - Duration::days(1), NOW + Duration::days(1))
}

/// A metadata endpoint that answers one prepared reply after another.
struct Metadata {
    url: url::Url,
    task: JoinHandle<()>,
}

type Replies = Arc<(AtomicUsize, Vec<(u16, String)>)>;

async fn metadata(replies: Vec<(u16, String)>) -> Metadata {
    async fn answer(State(replies): State<Replies>) -> impl IntoResponse {
        let number = replies.0.fetch_add(1, Ordering::Relaxed).min(replies.1.len() - 1);
        let (status, body) = replies.1[number].clone();
        let status = http::StatusCode::from_u16(status).unwrap();
        (
            status,
            [
                ("content-type", "application/json; charset=utf-8"),
                ("location", "http://127.0.0.1:1/"),
            ],
            body,
        )
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let state: Replies = Arc::new((AtomicUsize::new(0), replies));
    let router = Router::new().fallback(answer).with_state(state);
    let task = tokio::spawn(async move {
        axum_serve(listener, router).await;
    });
    Metadata {
        url: format!("http://{address}/metadata/authentication").parse().unwrap(),
        task,
    }
}

/// The few lines of an HTTP server that a prepared reply needs.
pub async fn axum_serve(listener: tokio::net::TcpListener, router: Router) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper_util::service::TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(hyper_util::rt::TokioIo::new(stream), service)
                .await;
        });
    }
}

fn arm(metadata: &Metadata, now: OffsetDateTime) -> ArmCertificates {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    ArmCertificates::new(
        ArmCertificatesConfig::new(metadata.url.clone()),
        http,
        Arc::new(FixedClock(now)),
    )
}

fn caller(identity: &Identity) -> Caller {
    Caller {
        certificates: Arc::new([identity.der.clone()]),
        peer: None,
    }
}

/// A GET that comes from the caller.
fn knock(caller: &Caller) -> Knock<'_> {
    static URI: LazyLock<http::Uri> = LazyLock::new(|| http::Uri::from_static("/"));
    static HEADERS: LazyLock<http::HeaderMap> = LazyLock::new(http::HeaderMap::new);
    Knock {
        caller,
        method: &http::Method::GET,
        uri: &URI,
        headers: &HEADERS,
    }
}

fn list(entries: &[Value]) -> String {
    json!({"clientCertificates": entries}).to_string()
}

#[tokio::test]
async fn arm_is_who_shows_one_of_its_certificates_while_it_is_valid() {
    let (first, second) = (identity("first"), identity("second"));
    let (old, stranger) = (identity("old"), identity("first"));
    let outdated = entry(&old, NOW - Duration::days(2), NOW - Duration::days(1));
    let metadata = metadata(vec![(200, list(&[valid(&first), outdated, valid(&second)]))]).await;
    let arm = arm(&metadata, NOW);
    let admits = |identity: &Identity, now| {
        let caller = caller(identity);
        let arm = &arm;
        async move { arm.authorize(Audience::Arm, &knock(&caller), now).await.is_ok() }
    };

    assert!(!admits(&first, NOW).await, "nobody is let in before the list was read");
    assert!(arm.readiness(NOW).await.is_err());
    arm.refresh().await.unwrap();
    assert!(arm.readiness(NOW).await.is_ok());

    assert!(admits(&first, NOW).await && admits(&second, NOW).await);
    assert!(!admits(&old, NOW).await, "no longer valid");
    assert!(
        !admits(&stranger, NOW).await,
        "the same name is not the same certificate"
    );
    assert!(
        arm.authorize(Audience::Arm, &knock(&Caller::default()), NOW)
            .await
            .is_err()
    );

    // Validity counts at the time of the request, news at the time of the probe.
    assert!(!admits(&first, NOW + Duration::days(1)).await);
    assert!(arm.readiness(NOW + Duration::hours(25)).await.is_err());
    metadata.task.abort();
}

#[tokio::test]
async fn a_failed_refresh_keeps_the_old_list() {
    let (first, second) = (identity("first"), identity("second"));
    let outdated = entry(&second, NOW - Duration::days(2), NOW - Duration::days(1));
    let metadata = metadata(vec![
        (200, list(&[valid(&first)])),
        (500, String::new()),
        (302, String::new()),
        (200, "{".to_string()),
        (200, list(&[json!({"notBefore": "x"})])),
        (200, list(&[outdated])),
        (200, list(&[])),
        (200, list(&[valid(&second)])),
    ])
    .await;
    let arm = arm(&metadata, NOW);
    arm.refresh().await.unwrap();
    let mut failures = Vec::new();
    for _ in 0..6 {
        failures.push(arm.refresh().await.unwrap_err());
        arm.authorize(Audience::Arm, &knock(&caller(&first)), NOW)
            .await
            .unwrap();
        arm.readiness(NOW).await.unwrap();
    }
    assert!(matches!(failures[0], MetadataError::Status { status: 500, .. }));
    assert!(
        matches!(failures[1], MetadataError::Status { status: 302, .. }),
        "a redirect is not followed"
    );
    assert!(matches!(failures[2], MetadataError::Malformed { .. }));
    assert!(matches!(failures[3], MetadataError::Malformed { .. }));
    assert!(matches!(failures[4], MetadataError::NoneValid { listed: 1, .. }));
    assert!(matches!(failures[5], MetadataError::NoneValid { listed: 0, .. }));

    arm.refresh().await.unwrap();
    arm.authorize(Audience::Arm, &knock(&caller(&second)), NOW)
        .await
        .unwrap();
    arm.authorize(Audience::Arm, &knock(&caller(&first)), NOW)
        .await
        .unwrap_err();
    metadata.task.abort();
}

#[tokio::test]
async fn operators_are_known_by_issuer_and_exact_name() {
    let authority = |name: &str| {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let leaf = |issuer: &CertifiedIssuer<'_, KeyPair>, name: &str, purpose: ExtendedKeyUsagePurpose| {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![purpose];
        let der = params
            .signed_by(&KeyPair::generate().unwrap(), issuer)
            .unwrap()
            .der()
            .clone();
        Caller {
            certificates: Arc::new([der]),
            peer: None,
        }
    };
    let authorizer = ExactSubject::new([ours.der().clone()], "admin.aro").unwrap();
    let now = OffsetDateTime::from_unix_timestamp(1_900_000_000).unwrap();
    let check = |caller: Caller, now| {
        let authorizer = &authorizer;
        async move {
            authorizer
                .authorize(Audience::Admin, &knock(&caller), now)
                .await
                .is_ok()
        }
    };
    use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
    assert!(check(leaf(&ours, "admin.aro", ClientAuth), now).await);
    assert!(
        !check(leaf(&ours, "admin.aro.example", ClientAuth), now).await,
        "another name"
    );
    assert!(
        !check(leaf(&ours, "ADMIN.ARO", ClientAuth), now).await,
        "another spelling"
    );
    assert!(
        !check(leaf(&theirs, "admin.aro", ClientAuth), now).await,
        "another issuer"
    );
    assert!(
        !check(leaf(&ours, "admin.aro", ServerAuth), now).await,
        "a server's certificate"
    );
    assert!(!check(Caller::default(), now).await, "no certificate");
    let later = OffsetDateTime::from_unix_timestamp(99_999_999_999).unwrap();
    assert!(!check(leaf(&ours, "admin.aro", ClientAuth), later).await, "expired");

    assert!(ExactSubject::new([ours.der().clone()], "").is_err());
    assert!(ExactSubject::new([], "admin.aro").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_arm_gets_past_the_door() {
    let (arm_identity, stranger) = (identity("arm"), identity("stranger"));
    let metadata = metadata(vec![(200, list(&[valid(&arm_identity)]))]).await;
    let arm = Arc::new(arm(&metadata, NOW));
    arm.refresh().await.unwrap();
    let running = start("https", quick(), |parts| {
        parts.authorizer = Arc::new(ByAudience {
            arm: arm.clone(),
            admin: Arc::new(Closed),
        });
    })
    .await;

    let url = running.url(&cluster("2023-11-22"));
    let certificate = |identity: &Identity| reqwest::Identity::from_pem(identity.pem.as_bytes()).unwrap();
    let with_arm = running.client().identity(certificate(&arm_identity)).build().unwrap();
    let with_stranger = running.client().identity(certificate(&stranger)).build().unwrap();
    let without = running.client().build().unwrap();

    assert_eq!(with_arm.get(&url).send().await.unwrap().status(), 404);
    for client in [&with_stranger, &without] {
        // Nothing tells a stranger what exists: not the resource, not the path, not the api-version.
        let bad_version = format!("/subscriptions/{SUBSCRIPTION}/nothing?api-version=1");
        for path in [cluster("2023-11-22"), "/nothing".to_string(), bad_version] {
            let reply = client.get(running.url(&path)).send().await.unwrap();
            assert_eq!(reply.status(), 403, "{path}");
            assert!(!reply.headers()["x-ms-request-id"].is_empty());
            let body: Value = reply.json().await.unwrap();
            assert_eq!(body["error"]["code"], "Forbidden");
        }
        // Not even a body is read, let alone judged: this one is far too large.
        let reply = client.put(&url).body(vec![b' '; 8 << 20]).send().await;
        assert!(reply.is_err() || reply.unwrap().status() == 403);
        assert_eq!(
            client.get(running.url("/healthz/ready")).send().await.unwrap().status(),
            200
        );
    }
    // ARM's certificate opens nothing that is for operators, whichever way they are asked for.
    for path in [
        cluster("admin"),
        "/admin/versions".to_string(),
        "/Admin/versions".to_string(),
    ] {
        assert_eq!(
            with_arm.get(running.url(&path)).send().await.unwrap().status(),
            403,
            "{path}"
        );
    }
    running.end().await;
    metadata.task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_cannot_recognise_arm_is_not_ready() {
    let metadata = metadata(vec![(503, String::new())]).await;
    let arm = Arc::new(arm(&metadata, NOW));
    arm.refresh().await.unwrap_err();
    let running = start("https", quick(), |parts| parts.authorizer = arm.clone()).await;
    let client = running.client().build().unwrap();
    let reply = client.get(running.url("/healthz/ready")).send().await.unwrap();
    assert_eq!(reply.status(), 500);
    running.end().await;
    metadata.task.abort();
}
