//! The sections of the configuration, with their defaults.

use std::path::PathBuf;
use std::time::Duration;

use aro_config::{ConfigSecret, duration};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::server::ServerConfig;

/// `[store]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreSection {
    /// The SQLite file. Created if it is not there.
    pub path: PathBuf,
    /// The key file that seals secrets; `<path>.keys.json` where empty. Created if it is not there.
    pub key_file: PathBuf,
    /// The key file that seals page tokens; `<path>.page-keys.json` where empty. Only the frontend uses it.
    pub page_key_file: PathBuf,
    /// Lets tests move the store's clock.
    pub test_clock: bool,
}

/// `[tls]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsSection {
    /// A PEM file with the certificate chain, leaf first, and its private key.
    pub certificate_file: PathBuf,
    /// A PEM file with the private key, if it is not in the same file.
    pub key_file: PathBuf,
    /// How often the files are looked at for a renewed certificate.
    #[serde(with = "duration")]
    pub reload_interval: Duration,
}

impl Default for TlsSection {
    fn default() -> TlsSection {
        TlsSection {
            certificate_file: PathBuf::new(),
            key_file: PathBuf::new(),
            reload_interval: Duration::from_secs(60),
        }
    }
}

/// `[links]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct LinksSection {
    /// ARM's URLs: a `Referer` on one of them is what links are made from.
    pub arm: Vec<Url>,
    /// The base of links in replies to requests without such a `Referer`; the first listener where empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Url>,
    /// Believes a `Referer` on this machine, too. For development.
    pub loopback: bool,
}

impl Default for LinksSection {
    fn default() -> LinksSection {
        LinksSection {
            arm: Url::parse("https://management.azure.com").into_iter().collect(),
            fallback: None,
            loopback: false,
        }
    }
}

/// `[auth]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthSection {
    /// How ARM is recognised.
    pub arm: ArmMode,
    /// ARM's metadata document, for `arm = "metadata"`.
    pub arm_metadata_url: Url,
    /// A PEM file with the only roots that the metadata endpoint's certificate may chain to; the system's if empty.
    pub arm_metadata_ca_file: PathBuf,
    /// How often the metadata are read again.
    #[serde(with = "duration")]
    pub arm_metadata_refresh: Duration,
    /// How soon after a failure.
    #[serde(with = "duration")]
    pub arm_metadata_retry: Duration,
    /// The PEM file of roots, for `arm = "subject"`.
    pub arm_roots_file: PathBuf,
    /// The common name, for `arm = "subject"`.
    pub arm_common_name: String,
    /// Whether the tokens that ARM sends are judged by MISE.
    pub mise: MiseMode,
    /// The address of MISE, for `mise = "enabled"` and `"enforced"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mise_address: Option<Url>,
    /// How operators are recognised.
    pub admin: AdminMode,
    /// The PEM file of roots, for `admin = "subject"`.
    pub admin_roots_file: PathBuf,
    /// The common name, for `admin = "subject"`.
    pub admin_common_name: String,
}

impl Default for AuthSection {
    fn default() -> AuthSection {
        // The only URL literal here is a constant that the tests parse; an unusable one would stop the service at start.
        #[allow(clippy::expect_used)]
        let arm_metadata_url =
            Url::parse("https://admin.management.azure.com/metadata/authentication?api-version=2015-01-01")
                .expect("a constant URL");
        AuthSection {
            arm: ArmMode::Metadata,
            arm_metadata_url,
            arm_metadata_ca_file: PathBuf::new(),
            arm_metadata_refresh: Duration::from_secs(3600),
            arm_metadata_retry: Duration::from_secs(10),
            arm_roots_file: PathBuf::new(),
            arm_common_name: String::new(),
            mise: MiseMode::Off,
            mise_address: None,
            admin: AdminMode::Closed,
            admin_roots_file: PathBuf::new(),
            admin_common_name: String::new(),
        }
    }
}

