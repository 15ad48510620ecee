//! Kubernetes clients of clusters.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use aro_api::{SealError, Sealer, SecretBytes, model::Properties};
use hyper_util::{client::legacy, rt::TokioExecutor, rt::TokioTimer};
use kube::{
    Client, Config,
    client::{Body, ConfigExt as _},
    config::{KubeConfigOptions, KubeconfigError as ConfigError},
};
use serde::{Deserialize, Serialize};
use tower::{ServiceBuilder, timeout::TimeoutLayer};

use crate::{
    dial::{Connector, Dial},
    kubeconfig::{Identity, Kubeconfig, KubeconfigError},
};

/// Why a cluster cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The document has no kubeconfig of that identity.
    #[error("the cluster has no kubeconfig yet")]
    NoKubeconfig,
    /// The kubeconfig is of no use.
    #[error(transparent)]
    Kubeconfig(#[from] KubeconfigError),
    /// The kubeconfig leads to no usable client.
    #[error("the kubeconfig cannot be used: {0}")]
    Config(String),
    /// The stored kubeconfig cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The API server refused, or did not answer.
    #[error(transparent)]
    Kube(#[from] kube::Error),
}

impl ClusterError {
    /// Whether asking again may help: nothing answered, the API server is restarting, or somebody else wrote first.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Kube(kube::Error::Api(status)) => matches!(status.code, 408 | 409 | 429 | 500..),
            Self::Kube(
                kube::Error::HyperError(_)
                | kube::Error::Service(_)
                | kube::Error::ReadEvents(_)
                | kube::Error::LinesCodecMaxLineLengthExceeded,
            ) => true,
            Self::Kube(_) | Self::NoKubeconfig | Self::Kubeconfig(_) | Self::Config(_) | Self::Seal(_) => false,
        }
    }

    /// What the API server said, where it answered: HTTP status, reason, message.
    #[must_use]
    pub fn answer(&self) -> Option<(u16, &str, &str)> {
        match self {
            Self::Kube(kube::Error::Api(status)) => Some((status.code, &status.reason, &status.message)),
            _ => None,
        }
    }
}

/// How patient calls to clusters are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReachPace {
    /// How long a connection may take to stand.
    #[serde(with = "aro_config::duration")]
    pub connect: Duration,
    /// How long an answer may take to begin.
    #[serde(with = "aro_config::duration")]
    pub answer: Duration,
}

impl Default for ReachPace {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
        }
    }
}

/// Makes clients of clusters.
#[derive(Clone)]
pub struct Reach {
    dial: Arc<dyn Dial>,
    pace: ReachPace,
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reach")
            .field("dial", &self.dial)
            .field("pace", &self.pace)
            .finish()
    }
}

impl Reach {
    /// Clients whose connections take that way.
    #[must_use]
    pub fn new(dial: Arc<dyn Dial>, pace: ReachPace) -> Self {
        Self { dial, pace }
    }

    /// A client that acts as the one whom a kubeconfig names.
    ///
    /// # Errors
    /// When the kubeconfig is of no use. Nothing is asked of the cluster yet.
    pub async fn client(
        &self,
        kubeconfig: &Kubeconfig,
        private_endpoint: Option<IpAddr>,
    ) -> Result<Client, ClusterError> {
        let unusable = |error: ConfigError| ClusterError::Config(error.to_string());
        let yaml = kubeconfig.to_yaml()?;
        let parsed = kube::config::Kubeconfig::from_yaml(&yaml).map_err(unusable)?;
        let config = Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default())
            .await
            .map_err(unusable)?;
        let connector = Connector {
            dial: self.dial.clone(),
            private_endpoint,
            timeout: self.pace.connect,
        };
        let https = config.rustls_https_connector_with_connector(connector)?;
        let pool = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(4)
            .build::<_, Body>(https);
        let service = ServiceBuilder::new()
            .layer(config.base_uri_layer())
            .option_layer(config.auth_layer()?)
            // Until the answer begins: a watch may go on for as long as it likes.
            .layer(TimeoutLayer::new(self.pace.answer))
            .map_err(tower::BoxError::from)
            .service(pool);
        Ok(Client::new(service, config.default_namespace))
    }

    /// A client of the cluster with these properties, which lie in the document with that id.
    ///
    /// # Errors
    /// When the document has no kubeconfig of that identity, or it cannot be opened or used.
    pub async fn cluster(
        &self,
        properties: &Properties,
        identity: Identity,
        sealer: &dyn Sealer,
        document: &str,
    ) -> Result<Client, ClusterError> {
        let stored = kubeconfig_of(properties, identity);
        if stored.is_empty() {
            return Err(ClusterError::NoKubeconfig);
        }
        let kubeconfig = Kubeconfig::parse(&stored.open(sealer, document)?)?;
        let address = properties.network_profile.private_endpoint_ip.parse().ok();
        self.client(&kubeconfig, address).await
    }
}

/// The stored kubeconfig of an identity. The service falls back to the administrator's until it has one of its own.
#[must_use]
pub fn kubeconfig_of(properties: &Properties, identity: Identity) -> &SecretBytes {
    match identity {
        Identity::Service if !properties.aro_service_kubeconfig.is_empty() => &properties.aro_service_kubeconfig,
        Identity::Service => &properties.admin_kubeconfig,
        Identity::Sre => &properties.aro_sre_kubeconfig,
        Identity::User => &properties.user_admin_kubeconfig,
    }
}
