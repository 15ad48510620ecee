//! Ids by which a call is found again in Azure's logs: one for the call, one for the operation of ours it belongs to.

use std::task::{Context, Poll};

use futures::{FutureExt, future::Map};
use http::{HeaderName, HeaderValue, header};
use tower::{Layer, Service};
use uuid::Uuid;

use crate::{AzureError, OperationContext, Request, Response};

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
const RETURN_ID: HeaderName = HeaderName::from_static("x-ms-return-client-request-id");
/// Who calls, where nobody else says so.
pub(crate) const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("aro-rp/", env!("CARGO_PKG_VERSION")));

#[derive(Debug, Clone)]
pub(crate) struct CorrelationLayer {
    pub(crate) user_agent: HeaderValue,
}

impl<S> Layer<S> for CorrelationLayer {
    type Service = Correlation<S>;

    fn layer(&self, inner: S) -> Correlation<S> {
        Correlation {
            inner,
            user_agent: self.user_agent.clone(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Correlation<S> {
    inner: S,
    user_agent: HeaderValue,
}

impl<S> Service<Request> for Correlation<S>
where
    S: Service<Request, Response = Response, Error = AzureError>,
{
    type Response = Response;
    type Error = AzureError;
    type Future = Map<S::Future, Box<dyn FnOnce(Result<Response, AzureError>) -> Result<Response, AzureError> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), AzureError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = Uuid::new_v4().to_string();
        let correlation = request
            .extensions()
            .get::<OperationContext>()
            .and_then(|c| c.correlation_id.clone());
        let headers = request.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&id) {
            headers.insert(CLIENT_REQUEST_ID, value);
        }
        // An id that a header cannot carry came from outside; the call goes on without it.
        if let Some(Ok(value)) = correlation.as_deref().map(HeaderValue::from_str) {
            headers.insert(CORRELATION_ID, value);
        }
        headers.insert(RETURN_ID, HeaderValue::from_static("true"));
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        self.inner.call(request).map(Box::new(move |mut result| {
            match &mut result {
                Ok(response) => {
                    response.extensions_mut().insert(Sent {
                        client_request_id: id,
                        correlation_id: correlation,
                    });
                }
                Err(error) => {
                    error.facts_mut().client_request_id = Some(id);
                    error.facts_mut().correlation_id = correlation;
                }
            }
            result
        }))
    }
}

/// Response extension: the ids the request went out with.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) client_request_id: String,
    pub(crate) correlation_id: Option<String>,
}