/// How ARM is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArmMode {
    /// By the certificates that ARM's metadata endpoint lists.
    Metadata,
    /// By issuer and exact name: a stand-in for ARM in shared development environments.
    Subject,
    /// Not at all: everybody is let in. For development.
    Open,
}

/// Whether tokens are judged by MISE, a side-car.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MiseMode {
    /// They are not looked at.
    Off,
    /// A good token lets ARM in, and so does what `arm` says.
    Enabled,
    /// Only a good token lets ARM in.
    Enforced,
}

/// How operators are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdminMode {
    /// By issuer and exact name.
    Subject,
    /// Nobody is let in.
    Closed,
    /// Everybody is let in. For development.
    Open,
}

/// `[first_party]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FirstPartySection {
    /// Application id.
    pub client_id: String,
    /// Client secret; `client_secret_file` is the better way to give it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<ConfigSecret>,
    /// File that holds the client secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
}

/// `[limits]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitsSection {
    /// What `Retry-After` tells clients that poll, and those that should try again.
    #[serde(with = "duration")]
    pub retry_after: Duration,
    /// Clusters on one page of a list.
    pub page_size: usize,
    /// Requests that are answered at the same time; the others get 503 and `retry_after`.
    pub max_requests: usize,
    /// The largest request body in bytes.
    pub body_limit: usize,
    /// How long a client may take to send a body.
    #[serde(with = "duration")]
    pub body_timeout: Duration,
    /// How long a request may take in all.
    #[serde(with = "duration")]
    pub request_timeout: Duration,
    /// Whether running clusters are asked for what only they know.
    pub enrichment: bool,
    /// How long reading from live clusters may take in one request.
    #[serde(with = "duration")]
    pub enrichment_timeout: Duration,
    /// For how long the OpenShift versions and role sets that were read are believed; what another process of the
    /// service writes shows after that time.
    #[serde(with = "duration")]
    pub catalogue_max_age: Duration,
    /// For how long what Azure says of a subscription is believed.
    #[serde(with = "duration")]
    pub azure_facts_ttl: Duration,
    /// How often a request starts over when another one was faster to write.
    pub write_attempts: u32,
    /// The pause before such a new start; it grows with each.
    #[serde(with = "duration")]
    pub write_pause: Duration,
}

impl Default for LimitsSection {
    fn default() -> LimitsSection {
        LimitsSection {
            retry_after: Duration::from_secs(15),
            page_size: 10,
            max_requests: 512,
            body_limit: 1024 * 1024,
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(55),
            enrichment: true,
            enrichment_timeout: Duration::from_secs(10),
            catalogue_max_age: Duration::from_secs(5),
            azure_facts_ttl: Duration::from_secs(30),
            write_attempts: 5,
            write_pause: Duration::from_millis(20),
        }
    }
}

/// `[connections]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectionsSection {
    /// For the TLS handshake and for the head of each request.
    #[serde(with = "duration")]
    pub header_timeout: Duration,
    /// For which a connection may stay open without a request.
    #[serde(with = "duration")]
    pub idle_timeout: Duration,
    /// For which a client may not take what is sent to it.
    #[serde(with = "duration")]
    pub write_timeout: Duration,
    /// Connections that are open at the same time; more are closed as they come.
    pub max_connections: usize,
    /// For how long after its start the service says that it is not ready.
    #[serde(with = "duration")]
    pub readiness_delay: Duration,
    /// For how long the service still takes requests after it was asked to stop.
    #[serde(with = "duration")]
    pub drain_delay: Duration,
    /// For how long after that requests in flight may run.
    #[serde(with = "duration")]
    pub drain_timeout: Duration,
}

impl Default for ConnectionsSection {
    fn default() -> ConnectionsSection {
        let server = ServerConfig::default();
        ConnectionsSection {
            header_timeout: server.header_timeout,
            idle_timeout: server.idle_timeout,
            write_timeout: server.write_timeout,
            max_connections: server.max_connections,
            readiness_delay: Duration::from_secs(120),
            drain_delay: server.drain_delay,
            drain_timeout: server.drain_timeout,
        }
    }
}
