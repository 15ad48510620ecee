//! Azure Resource Manager: the same few verbs for every resource.

use std::sync::Arc;

use aro_http::{AzureError, Client, FailureKind, LroPace, Response, json, lro};
use http::{HeaderName, Method, StatusCode, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use url::Url;

/// Members of a resource that no model here names. They survive a read, change, write.
pub type Extra = Map<String, Value>;

/// A page limit that no list of this provider comes near: a list whose next link leads back to itself must end.
const MAX_PAGES: usize = 10_000;

/// A model of a resource.
pub trait Resource: Serialize + DeserializeOwned + Send + Sync {
    /// The api-version the model was written for.
    const API_VERSION: &'static str;

    /// The etag a later write is made conditional on.
    fn etag(&self) -> Option<&str> {
        None
    }
}

/// `{id}`: a reference to another resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Resource id.
    pub id: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Reference {
    /// A reference to that id.
    #[must_use]
    pub fn to(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            rest: Extra::new(),
        }
    }

    /// Whether it refers to that resource. Resource ids have no case.
    #[must_use]
    pub fn is(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id)
    }
}

/// What must be true for a write to happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Precondition {
    /// Nothing.
    None,
    /// The resource has this etag.
    Unchanged(String),
    /// There is no such resource.
    Absent,
}

/// Calls Azure Resource Manager as one caller, for one operation of ours.
#[derive(Debug, Clone)]
pub struct ArmClient {
    client: Client,
    base: Url,
    pace: Arc<LroPace>,
}

impl ArmClient {
    pub(crate) fn new(client: Client, base: Url, pace: Arc<LroPace>) -> Self {
        Self { client, base, pace }
    }

    /// The HTTP client below.
    #[must_use]
    pub fn http(&self) -> &Client {
        &self.client
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) fn pace(&self) -> &LroPace {
        &self.pace
    }

