//! The configuration of the service, from file, environment and flags, and the [`Parts`] that come of it.

mod certificate;
mod sections;

use std::path::PathBuf;
use std::sync::Arc;

use aro_azure::{Azure, Cloud};
use aro_cluster::ClusterSettings;
use aro_config::{ConfigError, ConfigSecret};
use aro_http::{HttpPace, LroPace};
use aro_store::{KeyRing, PageTokenKey, Store, StoreConfig};
use aro_telemetry::{LogConfig, MetricsConfig};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use url::Url;

pub use certificate::WatchedCertificate;
pub use sections::{
    AdminMode, ArmMode, AuthSection, ConnectionsSection, FirstPartySection, LimitsSection, LinksSection, MiseMode,
    StoreSection, TlsSection,
};

use crate::auth::{
    AnyOf, ArmCertificates, ArmCertificatesConfig, Audience, Authorizer, ByAudience, Closed, DevelopmentAuthorizer,
    ExactSubject, Mise, MiseConfig,
};
use crate::parts::{SystemClock, SystemRandomSource};
use crate::seed::ConfiguredVersion;
use crate::server::{ListenAddress, ServerConfig};
use crate::{
    AcceptAll, Asking, AzureValidators, ClusterEnricher, Enricher, Links, NoDetectors, NoEnrichment, Parts,
    PlanProgress, Settings, Validators,
};

/// Everything that can be set. `location`, `domain`, `store` and `log` mean the same for every service and usually stand
/// at the top of a shared file; the rest belongs under `[frontend]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct FrontendConfig {
    /// The Azure region this service serves.
    pub location: String,
    /// The DNS domain under which clusters of this region get their names.
    pub domain: String,
    /// Where the service listens: `https://0.0.0.0:8443`; `http://` on loopback only.
    pub listen: Vec<ListenAddress>,
    /// The build that clusters created by this service are marked with.
    pub commit: String,
    /// Whether workers must be of the small size that development subscriptions have quota for.
    pub require_d2s_workers: bool,
    /// Whether new clusters reach the service's dependencies through its gateway.
    pub gateway_enabled: bool,
    /// Where the documents and keys are.
    pub store: StoreSection,
    /// The server's certificate.
    pub tls: TlsSection,
    /// How links in replies are written.
    pub links: LinksSection,
    /// Who may call.
    pub auth: AuthSection,
    /// Limits of a request.
    pub limits: LimitsSection,
    /// Times of connections and of the end of the service.
    pub connections: ConnectionsSection,
    /// The OpenShift versions that a store without any is given.
    pub openshift_versions: Vec<ConfiguredVersion>,
    /// Where Azure is; the public cloud where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
    /// The application with which Azure is asked about new clusters; it is not asked where absent.
    pub first_party: FirstPartySection,
    /// Lets clusters use availability zones besides 1, 2 and 3; the worker must be told the same.
    pub expanded_availability_zones: bool,
    /// How clusters' API servers are reached.
    pub cluster: ClusterSettings,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Where measurements go.
    pub metrics: MetricsConfig,
    /// The cloud's name in the audit.
    pub cloud_name: String,
    /// The name of this instance in the audit; the host's where empty.
    pub instance: String,
}

impl Default for FrontendConfig {
    fn default() -> FrontendConfig {
        FrontendConfig {
            location: "eastus".to_string(),
            domain: "eastus.aroapp.io".to_string(),
            listen: Vec::new(),
            commit: env!("CARGO_PKG_VERSION").to_string(),
            require_d2s_workers: false,
            gateway_enabled: true,
            store: StoreSection::default(),
            tls: TlsSection::default(),
            links: LinksSection::default(),
            auth: AuthSection::default(),
            limits: LimitsSection::default(),
            connections: ConnectionsSection::default(),
            openshift_versions: Vec::new(),
            cloud: None,
            first_party: FirstPartySection::default(),
            expanded_availability_zones: false,
            cluster: ClusterSettings::default(),
            log: LogConfig::default(),
            metrics: MetricsConfig::default(),
            cloud_name: "AzurePublicCloud".to_string(),
            instance: String::new(),
        }
    }
}

