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
use aro_http::{AzureError, OperationContext};
use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::validators::Validators;
use facts::Facts;

/// How long Azure may take. ARM waits for the whole request no longer than a minute.
const PATIENCE: Duration = Duration::from_secs(20);

/// Subscriptions whose facts are kept at the same time.
const KEPT: usize = 1000;

/// What Azure said of a subscription (first) in a location (second), and until when that is believed.
type Believed = HashMap<(String, String), (Instant, Arc<Facts>)>;

/// Checks new clusters against Azure with the first-party application's credential in the customer's tenant. What Azure
/// says of a subscription is believed for a short time, so that a burst of requests asks once.
pub struct AzureValidators {
    azure: Azure,
    client_id: String,
    secret: ConfigSecret,
    believed_for: Duration,
    facts: Mutex<Believed>,
    clients: Mutex<HashMap<String, ArmClient>>,
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
            clients: Mutex::default(),
        }
    }

    /// Azure Resource Manager as the application sees it in a tenant. Its tokens are kept with it.
    async fn arm(&self, tenant: &str) -> Result<ArmClient, AzureError> {
        let mut clients = self.clients.lock().await;
        if let Some(known) = clients.get(tenant) {
            return Ok(known.clone());
        }
        // It outlives the request that asked for it first, so it does not end with that.
        let context = OperationContext::default();
        let secret = self.secret.expose().to_owned();
        let credential = self.azure.client_secret(tenant, &self.client_id, secret, &context)?;
        let client = self.azure.arm(credential, &context);
        if clients.len() >= KEPT {
            clients.clear();
        }
        clients.insert(tenant.to_owned(), client.clone());
        Ok(client)
    }

    async fn facts(&self, arm: &ArmClient, subscription: &str, location: &str) -> Result<Arc<Facts>, AzureError> {
        let key = (subscription.to_lowercase(), location.to_lowercase());
        if let Some((until, known)) = self.facts.lock().await.get(&key)
            && *until > Instant::now()
        {
            return Ok(known.clone());
        }
        // Not under the lock: others need not wait for Azure to answer about this subscription.
        let read = Arc::new(Facts::read(arm, subscription, location).await?);
        let mut facts = self.facts.lock().await;
        let now = Instant::now();
        if facts.len() >= KEPT {
            facts.retain(|_, (until, _)| *until > now);
        }
        if facts.len() < KEPT {
            facts.insert(key, (now + self.believed_for, read.clone()));
        }
        Ok(read)
    }
}

#[async_trait]
impl Validators for AzureValidators {
    async fn validate_new_cluster(&self, cluster: &Cluster, subscription: &Subscription) -> Result<(), CloudError> {
        let id = ResourceId::parse(&cluster.id).and_then(|id| id.subscription_id);
        let id = id.unwrap_or_default();
        let tenant = subscription
            .properties
            .as_ref()
            .map_or("", |properties| properties.tenant_id.as_str());
        let asked = async {
            let arm = self.arm(tenant).await?;
            let facts = self.facts(&arm, id, &cluster.location).await?;
            let feature = match checks::encrypts_at_host(cluster) {
                // Few clusters need it, so only they ask.
                Some(_) => Some(facts::feature(&arm, id).await?),
                None => None,
            };
            Ok::<_, AzureError>((facts, feature))
        };
        let (facts, feature) = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(answers)) => answers,
            Ok(Err(error)) => return Err(unanswered(id, &error)),
            Err(elapsed) => return Err(unanswered(id, &elapsed)),
        };
        checks::skus(cluster, &facts)?;
        checks::feature(cluster, feature.as_deref())?;
        checks::quota(cluster, &facts)?;
        checks::providers(&facts)
    }
}

fn is_enabled(encryption: &EncryptionAtHost) -> bool {
    *encryption == EncryptionAtHost::Enabled
}

fn unanswered(subscription: &str, error: &dyn std::fmt::Display) -> CloudError {
    tracing::error!(%error, subscription, "Azure could not be asked about a new cluster");
    CloudError::new(
        500,
        Code::INTERNAL_SERVER_ERROR,
        "",
        "Azure could not be asked whether the subscription has room for the cluster. Nothing was created: send the \
         request again in a minute.",
    )
}
