//! What the service is made of. An embedder or a test can set each part; the production ones stand here too.

use std::sync::Arc;

use aro_store::{IdSource, PageTokenKey, Store};
use aro_telemetry::Registry;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::auth::Authorizer;
use crate::detectors::Detectors;
use crate::enrich::Enricher;
use crate::progress::ProgressReader;
use crate::settings::Settings;
use crate::validators::Validators;

/// Everything [`crate::router()`] needs.
pub struct Parts {
    /// Documents.
    pub store: Store,
    /// The time that documents and replies carry.
    pub clock: Arc<dyn Clock>,
    /// Ids of documents, operations and requests.
    pub ids: Arc<dyn IdSource>,
    /// Unpredictable bytes, for what must not be guessed or must be spread evenly.
    pub random: Arc<dyn RandomSource>,
    /// Seals the place where the next page of a list begins.
    pub page_token_key: Arc<PageTokenKey>,
    /// Checks of a new cluster that need Azure: sizes, quota, features, providers.
    pub validators: Arc<dyn Validators>,
    /// What is read from a live cluster before it is shown.
    pub enricher: Arc<dyn Enricher>,
    /// What Azure's diagnostics say about a cluster.
    pub detectors: Arc<dyn Detectors>,
    /// How far a running operation is.
    pub progress: Arc<dyn ProgressReader>,
    /// Who may call.
    pub authorizer: Arc<dyn Authorizer>,
    /// Measurements of requests go here.
    pub metrics: Registry,
    /// Names, places and limits.
    pub settings: Settings,
    /// Cancelled when the service is asked to stop: from then on it says that it is not ready.
    pub stopping: CancellationToken,
}

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// Now, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// The time of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// The source of randomness failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of random bytes failed")]
pub struct RandomError;

/// Where unpredictable bytes come from.
pub trait RandomSource: Send + Sync + 'static {
    /// Fills the buffer.
    ///
    /// # Errors
    /// When the source fails; the buffer is then of no use.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError>;
}

/// The operating system's generator.
#[derive(Debug, Default)]
pub struct SystemRandomSource(SystemRandom);

impl RandomSource for SystemRandomSource {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        self.0.fill(buffer).map_err(|_| RandomError)
    }
}
