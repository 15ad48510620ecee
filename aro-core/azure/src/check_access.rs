//! The check-access service: whether a principal may perform actions on a resource, through whatever role, group or deny
//! assignment. It answers for everybody, so that the resource provider can ask about the customer's identities.

use aro_http::{AzureError, Client, FailureKind, Idempotent, json};
use http::Method;
use serde::Deserialize;
use serde_json::json;
use url::Url;

/// Audience of its tokens.
pub(crate) const AUDIENCE: &str = "https://authorization.azure.net";
/// Api-version of this service.
const API_VERSION: &str = "2021-06-01-preview";
/// A page limit that no answer comes near: every answer has a decision for each of a few actions.
const MAX_PAGES: usize = 100;

/// What a principal wants to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    /// `Microsoft.Network/virtualNetworks/read` and the like.
    pub id: String,
    /// Whether it concerns data rather than the resource.
    pub data: bool,
}

/// Asks the check-access service of one region.
#[derive(Debug, Clone)]
pub struct CheckAccessClient {
    client: Client,
    url: Url,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    value: Vec<Decision>,
    next_link: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decision {
    #[serde(default)]
    action_id: String,
    #[serde(default)]
    access_decision: String,
}

impl Action {
    /// An action on a resource.
    #[must_use]
    pub fn on_resource(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            data: false,
        }
    }
}

impl CheckAccessClient {
    pub(crate) fn new(client: Client, base: Option<&Url>, location: &str) -> Result<Self, AzureError> {
        let refuse = || AzureError::new(FailureKind::Request, format!("{location} is no name of a region"));
        let mut url = match base {
            Some(base) => base.clone(),
            None if location.chars().all(|c| c.is_ascii_alphanumeric()) && !location.is_empty() => {
                format!("https://{}.authorization.azure.net", location.to_lowercase())
                    .parse()
                    .map_err(|_| refuse())?
            }
            None => return Err(refuse()),
        };
        url.path_segments_mut().map_err(|()| refuse())?.pop_if_empty().extend([
            "providers",
            "Microsoft.Authorization",
            "checkAccess",
        ]);
        url.query_pairs_mut().append_pair("api-version", API_VERSION);
        Ok(Self { client, url })
    }

    /// Of these actions on a resource those that the principal with this object id may not perform. An action without a
    /// decision counts among them.
    ///
    /// # Errors
    /// What the service said.
    pub async fn refused(
        &self,
        object_id: &str,
        resource_id: &str,
        actions: &[Action],
    ) -> Result<Vec<Action>, AzureError> {
        let wanted: Vec<_> = actions
            .iter()
            .map(|action| json!({"Id": action.id, "IsDataAction": action.data, "Attributes": {}}))
            .collect();
        let body = json!({
            "Subject": {"Attributes": {"ObjectId": object_id}},
            "Actions": wanted,
            "Resource": {"Id": resource_id, "Attributes": {}},
        });
        let mut allowed: Vec<String> = Vec::new();
        let mut url = self.url.clone();
        for _ in 0..MAX_PAGES {
            let mut request = json::request(Method::POST, &url, &[], Some(&body))?;
            // It only asks.
            request.extensions_mut().insert(Idempotent);
            let response = self.client.execute(request).await?;
            let page: Page = json::body(&response).map_err(|error| error.at(&Method::POST, &url))?;
            let yes = page
                .value
                .into_iter()
                .filter(|decision| decision.access_decision == "Allowed");
            allowed.extend(yes.map(|decision| decision.action_id));
            let Some(next) = page.next_link.filter(|link| !link.is_empty()) else {
                let mut refused = actions.to_vec();
                refused.retain(|action| !allowed.iter().any(|id| id.eq_ignore_ascii_case(&action.id)));
                return Ok(refused);
            };
            let next = url
                .join(&next)
                .ok()
                .filter(|next| next.origin() == url.origin())
                .ok_or_else(|| {
                    AzureError::new(FailureKind::Decode, "the next link leads outside the service")
                        .at(&Method::POST, &url)
                })?;
            url = next;
        }
        Err(AzureError::new(FailureKind::Decode, "the answer does not end").at(&Method::POST, &url))
    }
}
