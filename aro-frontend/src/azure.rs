//! Asks Azure, before a cluster is accepted, whether there is room for it in the customer's subscription. What is asked and
//! how it is judged is the library's; when, how long, and how often is said here.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aro_api::arm_id::ResourceId;
use aro_api::model::{Cluster, Subscription};
use aro_api::{CloudError, Code};
use aro_azure::{Application, Azure};
use aro_config::ConfigSecret;
use aro_http::{AzureError, OperationContext};
use aro_provisioning::validation::{Facts, Region, evaluate_region};
use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::validators::Validators;

/// How long Azure may take. ARM waits for the whole request no longer than a minute.
const PATIENCE: Duration = Duration::from_secs(20);

/// Subscriptions whose facts are kept at the same time.
const KEPT: usize = 1000;

/// What Azure said of one subscription in one location, and until when that is believed. Who asks while it is locked
/// waits for the answer to somebody else's question.
type Believed = Arc<Mutex<Option<(Instant, Arc<Facts>)>>>;

/// How Azure is asked about new clusters.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// For how long what it says of a subscription is believed.
    pub believed_for: Duration,
    /// Whether clusters may use availability zones besides 1, 2 and 3.
    pub expanded_zones: bool,
}

/// Checks new clusters against Azure with the first-party application's credential in the customer's tenant. What Azure
/// says of a subscription is believed for a short time, so that a burst of requests asks once.
pub struct AzureValidators {
    azure: Azure,
    application: Application,
    asking: Asking,
    /// By subscription and location.
    facts: Mutex<HashMap<(String, String), Believed>>,
}

impl AzureValidators {
    /// With the first-party application `client_id` and its secret.
    pub fn new(azure: Azure, client_id: String, secret: ConfigSecret, asking: Asking) -> AzureValidators {
        AzureValidators {
            application: Application::new(azure.clone(), client_id, secret.expose().to_owned()),
            azure,
            asking,
            facts: Mutex::default(),
        }
    }

    /// A subscription in a location as the application sees it in the tenant, for one request.
    async fn region(
        &self,
        id: &str,
        subscription: &Subscription,
        location: &str,
        correlation_id: &str,
    ) -> Result<Region, AzureError> {
        let context = OperationContext {
            correlation_id: Some(correlation_id.to_owned()).filter(|id| !id.is_empty()),
            ..OperationContext::default()
        };
        let credential = self.application.in_tenant(tenant(subscription)).await?;
        Ok(Region {
            subscription: id.to_owned(),
            location: location.to_owned(),
            compute: self.azure.compute(credential.clone(), &context)?,
            arm: self.azure.arm(credential, &context),
            expanded_zones: self.asking.expanded_zones,
        })
    }

    async fn facts(&self, region: &Region) -> Result<Arc<Facts>, AzureError> {
        let key = (region.subscription.to_lowercase(), region.location.to_lowercase());
        let believed: Believed = {
            let mut facts = self.facts.lock().await;
            if facts.len() >= KEPT && !facts.contains_key(&key) {
                facts.clear();
            }
            facts.entry(key).or_default().clone()
        };
        let mut believed = believed.lock().await;
        if let Some((until, known)) = &*believed
            && *until > Instant::now()
        {
            return Ok(known.clone());
        }
        let read = Arc::new(region.facts().await?);
        *believed = Some((Instant::now() + self.asking.believed_for, read.clone()));
        Ok(read)
    }
}

fn tenant(subscription: &Subscription) -> &str {
    let properties = subscription.properties.as_ref();
    properties.map_or("", |properties| properties.tenant_id.as_str())
}

/// What Azure answers in time.
async fn in_time<T>(subscription: &str, asked: impl Future<Output = Result<T, AzureError>>) -> Result<T, CloudError> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(unanswered(subscription, &error)),
        Err(elapsed) => Err(unanswered(subscription, &elapsed)),
    }
}

#[async_trait]
impl Validators for AzureValidators {
    async fn validate_new_cluster(
        &self,
        cluster: &Cluster,
        subscription: &Subscription,
        correlation_id: &str,
    ) -> Result<(), CloudError> {
        let id = ResourceId::parse(&cluster.id).and_then(|id| id.subscription_id);
        let id = id.unwrap_or_default();
        let asked = async {
            let region = self.region(id, subscription, &cluster.location, correlation_id).await?;
            let facts = self.facts(&region).await?;
            Ok(match region.encryption_at_host(cluster).await? {
                None => facts,
                encryption_at_host => Arc::new(Facts {
                    encryption_at_host,
                    ..Facts::clone(&facts)
                }),
            })
        };
        let facts = in_time(id, asked).await?;
        match evaluate_region(cluster, &facts).error() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    async fn sizes(
        &self,
        id: &str,
        subscription: &Subscription,
        location: &str,
        correlation_id: &str,
    ) -> Result<Vec<String>, CloudError> {
        let asked = async {
            let region = self.region(id, subscription, location, correlation_id).await?;
            self.facts(&region).await
        };
        let facts = in_time(id, asked).await?;
        let offered = facts.sizes.iter().flatten().filter(|size| !size.restricted);
        let mut names: Vec<String> = offered.map(|size| size.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

fn unanswered(subscription: &str, error: &dyn std::fmt::Display) -> CloudError {
    tracing::error!(%error, subscription, "Azure could not be asked about a subscription");
    CloudError::new(
        500,
        Code::INTERNAL_SERVER_ERROR,
        "",
        "Azure could not be asked about the subscription. Nothing was created: send the request again in a minute.",
    )
}
