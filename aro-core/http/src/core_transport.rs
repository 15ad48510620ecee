//! Our stack as the transport of azure_core, for the credentials of azure_identity.

use azure_core::{
    error::{Error, ErrorKind},
    http::{
        AsyncRawResponse, HttpClient, Method as CoreMethod, Request as CoreRequest,
        headers::{HeaderName, HeaderValue, Headers},
        request::Body,
    },
};

use crate::{AzureError, Client, FailureKind, Idempotent};

/// Sends azure_core's requests through a [`Client`], which brings retry, timeouts and certificates.
#[derive(Debug, Clone)]
pub struct CoreTransport {
    client: Client,
    repeatable: bool,
}

impl CoreTransport {
    /// A transport whose POSTs are not repeated after an effect is possible.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            repeatable: false,
        }
    }

    /// A transport for calls that may always be repeated, such as asking for a token.
    #[must_use]
    pub fn repeatable(client: Client) -> Self {
        Self {
            client,
            repeatable: true,
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for CoreTransport {
    async fn execute_request(&self, request: &CoreRequest) -> azure_core::Result<AsyncRawResponse> {
        let Body::Bytes(body) = request.body() else {
            return Err(Error::with_message(
                ErrorKind::Other,
                "streamed bodies cannot be sent again",
            ));
        };
        let method = match request.method() {
            CoreMethod::Delete => http::Method::DELETE,
            CoreMethod::Get => http::Method::GET,
            CoreMethod::Head => http::Method::HEAD,
            CoreMethod::Patch => http::Method::PATCH,
            CoreMethod::Post => http::Method::POST,
            CoreMethod::Put => http::Method::PUT,
            other => {
                return Err(Error::with_message(
                    ErrorKind::Other,
                    format!("method {other:?} is not known here"),
                ));
            }
        };
        let mut builder = http::Request::builder().method(method).uri(request.url().as_str());
        for (name, value) in request.headers().iter() {
            builder = builder.header(name.as_str(), value.as_str());
        }
        if self.repeatable {
            builder = builder.extension(Idempotent);
        }
        let ours = builder
            .body(body.clone())
            .map_err(|error| Error::with_error(ErrorKind::Other, error, "request"))?;
        let response = self.client.send(ours).await.map_err(core_error)?;
        let mut headers = Headers::new();
        for (name, value) in response.headers() {
            if let Ok(value) = value.to_str() {
                headers.insert(
                    HeaderName::from(name.as_str().to_owned()),
                    HeaderValue::from(value.to_owned()),
                );
            }
        }
        let status = response.status().as_u16().into();
        Ok(AsyncRawResponse::from_bytes(status, headers, response.into_body()))
    }
}

fn core_error(error: AzureError) -> Error {
    let kind = match error.kind {
        FailureKind::Connect => ErrorKind::Connection,
        FailureKind::Transport | FailureKind::Timeout => ErrorKind::Io,
        _ => ErrorKind::Other,
    };
    let message = error.message.clone();
    Error::with_error(kind, error, message)
}
