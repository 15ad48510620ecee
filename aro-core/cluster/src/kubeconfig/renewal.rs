//! When a customer's kubeconfig has to be made anew.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::file::Kubeconfig;

/// How long before its end a certificate is renewed: it lives for a year, so a customer's copy works for at least 275
/// days after it was handed out.
pub const RENEW_BEFORE: Duration = Duration::days(275);

/// Why a kubeconfig has to be made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// There is none.
    Missing,
    /// It cannot be read.
    Unreadable,
    /// It leads to a name that only the cluster's network knows.
    Internal,
    /// It has no certificate or no key.
    NoCredential,
    /// Its certificate ends within [`RENEW_BEFORE`].
    Expiring,
}

/// Whether a customer's kubeconfig has to be made anew, and why.
#[must_use]
pub fn renewal(kubeconfig: &[u8], now: OffsetDateTime) -> Option<Renewal> {
    if kubeconfig.is_empty() {
        return Some(Renewal::Missing);
    }
    let Ok(kubeconfig) = Kubeconfig::parse(kubeconfig) else {
        return Some(Renewal::Unreadable);
    };
    let servers = kubeconfig.clusters.iter().map(|one| &one.entry.cluster.server);
    if servers.clone().count() == 0 {
        return Some(Renewal::Unreadable);
    }
    if servers.into_iter().any(|server| server.starts_with("https://api-int.")) {
        return Some(Renewal::Internal);
    }
    if kubeconfig.users.is_empty() {
        return Some(Renewal::NoCredential);
    }
    kubeconfig.users.iter().find_map(|user| {
        let user = &user.entry.user;
        let certificates = decoded(user.client_certificate_data.as_deref());
        let key = decoded(user.client_key_data.as_deref());
        if PrivateKeyDer::from_pem_slice(&key).is_err() {
            return Some(Renewal::NoCredential);
        }
        let mut ends = CertificateDer::pem_slice_iter(&certificates).map(|der| {
            let der = der.ok()?;
            let (_, parsed) = x509_parser::parse_x509_certificate(&der).ok()?;
            Some(parsed.validity().not_after.to_datetime())
        });
        let Some(first) = ends.next() else {
            return Some(Renewal::NoCredential);
        };
        std::iter::once(first).chain(ends).find_map(|end| match end {
            None => Some(Renewal::NoCredential),
            Some(end) if end <= now + RENEW_BEFORE => Some(Renewal::Expiring),
            Some(_) => None,
        })
    })
}

fn decoded(data: Option<&str>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(STANDARD.decode(data.unwrap_or_default()).unwrap_or_default())
}
