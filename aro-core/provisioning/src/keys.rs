//! Private keys: drawn by chance, written down before anybody uses them.

use std::fmt;

use aws_lc_rs::{
    digest,
    encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair, KeySize, PublicKey},
    signature::KeyPair as _,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use x509_parser::{
    asn1_rs::{FromDer as _, Integer, OctetString, Sequence},
    public_key::PublicKey as ParsedKey,
    x509::SubjectPublicKeyInfo,
};
use zeroize::Zeroizing;

use crate::StepError;

/// Tag of a private key in PEM text.
const TAG: &str = "RSA PRIVATE KEY";

/// Makes private keys. Part of the environment, so that a test need not wait for chance.
#[async_trait::async_trait]
pub trait KeySource: Send + Sync + fmt::Debug {
    /// A fresh RSA key.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    async fn rsa(&self, size: RsaSize) -> Result<RsaKey, StepError>;
}

/// Size of an RSA key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaSize {
    /// 2048 bits.
    Bits2048,
    /// 4096 bits.
    Bits4096,
}

/// Draws every key anew, on a thread of its own: it may take a second.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomKeys;

#[async_trait::async_trait]
impl KeySource for RandomKeys {
    async fn rsa(&self, size: RsaSize) -> Result<RsaKey, StepError> {
        let size = match size {
            RsaSize::Bits2048 => KeySize::Rsa2048,
            RsaSize::Bits4096 => KeySize::Rsa4096,
        };
        let made = tokio::task::spawn_blocking(move || {
            let pair = KeyPair::generate(size).map_err(|_| unusable())?;
            RsaKey::of(&pair)
        });
        made.await.map_err(|_| unusable())?
    }
}

fn unusable() -> StepError {
    StepError::Unexpected("a private key cannot be made or read".to_owned())
}

/// An RSA key: an `RSAPrivateKey` of PKCS #1.
#[derive(Clone)]
pub struct RsaKey(Zeroizing<Vec<u8>>);

/// The public half of a key, as a JSON web key has it: base64url without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebKey {
    /// SHA-256 of the public key.
    pub(crate) id: String,
    /// Modulus.
    pub(crate) n: String,
    /// Exponent.
    pub(crate) e: String,
}

impl RsaKey {
    fn of(pair: &KeyPair) -> Result<Self, StepError> {
        let whole: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| unusable())?;
        // PKCS #8 wraps PKCS #1: version, algorithm, and the key as an octet string.
        let (_, outer) = Sequence::from_der(whole.as_ref()).map_err(|_| unusable())?;
        let (rest, _) = Integer::from_der(&outer.content).map_err(|_| unusable())?;
        let (rest, _) = Sequence::from_der(rest).map_err(|_| unusable())?;
        let (_, key) = OctetString::from_der(rest).map_err(|_| unusable())?;
        Ok(Self(Zeroizing::new(key.as_ref().to_vec())))
    }

    /// The DER form.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// The PEM form.
    #[must_use]
    pub fn pem(&self) -> Zeroizing<String> {
        Zeroizing::new(pem::encode(&pem::Pem::new(TAG, self.0.to_vec())))
    }

    /// Reads the PEM form.
    ///
    /// # Errors
    /// When it is no such key.
    pub fn from_pem(text: &str) -> Result<Self, StepError> {
        let read = pem::parse(text).map_err(|_| unusable())?;
        if read.tag() != TAG {
            return Err(unusable());
        }
        Ok(Self(Zeroizing::new(read.into_contents())))
    }

    pub(crate) fn web_key(&self) -> Result<WebKey, StepError> {
        let pair = KeyPair::from_der(&self.0).map_err(|_| unusable())?;
        let public: &PublicKey = pair.public_key();
        let der: PublicKeyX509Der<'_> = public.as_der().map_err(|_| unusable())?;
        let (_, info) = SubjectPublicKeyInfo::from_der(der.as_ref()).map_err(|_| unusable())?;
        let Ok(ParsedKey::RSA(key)) = info.parsed() else {
            return Err(unusable());
        };
        let number = |bytes: &[u8]| {
            let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
            URL_SAFE_NO_PAD.encode(&bytes[start..])
        };
        Ok(WebKey {
            id: URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, der.as_ref())),
            n: number(key.modulus),
            e: number(key.exponent),
        })
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_survives_its_text_and_tells_its_public_half() {
        let key = RandomKeys.rsa(RsaSize::Bits2048).await.unwrap();
        let text = key.pem();
        assert!(text.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
        let read = RsaKey::from_pem(&text).unwrap();
        assert_eq!(read.der(), key.der());
        let public = read.web_key().unwrap();
        assert_eq!(public, key.web_key().unwrap());
        assert_eq!((public.id.len(), public.n.len(), public.e.as_str()), (43, 342, "AQAB"));
        assert!(RsaKey::from_pem("nothing").is_err());
        assert!(!format!("{key:?}").contains("PRIVATE"));
    }
}
