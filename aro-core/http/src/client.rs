//! The client: a stack of layers, and the operation its calls belong to.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use tower::{Service, ServiceBuilder, ServiceExt, limit::GlobalConcurrencyLimitLayer, util::BoxCloneSyncService};
use url::Url;

use crate::{
    AzureError, FailureKind, HttpPace, OperationContext, TokenSource, TransportConfig,
    layers::{
        AuthLayer, CancelLayer, CorrelationLayer, RetryPolicy, Sent, ThrottleLayer, TimeoutLayer, TraceLayer,
        USER_AGENT,
    },
    transport::Transport,
};

/// A request with its whole body, so that it can be sent again.
pub type Request = http::Request<Bytes>;
/// A reply with its whole body.
pub type Response = http::Response<Bytes>;

type Stack = BoxCloneSyncService<Request, Response, AzureError>;

/// Makes calls to one kind of service as one caller. Cheap to clone; clones share connections and limits.
#[derive(Clone)]
pub struct Client {
    stack: Stack,
    context: OperationContext,
}

/// What a client is made of.
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    transport: Transport,
    limits: Limits,
    pace: Arc<HttpPace>,
    credential: Option<(Arc<dyn TokenSource>, String)>,
    user_agent: HeaderValue,
}

/// Shared by all clients made from clones of one builder.
#[derive(Debug, Clone)]
struct Limits {
    concurrency: GlobalConcurrencyLimitLayer,
    throttle: ThrottleLayer,
}

impl ClientBuilder {
    /// Starts a client, with a connection pool of its own.
    ///
    /// # Errors
    /// When the transport cannot be set up: the CA file is missing or holds no certificate.
    pub fn new(transport: &TransportConfig, pace: HttpPace) -> Result<Self, AzureError> {
        Ok(Self {
            transport: Transport::new(transport)?,
            limits: Limits {
                concurrency: GlobalConcurrencyLimitLayer::new(pace.concurrency.max(1)),
                throttle: ThrottleLayer::new(pace.max_delay),
            },
            pace: Arc::new(pace),
            credential: None,
            user_agent: USER_AGENT,
        })
    }

    /// Who calls, as the service reads it in its logs; the resource provider where not said.
    #[must_use]
    pub fn user_agent(mut self, name: HeaderValue) -> Self {
        self.user_agent = name;
        self
    }

    /// Calls carry tokens of `source` for `scope` (such as `https://management.azure.com/.default`).
    #[must_use]
    pub fn credential(mut self, source: Arc<dyn TokenSource>, scope: impl Into<String>) -> Self {
        self.credential = Some((source, scope.into()));
        self
    }

    /// The client. Connections and limits are shared with all clients built from clones of this builder.
    #[must_use]
    pub fn build(&self) -> Client {
        let stack = ServiceBuilder::new()
            // Outermost, so that all tries of a call lie in one span.
            .layer(TraceLayer)
            // One id for the call, whatever number of tries it needs.
            .layer(CorrelationLayer {
                user_agent: self.user_agent.clone(),
            })
            .retry(RetryPolicy::new(self.pace.clone()))
            // Below retry: a pause holds no slot, and a closed gate also stops second tries.
            .layer(self.limits.throttle.clone())
            .layer(self.limits.concurrency.clone())
            // Before a token is asked for, and again after it came.
            .layer(CancelLayer)
            // Below retry: a try that comes late gets a token that is still valid.
            .layer(AuthLayer {
                credential: self.credential.clone(),
            })
            .layer(CancelLayer)
            .layer(TimeoutLayer(self.pace.try_timeout))
            .service(self.transport.clone());
        let stack = BoxCloneSyncService::new(stack);
        Client {
            stack,
            context: OperationContext::default(),
        }
    }
}

impl Client {
    /// The same client for calls of another operation.
    #[must_use]
    pub fn with_context(&self, context: OperationContext) -> Self {
        Self {
            stack: self.stack.clone(),
            context,
        }
    }

