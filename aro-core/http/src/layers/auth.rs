//! Puts a bearer token on each try, and asks for a new one when the service calls it stale.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderValue, StatusCode, header};
use tower::{Layer, Service};

use crate::{AzureError, FailureKind, Request, Response, TokenSource};

/// Whose token, for which audience.
#[derive(Debug, Clone)]
pub(crate) struct AuthLayer {
    pub(crate) credential: Option<(Arc<dyn TokenSource>, String)>,
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth {
            inner,
            credential: self.credential.clone(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Auth<S> {
    inner: S,
    credential: Option<(Arc<dyn TokenSource>, String)>,
}

impl<S> Service<Request> for Auth<S>
where
    S: Service<Request, Response = Response, Error = AzureError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = AzureError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, AzureError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), AzureError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Some((source, scope)) = self.credential.clone() else {
            return Box::pin(self.inner.call(request));
        };
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        Box::pin(async move {
            let again = request.clone();
            let token = source.token(&scope).await?;
            let response = inner.call(with_token(request, token.secret())?).await?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            // The token was revoked, or the service's keys turned over: once more with a new one, then believe it.
            source.forget(&scope, &token).await;
            let token = source.token(&scope).await?;
            std::future::poll_fn(|cx| inner.poll_ready(cx)).await?;
            inner.call(with_token(again, token.secret())?).await
        })
    }
}

fn with_token(mut request: Request, token: &str) -> Result<Request, AzureError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| AzureError::new(FailureKind::Authentication, "the token cannot be sent in a header"))?;
    value.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, value);
    Ok(request)
}
