//! What steps ask again and again of the document and the environment.

use std::sync::Arc;

use aro_api::model::{Cluster, Properties};
use aro_azure::{ArmClient, compute::ComputeClient};
use aro_cluster::Identity;
use aro_http::TokenSource;

use crate::{Environment, Names, ProviderResources, StepContext, StepError, validation::Region, wish};

/// What every step of the plans here sees.
pub(crate) type Cx = StepContext<Environment>;

impl StepContext<Environment> {
    pub(crate) fn cluster(&self) -> &Cluster {
        &self.document.cluster
    }

    pub(crate) fn properties(&self) -> &Properties {
        &self.document.cluster.properties
    }

    /// The cluster's subscription.
    pub(crate) fn subscription(&self) -> Result<&str, StepError> {
        let mut segments = self.cluster().id.split('/').skip(2);
        segments
            .next()
            .filter(|id| !id.is_empty())
            .ok_or_else(|| missing("a subscription in its resource id"))
    }

    /// The managed resource group's id.
    pub(crate) fn managed_group(&self) -> Result<&str, StepError> {
        let id = self.properties().cluster_profile.resource_group_id.as_str();
        if id.is_empty() {
            Err(missing("a managed resource group"))
        } else {
            Ok(id)
        }
    }

    /// The managed resource group's name.
    pub(crate) fn managed_group_name(&self) -> Result<&str, StepError> {
        Ok(self.managed_group()?.rsplit('/').next().unwrap_or_default())
    }

    /// The id of a resource in the managed resource group.
    pub(crate) fn managed(&self, kind: &str, name: &str) -> Result<String, StepError> {
        Ok(format!("{}/providers/{kind}/{name}", self.managed_group()?))
    }

    /// Names that follow from the infrastructure id, which an earlier step has written down.
    pub(crate) fn names(&self) -> Result<Names<'_>, StepError> {
        let infra_id = self.properties().infra_id.as_str();
        if infra_id.is_empty() {
            Err(missing("an infrastructure id"))
        } else {
            Ok(Names { infra_id })
        }
    }

    /// The storage suffix, which an earlier step has written down.
    pub(crate) fn storage_suffix(&self) -> Result<&str, StepError> {
        let suffix = self.properties().storage_suffix.as_str();
        if suffix.is_empty() {
            Err(missing("a storage suffix"))
        } else {
            Ok(suffix)
        }
    }

    /// The customer's tenant.
    pub(crate) async fn tenant(&self) -> Result<String, StepError> {
        let subscription = self.subscription()?;
        let stored = self.environment.store.subscriptions().get(subscription).await?;
        stored
            .and_then(|stored| stored.document.subscription.properties)
            .map(|properties| properties.tenant_id)
            .filter(|tenant| !tenant.is_empty())
            .ok_or_else(|| StepError::Unexpected(format!("the tenant of subscription {subscription} is not known")))
    }

    /// The first-party application in the customer's tenant.
    pub(crate) async fn first_party(&self) -> Result<Arc<dyn TokenSource>, StepError> {
        Ok(self.environment.first_party(&self.tenant().await?).await?)
    }

    /// The cluster's service principal in the customer's tenant.
    pub(crate) async fn service_principal(&self) -> Result<Arc<dyn TokenSource>, StepError> {
        let profile = self.properties().service_principal_profile.as_ref();
        let profile = profile.ok_or_else(|| missing("a service principal"))?;
        let secret = profile
            .client_secret
            .open(self.environment.store.sealer(), &self.document.id)?;
        let tenant = self.tenant().await?;
        let secret = secret.as_str().to_owned();
        Ok(self
            .environment
            .azure
            .client_secret(&tenant, &profile.client_id, secret, &self.operation)?)
    }

    /// ARM in the customer's subscription, as the first-party application.
    pub(crate) async fn arm(&self) -> Result<ArmClient, StepError> {
        Ok(self.environment.azure.arm(self.first_party().await?, &self.operation))
    }

    /// Compute in the customer's subscription, as the first-party application.
    pub(crate) async fn compute(&self) -> Result<ComputeClient, StepError> {
        Ok(self
            .environment
            .azure
            .compute(self.first_party().await?, &self.operation)?)
    }

    /// The customer's subscription in the cluster's region, as the first-party application.
    pub(crate) async fn region(&self) -> Result<Region, StepError> {
        Ok(Region {
            subscription: self.subscription()?.to_owned(),
            location: self.cluster().location.clone(),
            arm: self.arm().await?,
            compute: self.compute().await?,
            expanded_zones: self.environment.config.expanded_availability_zones,
        })
    }

    /// The first-party application in the provider's own tenant.
    pub(crate) async fn provider_credential(&self) -> Result<Arc<dyn TokenSource>, StepError> {
        Ok(self.environment.first_party(&self.environment.config.tenant).await?)
    }

    /// ARM in the provider's own subscription, as the first-party application.
    pub(crate) async fn provider_arm(&self) -> Result<ArmClient, StepError> {
        let credential = self.provider_credential().await?;
        Ok(self.environment.azure.arm(credential, &self.operation))
    }

    /// What the provider owns in Azure.
    pub(crate) fn provider(&self) -> &ProviderResources {
        &self.environment.config.provider
    }

    /// The cluster's API server, as the service.
    pub(crate) async fn kube(&self) -> Result<kube::Client, StepError> {
        let properties = self.properties();
        if properties.network_profile.private_endpoint_ip.is_empty() {
            return Err(missing("the address of the private endpoint to its API server"));
        }
        let sealer = self.environment.store.sealer();
        let reach = &self.environment.reach;
        Ok(reach
            .cluster(properties, Identity::Service, sealer, &self.document.id)
            .await?)
    }

    /// The subnets of the cluster with the member of the request each comes from; a subnet used twice is named once.
    pub(crate) fn subnets(&self) -> Vec<(String, String)> {
        wish::subnets(self.cluster())
    }

    pub(crate) fn api_is_public(&self) -> bool {
        wish::api_is_public(self.cluster())
    }

    pub(crate) fn ingress_is_public(&self) -> bool {
        wish::ingress_is_public(self.cluster())
    }

    pub(crate) fn calls_out_by_load_balancer(&self) -> bool {
        wish::calls_out_by_load_balancer(self.cluster())
    }

    /// Managed outbound addresses the customer wants. `None` leaves what is there alone.
    pub(crate) fn wanted_outbound(&self) -> Option<usize> {
        wish::outbound_addresses(self.cluster())
    }
}

/// Something that this installation of the provider does not have.
pub(crate) fn unset(setting: &str) -> StepError {
    StepError::Unexpected(format!("the resource provider is set up without {setting}"))
}

/// Something that should have been written before.
pub(crate) fn missing(what: &str) -> StepError {
    StepError::Unexpected(format!("the cluster's document lacks {what}"))
}
