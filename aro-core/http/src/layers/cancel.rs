//! No call starts after its operation was cancelled.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use futures::future::Either;
use tower::{Layer, Service};

use crate::{AzureError, OperationContext, Request, Response};

#[derive(Debug, Clone)]
pub(crate) struct CancelLayer;

impl<S> Layer<S> for CancelLayer {
    type Service = Cancel<S>;

    fn layer(&self, inner: S) -> Cancel<S> {
        Cancel { inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Cancel<S> {
    inner: S,
}

impl<S> Service<Request> for Cancel<S>
where
    S: Service<Request, Response = Response, Error = AzureError>,
{
    type Response = Response;
    type Error = AzureError;
    type Future = Either<Ready<Result<Response, AzureError>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), AzureError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let cancelled = request
            .extensions()
            .get::<OperationContext>()
            .is_some_and(|context| context.cancellation.is_cancelled());
        if cancelled {
            return Either::Left(ready(Err(AzureError::cancelled())));
        }
        Either::Right(self.inner.call(request))
    }
}
