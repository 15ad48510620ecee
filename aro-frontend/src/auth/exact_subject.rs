//! Callers known by the issuer of their certificate and its exact name: operators, and ARM's stand-in in shared
//! development environments.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::{CertificateDer, UnixTime};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Audience, Authorizer, Knock, Refusal};

/// Why an [`ExactSubject`] cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// The expected name is empty: it would match nothing, or worse.
    #[error("the common name that callers must have is empty")]
    EmptyName,
    /// A root certificate cannot be used.
    #[error("a root certificate cannot be used: {0}")]
    Root(rustls::Error),
    /// No roots at all, so that nobody could ever be let in.
    #[error("the roots cannot be used: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// Lets in a caller whose certificate chains to one of the given roots (never the system's), is meant for client
/// authentication, and whose subject's common name is exactly the given one.
#[derive(Debug)]
pub struct ExactSubject {
    verifier: Arc<dyn ClientCertVerifier>,
    common_name: String,
}

impl ExactSubject {
    /// # Errors
    /// See [`SubjectError`].
    pub fn new(
        roots: impl IntoIterator<Item = CertificateDer<'static>>,
        common_name: impl Into<String>,
    ) -> Result<ExactSubject, SubjectError> {
        let common_name = common_name.into();
        if common_name.is_empty() {
            return Err(SubjectError::EmptyName);
        }
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(root).map_err(SubjectError::Root)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider).build()?;
        Ok(ExactSubject { verifier, common_name })
    }
}

#[async_trait]
impl Authorizer for ExactSubject {
    async fn authorize(&self, _: Audience, knock: &Knock<'_>, now: OffsetDateTime) -> Result<(), Refusal> {
        let Some((leaf, intermediates)) = knock.caller.certificates.split_first() else {
            return Err(Refusal::new("the caller presented no client certificate"));
        };
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        self.verifier
            .verify_client_cert(leaf, intermediates, now)
            .map_err(|error| {
                Refusal::new(format!(
                    "the client certificate does not chain to a known root: {error}"
                ))
            })?;

        let (_, certificate) = X509Certificate::from_der(leaf)
            .map_err(|error| Refusal::new(format!("the client certificate cannot be parsed: {error}")))?;
        let names: Vec<&str> = certificate
            .subject()
            .iter_common_name()
            .filter_map(|name| name.as_str().ok())
            .collect();
        if names == [self.common_name.as_str()] {
            return Ok(());
        }
        Err(Refusal::new(format!(
            "the client certificate is for {}, not {}",
            names.join(", "),
            self.common_name
        )))
    }

    async fn readiness(&self, _: OffsetDateTime) -> Result<(), Refusal> {
        Ok(())
    }
}
