//! What every call goes through, generated or not: the layers of aro-http instead of a bare HTTP client.

use std::sync::Arc;

use aro_http::{AzureError, FailureKind, Idempotent, Request, Response};
use bytes::Bytes;
use http::Method;
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use url::Url;

use crate::{Error, generated, places};

/// The parameter that says which version of the contract is spoken.
pub(crate) const API_VERSION: &str = "api-version";

/// What calls are made through.
#[derive(Clone, Debug)]
pub struct Transport {
    pub(crate) client: aro_http::Client,
    pub(crate) endpoint: Url,
}

impl Transport {
    /// Sends a request; a reply with an error status is an error.
    pub(crate) async fn execute(&self, mut request: Request) -> Result<Response, AzureError> {
        if *request.method() == Method::POST {
            // The POSTs of this contract only read.
            request.extensions_mut().insert(Idempotent);
        }
        self.client.execute(request).await
    }
}

/// Rides on a reply that no service sent: the call failed. Generated code hands such replies on untouched.
#[derive(Clone, Debug)]
pub(crate) struct Unanswered(pub(crate) Error);

/// A status that is in no description, and that ARM never sends.
const NO_REPLY: u16 = 399;

impl ClientHooks<Arc<Transport>> for generated::Client {
    async fn exec(&self, request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        let transport = self.inner();
        let sent = match prepared(&request, info, &transport.endpoint) {
            Ok(request) => transport.execute(request).await.map_err(Error::from),
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
fn prepared(request: &reqwest::Request, info: &OperationInfo, endpoint: &Url) -> Result<Request, Error> {
    let mut url = request.url().clone();
    if let Some(place) = places::ALL.iter().find(|place| place.id == info.operation_id) {
        place.check(endpoint, &url)?;
    }
    url.query_pairs_mut()
        .append_pair(API_VERSION, generated::Client::api_version());
    let mut builder = http::Request::builder().method(request.method()).uri(url.as_str());
    for (name, value) in request.headers() {
        if name != API_VERSION {
            builder = builder.header(name, value);
        }
    }
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let request = builder
        .body(Bytes::copy_from_slice(body))
        .map_err(|error| AzureError::new(FailureKind::Request, error.to_string()))?;
    Ok(request)
}
