//! Checks of a new cluster that need Azure, and what Azure offers for one.

use async_trait::async_trait;

use aro_api::CloudError;
use aro_api::model::{Cluster, Subscription};
use aro_api::vm_size::VmSize;

/// Checks a new cluster against the customer's subscription, after the static rules and before anything is written:
/// whether the virtual machine sizes are offered in the region, the features registered, the quota sufficient and the
/// needed resource providers registered.
#[async_trait]
pub trait Validators: Send + Sync + 'static {
    /// `correlation_id` is that of the request, for Azure's logs; empty where it has none.
    ///
    /// # Errors
    /// What stands against it, as the customer reads it.
    async fn validate_new_cluster(
        &self,
        cluster: &Cluster,
        subscription: &Subscription,
        correlation_id: &str,
    ) -> Result<(), CloudError>;

    /// The virtual machine sizes that the subscription `id` may use in `location`, in the order of their names.
    ///
    /// # Errors
    /// When Azure does not say.
    async fn sizes(
        &self,
        id: &str,
        subscription: &Subscription,
        location: &str,
        correlation_id: &str,
    ) -> Result<Vec<String>, CloudError>;
}

/// Lets every cluster pass: what Azure would refuse shows up as a failed operation instead of a refused request. Every
/// size that the provider knows counts as offered.
#[derive(Debug, Clone, Copy, Default)]
pub struct AcceptAll;

#[async_trait]
impl Validators for AcceptAll {
    async fn validate_new_cluster(&self, _: &Cluster, _: &Subscription, _: &str) -> Result<(), CloudError> {
        Ok(())
    }

    async fn sizes(&self, _: &str, _: &Subscription, _: &str, _: &str) -> Result<Vec<String>, CloudError> {
        let mut names: Vec<String> = VmSize::all().iter().map(|size| size.name.to_string()).collect();
        names.sort_unstable();
        Ok(names)
    }
}
