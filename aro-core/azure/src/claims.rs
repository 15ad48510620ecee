//! What an access token says of its bearer. The service that takes a token proves it; here it is only read, to learn who we
//! are.

use aro_http::{AzureError, FailureKind};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

/// Claims of an access token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Claims {
    /// Object id of the bearer in its tenant.
    pub oid: String,
    /// Another kind of id, of people.
    pub puid: String,
    /// Another kind of id, of guests.
    pub altsecid: String,
    /// Roles of an application at the service that the token is for.
    pub roles: Vec<String>,
}

impl Claims {
    /// Reads the claims of a token without proving its signature.
    ///
    /// # Errors
    /// [`FailureKind::Decode`] when it is no JSON Web Token. The token is no part of the error.
    pub fn read(token: &str) -> Result<Self, AzureError> {
        let unreadable = || AzureError::new(FailureKind::Decode, "the access token cannot be read");
        let payload = token.split('.').nth(1).ok_or_else(unreadable)?;
        let payload = URL_SAFE_NO_PAD
            .decode(payload.trim_end_matches('='))
            .map_err(|_| unreadable())?;
        serde_json::from_slice(&payload).map_err(|_| unreadable())
    }

    /// Whether the token says who its bearer is.
    #[must_use]
    pub fn identify(&self) -> bool {
        [&self.oid, &self.puid, &self.altsecid].iter().any(|id| !id.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("header.{}.signature", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn claims_are_read_and_tokens_are_not_told() {
        let claims = Claims::read(&token(r#"{"oid":"o","roles":["A.B"],"exp":1}"#)).unwrap();
        assert_eq!((claims.oid.as_str(), &claims.roles[..]), ("o", &["A.B".to_owned()][..]));
        assert!(claims.identify() && !Claims::read(&token("{}")).unwrap().identify());
        for wrong in ["CANARY", "a.CANARY.b", ""] {
            let error = Claims::read(wrong).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("CANARY"));
        }
    }
}
