//! Names, places and limits that the handlers use.

use std::time::Duration;

use crate::links::Links;

/// The settings of the router. [`Settings::new`] gives what the reference uses.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The Azure region this service serves, for example `eastus`.
    pub location: String,
    /// The DNS domain under which clusters of this region get their names, for example `eastus.aroapp.io`.
    pub domain: String,
    /// The build of the service, written on clusters it creates.
    pub commit: String,
    /// The cloud's name in the audit, for example `AzurePublicCloud`.
    pub cloud_name: String,
    /// The name of this instance of the service in the audit.
    pub instance: String,
    /// Whether workers must be of the small size that development subscriptions have quota for.
    pub require_d2s_workers: bool,
    /// Whether new clusters reach the service's dependencies through its gateway.
    pub gateway_enabled: bool,
    /// How links to this service are written.
    pub links: Links,
    /// What `Retry-After` says where a client should come back.
    pub retry_after: Duration,
    /// Clusters on one page of a list.
    pub page_size: usize,
    /// Requests that are answered at the same time; the others are told to come back.
    pub max_requests: usize,
    /// The largest body that is read, in bytes.
    pub body_limit: usize,
    /// How long a client may take to send a body.
    pub body_timeout: Duration,
    /// How long a request may take in all. ARM gives up after 60 seconds.
    pub request_timeout: Duration,
    /// For how long the OpenShift versions and role sets that were read are believed.
    pub catalogue_max_age: Duration,
    /// How long reading from live clusters may take in one request.
    pub enrichment_timeout: Duration,
    /// For how long after its start the service says that it is not ready.
    pub readiness_delay: Duration,
    /// How often a request starts over when another one was faster to write.
    pub write_attempts: u32,
    /// The pause before such a new start; it grows with each.
    pub write_pause: Duration,
}

impl Settings {
    /// The reference's limits, for a region and its DNS domain.
    pub fn new(location: impl Into<String>, domain: impl Into<String>, links: Links) -> Settings {
        Settings {
            location: location.into(),
            domain: domain.into(),
            commit: "unknown".to_string(),
            cloud_name: "AzurePublicCloud".to_string(),
            instance: String::new(),
            require_d2s_workers: false,
            gateway_enabled: true,
            links,
            retry_after: Duration::from_secs(15),
            page_size: 10,
            max_requests: 512,
            body_limit: 1024 * 1024,
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(55),
            catalogue_max_age: Duration::from_secs(5),
            enrichment_timeout: Duration::from_secs(10),
            readiness_delay: Duration::from_secs(120),
            write_attempts: 5,
            write_pause: Duration::from_millis(20),
        }
    }
}
