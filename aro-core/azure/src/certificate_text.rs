//! A certificate with its key, as services of Azure give it: PEM, or PKCS#12 without a password.
//!
//! | who | form |
//! |---|---|
//! | the data plane of managed identities, `client_secret` | Base64 of PKCS#12; the service does not promise which |
//! | a vault's secret behind a certificate, `application/x-pem-file` | PEM |
//! | the same, `application/x-pkcs12` | Base64 of PKCS#12 |

use base64::{Engine as _, engine::general_purpose::STANDARD};
use p12_keystore::Pkcs12Archive;
use pem::Pem;
use zeroize::Zeroizing;

const BEGIN: &[u8] = b"-----BEGIN ";

/// PEM text of the key and the certificates, the key's own first, from what is PEM or PKCS#12. `None` when it is neither, or
/// lacks one of them.
pub(crate) fn pem_of(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if bytes.windows(BEGIN.len()).any(|window| window == BEGIN) {
        return Some(Zeroizing::new(bytes.to_vec()));
    }
    let archive = Pkcs12Archive::from_pkcs12(bytes, "").ok()?;
    let key = archive.keys.first()?;
    let id = key.local_key_id.as_ref().map(|id| id.0.as_slice());
    let is_own = |own: Option<&Vec<u8>>| id.is_some() && own.map(Vec::as_slice) == id;
    let mut certificates: Vec<_> = archive.certs.iter().collect();
    // Sorting is stable: without ids the order of the archive stays, in which the key's own is the first.
    certificates.sort_by_key(|bag| !is_own(bag.local_key_id.as_ref()));
    certificates.first()?;
    let text = |tag: &str, der: &[u8]| Zeroizing::new(pem::encode(&Pem::new(tag, der)));
    let mut all = Zeroizing::new(text("PRIVATE KEY", key.key.as_der()).as_bytes().to_vec());
    for bag in certificates {
        all.extend_from_slice(text("CERTIFICATE", bag.cert.as_der()).as_bytes());
    }
    Some(all)
}

/// As [`pem_of`], from Base64.
pub(crate) fn pem_of_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = STANDARD.decode(text.trim()).ok().map(Zeroizing::new)?;
    pem_of(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by OpenSSL 3 from one key and one certificate, all without a password.
    const PAIR: &[u8] = include_bytes!("../tests/pkcs12/pair.pem");
    const ARCHIVES: [(&str, &[u8]); 3] = [
        ("RC2, 3DES and SHA-1", include_bytes!("../tests/pkcs12/legacy.pfx")),
        ("AES and SHA-256", include_bytes!("../tests/pkcs12/modern.pfx")),
        (
            "neither encrypted nor sealed",
            include_bytes!("../tests/pkcs12/open.pfx"),
        ),
    ];

    fn contents(text: &[u8]) -> Vec<(String, Vec<u8>)> {
        let all = pem::parse_many(text).unwrap().into_iter();
        all.map(|one| (one.tag().to_owned(), one.into_contents())).collect()
    }

    #[test]
    fn pem_stays_and_archives_become_it() {
        assert_eq!(*pem_of(PAIR).unwrap(), PAIR);
        for (what, archive) in ARCHIVES {
            let text = pem_of_base64(&STANDARD.encode(archive)).expect(what);
            assert_eq!(contents(&text), contents(PAIR), "{what}");
        }
        let cut = &ARCHIVES[0].1[..200];
        for neither in [b"hello".as_slice(), b"", cut] {
            assert!(pem_of(neither).is_none());
        }
    }
}
