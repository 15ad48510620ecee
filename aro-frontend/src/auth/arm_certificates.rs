//! ARM's client certificates, as its metadata endpoint lists them.
//!
//! ARM rolls its certificates, so several are valid at once; a caller is ARM when the leaf it presents is, byte for
//! byte, one of the listed ones and now lies inside that one's validity. Neither issuer nor name is looked at.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use serde::Deserialize;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Audience, Authorizer, Knock, Refusal};
use crate::parts::Clock;

/// Where the metadata is and how often it is read.
#[derive(Debug, Clone)]
pub struct ArmCertificatesConfig {
    /// The document, for example
    /// `https://admin.management.azure.com/metadata/authentication?api-version=2015-01-01`.
    pub url: Url,
    /// How often the list is read again after a success.
    pub refresh: Duration,
    /// How soon it is read again after a failure.
    pub retry: Duration,
    /// How long one read may take.
    pub timeout: Duration,
    /// For how long a successful read keeps the service ready when later ones fail.
    pub stale_after: Duration,
}

impl ArmCertificatesConfig {
    /// The reference's pace: hourly, ready for a day without news.
    pub fn new(url: Url) -> ArmCertificatesConfig {
        ArmCertificatesConfig {
            url,
            refresh: Duration::from_secs(3600),
            retry: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            stale_after: Duration::from_secs(24 * 3600),
        }
    }
}

/// Why the list could not be read. The previous list stays in force.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// The endpoint could not be reached or the reply not be read.
    #[error("the metadata endpoint {url} cannot be read: {reason}")]
    Unreachable {
        /// The endpoint.
        url: String,
        /// The chain of causes.
        reason: String,
    },
    /// The endpoint answered something other than 200.
    #[error("the metadata endpoint {url} answered status {status}")]
    Status {
        /// The endpoint.
        url: String,
        /// The status.
        status: u16,
    },
    /// The endpoint answered something other than the document.
    #[error("the metadata endpoint {url} answered what is no certificate list: {reason}")]
    Malformed {
        /// The endpoint.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// None of the listed certificates is valid now.
    #[error("the metadata endpoint {url} lists no certificate that is valid now ({listed} listed)")]
    NoneValid {
        /// The endpoint.
        url: String,
        /// How many it lists.
        listed: usize,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    client_certificates: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    thumbprint: String,
    #[serde(with = "time::serde::rfc3339")]
    not_before: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    not_after: OffsetDateTime,
    certificate: String,
}

#[derive(Debug)]
struct Listed {
    thumbprint: String,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    der: Vec<u8>,
}

impl Listed {
    fn is_valid_at(&self, now: OffsetDateTime) -> bool {
        self.not_before < now && now < self.not_after
    }
}

#[derive(Debug, Default)]
struct Known {
    certificates: Vec<Listed>,
    read_at: Option<OffsetDateTime>,
}

/// The authorizer of ARM's requests in production.
pub struct ArmCertificates {
    config: ArmCertificatesConfig,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    known: RwLock<Arc<Known>>,
}

impl ArmCertificates {
    /// Nothing is known, and nobody let in, until [`ArmCertificates::refresh`] has succeeded once.
    ///
    /// `http` must not follow redirects: a redirected list would be somebody else's.
    pub fn new(config: ArmCertificatesConfig, http: reqwest::Client, clock: Arc<dyn Clock>) -> ArmCertificates {
        ArmCertificates {
            config,
            http,
            clock,
            known: RwLock::default(),
        }
    }

    /// Reads the list once. On any error the old list stays in force.
    ///
    /// # Errors
    /// See [`MetadataError`].
    pub async fn refresh(&self) -> Result<(), MetadataError> {
        let url = || self.config.url.to_string();
        let unreachable = |error: reqwest::Error| MetadataError::Unreachable {
            url: url(),
            reason: chain(&error),
        };
        let malformed = |reason: String| MetadataError::Malformed { url: url(), reason };

        let reply = self
            .http
            .get(self.config.url.clone())
            .timeout(self.config.timeout)
            .send()
            .await
            .map_err(unreachable)?;
        if reply.status() != http::StatusCode::OK {
            return Err(MetadataError::Status {
                url: url(),
                status: reply.status().as_u16(),
            });
        }
        let media_type = reply
            .headers()
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        if !media_type.is_some_and(is_json) {
            return Err(malformed(format!(
                "the media type is {}",
                media_type.unwrap_or("missing")
            )));
        }
        let metadata: Metadata = serde_json::from_slice(&reply.bytes().await.map_err(unreachable)?)
            .map_err(|error| malformed(error.to_string()))?;

        let mut certificates = Vec::with_capacity(metadata.client_certificates.len());
        for entry in metadata.client_certificates {
            let der = base64::engine::general_purpose::STANDARD
                .decode(entry.certificate.as_bytes())
                .map_err(|error| malformed(format!("certificate {} is no base64: {error}", entry.thumbprint)))?;
            certificates.push(Listed {
                thumbprint: entry.thumbprint,
                not_before: entry.not_before,
                not_after: entry.not_after,
                der,
            });
        }
        let now = self.clock.now();
        if !certificates.iter().any(|listed| listed.is_valid_at(now)) {
            return Err(MetadataError::NoneValid {
                url: url(),
                listed: certificates.len(),
            });
        }
        tracing::info!(certificates = certificates.len(), url = %self.config.url, "ARM's client certificates read");
        let known = Arc::new(Known {
            certificates,
            read_at: Some(now),
        });
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    /// Keeps the list fresh until `stop`; reads it at once. A failure is logged and tried again soon.
    pub async fn run(&self, stop: CancellationToken) {
        loop {
            let pause = match self.refresh().await {
                Ok(()) => self.config.refresh,
                Err(error) => {
                    tracing::error!(%error, "ARM's client certificates could not be read, the old ones stay in force");
                    self.config.retry
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn known(&self) -> Arc<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Authorizer for ArmCertificates {
    async fn authorize(&self, _: Audience, knock: &Knock<'_>, now: OffsetDateTime) -> Result<(), Refusal> {
        let Some(leaf) = knock.caller.certificates.first() else {
            return Err(Refusal::new("the caller presented no client certificate"));
        };
        let known = self.known();
        match known.certificates.iter().find(|listed| listed.der == leaf.as_ref()) {
            Some(listed) if listed.is_valid_at(now) => Ok(()),
            Some(listed) => Err(Refusal::new(format!(
                "ARM's certificate {} is not valid now",
                listed.thumbprint
            ))),
            None => Err(Refusal::new("the client certificate is none of ARM's")),
        }
    }

    async fn readiness(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        let known = self.known();
        let Some(read_at) = known.read_at else {
            return Err(Refusal::new("ARM's client certificates have not been read yet"));
        };
        if now - read_at > self.config.stale_after {
            return Err(Refusal::new(format!(
                "ARM's client certificates were last read at {read_at}"
            )));
        }
        if !known.certificates.iter().any(|listed| listed.is_valid_at(now)) {
            return Err(Refusal::new("none of ARM's client certificates is valid now"));
        }
        Ok(())
    }
}

fn is_json(media_type: &str) -> bool {
    media_type
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// An error with its causes: reqwest's own text hides what went wrong below it.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
