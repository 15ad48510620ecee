//! The data plane of managed identities: certificates with which a resource provider acts as a customer's identity.

use std::fmt;

use aro_http::{AzureError, Client, FailureKind, Idempotent, json};
use http::Method;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;
use zeroize::Zeroizing;

use crate::{certificate_text::pem_of_base64, secret_text};

/// Api-version of this service.
pub const API_VERSION: &str = "2024-01-01";

/// Asks for credentials of identities as the first-party application.
#[derive(Debug, Clone)]
pub struct IdentityCredentialsClient {
    client: Client,
}

/// What the service says about the identities of a resource.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct IdentityCredentials {
    /// One for each user-assigned identity that was asked for.
    #[serde(default)]
    pub explicit_identities: Vec<IdentityCredential>,
}

/// The credential of one user-assigned identity. Every member can be missing.
#[derive(Clone, Default, Deserialize)]
pub struct IdentityCredential {
    /// Application id.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Base64 of key and certificate; [`IdentityCredential::pem`] reads it.
    #[serde(default, deserialize_with = "secret_text::optional")]
    pub client_secret: Option<Zeroizing<String>>,
    /// Object id.
    #[serde(default)]
    pub object_id: Option<String>,
    /// The tenant it lives in.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// The identity.
    #[serde(default)]
    pub resource_id: Option<String>,
    /// From when on a new credential should be asked for.
    #[serde(default)]
    pub renew_after: Option<String>,
    /// From when on this one cannot be renewed.
    #[serde(default)]
    pub cannot_renew_after: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wanted<'a> {
    identity_ids: &'a [&'a str],
}

impl IdentityCredentialsClient {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// New credentials of these identities of a resource: the reply's text, which [`IdentityCredentials::parse`] reads.
    /// `resource` is the address that ARM gave for the resource.
    ///
    /// # Errors
    /// What the service said.
    pub async fn issue(&self, resource: &Url, identities: &[&str]) -> Result<Zeroizing<String>, AzureError> {
        let mut url = resource.clone();
        url.query_pairs_mut().append_pair("api-version", API_VERSION);
        let wanted = Wanted {
            identity_ids: identities,
        };
        let mut request = json::request(Method::POST, &url, &[], Some(&wanted))?;
        // A second certificate does no harm: the first is not used, and expires.
        request.extensions_mut().insert(Idempotent);
        let response = self.client.execute(request).await?;
        let text = String::from_utf8(response.body().to_vec()).map(Zeroizing::new);
        text.map_err(|_| AzureError::new(FailureKind::Decode, "the reply is no text").at(&Method::POST, &url))
    }
}

impl IdentityCredentials {
    /// Reads what [`IdentityCredentialsClient::issue`] gave. Nothing of the text is quoted where it cannot be read.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The credential of an identity.
    #[must_use]
    pub fn of(&self, identity: &str) -> Option<&IdentityCredential> {
        let mut all = self.explicit_identities.iter();
        all.find(|one| {
            one.resource_id
                .as_deref()
                .is_some_and(|id| id.eq_ignore_ascii_case(identity))
        })
    }
}

impl IdentityCredential {
    /// Key and certificate as PEM text; the service gives them as that, or as PKCS#12.
    #[must_use]
    pub fn pem(&self) -> Option<Zeroizing<Vec<u8>>> {
        pem_of_base64(self.client_secret.as_ref()?)
    }

    /// Whether it should be replaced: its time to be renewed has come, or it does not say when that is. One that can no
    /// longer be renewed is replaced too: the service gives a new one.
    #[must_use]
    pub fn is_due(&self, now: OffsetDateTime) -> bool {
        let renew_after = self.renew_after.as_deref();
        let time = renew_after.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        time.is_none_or(|time| time <= now)
    }
}

impl fmt::Debug for IdentityCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityCredential")
            .field("resource_id", &self.resource_id)
            .field("client_id", &self.client_id)
            .field("renew_after", &self.renew_after)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::IdentityCredentials;

    #[test]
    fn credentials_say_when_they_are_due() {
        let text = r#"{"explicit_identities": [
            {"resource_id": "/A", "client_secret": "LS0tLS1CRUdJTiA=", "renew_after": "2026-02-01T00:00:00Z"},
            {"resource_id": "/b", "renew_after": "soon"}, {"resource_id": null}]}"#;
        let all = IdentityCredentials::parse(text).unwrap();
        let one = all.of("/a").unwrap();
        assert_eq!(one.pem().unwrap().as_slice(), b"-----BEGIN ");
        assert!(!one.is_due(datetime!(2026-01-31 23:59 UTC)) && one.is_due(datetime!(2026-02-01 0:00 UTC)));
        assert!(one.is_due(datetime!(2030-01-01 0:00 UTC)), "long after the end too");
        assert!(all.of("/B").unwrap().is_due(datetime!(2020-01-01 0:00 UTC)));
        assert!(all.of("/c").is_none() && IdentityCredentials::parse("{").is_none());
        assert!(!format!("{all:?}").contains("LS0tLS1CRUdJTiA="));
    }
}
