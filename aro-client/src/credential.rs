//! Whose tokens calls carry.

use std::fmt;
use std::sync::Arc;

use aro_http::{AzureError, FailureKind, TokenSource};
use azure_core::credentials::{Secret, TokenCredential};

/// A credential of azure_identity, or any other of azure_core's kind. It caches its tokens itself.
#[derive(Debug)]
pub(crate) struct Credential(pub(crate) Arc<dyn TokenCredential>);

#[async_trait::async_trait]
impl TokenSource for Credential {
    async fn token(&self, scope: &str) -> Result<Secret, AzureError> {
        let token = self.0.get_token(&[scope], None).await;
        token
            .map(|token| token.token)
            .map_err(|error| AzureError::new(FailureKind::Authentication, error.to_string()))
    }

    async fn forget(&self, _: &str, _: &Secret) {
        // azure_core has no way to say so; a refused token is asked for once more and then believed to be refused.
    }
}

/// One token that somebody else got.
pub(crate) struct Token(pub(crate) Secret);

#[async_trait::async_trait]
impl TokenSource for Token {
    async fn token(&self, _: &str) -> Result<Secret, AzureError> {
        Ok(self.0.clone())
    }

    async fn forget(&self, _: &str, _: &Secret) {
        // There is no other.
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([REDACTED])")
    }
}
