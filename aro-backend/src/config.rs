//! The configuration of the worker, and the parts that come of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aro_azure::Cloud;
use aro_cluster::ClusterSettings;
use aro_config::{ConfigError, ConfigSecret};
use aro_http::{HttpPace, LroPace};
use aro_provisioning::{
    Environment, EnvironmentConfig, FirstParty, HiveSettings, OperatorSettings, Pace, ProviderResources,
};
use aro_store::{KeyError, KeyRing, RandomIds, Store, StoreConfig, StoreError};
use aro_telemetry::{LogConfig, MetricsConfig};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::worker::{LeaseConfig, QueueConfig, WorkerConfig};

/// Everything that can be set. `location`, `domain`, `store` and `log` mean the same for every service and usually stand
/// at the top of a shared file; the rest belongs under `[worker]`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BackendConfig {
    /// The Azure region this service serves.
    pub location: String,
    /// The DNS zone, in the provider's resource group, under which clusters of this region get their names.
    pub domain: String,
    /// The provider's tenant.
    pub tenant: String,
    /// The provider's subscription.
    pub subscription: String,
    /// The provider's resource group.
    pub resource_group: String,
    /// Resource id of the subnet in which private endpoints to clusters lie.
    pub private_endpoint_subnet: String,
    /// The release of the service, as clusters keep it: the commit it was built from.
    pub commit: String,
    /// The address of the installer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installer: Option<Url>,
    /// Hive, which installs OpenShift in place of `installer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hive: Option<HiveSettings>,
    /// Where Azure is; the public cloud where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
    /// Leaves managed resource groups without the deny assignment that keeps others from changing them.
    pub disable_deny_assignments: bool,
    /// Lets clusters use availability zones besides 1, 2 and 3, where their machine sizes have such.
    pub expanded_availability_zones: bool,
    /// What else the provider owns in Azure and uses for clusters.
    pub provider: ProviderResources,
    /// The operator that clusters get; none where absent, and then the plans have no steps about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorSettings>,
    /// The application that acts on customers' subscriptions.
    pub first_party: FirstPartySettings,
    /// Where the documents and keys are.
    pub store: StoreSettings,
    /// What is taken from the queue, and how often.
    pub queue: QueueConfig,
    /// How long the right to work on a document lasts.
    pub lease: LeaseConfig,
    /// How clusters' API servers are reached.
    pub cluster: ClusterSettings,
    /// Pace of steps.
    pub pace: Pace,
    /// Pace of single calls to Azure.
    pub http: HttpPace,
    /// Pace of Azure's long-running operations.
    pub lro: LroPace,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Where measurements go.
    pub metrics: MetricsConfig,
}

/// `[first_party]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FirstPartySettings {
    /// Application id.
    pub client_id: String,
    /// Client secret; `client_secret_file` is the better way to give it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<ConfigSecret>,
    /// File that holds the client secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
}

/// `[store]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreSettings {
    /// The SQLite file. Created if it is not there.
    pub path: PathBuf,
    /// The key file that seals secrets; `<path>.keys.json` where empty. Created if it is not there.
    pub key_file: PathBuf,
    /// The key file that seals page tokens. The frontend's; stands here because both read one section.
    pub page_key_file: PathBuf,
    /// Lets tests move the store's clock.
    pub test_clock: bool,
}

