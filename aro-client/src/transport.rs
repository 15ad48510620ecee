//! Under the generated calls: the layers of aro-http instead of a bare HTTP client.

use std::sync::Arc;

use aro_http::{AzureError, FailureKind, Idempotent};
use bytes::Bytes;
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};

use crate::generated;

/// The version of the contract that the calls and types are generated from.
pub(crate) const API_VERSION: &str = "api-version";

/// What generated calls are made through.
#[derive(Clone, Debug)]
pub struct Transport {
    pub(crate) client: aro_http::Client,
}

/// Rides on a reply that no service sent: the call failed. Generated code hands such replies on untouched.
#[derive(Clone, Debug)]
pub(crate) struct Unanswered(pub(crate) AzureError);

/// A status that is in no description, and that ARM never sends.
const NO_REPLY: u16 = 399;

impl ClientHooks<Arc<Transport>> for generated::Client {
    async fn exec(&self, request: reqwest::Request, _: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        let sent = match prepared(&request) {
            Ok(request) => self.inner().client.execute(request).await,
            Err(error) => Err(error),
        };
        let reply = sent.unwrap_or_else(|error| {
            let mut reply = http::Response::new(Bytes::new());
            *reply.status_mut() = http::StatusCode::from_u16(NO_REPLY).unwrap_or_default();
            reply.extensions_mut().insert(Unanswered(error));
            reply
        });
        Ok(reply.into())
    }
}

/// The generated request with the api-version where ARM wants it, and with its body in one piece, so that it can be
/// sent again.
fn prepared(request: &reqwest::Request) -> Result<aro_http::Request, AzureError> {
    let mut url = request.url().clone();
    url.query_pairs_mut()
        .append_pair(API_VERSION, generated::Client::api_version());
    let mut builder = http::Request::builder().method(request.method()).uri(url.as_str());
    for (name, value) in request.headers() {
        if name != API_VERSION {
            builder = builder.header(name, value);
        }
    }
    if *request.method() == http::Method::POST {
        // The POSTs of this contract only read.
        builder = builder.extension(Idempotent);
    }
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    builder
        .body(Bytes::copy_from_slice(body))
        .map_err(|error| AzureError::new(FailureKind::Request, error.to_string()))
}
