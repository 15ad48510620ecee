//! One span for each call. Never the query (signatures), never headers (tokens), never bodies (keys).

use std::task::{Context, Poll};

use tower::{Layer, Service};
use tracing::{Instrument, Span, instrument::Instrumented};

use crate::{OperationContext, Request};

#[derive(Debug, Clone)]
pub(crate) struct TraceLayer;

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Trace<S> {
    inner: S,
}

impl<S> Service<Request> for Trace<S>
where
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let correlation = request
            .extensions()
            .get::<OperationContext>()
            .and_then(|c| c.correlation_id.clone());
        let span: Span = tracing::debug_span!("azure", method = %request.method(),
            host = request.uri().host(), path = request.uri().path(), correlation_id = correlation);
        let future = span.in_scope(|| self.inner.call(request));
        future.instrument(span)
    }
}
