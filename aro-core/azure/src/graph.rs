//! Microsoft Graph: service principals.

use aro_http::{AzureError, Client, FailureKind, json};
use http::Method;
use serde::Deserialize;
use url::Url;

/// A service principal: an application in a tenant.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePrincipal {
    /// Object id.
    pub id: String,
}

/// Calls Microsoft Graph as one caller.
#[derive(Debug, Clone)]
pub struct GraphClient {
    client: Client,
    base: Url,
}

impl GraphClient {
    pub(crate) fn new(client: Client, base: Url) -> Self {
        Self { client, base }
    }

    /// The service principals of an application; one in each tenant that knows it.
    ///
    /// # Errors
    /// What Graph said.
    pub async fn service_principals(&self, app_id: &str) -> Result<Vec<ServicePrincipal>, AzureError> {
        #[derive(Deserialize)]
        struct Page {
            value: Vec<ServicePrincipal>,
        }
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| AzureError::new(FailureKind::Request, "the Graph endpoint cannot have a path"))?
            .pop_if_empty()
            .extend(["v1.0", "servicePrincipals"]);
        // OData doubles a quote inside a string.
        let filter = format!("appId eq '{}'", app_id.replace('\'', "''"));
        url.query_pairs_mut()
            .append_pair("$filter", &filter)
            .append_pair("$select", "id");
        let response = self
            .client
            .execute(json::request::<()>(Method::GET, &url, &[], None)?)
            .await?;
        let page: Page = json::body(&response).map_err(|error| error.at(&Method::GET, &url))?;
        Ok(page.value)
    }
}