/// The store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The key file is of no use.
    #[error("store.key_file: {0}")]
    Key(#[from] KeyError),
    /// The database is of no use.
    #[error("store.path: {0}")]
    Store(#[from] StoreError),
    /// The key file could not be read because the process is ending.
    #[error("store.key_file: the file was not read: {0}")]
    Interrupted(String),
}

impl BackendConfig {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// The key and what to write there.
    pub fn check(&self) -> Result<(), ConfigError> {
        let required = [
            ("location", self.location.as_str(), "an Azure region such as eastus"),
            ("domain", &self.domain, "the DNS zone of cluster names"),
            ("tenant", &self.tenant, "the provider's tenant id"),
            ("subscription", &self.subscription, "the provider's subscription id"),
            ("resource_group", &self.resource_group, "the provider's resource group"),
            (
                "private_endpoint_subnet",
                &self.private_endpoint_subnet,
                "the resource id of a subnet",
            ),
            (
                "first_party.client_id",
                &self.first_party.client_id,
                "the id of the first-party application",
            ),
        ];
        for (key, value, what) in required {
            if value.is_empty() {
                return Err(ConfigError::invalid(format!("{key} is not set; give {what}")));
            }
        }
        if self.installer.is_none() && self.hive.is_none() {
            return Err(ConfigError::invalid(
                "installer is not set; give the URL of the installer, or hive with the AKS cluster in which it runs",
            ));
        }
        if let Some(hive) = &self.hive {
            hive.check().map_err(ConfigError::invalid)?;
        }
        if self.store.path.as_os_str().is_empty() {
            return Err(ConfigError::invalid("store.path is not set; give the database file"));
        }
        self.worker().check()
    }

    /// How the worker behaves.
    pub fn worker(&self) -> WorkerConfig {
        WorkerConfig {
            queue: self.queue.clone(),
            lease: self.lease.clone(),
        }
    }

    /// What steps reach the world through.
    ///
    /// # Errors
    /// When a setting is missing or of no use, or the secret of the first-party application cannot be read.
    pub fn environment(&self, store: Store) -> Result<Environment, Box<dyn std::error::Error>> {
        let cloud = match &self.cloud {
            Some(cloud) => cloud.clone(),
            None => Cloud::public()?,
        };
        let config = EnvironmentConfig {
            cloud,
            installer: self.installer.clone(),
            hive: self.hive.clone(),
            location: self.location.clone(),
            tenant: self.tenant.clone(),
            subscription: self.subscription.clone(),
            resource_group: self.resource_group.clone(),
            dns_zone: self.domain.clone(),
            private_endpoint_subnet: self.private_endpoint_subnet.clone(),
            deny_assignments: !self.disable_deny_assignments,
            expanded_availability_zones: self.expanded_availability_zones,
            provider: self.provider.clone(),
            operator: self.operator.clone(),
            commit: match self.commit.as_str() {
                "" => env!("CARGO_PKG_VERSION").to_owned(),
                commit => commit.to_owned(),
            },
            first_party: FirstParty {
                client_id: self.first_party.client_id.clone(),
                client_secret: self.first_party.client_secret.clone(),
                client_secret_file: self.first_party.client_secret_file.clone(),
            },
            cluster: self.cluster.clone(),
            http: self.http.clone(),
            lro: self.lro.clone(),
            pace: self.pace.clone(),
        };
        Ok(Environment::new(config, store, Arc::new(RandomIds))?)
    }
}

impl StoreSettings {
    /// Opens the store, and makes its files where they are missing.
    ///
    /// # Errors
    /// When the key file or the database is of no use.
    pub async fn open(&self) -> Result<Store, OpenError> {
        let key_file = self.key_file();
        // Reading a key file blocks, if only for a moment.
        let keys = tokio::task::spawn_blocking(move || KeyRing::load_or_create(&key_file))
            .await
            .map_err(|error| OpenError::Interrupted(error.to_string()))??;
        let config = StoreConfig {
            test_clock: self.test_clock,
            ..StoreConfig::default()
        };
        Ok(Store::open_sqlite(&self.path, config, keys, Arc::new(RandomIds)).await?)
    }

    fn key_file(&self) -> PathBuf {
        if self.key_file == Path::new("") {
            let mut beside = self.path.clone().into_os_string();
            beside.push(".keys.json");
            PathBuf::from(beside)
        } else {
            self.key_file.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use aro_config::Loader;

    use super::*;

    #[test]
    fn one_file_serves_frontend_and_worker() {
        let text = "location = 'eastus'\n[store]\npath = 'rp.db'\n[frontend]\nlisten = ['https://0.0.0.0:8443']\n\
                    [worker]\ntenant = 't'\n[worker.lease]\nttl = '30s'\n";
        let config: BackendConfig = Loader::new("worker").text("rp.toml", text).unwrap().load().unwrap();
        assert_eq!(config.lease.ttl.as_secs(), 30);
        assert_eq!(config.store.key_file(), Path::new("rp.db.keys.json"));
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("domain is not set"), "{error}");
    }

    #[test]
    fn the_printed_settings_hold_no_secret_and_read_back() {
        let mut config = BackendConfig::default();
        config.first_party.client_secret = Some(ConfigSecret::new("hunter2"));
        let printed = aro_config::redacted(&config).unwrap();
        assert!(!printed.contains("hunter2"));
        Loader::new("worker")
            .text("printed", &printed)
            .unwrap()
            .load::<BackendConfig>()
            .unwrap();
    }
}
