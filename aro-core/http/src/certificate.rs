//! What an application with a certificate says about itself, signed.

use std::{fmt, sync::Arc};

use aws_lc_rs::{digest, rand::SystemRandom, rsa::KeyPair, signature::RSA_PSS_SHA256};
use azure_core::{
    error::{Error, ErrorKind},
    http::ClientMethodOptions,
};
use azure_identity::ClientAssertion;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{AzureError, FailureKind};

/// How long an assertion is good. It is used at once, and made anew for each token.
const LIFE: Duration = Duration::minutes(10);

/// What the application says about itself, signed anew each time.
#[derive(Clone)]
pub(crate) struct Statement(Arc<Parts>);

struct Parts {
    key: KeyPair,
    header: Value,
    client_id: String,
    audience: String,
}

impl Statement {
    /// For the token service at `authority`; `pem` holds the RSA key and the certificate, which comes before others of its
    /// chain.
    pub(crate) fn new(authority: &Url, tenant: &str, client_id: &str, pem: &[u8]) -> Result<Self, AzureError> {
        let refuse = |what: &str| AzureError::new(FailureKind::Authentication, what);
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| refuse("the certificate comes without its key"))?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(refuse("the key of the certificate is no RSA key")),
        };
        let key = key.map_err(|_| refuse("the key of the certificate is no RSA key"))?;
        let chain: Result<Vec<CertificateDer<'_>>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let chain = chain.map_err(|_| refuse("the certificate cannot be read"))?;
        let Some(first) = chain.first() else {
            return Err(refuse("there is no certificate"));
        };
        let header = json!({
            "typ": "JWT",
            "alg": "PS256",
            "x5t#S256": URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, first)),
            "x5c": chain.iter().map(|one| STANDARD.encode(one)).collect::<Vec<_>>(),
        });
        let audience = format!(
            "{}/{tenant}/oauth2/v2.0/token",
            authority.as_str().trim_end_matches('/')
        );
        Ok(Self(Arc::new(Parts {
            key,
            header,
            client_id: client_id.to_owned(),
            audience,
        })))
    }

    fn sign(&self, now: OffsetDateTime) -> Option<String> {
        let parts = &self.0;
        let claims = json!({
            "iss": parts.client_id,
            "sub": parts.client_id,
            "aud": parts.audience,
            "jti": Uuid::new_v4().to_string(),
            "nbf": now.unix_timestamp(),
            "exp": (now + LIFE).unix_timestamp(),
        });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(&parts.header), encode(&claims));
        let mut signature = Zeroizing::new(vec![0; parts.key.public_modulus_len()]);
        let signed = parts.key.sign(
            &RSA_PSS_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        );
        signed.ok()?;
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(&*signature)))
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Statement {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.sign(OffsetDateTime::now_utc())
            .ok_or_else(|| Error::with_message(ErrorKind::Credential, "the certificate's key does not sign"))
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement").finish_non_exhaustive()
    }
}
