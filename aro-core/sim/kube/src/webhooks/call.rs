//! One question to one webhook, over HTTPS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::{Answer, Pending, WebhookService};
use crate::server::Inner;
use crate::status::{Qualified, Status};

/// Longest answer, octets.
const MOST: usize = 3 * 1024 * 1024;

/// Asks a webhook.
pub(crate) async fn ask(server: &Inner, pending: &Pending) -> Answer {
    let uid = server.uid();
    let question = question(pending, &uid);
    let seconds = pending.timeout.as_secs();
    let answered = match destination(server, &pending.client, seconds) {
        Err(why) => Err(why),
        Ok(destination) => {
            let url = format!("{}?timeout={seconds}s", destination.url);
            let asked = tokio::time::timeout(pending.timeout, post(&destination, &pending.client, &question, seconds));
            let failed = |why: String| format!("failed to call webhook: Post \"{url}\": {why}");
            match asked.await {
                Err(_) => Err(failed("context deadline exceeded".to_owned())),
                Ok(Err(CallError::Answer(why))) => Err(why),
                Ok(Err(error)) => Err(failed(error.to_string())),
                Ok(Ok(answer)) => read(&pending.name, &answer, &uid),
            }
        }
    };
    match answered {
        Ok(answer) => answer,
        Err(why) => {
            tracing::debug!(webhook = %pending.name, %why, "a webhook could not be asked");
            if pending.ignored {
                return Answer::Allowed {
                    patch: None,
                    warnings: Vec::new(),
                };
            }
            let why = format!("failed calling webhook {:?}: {why}", pending.name);
            let mut status = Status::new(500, "InternalError", format!("Internal error occurred: {why}"));
            status.details = Some(json!({"causes": [{"message": why}]}));
            Answer::Refused {
                status: Box::new(status),
                warnings: Vec::new(),
            }
        }
    }
}

fn question(pending: &Pending, uid: &str) -> Value {
    let mut request = pending.request.clone();
    request["uid"] = Value::from(uid);
    json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request})
}

/// Where a webhook is.
struct Destination {
    /// As it is named, without a query.
    url: String,
    host: String,
    /// Path and query of the request, less the timeout.
    path: String,
    to: Place,
}

enum Place {
    Address(SocketAddr),
    Named { host: String, port: u16 },
}

fn destination(server: &Inner, client: &Value, seconds: u64) -> Result<Destination, String> {
    if let Some(url) = client["url"].as_str() {
        let parsed = Url::parse(url).map_err(|error| format!("failed to call webhook: {error}"))?;
        let host = match parsed.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err(format!("failed to call webhook: {url} has no host")),
        };
        return Ok(Destination {
            url: url.to_owned(),
            path: parsed.path().to_owned(),
            to: Place::Named {
                host: host.clone(),
                port: parsed.port_or_known_default().unwrap_or(443),
            },
            host,
        });
    }
    let text = |name: &str| client["service"][name].as_str().unwrap_or_default().to_owned();
    let service = WebhookService {
        namespace: text("namespace"),
        name: text("name"),
        port: client["service"]["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(443),
    };
    let host = format!("{}.{}.svc", service.name, service.namespace);
    let path = match text("path") {
        path if path.is_empty() => "/".to_owned(),
        path => path,
    };
    let url = format!("https://{host}:{}{path}", service.port);
    let address = server.options.webhooks.as_ref().and_then(|resolve| resolve(&service));
    let Some(address) = address else {
        let key = crate::storage::key(Some(&service.namespace), &service.name);
        let known = server.world().state.get("services", &key).is_some();
        let what = if known {
            "no endpoints available for service"
        } else {
            "service"
        };
        let end = if known { "" } else { " not found" };
        return Err(format!(
            "failed to call webhook: Post \"{url}?timeout={seconds}s\": {what} \"{}\"{end}",
            service.name
        ));
    };
    Ok(Destination {
        url,
        host,
        path,
        to: Place::Address(address),
    })
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("{0}")]
    Connect(String),
    #[error("tls: {0}")]
    Tls(String),
    #[error("{0}")]
    Http(#[from] hyper::Error),
    #[error("{0}")]
    Request(#[from] http::Error),
    #[error("{0}")]
    Body(#[from] Box<dyn std::error::Error + Send + Sync>),
    /// It is no review.
    #[error("{0}")]
    Answer(String),
}

async fn post(to: &Destination, client: &Value, question: &Value, seconds: u64) -> Result<Value, CallError> {
    let stream = connect(&to.to).await?;
    let name = ServerName::try_from(to.host.clone()).map_err(|error| CallError::Tls(error.to_string()))?;
    let stream = TlsConnector::from(Arc::new(trust(client)?))
        .connect(name, stream)
        .await
        .map_err(|error| CallError::Tls(error.to_string()))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::post(format!("{}?timeout={seconds}s", to.path))
        .header(header::HOST, to.host.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(Full::new(Bytes::from(question.to_string())))?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MOST).collect().await?.to_bytes();
        if !status.is_success() {
            let text = String::from_utf8_lossy(&body).trim().to_owned();
            return Err(CallError::Answer(format!("failed to call webhook: {text}")));
        }
        serde_json::from_slice(&body)
            .map_err(|error| CallError::Answer(format!("failed to call webhook: the answer is no JSON: {error}")))
    };
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        ended = connection => {
            ended?;
            exchange.await
        }
    }
}

