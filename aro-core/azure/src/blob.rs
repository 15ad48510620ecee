//! Blobs of one storage account.

use aro_http::{AzureError, Client, FailureKind};
use bytes::Bytes;
use http::{Method, header};
use url::Url;

use crate::arm::absent_is_none;

/// Version of the service's protocol; tokens need one to be named.
const VERSION: &str = "2021-12-02";

/// Reads and writes blobs of one storage account as one caller.
#[derive(Clone)]
pub struct BlobClient {
    client: Client,
    account: Url,
    /// A query string that says what may be done; empty where the client has a token.
    signature: Option<String>,
}

impl BlobClient {
    pub(crate) fn new(client: Client, account: Url, signature: Option<String>) -> Self {
        Self {
            client,
            account,
            signature,
        }
    }

    fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<http::request::Builder, AzureError> {
        let mut url = self.account.clone();
        url.path_segments_mut()
            .map_err(|()| AzureError::new(FailureKind::Request, "the account's address cannot have a path"))?
            .pop_if_empty()
            .extend(path.iter().flat_map(|part| part.split('/')));
        url.set_query(self.signature.as_deref());
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(http::Request::builder()
            .method(method)
            .uri(url.as_str())
            .header("x-ms-version", VERSION))
    }

    async fn send(&self, builder: http::request::Builder, body: Bytes) -> Result<Bytes, AzureError> {
        let request = builder
            .body(body)
            .map_err(|error| AzureError::new(FailureKind::Request, error.to_string()))?;
        self.client.execute(request).await.map(http::Response::into_body)
    }

    /// The content of a blob; `None` when there is none of that name.
    ///
    /// # Errors
    /// What the service said, but for 404.
    pub async fn get(&self, container: &str, blob: &str) -> Result<Option<Bytes>, AzureError> {
        let request = self.request(Method::GET, &[container, blob], &[])?;
        absent_is_none(self.send(request, Bytes::new()).await)
    }

    /// Writes a blob, over one that is there.
    ///
    /// # Errors
    /// What the service said.
    pub async fn put(&self, container: &str, blob: &str, content_type: &str, content: Bytes) -> Result<(), AzureError> {
        let request = self
            .request(Method::PUT, &[container, blob], &[])?
            .header("x-ms-blob-type", "BlockBlob")
            .header(header::CONTENT_TYPE, content_type);
        self.send(request, content).await.map(drop)
    }

    /// Deletes a blob; one that is missing is gone already.
    ///
    /// # Errors
    /// What the service said, but for 404.
    pub async fn delete(&self, container: &str, blob: &str) -> Result<(), AzureError> {
        let request = self.request(Method::DELETE, &[container, blob], &[])?;
        absent_is_none(self.send(request, Bytes::new()).await).map(drop)
    }
}

impl std::fmt::Debug for BlobClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobClient")
            .field("account", &self.account.as_str())
            .finish_non_exhaustive()
    }
}
