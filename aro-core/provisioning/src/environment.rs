//! What steps reach the world through.

use std::{path::PathBuf, sync::Arc};

use aro_api::Secret;
use aro_azure::{Application, Azure, Cloud};
use aro_cluster::{ClusterSettings, Reach};
use aro_config::ConfigSecret;
use aro_http::{AzureError, HttpPace, LroPace, TokenSource};
use aro_store::{IdSource, Store};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    AksCluster, AroOperator, HiveInstaller, HiveSettings, Installer, KeySource, KubeconfigSource, OperatorRelease,
    OperatorSettings, Pace, RandomKeys, SimulatedInstaller, StepError, operator, plans::Features,
};

/// Settings of the environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentConfig {
    /// Where Azure is.
    pub cloud: Cloud,
    /// Where the simulated world's installer is. It is used unless there is Hive.
    #[serde(default)]
    pub installer: Option<Url>,
    /// Hive, which installs OpenShift.
    #[serde(default)]
    pub hive: Option<HiveSettings>,
    /// The region this provider serves.
    pub location: String,
    /// The provider's tenant.
    pub tenant: String,
    /// The provider's subscription.
    pub subscription: String,
    /// The provider's resource group.
    pub resource_group: String,
    /// The DNS zone of managed domains, in that resource group.
    pub dns_zone: String,
    /// Resource id of the subnet in which private endpoints to clusters lie.
    pub private_endpoint_subnet: String,
    /// Whether everybody but the cluster's identities is kept from changing managed resource groups.
    #[serde(default = "on")]
    pub deny_assignments: bool,
    /// Whether clusters may use availability zones besides 1, 2 and 3.
    #[serde(default)]
    pub expanded_availability_zones: bool,
    /// What else the provider owns in Azure and uses for clusters.
    #[serde(default)]
    pub provider: ProviderResources,
    /// The operator that clusters get; none where absent.
    #[serde(default)]
    pub operator: Option<OperatorSettings>,
    /// The release of the service, as clusters keep it: the commit it was built from.
    #[serde(default = "release")]
    pub commit: String,
    /// The first-party application.
    pub first_party: FirstParty,
    /// How clusters' API servers are reached.
    #[serde(default)]
    pub cluster: ClusterSettings,
    /// Pace of single calls.
    #[serde(default)]
    pub http: HttpPace,
    /// Pace of long-running operations.
    #[serde(default)]
    pub lro: LroPace,
    /// Pace of steps.
    #[serde(default)]
    pub pace: Pace,
}

fn release() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

fn on() -> bool {
    true
}

impl EnvironmentConfig {
    /// The provider's own resource group, as a resource id.
    fn provider_group(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}",
            self.subscription, self.resource_group
        )
    }
}

/// What the provider owns in Azure and uses for clusters. What is absent is done without, as in development: clusters get
/// no certificates of the region's domain, no name in the registry, no way to the gateway. Clusters with workload
/// identities need `identity_vault`, `identity_endpoint` and `oidc`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderResources {
    /// The vault that keeps the certificates of clusters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_vault: Option<Url>,
    /// The vault that keeps the credentials of clusters' own identities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_vault: Option<Url>,
    /// The data plane of managed identities. The address that comes with a cluster must lie below it, as a token goes there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_endpoint: Option<Url>,
    /// Resource id of the private link service of the gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_private_link_service: Option<String>,
    /// Resource ids of the provider's subnets from which it reaches the storage accounts of clusters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub storage_subnets: Vec<String>,
    /// Where clusters publish how to check the tokens of their service accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcSettings>,
    /// The registry from which clusters pull the service's images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<RegistrySettings>,
}

/// Where OpenID documents of clusters are written, and where the world reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// Blob endpoint of the storage account.
    pub account: Url,
    /// The container; that of the account's web site where absent.
    #[serde(default = "web")]
    pub container: String,
    /// What issuers begin with.
    pub issuer: Url,
}

fn web() -> String {
    "$web".to_owned()
}

/// A container registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrySettings {
    /// Its resource id.
    pub id: String,
    /// Its host name.
    pub server: String,
}

/// The application that acts on customers' subscriptions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstParty {
    /// Application id.
    pub client_id: String,
    /// Client secret; `client_secret_file` is the other way to give it.
    #[serde(default)]
    pub client_secret: Option<ConfigSecret>,
    /// File that holds the client secret.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
}

/// Why an environment cannot be made from its settings.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No client could be set up.
    #[error(transparent)]
    Azure(#[from] AzureError),
    /// Nobody installs OpenShift.
    #[error("give either hive or installer: nobody would install OpenShift")]
    NoInstaller,
    /// The operator's settings are of no use.
    #[error("operator.image: {0}")]
    Operator(String),
    /// Hive cannot be found with these settings.
    #[error("{0}")]
    Hive(String),
    /// The secret of the first-party application is missing or cannot be read.
    #[error("first_party: {0}")]
    Secret(String),
}

