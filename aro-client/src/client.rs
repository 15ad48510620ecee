//! The client: one subscription of one cloud, as one caller.

use std::sync::Arc;

use aro_http::{LroPace, Request, Response, lro};
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::transport::Transport;
use crate::{Builder, Cloud, Clusters, Error, Raw, generated};

/// A client for one subscription. Cheap to clone; clones share connections, limits and tokens.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) subscription: String,
    pub(crate) cloud: Cloud,
    pub(crate) calls: generated::Client,
    pub(crate) transport: Arc<Transport>,
    pub(crate) pace: LroPace,
}

impl Client {
    /// Starts a client for a subscription.
    pub fn builder(subscription: impl Into<String>) -> Builder {
        Builder::new(subscription.into())
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// The subscription.
    #[must_use]
    pub fn subscription(&self) -> &str {
        &self.inner.subscription
    }

    /// The cloud.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.inner.cloud
    }

    /// The clusters of the subscription.
    #[must_use]
    pub fn clusters(&self) -> Clusters<'_> {
        Clusters { client: self }
    }

    /// The same calls in the JSON of an api-version of your choice. `D` is what documents are read as.
    #[must_use]
    pub fn raw<D: DeserializeOwned + Send + 'static>(&self, api_version: impl Into<String>) -> Raw<D> {
        Raw::new(self.clone(), api_version.into())
    }

    pub(crate) fn endpoint(&self) -> &Url {
        &self.inner.transport.endpoint
    }

    /// Makes a call to a place of this cloud; a reply with an error status is an error.
    pub(crate) async fn call<B: Serialize + ?Sized>(
        &self,
        method: Method,
        url: &Url,
        body: Option<&B>,
    ) -> Result<Response, Error> {
        self.check(url)?;
        let request: Request = aro_http::json::request(method, url, &[], body)?;
        Ok(self.inner.transport.execute(request).await?)
    }

    /// Reads a place of this cloud.
    pub(crate) async fn get(&self, url: &Url) -> Result<Response, Error> {
        self.call::<()>(Method::GET, url, None).await
    }

    /// Tokens go to this cloud's ARM only, whatever a reply or a saved URL says.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Error> {
        if lro::same_service(url, self.endpoint()) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default();
        Err(Error::Configuration(format!(
            "{host} is no place of this cloud; a token is not sent elsewhere"
        )))
    }
}
