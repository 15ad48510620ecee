//! The bottom of the stack: reqwest.

use std::{
    future::Future,
    path::PathBuf,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use tower::Service;

use crate::{AzureError, FailureKind, Request, Response};

/// Replies are held in memory; nothing this provider reads comes near this.
const MAX_BODY: usize = 64 << 20;

/// Connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransportConfig {
    /// PEM file with the only certificate authorities to trust; those of the platform when absent.
    pub ca_file: Option<PathBuf>,
    /// Time a connection may take to come up.
    #[serde(with = "aro_config::duration")]
    pub connect_timeout: Duration,
}

impl Default for TransportConfig {
    fn default() -> Self {
        Self {
            ca_file: None,
            connect_timeout: Duration::from_secs(10),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Transport {
    client: reqwest::Client,
}

impl Transport {
    /// # Errors
    /// When the CA file cannot be read or holds no certificate, or TLS cannot be set up.
    pub(crate) fn new(config: &TransportConfig) -> Result<Self, AzureError> {
        // Redirects are never followed: a token must not travel to a host that a reply names. Proxies are not taken from
        // the environment: configuration is read in one place.
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(config.connect_timeout);
        if let Some(path) = &config.ca_file {
            let refuse =
                |what: String| AzureError::new(FailureKind::Request, format!("CA file {}: {what}", path.display()));
            let pem = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
            let certificates =
                reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| refuse(error.to_string()))?;
            if certificates.is_empty() {
                return Err(refuse("it holds no certificate".to_owned()));
            }
            builder = builder.tls_certs_only(certificates);
        }
        let client = builder
            .build()
            .map_err(|error| AzureError::new(FailureKind::Request, describe(&error.without_url())))?;
        Ok(Self { client })
    }
}

impl Service<Request> for Transport {
    type Response = Response;
    type Error = AzureError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, AzureError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), AzureError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let client = self.client.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            parts.extensions.clear();
            let request = reqwest::Request::try_from(http::Request::from_parts(parts, body)).map_err(failure)?;
            let mut response = client.execute(request).await.map_err(failure)?;
            let mut head = http::Response::builder().status(response.status());
            if let Some(headers) = head.headers_mut() {
                *headers = std::mem::take(response.headers_mut());
            }
            let mut body = BytesMut::new();
            while let Some(chunk) = response.chunk().await.map_err(failure)? {
                if body.len() + chunk.len() > MAX_BODY {
                    return Err(AzureError::new(FailureKind::Decode, "the reply is too large"));
                }
                body.extend_from_slice(&chunk);
            }
            head.body(Bytes::from(body))
                .map_err(|error| AzureError::new(FailureKind::Decode, error.to_string()))
        })
    }
}

fn failure(error: reqwest::Error) -> AzureError {
    let kind = if error.is_builder() {
        FailureKind::Request
    } else if error.is_connect() {
        FailureKind::Connect
    } else if error.is_timeout() {
        FailureKind::Timeout
    } else {
        FailureKind::Transport
    };
    AzureError::new(kind, describe(&error.without_url()))
}

/// An error with its causes: reqwest's own text stops before the reason.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