/// Client factories, settings and the store, for the steps of any cluster.
pub struct Environment {
    /// Settings.
    pub config: EnvironmentConfig,
    /// Makes clients of Azure.
    pub azure: Azure,
    /// Makes clients of clusters' API servers.
    pub reach: Reach,
    /// Installs OpenShift on the machines.
    pub installer: Arc<dyn Installer>,
    /// The operator that clusters get; without one the plans have no steps about it.
    pub operator: Option<Arc<dyn OperatorRelease>>,
    /// Tenants of subscriptions, billing records, and what opens sealed secrets.
    pub store: Store,
    /// Random ids.
    pub ids: Arc<dyn IdSource>,
    /// Random keys.
    pub keys: Arc<dyn KeySource>,
    first_party: Arc<Application>,
}

impl Environment {
    /// An environment with the installer that the settings name.
    ///
    /// # Errors
    /// When the CA file cannot be used or the first-party secret is missing.
    pub fn new(config: EnvironmentConfig, store: Store, ids: Arc<dyn IdSource>) -> Result<Self, BuildError> {
        let azure = Azure::new(config.cloud.clone(), config.http.clone(), config.lro.clone())?;
        let operator = operator(&config).map_err(BuildError::Operator)?;
        let secret = match (
            &config.first_party.client_secret,
            &config.first_party.client_secret_file,
        ) {
            (Some(secret), None) => secret.clone(),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map(|text| ConfigSecret::new(text.trim()))
                .map_err(|error| BuildError::Secret(format!("{}: {error}", path.display())))?,
            _ => {
                return Err(BuildError::Secret(
                    "give either client_secret or client_secret_file".to_owned(),
                ));
            }
        };
        let client_id = config.first_party.client_id.clone();
        let first_party = Application::new(azure.clone(), client_id, secret.expose().to_owned());
        let first_party = Arc::new(first_party);
        let installer: Arc<dyn Installer> = match (&config.hive, &config.installer) {
            (Some(settings), _) => {
                settings.check().map_err(BuildError::Hive)?;
                let source: Arc<dyn KubeconfigSource> = if settings.cluster.is_empty() {
                    Arc::new(settings.kubeconfig.clone())
                } else {
                    Arc::new(AksCluster {
                        application: first_party.clone(),
                        tenant: config.tenant.clone(),
                        azure: azure.clone(),
                        group: config.provider_group(),
                        name: settings.cluster.clone(),
                    })
                };
                Arc::new(HiveInstaller::new(settings.clone(), source))
            }
            (None, Some(address)) => Arc::new(SimulatedInstaller::new(azure.clone(), address.clone())),
            (None, None) => return Err(BuildError::NoInstaller),
        };
        Ok(Self {
            reach: config.cluster.reach(),
            config,
            azure,
            installer,
            operator,
            store,
            ids,
            keys: Arc::new(RandomKeys),
            first_party,
        })
    }

    /// The first-party application's credential in a tenant.
    ///
    /// # Errors
    /// When the tenant or the application's id is malformed.
    pub async fn first_party(&self, tenant: &str) -> Result<Arc<dyn TokenSource>, AzureError> {
        self.first_party.in_tenant(tenant).await
    }

    /// The same environment with another source of keys.
    #[must_use]
    pub fn with_keys(mut self, keys: Arc<dyn KeySource>) -> Self {
        self.keys = keys;
        self
    }

    /// The same environment with another operator, or none.
    #[must_use]
    pub fn with_operator(mut self, operator: Option<Arc<dyn OperatorRelease>>) -> Self {
        self.operator = operator;
        self
    }

    /// What plans in this environment consist of.
    #[must_use]
    pub fn features(&self) -> Features {
        Features {
            operator: self.operator.is_some(),
        }
    }

    /// Object id of the first-party application in a tenant, as its tokens say it.
    ///
    /// # Errors
    /// When there is no token, or it does not say.
    pub async fn first_party_object_id(&self, tenant: &str) -> Result<String, StepError> {
        let claims = self.azure.claims(self.first_party(tenant).await?.as_ref()).await?;
        if claims.oid.is_empty() {
            let text = "the token of the first-party application does not say its object id";
            return Err(StepError::Unexpected(text.to_owned()));
        }
        Ok(claims.oid)
    }

    /// What the service itself pulls images with, where its settings name it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn pull_secret(&self) -> Result<Option<Secret>, StepError> {
        let settings = self.config.hive.as_ref();
        let Some(path) = settings.and_then(|settings| settings.pull_secret_file.as_ref()) else {
            return Ok(None);
        };
        let read = tokio::fs::read_to_string(path).await;
        let text = read.map_err(|error| StepError::Unexpected(format!("{}: {error}", path.display())))?;
        Ok(Some(Secret::new(text.trim())))
    }

    /// The provider's own resource group, as a resource id.
    #[must_use]
    pub fn provider_group(&self) -> String {
        self.config.provider_group()
    }
}

/// The operator that the settings name.
fn operator(config: &EnvironmentConfig) -> Result<Option<Arc<dyn OperatorRelease>>, String> {
    let Some(settings) = &config.operator else {
        return Ok(None);
    };
    let registry = config.provider.registry.as_ref();
    let service = operator::Service {
        registry: registry.map(|registry| registry.server.clone()).unwrap_or_default(),
        location: config.location.clone(),
        authority: Some(config.cloud.authority.clone()),
        arm: Some(config.cloud.arm.clone()),
        subnets: config.provider.storage_subnets.clone(),
    };
    Ok(Some(Arc::new(AroOperator::new(settings.clone(), service)?)))
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
