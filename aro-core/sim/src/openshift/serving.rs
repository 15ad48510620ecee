//! Which certificate an API server shows.
//!
//! | name asked for | certificate |
//! |---|---|
//! | one that `APIServer/cluster` names in `spec.servingCerts.namedCertificates` | that of the secret in `openshift-config` |
//! | any other, `api-int` among them | that of the cluster's own authority |

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// A certificate and the names that it is shown for.
pub(super) type Named = (Vec<String>, Arc<CertifiedKey>);

/// The certificates of an API server.
pub(super) struct Serving {
    own: Arc<CertifiedKey>,
    named: RwLock<Vec<Named>>,
}

impl Serving {
    /// Those of a new cluster: its own only.
    pub(super) fn new(own: Arc<CertifiedKey>) -> Self {
        Self {
            own,
            named: RwLock::default(),
        }
    }

    /// From now on these are shown for their names.
    pub(super) fn show(&self, named: Vec<Named>) {
        *self.named.write().unwrap_or_else(PoisonError::into_inner) = named;
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Serving {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name().unwrap_or_default();
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        let found = named
            .iter()
            .find(|(names, _)| names.iter().any(|name| covers(name, asked)));
        Some(Arc::clone(found.map_or(&self.own, |(_, certificate)| certificate)))
    }
}

/// Whether a name, which may begin with `*` for one label, is or stands for a host.
fn covers(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(parent) => host
            .split_once('.')
            .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => name.eq_ignore_ascii_case(host),
    }
}

/// A certificate with its chain and its key, PEM; an error says in words for people what is wrong with them.
pub(super) fn certified(chain: &[u8], key: &[u8]) -> Result<Arc<CertifiedKey>, String> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("the certificate cannot be read: {error}"))?;
    if chain.is_empty() {
        return Err("there is no certificate".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "the key cannot be read".to_owned())?;
    CertifiedKey::from_der(chain, key, &default_provider())
        .map(Arc::new)
        .map_err(|error| format!("certificate and key do not fit: {error}"))
}

/// The host names in a certificate.
pub(super) fn names_of(certificate: &CertifiedKey) -> Vec<String> {
    let Ok(leaf) = certificate.end_entity_cert() else {
        return Vec::new();
    };
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(leaf) else {
        return Vec::new();
    };
    let Ok(Some(names)) = parsed.subject_alternative_name() else {
        return Vec::new();
    };
    let names = names.value.general_names.iter().filter_map(|name| match name {
        x509_parser::extensions::GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(covers("api.one.example", "API.one.example"));
        assert!(covers("*.apps.one.example", "console.apps.one.example"));
        assert!(!covers("*.apps.one.example", "a.console.apps.one.example"));
        assert!(!covers("*.apps.one.example", "apps.one.example"));
        assert!(!covers("api.one.example", "api-int.one.example"));
    }
}
