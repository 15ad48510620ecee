//! MISE, the side-car that judges tokens: it is told the head of a request, and says whether its token is good.
//!
//! ```text
//! reply of /ValidateRequest       the caller
//! 200                             is let in
//! 4xx, but for 408 and 429        is turned away
//! 408, 429, 5xx, no reply         is judged again, `attempts` times in all, then turned away
//! ```

use std::time::Duration;

use async_trait::async_trait;
use http::HeaderValue;
use http::header::{AUTHORIZATION, HOST};
use time::OffsetDateTime;
use url::Url;

use super::arm_certificates::chain;
use super::{Audience, Authorizer, Knock, Refusal};

/// Where the side-car is, and how long it may take.
#[derive(Debug, Clone)]
pub struct MiseConfig {
    /// Its address, for example `http://localhost:5000`.
    pub address: Url,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How often it is asked about one request, the first time included.
    pub attempts: u32,
    /// The pause before it is asked again; it grows with each.
    pub pause: Duration,
}

impl MiseConfig {
    /// The reference's pace.
    pub fn new(address: Url) -> MiseConfig {
        MiseConfig {
            address,
            timeout: Duration::from_secs(5),
            attempts: 3,
            pause: Duration::from_millis(100),
        }
    }
}

/// Why the side-car cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MiseError {
    /// The address has no place for a path.
    #[error("{0} is no address of a side-car; write it as http://localhost:5000")]
    Address(Url),
    /// The HTTP client cannot be made.
    #[error("the HTTP client for the side-car cannot be made: {0}")]
    Http(#[from] reqwest::Error),
}

/// Lets in whose token the side-car accepts.
#[derive(Debug)]
pub struct Mise {
    config: MiseConfig,
    validate: Url,
    ready: Url,
    http: reqwest::Client,
}

impl Mise {
    /// # Errors
    /// See [`MiseError`].
    pub fn new(config: MiseConfig) -> Result<Mise, MiseError> {
        let at = |path: &str| {
            let mut url = config.address.clone();
            match url.path_segments_mut() {
                Ok(mut segments) => segments.pop_if_empty().push(path),
                Err(()) => return Err(MiseError::Address(config.address.clone())),
            };
            Ok(url)
        };
        let http = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(config.timeout)
            .build()?;
        Ok(Mise {
            validate: at("ValidateRequest")?,
            ready: at("readyz")?,
            http,
            config,
        })
    }

    /// One question. `Err(None)` where it may be asked again.
    async fn ask(&self, knock: &Knock<'_>) -> Result<(), Option<Refusal>> {
        let text = |name| {
            knock
                .headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        // HTTP/2 names the host in the URL.
        let host = text(HOST).or_else(|| knock.uri.host()).unwrap_or_default();
        let mut question = self
            .http
            .post(self.validate.clone())
            .header("original-uri", format!("http://{host}{}", knock.uri.path()))
            .header("original-method", knock.method.as_str());
        if let Some(token) = knock.headers.get(AUTHORIZATION) {
            question = question.header(AUTHORIZATION, token);
        }
        if let Some(peer) = knock.caller.peer {
            question = question.header("x-forwarded-for", peer.ip().to_string());
        }
        let reply = match question.send().await {
            Ok(reply) => reply,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "MISE does not answer");
                return Err(None);
            }
        };
        let status = reply.status();
        match status.as_u16() {
            200 => Ok(()),
            408 | 429 | 500.. => {
                tracing::warn!(%status, "MISE cannot answer");
                Err(None)
            }
            _ => {
                let said = reply.headers().get("error-description");
                let said = said.and_then(|value| value.to_str().ok()).unwrap_or("without a reason");
                Err(Some(Refusal::new(format!("MISE refuses the token ({status}): {said}"))))
            }
        }
    }
}

#[async_trait]
impl Authorizer for Mise {
    async fn authorize(&self, _: Audience, knock: &Knock<'_>, _: OffsetDateTime) -> Result<(), Refusal> {
        for attempt in 1..=self.config.attempts {
            match self.ask(knock).await {
                Ok(()) => return Ok(()),
                Err(Some(refusal)) => return Err(refusal),
                Err(None) if attempt < self.config.attempts => {
                    tokio::time::sleep(self.config.pause * attempt).await;
                }
                Err(None) => {}
            }
        }
        Err(Refusal::new("MISE did not answer, so the token could not be judged"))
    }

    async fn readiness(&self, _: OffsetDateTime) -> Result<(), Refusal> {
        match self.http.get(self.ready.clone()).send().await {
            Ok(reply) if reply.status() == http::StatusCode::OK => Ok(()),
            Ok(reply) => Err(Refusal::new(format!("MISE is not ready: {}", reply.status()))),
            Err(error) => Err(Refusal::new(format!("MISE does not answer: {}", chain(&error)))),
        }
    }
}