    /// The operation the calls of this client belong to.
    #[must_use]
    pub fn context(&self) -> &OperationContext {
        &self.context
    }

    /// Sends a request; a reply with an error status is a reply.
    ///
    /// # Errors
    /// When there is no reply: no token, no connection, no answer in time, cancelled.
    pub async fn send(&self, mut request: Request) -> Result<Response, AzureError> {
        let url = Url::parse(&request.uri().to_string());
        let method = request.method().clone();
        request.extensions_mut().insert(self.context.clone());
        let mut stack = self.stack.clone();
        let result = match stack.ready().await {
            Ok(ready) => ready.call(request).await,
            Err(error) => Err(error),
        };
        match (result, url) {
            (Err(error), Ok(url)) => Err(error.at(&method, &url)),
            (result, _) => result,
        }
    }

    /// Sends a request; a reply with an error status is an error.
    ///
    /// # Errors
    /// As [`Client::send`], and with what the service said.
    pub async fn execute(&self, request: Request) -> Result<Response, AzureError> {
        let url = Url::parse(&request.uri().to_string());
        let method = request.method().clone();
        let response = self.send(request).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let mut error = AzureError::from_response(&response);
        if let Some(sent) = response.extensions().get::<Sent>() {
            error.facts_mut().client_request_id = Some(sent.client_request_id.clone());
            error.facts_mut().correlation_id = sent.correlation_id.clone();
        }
        Err(match url {
            Ok(url) => error.at(&method, &url),
            Err(_) => error,
        })
    }

    /// Pauses, unless the operation is cancelled meanwhile.
    ///
    /// # Errors
    /// [`FailureKind::Cancelled`].
    pub async fn pause(&self, duration: Duration) -> Result<(), AzureError> {
        tokio::select! {
            // Cancelled wins where both are true.
            biased;
            () = self.context.cancellation.cancelled() => Err(AzureError::cancelled()),
            () = tokio::time::sleep(duration) => Ok(()),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

/// JSON in requests and replies.
pub mod json {
    use super::*;

    /// A request with a JSON body, or without any body.
    ///
    /// # Errors
    /// When the body cannot be written as JSON, or a header value is not one.
    pub fn request<B: Serialize + ?Sized>(
        method: Method,
        url: &Url,
        headers: &[(HeaderName, &str)],
        body: Option<&B>,
    ) -> Result<Request, AzureError> {
        let invalid = |message: String| AzureError::new(FailureKind::Request, message).at(&method, url);
        let mut builder = http::Request::builder()
            .method(method.clone())
            .uri(url.as_str())
            .header(header::ACCEPT, "application/json");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|error| invalid(error.to_string()))?;
            builder = builder.header(name, value);
        }
        let body = match body {
            Some(body) => {
                builder = builder.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(serde_json::to_vec(body).map_err(|error| invalid(error.to_string()))?)
            }
            None => Bytes::new(),
        };
        builder.body(body).map_err(|error| invalid(error.to_string()))
    }

    /// The body of a reply.
    ///
    /// # Errors
    /// [`FailureKind::Decode`] when it is not the JSON that was promised. The text of the body is not quoted: it may hold
    /// keys.
    pub fn body<T: DeserializeOwned>(response: &Response) -> Result<T, AzureError> {
        serde_json::from_slice(response.body()).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Data => "has another shape than expected",
                _ => "is not JSON",
            };
            let place = format!("line {} column {}", error.line(), error.column());
            let mut failure = AzureError::new(FailureKind::Decode, format!("the reply {what} ({place})"));
            failure.facts_mut().status = Some(response.status());
            failure
        })
    }

    /// Whether the reply has a body at all.
    #[must_use]
    pub fn has_body(response: &Response) -> bool {
        response.status() != StatusCode::NO_CONTENT && !response.body().is_empty()
    }
}