/// Why the service cannot be put together from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A setting is missing or makes no sense.
    #[error("{0}")]
    Setting(String),
    /// A file that a setting names cannot be read.
    #[error("{setting}: {path} cannot be read: {source}")]
    File {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A certificate file is of no use.
    #[error("{setting}: {source}")]
    Certificate {
        /// The setting.
        setting: &'static str,
        /// What is wrong.
        source: crate::server::TlsError,
    },
    /// The issuer or name of callers makes no sense.
    #[error("auth: {0}")]
    Subject(#[from] crate::auth::SubjectError),
    /// MISE cannot be used.
    #[error("auth.mise_address: {0}")]
    Mise(#[from] crate::auth::MiseError),
    /// Measurements cannot go where they should.
    #[error(transparent)]
    Metrics(#[from] aro_telemetry::TelemetryError),
    /// The HTTP client for the metadata endpoint cannot be made.
    #[error("auth.arm_metadata_url: {0}")]
    Http(#[from] reqwest::Error),
    /// A key file is of no use.
    #[error("store: {0}")]
    Key(#[from] aro_store::KeyError),
    /// The store cannot be opened.
    #[error("store: {0}")]
    Store(#[from] aro_store::StoreError),
    /// The configuration itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// The parts, and what has to run beside the router.
pub struct Built {
    /// For [`crate::serve`] or [`crate::router()`].
    pub parts: Parts,
    /// ARM's certificates, if they come from its metadata: [`ArmCertificates::run`] keeps them fresh.
    pub arm_certificates: Option<Arc<ArmCertificates>>,
}

impl FrontendConfig {
    /// Checks what cannot be said by the types.
    ///
    /// # Errors
    /// [`BuildError::Setting`] with the key and what to write there.
    pub fn check(&self) -> Result<(), BuildError> {
        let wrong = |text: &str| Err(BuildError::Setting(text.to_string()));
        if self.listen.is_empty() {
            return wrong("listen is empty; name at least one address, for example https://0.0.0.0:8443");
        }
        if self.location.is_empty() || self.domain.is_empty() {
            return wrong("location and domain must be set, for example eastus and eastus.aroapp.io");
        }
        if self.store.path.as_os_str().is_empty() {
            return wrong("store.path must name the database file");
        }
        let limits = &self.limits;
        if [limits.page_size, limits.body_limit, limits.max_requests].contains(&0) || limits.write_attempts == 0 {
            return wrong(
                "limits.page_size, limits.write_attempts, limits.body_limit and limits.max_requests must be at least 1",
            );
        }
        if self.connections.max_connections == 0 {
            return wrong("connections.max_connections must be at least 1");
        }
        Ok(())
    }

    /// The settings of the router; `listening` is the first listener's URL.
    fn settings(&self, listening: &Url) -> Settings {
        let mut links = Links::new(
            self.links.arm.clone(),
            self.links.fallback.clone().unwrap_or_else(|| listening.clone()),
        );
        if self.links.loopback {
            links = links.with_loopback();
        }
        Settings {
            location: self.location.clone(),
            domain: self.domain.clone(),
            commit: self.commit.clone(),
            cloud_name: self.cloud_name.clone(),
            instance: match self.instance.as_str() {
                // Read once, at the start.
                "" => std::fs::read_to_string("/proc/sys/kernel/hostname")
                    .map(|name| name.trim().to_string())
                    .unwrap_or_default(),
                name => name.to_string(),
            },
            require_d2s_workers: self.require_d2s_workers,
            gateway_enabled: self.gateway_enabled,
            links,
            retry_after: self.limits.retry_after,
            page_size: self.limits.page_size,
            max_requests: self.limits.max_requests,
            body_limit: self.limits.body_limit,
            body_timeout: self.limits.body_timeout,
            request_timeout: self.limits.request_timeout,
            catalogue_max_age: self.limits.catalogue_max_age,
            enrichment_timeout: self.limits.enrichment_timeout,
            readiness_delay: self.connections.readiness_delay,
            write_attempts: self.limits.write_attempts,
            write_pause: self.limits.write_pause,
        }
    }

    /// Times of connections.
    pub fn server(&self) -> ServerConfig {
        ServerConfig {
            header_timeout: self.connections.header_timeout,
            idle_timeout: self.connections.idle_timeout,
            write_timeout: self.connections.write_timeout,
            max_connections: self.connections.max_connections,
            drain_delay: self.connections.drain_delay,
            drain_timeout: self.connections.drain_timeout,
        }
    }

    /// The server's certificate, if any listener needs one.
    ///
    /// # Errors
    /// When the file cannot be read or used.
    pub async fn server_certificate(&self) -> Result<Option<Arc<rustls::ServerConfig>>, BuildError> {
        Ok(match self.watched_certificate().await? {
            Some(watched) => Some(watched.config()?),
            None => None,
        })
    }

    /// The same, which follows its file: [`WatchedCertificate::run`].
    ///
    /// # Errors
    /// When the file cannot be read or used.
    pub async fn watched_certificate(&self) -> Result<Option<WatchedCertificate>, BuildError> {
        if !self.listen.iter().any(ListenAddress::is_tls) {
            return Ok(None);
        }
        WatchedCertificate::load(self.tls.clone()).await.map(Some)
    }

    /// Opens the store and puts the production parts together. `listening` is the first listener's URL.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build(&self, listening: &Url) -> Result<Built, BuildError> {
        let beside = |set: &PathBuf, suffix: &str| {
            if set.as_os_str().is_empty() {
                let mut path = self.store.path.clone().into_os_string();
                path.push(suffix);
                PathBuf::from(path)
            } else {
                set.clone()
            }
        };
        let keys = beside(&self.store.key_file, ".keys.json");
        let page_keys = beside(&self.store.page_key_file, ".page-keys.json");
        // Reading key files blocks, if only for a moment.
        let (keys, page_keys) = tokio::task::spawn_blocking(move || {
            Ok::<_, aro_store::KeyError>((
                KeyRing::load_or_create(&keys)?,
                PageTokenKey::load_or_create(&page_keys)?,
            ))
        })
        .await
        .map_err(|error| BuildError::Setting(format!("the key files could not be read: {error}")))??;
        let config = StoreConfig {
            test_clock: self.store.test_clock,
            ..StoreConfig::default()
        };
        let store = Store::open_sqlite(&self.store.path, config, keys, Arc::new(aro_store::RandomIds)).await?;

        let clock = Arc::new(SystemClock);
        let (arm, arm_certificates): (Arc<dyn Authorizer>, _) = match self.auth.arm {
            ArmMode::Metadata => {
                let config = ArmCertificatesConfig {
                    refresh: self.auth.arm_metadata_refresh,
                    retry: self.auth.arm_metadata_retry,
                    ..ArmCertificatesConfig::new(self.auth.arm_metadata_url.clone())
                };
                let certificates = Arc::new(ArmCertificates::new(
                    config,
                    self.metadata_client().await?,
                    clock.clone(),
                ));
                (certificates.clone(), Some(certificates))
            }
            ArmMode::Subject => (
                Arc::new(
                    subject(
                        "auth.arm_roots_file",
                        &self.auth.arm_roots_file,
                        &self.auth.arm_common_name,
                    )
                    .await?,
                ),
                None,
            ),
            ArmMode::Open => (Arc::new(DevelopmentAuthorizer::open(Audience::Arm)), None),
        };
        let arm: Arc<dyn Authorizer> = match (self.auth.mise, self.mise()?) {
            (MiseMode::Off, _) | (_, None) => arm,
            (MiseMode::Enabled, Some(mise)) => Arc::new(AnyOf::new(vec![mise, arm])),
            (MiseMode::Enforced, Some(mise)) => mise,
        };
        let admin: Arc<dyn Authorizer> = match self.auth.admin {
            AdminMode::Subject => Arc::new(
                subject(
                    "auth.admin_roots_file",
                    &self.auth.admin_roots_file,
                    &self.auth.admin_common_name,
                )
                .await?,
            ),
            AdminMode::Closed => Arc::new(Closed),
            AdminMode::Open => Arc::new(DevelopmentAuthorizer::open(Audience::Admin)),
        };

        let metrics = self.metrics.registry()?;
        let enricher: Arc<dyn Enricher> = if self.limits.enrichment {
            Arc::new(ClusterEnricher::new(&self.cluster, store.clone(), metrics.clone()))
        } else {
            Arc::new(NoEnrichment)
        };
        let parts = Parts {
            store,
            clock,
            ids: Arc::new(aro_store::RandomIds),
            random: Arc::new(SystemRandomSource::default()),
            page_token_key: Arc::new(page_keys),
            validators: self.validators().await?,
            enricher,
            detectors: Arc::new(NoDetectors),
            progress: Arc::new(PlanProgress),
            authorizer: Arc::new(ByAudience { arm, admin }),
            metrics,
            settings: self.settings(listening),
            stopping: CancellationToken::new(),
        };
        Ok(Built {
            parts,
            arm_certificates,
        })
    }

    /// MISE, where tokens are judged.
    fn mise(&self) -> Result<Option<Arc<dyn Authorizer>>, BuildError> {
        match (self.auth.mise, &self.auth.mise_address) {
            (MiseMode::Off, _) => Ok(None),
            (_, Some(address)) => Ok(Some(Arc::new(Mise::new(MiseConfig::new(address.clone()))?))),
            (_, None) => Err(BuildError::Setting(
                "auth.mise_address must name the side-car, for example http://localhost:5000, or auth.mise be off"
                    .to_string(),
            )),
        }
    }

    async fn validators(&self) -> Result<Arc<dyn Validators>, BuildError> {
        let application = &self.first_party;
        if application.client_id.is_empty() {
            tracing::warn!(
                "first_party.client_id is not set: new clusters are accepted without asking Azure for sizes, quota and \
                 providers"
            );
            return Ok(Arc::new(AcceptAll));
        }
        let secret = match (&application.client_secret, &application.client_secret_file) {
            (Some(secret), None) => secret.clone(),
            (None, Some(path)) => {
                let bytes = read("first_party.client_secret_file", path).await?;
                ConfigSecret::new(String::from_utf8_lossy(&bytes).trim())
            }
            _ => {
                return Err(BuildError::Setting(
                    "give either first_party.client_secret or first_party.client_secret_file".to_string(),
                ));
            }
        };
        let unusable = |error: String| BuildError::Setting(format!("cloud: {error}"));
        let cloud = match &self.cloud {
            Some(cloud) => cloud.clone(),
            None => Cloud::public().map_err(|error| unusable(error.to_string()))?,
        };
        let azure =
            Azure::new(cloud, HttpPace::default(), LroPace::default()).map_err(|error| unusable(error.to_string()))?;
        Ok(Arc::new(AzureValidators::new(
            azure,
            application.client_id.clone(),
            secret,
            Asking {
                believed_for: self.limits.azure_facts_ttl,
                expanded_zones: self.expanded_availability_zones,
            },
        )))
    }

    async fn metadata_client(&self) -> Result<reqwest::Client, BuildError> {
        const SETTING: &str = "auth.arm_metadata_ca_file";
        let mut client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        if !self.auth.arm_metadata_ca_file.as_os_str().is_empty() {
            let pem = read(SETTING, &self.auth.arm_metadata_ca_file).await?;
            client = client.tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem)?);
        }
        Ok(client.build()?)
    }
}

async fn subject(setting: &'static str, roots: &PathBuf, name: &str) -> Result<ExactSubject, BuildError> {
    let roots = crate::server::certificates(&read(setting, roots).await?)
        .map_err(|source| BuildError::Certificate { setting, source })?;
    Ok(ExactSubject::new(roots, name)?)
}

async fn read(setting: &'static str, path: &PathBuf) -> Result<Vec<u8>, BuildError> {
    tokio::fs::read(path).await.map_err(|source| BuildError::File {
        setting,
        path: path.clone(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use aro_config::Loader;

    use super::*;

    fn read(text: &str) -> FrontendConfig {
        Loader::new("frontend").text("rp.toml", text).unwrap().load().unwrap()
    }

    #[test]
    fn tokens_are_judged_only_where_somebody_judges_them() {
        let off = read("location = 'eastus'\n");
        assert!(off.mise().unwrap().is_none());
        for mode in ["enabled", "enforced"] {
            let lacking = read(&format!("[frontend.auth]\nmise = '{mode}'\n"));
            let Err(error) = lacking.mise() else {
                panic!("{mode} without a side-car");
            };
            assert!(error.to_string().contains("auth.mise_address"), "{error}");
            let whole = format!("[frontend.auth]\nmise = '{mode}'\nmise_address = 'http://localhost:5000'\n");
            assert!(read(&whole).mise().unwrap().is_some());
        }
    }

    #[test]
    fn the_printed_settings_read_back() {
        let mut config = read("[frontend.metrics]\nlisten = '127.0.0.1:9090'\nstatsd = 'localhost:8125'\n");
        config.first_party.client_secret = Some(ConfigSecret::new("hunter2"));
        let printed = aro_config::redacted(&config).unwrap();
        assert!(!printed.contains("hunter2"));
        let again = read(&printed);
        assert_eq!(again.metrics, config.metrics);
        assert_eq!(again.limits.catalogue_max_age, config.limits.catalogue_max_age);
    }
}