    /// The URL of a resource.
    ///
    /// # Errors
    /// When the id has a segment that could lead elsewhere (`..`), or begins without a slash.
    pub fn url(&self, id: &str, api_version: &str, query: &[(&str, &str)]) -> Result<Url, AzureError> {
        let refuse = || AzureError::new(FailureKind::Request, format!("{id} is no resource id"));
        if !id.starts_with('/') || id.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(refuse());
        }
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| refuse())?
            .clear()
            .extend(id.split('/').skip(1));
        url.query_pairs_mut()
            .append_pair("api-version", api_version)
            .extend_pairs(query);
        Ok(url)
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// What ARM said, 404 included.
    pub async fn get<T: Resource>(&self, id: &str) -> Result<T, AzureError> {
        self.get_with(id, &[]).await
    }

    /// Reads a resource with further query parameters, such as `$expand`.
    ///
    /// # Errors
    /// What ARM said, 404 included.
    pub async fn get_with<T: Resource>(&self, id: &str, query: &[(&str, &str)]) -> Result<T, AzureError> {
        let url = self.url(id, T::API_VERSION, query)?;
        let response = self
            .client
            .execute(json::request::<()>(Method::GET, &url, &[], None)?)
            .await?;
        json::body(&response).map_err(|error| error.at(&Method::GET, &url))
    }

    /// Reads a resource that may be missing.
    ///
    /// # Errors
    /// What ARM said, but for 404.
    pub async fn find<T: Resource>(&self, id: &str) -> Result<Option<T>, AzureError> {
        absent_is_none(self.get(id).await)
    }

    /// Creates or replaces a resource and waits until it is ready.
    ///
    /// # Errors
    /// What ARM said, at once or at the end.
    pub async fn put<T: Resource>(&self, id: &str, resource: &T) -> Result<T, AzureError> {
        self.put_if(id, resource, &Precondition::None).await
    }

    /// Replaces a resource that was read before; a change by somebody else in between is refused with 412.
    ///
    /// # Errors
    /// What ARM said, at once or at the end.
    pub async fn replace<T: Resource>(&self, id: &str, resource: &T) -> Result<T, AzureError> {
        let precondition = resource
            .etag()
            .map_or(Precondition::None, |etag| Precondition::Unchanged(etag.to_owned()));
        self.put_if(id, resource, &precondition).await
    }

    /// Creates or replaces a resource under a condition and waits until it is ready.
    ///
    /// # Errors
    /// What ARM said, at once or at the end; 412 when the condition does not hold.
    pub async fn put_if<T: Resource>(
        &self,
        id: &str,
        resource: &T,
        precondition: &Precondition,
    ) -> Result<T, AzureError> {
        self.write(Method::PUT, id, resource, precondition).await
    }

    /// Merges members into a resource and waits until it is ready.
    ///
    /// # Errors
    /// What ARM said, at once or at the end.
    pub async fn patch<B: Serialize + Sync, T: Resource>(&self, id: &str, change: &B) -> Result<T, AzureError> {
        let url = self.url(id, T::API_VERSION, &[])?;
        let request = json::request(Method::PATCH, &url, &[], Some(change))?;
        self.result(
            Method::PATCH,
            id,
            &url,
            lro::run(&self.client, request, &self.pace).await?,
        )
        .await
    }

    async fn write<T: Resource>(
        &self,
        method: Method,
        id: &str,
        resource: &T,
        precondition: &Precondition,
    ) -> Result<T, AzureError> {
        let url = self.url(id, T::API_VERSION, &[])?;
        let headers: &[(HeaderName, &str)] = match precondition {
            Precondition::None => &[],
            Precondition::Unchanged(etag) => &[(header::IF_MATCH, etag)],
            Precondition::Absent => &[(header::IF_NONE_MATCH, "*")],
        };
        let request = json::request(method.clone(), &url, headers, Some(resource))?;
        self.result(method, id, &url, lro::run(&self.client, request, &self.pace).await?)
            .await
    }

    async fn result<T: Resource>(
        &self,
        method: Method,
        id: &str,
        url: &Url,
        response: Option<Response>,
    ) -> Result<T, AzureError> {
        match response {
            Some(response) if json::has_body(&response) => {
                json::body(&response).map_err(|error| error.at(&method, url))
            }
            _ => self.get(id).await,
        }
    }

    /// Deletes a resource and waits until it is gone. A missing resource, or a missing parent, is gone already.
    ///
    /// # Errors
    /// What ARM said, at once or at the end, but for 404.
    pub async fn delete(&self, id: &str, api_version: &str) -> Result<(), AzureError> {
        self.delete_if(id, api_version, None).await
    }

    /// Deletes a resource that has this etag.
    ///
    /// # Errors
    /// As [`ArmClient::delete`]; 412 when it has another etag.
    pub async fn delete_if(&self, id: &str, api_version: &str, etag: Option<&str>) -> Result<(), AzureError> {
        let url = self.url(id, api_version, &[])?;
        let headers: Vec<(HeaderName, &str)> = etag.map(|etag| (header::IF_MATCH, etag)).into_iter().collect();
        let request = json::request::<()>(Method::DELETE, &url, &headers, None)?;
        absent_is_none(lro::run(&self.client, request, &self.pace).await).map(drop)
    }

    /// Starts a deletion; `None` when the resource is gone already or goes at once.
    ///
    /// # Errors
    /// What ARM said, but for 404.
    pub async fn begin_delete(&self, id: &str, api_version: &str) -> Result<Option<lro::Operation>, AzureError> {
        let url = self.url(id, api_version, &[])?;
        let request = json::request::<()>(Method::DELETE, &url, &[], None)?;
        let Some(response) = absent_is_none(self.client.execute(request).await)? else {
            return Ok(None);
        };
        Ok(match lro::started(&Method::DELETE, &url, response)? {
            lro::Started::Done(_) => None,
            lro::Started::Running(operation, _) => Some(operation),
        })
    }

    /// Waits for the end of a deletion.
    ///
    /// # Errors
    /// What ARM said.
    pub async fn finish(&self, operation: &lro::Operation) -> Result<(), AzureError> {
        operation.wait(&self.client, &self.pace, None).await.map(drop)
    }

    /// An action on a resource, waited for. `None` when it answers nothing.
    ///
    /// # Errors
    /// What ARM said, at once or at the end.
    pub async fn post<B: Serialize + Sync + ?Sized, T: DeserializeOwned>(
        &self,
        id: &str,
        api_version: &str,
        body: &B,
    ) -> Result<Option<T>, AzureError> {
        let url = self.url(id, api_version, &[])?;
        let request = json::request(Method::POST, &url, &[], Some(body))?;
        match lro::run(&self.client, request, &self.pace).await? {
            Some(response) if json::has_body(&response) => json::body(&response)
                .map(Some)
                .map_err(|error| error.at(&Method::POST, &url)),
            _ => Ok(None),
        }
    }

    /// All items of a list, page after page.
    ///
    /// # Errors
    /// What ARM said; a next link outside the service is refused, because the token goes along.
    pub async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        api_version: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, AzureError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", bound = "T: DeserializeOwned")]
        struct Page<T> {
            value: Vec<T>,
            next_link: Option<String>,
        }
        let mut url = self.url(path, api_version, query)?;
        let mut items = Vec::new();
        for _ in 0..MAX_PAGES {
            let response = self
                .client
                .execute(json::request::<()>(Method::GET, &url, &[], None)?)
                .await?;
            let page: Page<T> = json::body(&response).map_err(|error| error.at(&Method::GET, &url))?;
            items.extend(page.value);
            let Some(next) = page.next_link.filter(|link| !link.is_empty()) else {
                return Ok(items);
            };
            let refuse = |why: &str| AzureError::new(FailureKind::Decode, why).at(&Method::GET, &url);
            let next = url.join(&next).map_err(|_| refuse("the next link is no URL"))?;
            if next.origin() != url.origin() {
                return Err(refuse("the next link leads outside the service"));
            }
            url = next;
        }
        Err(AzureError::new(FailureKind::Decode, "the list does not end").at(&Method::GET, &url))
    }
}

/// A missing resource is an answer, not a failure.
pub(crate) fn absent_is_none<T>(result: Result<T, AzureError>) -> Result<Option<T>, AzureError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.status == Some(StatusCode::NOT_FOUND) => Ok(None),
        Err(error) => Err(error),
    }
}
