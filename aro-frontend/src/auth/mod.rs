//! Who may call: ARM shows a client certificate that its metadata lists, operators show one of a known issuer and name.
//!
//! There is no authorization per user: ARM (or the operators' tooling) has done it before the call arrives.

mod arm_certificates;
mod development;
mod exact_subject;

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

pub use arm_certificates::{ArmCertificates, ArmCertificatesConfig, MetadataError};
pub use development::DevelopmentAuthorizer;
pub use exact_subject::{ExactSubject, SubjectError};

/// Whom a request claims to come from, which decides the certificate it must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Azure Resource Manager, on behalf of a customer.
    Arm,
    /// Operators of the service: `/admin` paths and `api-version=admin`.
    Admin,
}

/// What is known about the other end of the connection.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The certificates the client presented, leaf first; empty when it presented none. The handshake has proven that
    /// the client holds the key of the leaf, and nothing else.
    pub certificates: Arc<[CertificateDer<'static>]>,
    /// The address of the client, when the connection has one.
    pub peer: Option<SocketAddr>,
}

/// Why a caller was turned away. For the log of the service, never for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// One clause without secrets.
    pub reason: String,
}

impl Refusal {
    /// A refusal with its reason.
    pub fn new(reason: impl Into<String>) -> Refusal {
        Refusal { reason: reason.into() }
    }
}

/// Decides whether a caller may use the part of the service meant for an [`Audience`].
#[async_trait]
pub trait Authorizer: Send + Sync + 'static {
    /// Lets the caller in or says why not. `now` is the service's clock.
    async fn authorize(&self, audience: Audience, caller: &Caller, now: OffsetDateTime) -> Result<(), Refusal>;

    /// Whether callers can be judged at all at `now`; the reason if not. Read by the readiness probe.
    fn readiness(&self, now: OffsetDateTime) -> Result<(), Refusal>;
}

/// One authorizer for each audience.
pub struct ByAudience {
    /// Asked for ARM's requests.
    pub arm: Arc<dyn Authorizer>,
    /// Asked for operators' requests.
    pub admin: Arc<dyn Authorizer>,
}

#[async_trait]
impl Authorizer for ByAudience {
    async fn authorize(&self, audience: Audience, caller: &Caller, now: OffsetDateTime) -> Result<(), Refusal> {
        match audience {
            Audience::Arm => self.arm.authorize(audience, caller, now).await,
            Audience::Admin => self.admin.authorize(audience, caller, now).await,
        }
    }

    fn readiness(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        self.arm.readiness(now)?;
        self.admin.readiness(now)
    }
}

/// Turns everybody away: the admin side of a deployment that has no operators configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Closed;

#[async_trait]
impl Authorizer for Closed {
    async fn authorize(&self, _: Audience, _: &Caller, _: OffsetDateTime) -> Result<(), Refusal> {
        Err(Refusal::new("this side of the service is closed by configuration"))
    }

    fn readiness(&self, _: OffsetDateTime) -> Result<(), Refusal> {
        Ok(())
    }
}