async fn connect(to: &Place) -> Result<TcpStream, CallError> {
    let (stream, told) = match to {
        Place::Address(address) => (TcpStream::connect(address).await, address.to_string()),
        Place::Named { host, port } => (
            TcpStream::connect((host.as_str(), *port)).await,
            format!("{host}:{port}"),
        ),
    };
    stream.map_err(|error| {
        CallError::Connect(match error.kind() {
            io::ErrorKind::ConnectionRefused => format!("dial tcp {told}: connect: connection refused"),
            _ => format!("dial tcp {told}: {error}"),
        })
    })
}

/// Whom a webhook's configuration trusts: its own authorities and nobody else.
fn trust(client: &Value) -> Result<ClientConfig, CallError> {
    let bundle = STANDARD
        .decode(client["caBundle"].as_str().unwrap_or_default())
        .map_err(|error| CallError::Tls(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&bundle) {
        let certificate = certificate.map_err(|error| CallError::Tls(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| CallError::Tls(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| CallError::Tls(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// What a review says.
fn read(name: &str, review: &Value, uid: &str) -> Result<Answer, String> {
    let invalid = |why: String| format!("received invalid webhook response: {why}");
    let kind = (review["apiVersion"].as_str(), review["kind"].as_str());
    if kind != (Some("admission.k8s.io/v1"), Some("AdmissionReview")) {
        return Err(invalid(format!(
            "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got {}, Kind={}",
            kind.0.unwrap_or_default(),
            kind.1.unwrap_or_default()
        )));
    }
    let Some(response) = review.get("response").filter(|response| response.is_object()) else {
        return Err("webhook response was absent".to_owned());
    };
    let given = response["uid"].as_str().unwrap_or_default();
    if given != uid {
        return Err(invalid(format!("expected response.uid={uid:?}, got {given:?}")));
    }
    let texts = response["warnings"].as_array().into_iter().flatten();
    let warnings = texts.filter_map(Value::as_str).map(str::to_owned).collect();
    if response["allowed"] != true {
        return Ok(Answer::Refused {
            status: Box::new(refusal(name, &response["status"])),
            warnings,
        });
    }
    let patch = match (response["patch"].as_str(), response["patchType"].as_str()) {
        (None | Some(""), _) => None,
        (Some(patch), Some("JSONPatch")) => {
            let octets = STANDARD.decode(patch).map_err(|error| invalid(error.to_string()))?;
            Some(serde_json::from_slice(&octets).map_err(|error| invalid(error.to_string()))?)
        }
        (_, kind) => {
            let kind = kind.unwrap_or_default();
            return Err(invalid(format!("unknown patch type {kind:?}")));
        }
    };
    Ok(Answer::Allowed { patch, warnings })
}

/// The status of a webhook that says no.
fn refusal(name: &str, status: &Value) -> Status {
    let text = |name: &str| status[name].as_str().filter(|text| !text.is_empty());
    let denied = format!("admission webhook {name:?} denied the request");
    let message = match (text("message"), text("reason")) {
        (Some(why), _) | (None, Some(why)) => format!("{denied}: {why}"),
        (None, None) => format!("{denied} without explanation"),
    };
    let code = status["code"]
        .as_u64()
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code));
    let nothing = Qualified { name: "", group: "" };
    let mut refused = Status::forbidden(nothing, "", "");
    refused.code = code.unwrap_or(400);
    refused.reason = text("reason").map(|reason| reason.to_owned().into());
    refused.message = message;
    refused.details = status.get("details").cloned();
    refused
}
