//! Asks Azure, before a cluster is accepted, whether there is room for it in the customer's subscription.

mod checks;
mod facts;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aro_api::arm_id::ResourceId;
use aro_api::model::{Cluster, EncryptionAtHost, Subscription};
use aro_api::{CloudError, Code};
use aro_azure::{ArmClient, Azure};
use aro_config::ConfigSecret;
use aro_http::{AzureError, OperationContext, TokenSource};
use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::validators::Validators;
use facts::Facts;

/// How long Azure may take. ARM waits for the whole request no longer than a minute.
const PATIENCE: Duration = Duration::from_secs(20);

/// Subscriptions whose facts are kept at the same time.
const KEPT: usize = 1000;

/// What Azure said of one subscription in one location, and until when that is believed. Who asks while it is locked
/// waits for the answer to somebody else's question.
type Believed = Arc<Mutex<Option<(Instant, Arc<Facts>)>>>;

/// Checks new clusters against Azure with the first-party application's credential in the customer's tenant. What Azure
/// says of a subscription is believed for a short time, so that a burst of requests asks once.
pub struct AzureValidators {
    azure: Azure,
    client_id: String,
    secret: ConfigSecret,
    believed_for: Duration,
    /// By subscription and location.
    facts: Mutex<HashMap<(String, String), Believed>>,
    /// By tenant; each keeps its tokens.
    credentials: Mutex<HashMap<String, Arc<dyn TokenSource>>>,
}

impl AzureValidators {
    /// With the first-party application `client_id` and its secret; what Azure says is believed for `believed_for`.
    pub fn new(azure: Azure, client_id: String, secret: ConfigSecret, believed_for: Duration) -> AzureValidators {
        AzureValidators {
            azure,
            client_id,
            secret,
            believed_for,
            facts: Mutex::default(),
            credentials: Mutex::default(),
        }
    }

    /// Azure Resource Manager as the application sees it in a tenant, for one request.
    async fn arm(&self, tenant: &str, correlation_id: &str) -> Result<ArmClient, AzureError> {
        let context = OperationContext {
            correlation_id: Some(correlation_id.to_owned()).filter(|id| !id.is_empty()),
            ..OperationContext::default()
        };
        let mut credentials = self.credentials.lock().await;
        let credential = match credentials.get(tenant) {
            Some(known) => known.clone(),
            None => {
                // It outlives the request that asked for it first, so it does not end with that.
                let of_many = OperationContext::default();
                let secret = self.secret.expose().to_owned();
                let made = self.azure.client_secret(tenant, &self.client_id, secret, &of_many)?;
                if credentials.len() >= KEPT {
                    credentials.clear();
                }
                credentials.insert(tenant.to_owned(), made.clone());
                made
            }
        };
        Ok(self.azure.arm(credential, &context))
    }

    async fn facts(&self, arm: &ArmClient, subscription: &str, location: &str) -> Result<Arc<Facts>, AzureError> {
        let key = (subscription.to_lowercase(), location.to_lowercase());
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
        let read = Arc::new(Facts::read(arm, subscription, location).await?);
        *believed = Some((Instant::now() + self.believed_for, read.clone()));
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
            let arm = self.arm(tenant(subscription), correlation_id).await?;
            let facts = self.facts(&arm, id, &cluster.location).await?;
            let feature = match checks::encrypts_at_host(cluster) {
                // Few clusters need it, so only they ask.
                Some(_) => Some(facts::feature(&arm, id).await?),
                None => None,
            };
            Ok::<_, AzureError>((facts, feature))
        };
        let (facts, feature) = in_time(id, asked).await?;
        checks::skus(cluster, &facts)?;
        checks::feature(cluster, feature.as_deref())?;
        checks::quota(cluster, &facts)?;
        checks::providers(&facts)
    }

    async fn sizes(
        &self,
        id: &str,
        subscription: &Subscription,
        location: &str,
        correlation_id: &str,
    ) -> Result<Vec<String>, CloudError> {
        let asked = async {
            let arm = self.arm(tenant(subscription), correlation_id).await?;
            self.facts(&arm, id, location).await
        };
        let facts = in_time(id, asked).await?;
        let offered = facts.skus.iter().filter(|sku| !sku.is_restricted_in(location));
        let mut names: Vec<String> = offered.map(|sku| sku.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

fn is_enabled(encryption: &EncryptionAtHost) -> bool {
    *encryption == EncryptionAtHost::Enabled
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
