//! A certificate with its chain and its key.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::KeyPair,
};
use pem::{EncodeConfig, LineEnding, Pem};
use time::OffsetDateTime;
use x509_parser::{certificate::X509Certificate, extensions::GeneralName};
use zeroize::Zeroizing;

const CERTIFICATE: &str = "CERTIFICATE";
const PKCS8: &str = "PRIVATE KEY";
const PKCS1: &str = "RSA PRIVATE KEY";

/// A certificate with its chain, and its key as PKCS #8; DER. It is never printed.
#[derive(PartialEq, Eq)]
pub(super) struct Pair {
    chain: Vec<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
}

impl Pair {
    /// Reads PEM: certificates, the server's first, and one key, in any order. `None` when something lacks or cannot be
    /// read.
    pub(super) fn read(texts: &[&[u8]]) -> Option<Self> {
        let (mut chain, mut key) = (Vec::new(), None);
        for text in texts {
            for block in pem::parse_many(text).ok()? {
                match block.tag() {
                    CERTIFICATE => chain.push(block.into_contents()),
                    PKCS8 if key.is_none() => key = Some(Zeroizing::new(block.into_contents())),
                    PKCS1 if key.is_none() => key = Some(wrapped(&Zeroizing::new(block.into_contents()))?),
                    _ => return None,
                }
            }
        }
        let pair = Self { chain, key: key? };
        pair.leaf().is_some().then_some(pair)
    }

    /// The certificates, the server's first.
    pub(super) fn chain_pem(&self) -> String {
        self.chain.iter().map(|der| encoded(CERTIFICATE, der)).collect()
    }

    /// The key.
    pub(super) fn key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(encoded(PKCS8, &self.key))
    }

    fn leaf(&self) -> Option<X509Certificate<'_>> {
        let (_, leaf) = x509_parser::parse_x509_certificate(self.chain.first()?).ok()?;
        Some(leaf)
    }

    /// Whether this is good and was made later than `other`, by the same authority for the same names: a vault that was
    /// asked where it does not know its newest version yet must not take the cluster back to an older one.
    pub(super) fn is_newer_than(&self, other: &Self, now: OffsetDateTime) -> bool {
        let (Some(ours), Some(theirs)) = (self.leaf(), other.leaf()) else {
            return false;
        };
        let begins = |leaf: &X509Certificate<'_>| leaf.validity().not_before.to_datetime();
        let ends = ours.validity().not_after.to_datetime();
        ours.issuer().as_raw() == theirs.issuer().as_raw()
            && names(&ours) == names(&theirs)
            && begins(&ours) > begins(&theirs)
            && (begins(&ours)..ends).contains(&now)
    }
}

/// The host names of a certificate, in order.
fn names(leaf: &X509Certificate<'_>) -> Vec<String> {
    let extension = leaf.subject_alternative_name().ok().flatten();
    let all = extension.into_iter().flat_map(|names| &names.value.general_names);
    let mut names: Vec<String> = all
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_lowercase()),
            _ => None,
        })
        .collect();
    names.sort_unstable();
    names
}

fn encoded(tag: &str, der: &[u8]) -> String {
    let lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(tag, der), lines)
}

/// A key of PKCS #1 as PKCS #8.
fn wrapped(key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let pair = KeyPair::from_der(key).ok()?;
    let whole: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    Some(Zeroizing::new(whole.as_ref().to_vec()))
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, PublicKeyData as _};
    use time::Duration;

    use super::*;
    use crate::{KeySource as _, RandomKeys, RsaSize};

    fn issuer() -> Issuer<'static, rcgen::KeyPair> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        Issuer::new(params, key)
    }

    fn made(issuer: &Issuer<'_, rcgen::KeyPair>, host: &str, from: OffsetDateTime) -> Pair {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (from, from + Duration::days(90));
        let certificate = params.signed_by(&key, issuer).unwrap().pem();
        Pair::read(&[key.serialize_pem().as_bytes(), certificate.as_bytes()]).unwrap()
    }

    #[tokio::test]
    async fn the_key_may_be_written_in_two_ways_and_stand_anywhere() {
        let key = RandomKeys.rsa(RsaSize::Bits2048).await.unwrap();
        let text = key.pem();
        let pair = rcgen::KeyPair::from_pem(&text).unwrap();
        let certificate = CertificateParams::new(["a.example".to_owned()])
            .unwrap()
            .self_signed(&pair)
            .unwrap()
            .pem();
        let old = Pair::read(&[text.as_bytes(), certificate.as_bytes()]).unwrap();
        let new = Pair::read(&[certificate.as_bytes(), old.key_pem().as_bytes()]).unwrap();
        assert!(old == new, "the same pair");
        let same = rcgen::KeyPair::from_pem(&old.key_pem()).unwrap();
        assert_eq!(same.der_bytes(), pair.der_bytes());
        assert!(old.key_pem().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert!(Pair::read(&[old.chain_pem().as_bytes(), old.key_pem().as_bytes()]).unwrap() == old);
        assert!(Pair::read(&[certificate.as_bytes()]).is_none(), "no key");
        assert!(Pair::read(&[text.as_bytes()]).is_none(), "no certificate");
        assert!(
            Pair::read(&[text.as_bytes(), text.as_bytes(), certificate.as_bytes()]).is_none(),
            "two keys"
        );
        assert!(Pair::read(&[b"nothing"]).is_none());
    }

    #[test]
    fn only_a_good_one_of_the_same_authority_and_names_is_newer() {
        let now = OffsetDateTime::from_unix_timestamp(1_750_000_000).unwrap();
        let (one, two) = (issuer(), {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(rcgen::DnType::CommonName, "another");
            Issuer::new(params, rcgen::KeyPair::generate().unwrap())
        });
        let old = made(&one, "a.example", now - Duration::days(60));
        let new = made(&one, "a.example", now - Duration::days(1));
        assert!(new.is_newer_than(&old, now));
        assert!(!old.is_newer_than(&new, now));
        assert!(!new.is_newer_than(&new, now));
        assert!(!made(&two, "a.example", now - Duration::days(1)).is_newer_than(&old, now));
        assert!(!made(&one, "b.example", now - Duration::days(1)).is_newer_than(&old, now));
        assert!(!new.is_newer_than(&old, now + Duration::days(100)), "it has ended");
    }
}
