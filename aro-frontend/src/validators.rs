//! Checks of a new cluster that need Azure.

use async_trait::async_trait;

use aro_api::CloudError;
use aro_api::model::{Cluster, Subscription};

/// Checks a new cluster against the customer's subscription, after the static rules and before anything is written:
/// whether the virtual machine sizes are offered in the region, the features registered, the quota sufficient and the
/// needed resource providers registered.
#[async_trait]
pub trait Validators: Send + Sync + 'static {
    /// # Errors
    /// The first check that fails, as the customer reads it.
    async fn validate_new_cluster(&self, cluster: &Cluster, subscription: &Subscription) -> Result<(), CloudError>;
}

/// Lets every cluster pass: what Azure would refuse shows up as a failed operation instead of a refused request.
#[derive(Debug, Clone, Copy, Default)]
pub struct AcceptAll;

#[async_trait]
impl Validators for AcceptAll {
    async fn validate_new_cluster(&self, _: &Cluster, _: &Subscription) -> Result<(), CloudError> {
        Ok(())
    }
}
