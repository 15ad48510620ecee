//! The certificate authorities of a cluster.
//!
//! | authority | signs |
//! |---|---|
//! | `root-ca` | the machine config server |
//! | `kube-apiserver-lb-signer` | the API server, as `api.` and `api-int.`, where nobody names another certificate |
//! | `admin-kubeconfig-signer` | clients of the API server |

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// A certificate and its key, PEM.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CertificateAndKey {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// All of a cluster's authorities and the API server's certificate.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Authorities {
    pub(crate) root: CertificateAndKey,
    pub(crate) server_signer: CertificateAndKey,
    pub(crate) client_signer: CertificateAndKey,
    pub(crate) server: CertificateAndKey,
}

const LIFE: Duration = Duration::days(3650);

impl Authorities {
    /// Those of a new cluster in that domain.
    pub(crate) fn make(domain: &str, now: OffsetDateTime) -> Result<Self, rcgen::Error> {
        Self::of(vec![format!("api.{domain}"), format!("api-int.{domain}")], now)
    }

    /// Those of an API server of these names.
    pub(crate) fn of(names: Vec<String>, now: OffsetDateTime) -> Result<Self, rcgen::Error> {
        let root = authority("root-ca", now)?;
        let server_signer = authority("kube-apiserver-lb-signer", now)?;
        let client_signer = authority("admin-kubeconfig-signer", now)?;
        let server = server_signer.server(&names[0], &names, None, now)?;
        Ok(Self {
            root,
            server_signer,
            client_signer,
            server,
        })
    }

    /// A client certificate for a user in a group.
    pub(crate) fn client(
        &self,
        user: &str,
        group: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<CertificateAndKey, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(user, group);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.client_signer.sign(params, now)
    }
}

impl CertificateAndKey {
    /// A certificate, signed by this authority, for a server of those names and that address.
    pub(crate) fn server(
        &self,
        subject: &str,
        names: &[String],
        address: Option<IpAddr>,
        now: OffsetDateTime,
    ) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(names)?;
        params.subject_alt_names.extend(address.map(rcgen::SanType::IpAddress));
        params.distinguished_name = named(subject, None);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params, now)
    }

    fn sign(&self, mut params: CertificateParams, now: OffsetDateTime) -> Result<Self, rcgen::Error> {
        let issuer = Issuer::from_ca_cert_pem(&self.certificate, KeyPair::from_pem(&self.key)?)?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.not_before = now - Duration::minutes(5);
        params.not_after = now + LIFE;
        let key = KeyPair::generate()?;
        Ok(Self {
            certificate: params.signed_by(&key, &issuer)?.pem(),
            key: key.serialize_pem(),
        })
    }
}

fn named(name: &str, organization: Option<&str>) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    if let Some(organization) = organization {
        distinguished.push(DnType::OrganizationName, organization);
    }
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// A new authority.
pub(crate) fn authority(name: &str, now: OffsetDateTime) -> Result<CertificateAndKey, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named(name, Some("openshift"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
    ];
    params.not_before = now - Duration::minutes(10);
    params.not_after = now + LIFE;
    Ok(CertificateAndKey {
        certificate: params.self_signed(&key)?.pem(),
        key: key.serialize_pem(),
    })
}
