//! The client: one subscription of one cloud, as one caller.

use std::sync::Arc;

use aro_http::{AzureError, LroPace, Request};
use http::Method;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{Builder, Cloud, Clusters, Error, generated};

/// A client for one subscription. Cheap to clone; clones share connections, limits and tokens.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) subscription: String,
    pub(crate) cloud: Cloud,
    pub(crate) endpoint: Url,
    pub(crate) calls: generated::Client,
    pub(crate) http: aro_http::Client,
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

    /// Reads what a reply named, if it is a place of this cloud.
    pub(crate) async fn follow<T: DeserializeOwned>(&self, url: &Url) -> Result<T, Error> {
        let reply = self.inner.http.execute(self.get(url)?).await?;
        Ok(aro_http::json::body(&reply)?)
    }

    pub(crate) fn get(&self, url: &Url) -> Result<Request, Error> {
        self.check(url)?;
        let request: Result<Request, AzureError> = aro_http::json::request::<()>(Method::GET, url, &[], None);
        Ok(request?)
    }

    /// Tokens go to this cloud's ARM only, whatever a reply or a saved URL says.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Error> {
        if same_service(url, &self.inner.endpoint) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default();
        Err(Error::Configuration(format!("{host} is no place of this cloud")))
    }
}

/// Whether a URL lies in the same service: ARM may answer from a region below its name.
fn same_service(url: &Url, endpoint: &Url) -> bool {
    let (Some(host), Some(known)) = (url.host_str(), endpoint.host_str()) else {
        return false;
    };
    url.scheme() == endpoint.scheme()
        && url.port_or_known_default() == endpoint.port_or_known_default()
        && (host == known || host.strip_suffix(known).is_some_and(|region| region.ends_with('.')))
}
