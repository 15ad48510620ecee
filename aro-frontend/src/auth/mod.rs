//! Who may call: ARM shows a client certificate that its metadata lists, or a token that MISE accepts; operators show a
//! certificate of a known issuer and name.
//!
//! There is no authorization per user: ARM (or the operators' tooling) has done it before the call arrives.

mod arm_certificates;
mod development;
mod exact_subject;
mod mise;

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, Method, Uri};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

pub use arm_certificates::{ArmCertificates, ArmCertificatesConfig, MetadataError};
pub use development::DevelopmentAuthorizer;
pub use exact_subject::{ExactSubject, SubjectError};
pub use mise::{Mise, MiseConfig, MiseError};

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

/// A request at the door: who sends it, and its head. Its body has not been read.
#[derive(Debug, Clone, Copy)]
pub struct Knock<'a> {
    /// What is known about the other end of the connection.
    pub caller: &'a Caller,
    /// The method.
    pub method: &'a Method,
    /// Path, in lower case, and query.
    pub uri: &'a Uri,
    /// All headers.
    pub headers: &'a HeaderMap,
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
    async fn authorize(&self, audience: Audience, knock: &Knock<'_>, now: OffsetDateTime) -> Result<(), Refusal>;

    /// Whether callers can be judged at all at `now`; the reason if not. Read by the readiness probe.
    async fn readiness(&self, now: OffsetDateTime) -> Result<(), Refusal>;
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
    async fn authorize(&self, audience: Audience, knock: &Knock<'_>, now: OffsetDateTime) -> Result<(), Refusal> {
        match audience {
            Audience::Arm => self.arm.authorize(audience, knock, now).await,
            Audience::Admin => self.admin.authorize(audience, knock, now).await,
        }
    }

    async fn readiness(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        self.arm.readiness(now).await?;
        self.admin.readiness(now).await
    }
}

/// Lets in whom one of several authorizers lets in: while ARM moves from certificates to tokens, both open the door.
pub struct AnyOf(Vec<Arc<dyn Authorizer>>);

impl AnyOf {
    /// Asks them in this order. Of none, nobody is let in.
    pub fn new(authorizers: Vec<Arc<dyn Authorizer>>) -> AnyOf {
        AnyOf(authorizers)
    }
}

#[async_trait]
impl Authorizer for AnyOf {
    async fn authorize(&self, audience: Audience, knock: &Knock<'_>, now: OffsetDateTime) -> Result<(), Refusal> {
        let mut reasons = Vec::new();
        for authorizer in &self.0 {
            match authorizer.authorize(audience, knock, now).await {
                Ok(()) => return Ok(()),
                Err(refusal) => reasons.push(refusal.reason),
            }
        }
        Err(Refusal::new(reasons.join("; ")))
    }

    /// Ready when one of them is: its callers can be served.
    async fn readiness(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        let mut reasons = Vec::new();
        for authorizer in &self.0 {
            match authorizer.readiness(now).await {
                Ok(()) => return Ok(()),
                Err(refusal) => reasons.push(refusal.reason),
            }
        }
        Err(Refusal::new(reasons.join("; ")))
    }
}

/// Turns everybody away: the admin side of a deployment that has no operators configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Closed;

#[async_trait]
impl Authorizer for Closed {
    async fn authorize(&self, _: Audience, _: &Knock<'_>, _: OffsetDateTime) -> Result<(), Refusal> {
        Err(Refusal::new("this side of the service is closed by configuration"))
    }

    async fn readiness(&self, _: OffsetDateTime) -> Result<(), Refusal> {
        Ok(())
    }
}
