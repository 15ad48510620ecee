//! Everybody is let in. For a machine nobody else can reach.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Audience, Authorizer, Knock, Refusal};

/// Lets everybody in, and says so in the log when it is made.
#[derive(Debug, Clone, Copy)]
pub struct DevelopmentAuthorizer(());

impl DevelopmentAuthorizer {
    /// Opens the side of the service that `audience` names.
    pub fn open(audience: Audience) -> DevelopmentAuthorizer {
        let whose = match audience {
            Audience::Arm => "requests that only ARM may send",
            Audience::Admin => "requests that only operators may send",
        };
        tracing::warn!(
            "DEVELOPMENT AUTHORIZER: {whose} are accepted from everybody who can connect, with or without a client \
             certificate. Never run it where others can reach it."
        );
        DevelopmentAuthorizer(())
    }
}

#[async_trait]
impl Authorizer for DevelopmentAuthorizer {
    async fn authorize(&self, _: Audience, _: &Knock<'_>, _: OffsetDateTime) -> Result<(), Refusal> {
        Ok(())
    }

    async fn readiness(&self, _: OffsetDateTime) -> Result<(), Refusal> {
        Ok(())
    }
}
