//! The key Entra ID signs tokens with, kept in the data directory so that tokens outlive a restart.

use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::pki::{PkiError, read, write};

/// RS256, as Entra ID signs.
pub(crate) struct SigningKey {
    pair: KeyPair,
    pub(crate) id: String,
}

impl SigningKey {
    pub(crate) fn open(directory: &Path) -> Result<Self, PkiError> {
        let path = directory.join("entra-signing.key");
        let unusable = |reason: String| PkiError::Unusable {
            path: path.clone(),
            reason,
        };
        let pair = if path.exists() {
            let der = STANDARD
                .decode(read(&path)?.trim())
                .map_err(|error| unusable(error.to_string()))?;
            KeyPair::from_pkcs8(&der).map_err(|error| unusable(error.to_string()))?
        } else {
            let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|error| unusable(error.to_string()))?;
            let der = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair)
                .map_err(|error| unusable(error.to_string()))?;
            write(&path, &STANDARD.encode(der.as_ref()), 0o600)?;
            pair
        };
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, pair.public_key().as_ref());
        let id = URL_SAFE_NO_PAD.encode(&digest.as_ref()[..20]);
        Ok(Self { pair, id })
    }

    /// Signature over `message`; `None` if the key refuses, which a key of this size does not.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .ok()?;
        Some(signature)
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref())
            .verify(message, signature)
            .is_ok()
    }

    /// The JSON web key set.
    pub(crate) fn jwks(&self) -> Value {
        let public = self.pair.public_key();
        json!({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "x5t": self.id,
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        }]})
    }
}
