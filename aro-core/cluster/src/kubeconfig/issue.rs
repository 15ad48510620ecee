//! Making kubeconfigs: a client certificate of the cluster's own authority, and the way to its API server.

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize, SerialNumber,
};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::KubeconfigError;
use super::file::{Context, ContextEntry, Kubeconfig, Named, User, UserEntry};

const YEAR: Duration = Duration::days(365);

/// Who uses a kubeconfig.
///
/// | identity | subject | lives | server |
/// |---|---|---|---|
/// | `Service` | `CN=system:aro-service, O=system:masters` | 10 years | `api-int` |
/// | `Sre` | `CN=system:aro-sre` | 10 years | `api-int` |
/// | `User` | `CN=system:admin` | 1 year | `api`, without the cluster's own authority |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The service itself.
    Service,
    /// The service's engineers.
    Sre,
    /// The customer's administrator.
    User,
}

impl Identity {
    /// Common name of its certificate.
    #[must_use]
    pub fn common_name(self) -> &'static str {
        match self {
            Self::Service => "system:aro-service",
            Self::Sre => "system:aro-sre",
            Self::User => "system:admin",
        }
    }

    /// Organization of its certificate: a group in Kubernetes.
    #[must_use]
    pub fn organization(self) -> Option<&'static str> {
        match self {
            Self::Service => Some("system:masters"),
            Self::Sre | Self::User => None,
        }
    }

    /// How long its certificate lives.
    #[must_use]
    pub fn life(self) -> Duration {
        match self {
            Self::Service | Self::Sre => YEAR * 10,
            Self::User => YEAR,
        }
    }
}

/// How kubeconfigs are made, as a setting. In Azure nothing of it is set: the API servers' names resolve, and their
/// certificates are of a public authority.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KubeconfigSettings {
    /// A proxy that customers' kubeconfigs name, because the names of the API servers do not resolve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Customers' kubeconfigs name the cluster's own authority, because no public one signs for the API servers.
    pub keep_authority: bool,
    /// PEM file with authorities that customers' kubeconfigs name, because it is they who sign for the API servers, and not
    /// everybody trusts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_file: Option<PathBuf>,
    /// What kind of keys clients get.
    pub client_keys: ClientKeys,
}

impl KubeconfigSettings {
    /// The authorities that a customer's kubeconfig names, besides those that everybody trusts.
    fn authorities(&self, own: Option<String>) -> Result<Option<String>, KubeconfigError> {
        let own = own.filter(|_| self.keep_authority);
        let Some(path) = &self.authority_file else {
            return Ok(own);
        };
        let mut all = STANDARD
            .decode(own.unwrap_or_default())
            .map_err(|_| KubeconfigError::Unreadable)?;
        if all.last().is_some_and(|last| *last != b'\n') {
            all.push(b'\n');
        }
        all.extend(std::fs::read(path).map_err(|source| KubeconfigError::AuthorityFile {
            path: path.clone(),
            source,
        })?);
        Ok(Some(STANDARD.encode(all)))
    }
}

/// What kind of keys clients get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKeys {
    /// RSA with 2048 bits, as OpenShift's installer makes them.
    #[default]
    Rsa,
    /// P-256: as good to an API server, and made in no time.
    Elliptic,
}

/// An authority of a cluster: that of the API server's clients, or that of the machine config server.
pub struct Signer {
    issuer: Issuer<'static, KeyPair>,
    not_before: OffsetDateTime,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl Signer {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// When they cannot be read or do not belong to an authority.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, KubeconfigError> {
        let unusable = |error: &dyn std::fmt::Display| KubeconfigError::Signer(error.to_string());
        let der = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|error| unusable(&error))?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&der).map_err(|error| unusable(&error))?;
        let not_before = parsed.validity().not_before.to_datetime();
        if !parsed.is_ca() {
            return Err(unusable(&"its certificate is not that of an authority"));
        }
        let key = KeyPair::from_pem(key).map_err(|error| unusable(&error))?;
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(|error| unusable(&error))?;
        Ok(Self { issuer, not_before })
    }

    /// A client certificate and its key, PEM.
    fn client(
        &self,
        identity: Identity,
        keys: ClientKeys,
        now: OffsetDateTime,
    ) -> Result<(String, Zeroizing<String>), KubeconfigError> {
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        if let Some(organization) = identity.organization() {
            name.push(DnType::OrganizationName, organization);
        }
        name.push(DnType::CommonName, identity.common_name());
        params.distinguished_name = name;
        params.not_before = self.not_before;
        params.not_after = now + identity.life();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = match keys {
            ClientKeys::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
            ClientKeys::Elliptic => KeyPair::generate()?,
        };
        let certificate = self.sign(params, &key)?;
        Ok((certificate, Zeroizing::new(key.serialize_pem())))
    }

    /// Signs a certificate for that key, PEM; what all certificates have in common is filled in.
    pub(crate) fn sign(&self, mut params: CertificateParams, key: &KeyPair) -> Result<String, KubeconfigError> {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(serial());
        Ok(params.signed_by(key, &self.issuer)?.pem())
    }
}

/// A random positive number below 2^63.
fn serial() -> SerialNumber {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    // The version digit is not random, but 2^58 numbers are left.
    SerialNumber::from((high >> 1).max(1))
}

/// A kubeconfig for `identity`: the way to the API server from the administrator's, the certificate from the authority.
/// An RSA key takes some
/// tenths of a second; call it where blocking is allowed.
///
/// # Errors
/// When the administrator's names no cluster, no certificate can be made, or a file with authorities cannot be read.
pub fn issue(
    identity: Identity,
    admin: &Kubeconfig,
    signer: &Signer,
    settings: &KubeconfigSettings,
    now: OffsetDateTime,
) -> Result<Kubeconfig, KubeconfigError> {
    let mut cluster = admin.cluster_in_use()?.clone();
    if identity == Identity::User {
        let entry = &mut cluster.entry.cluster;
        if let Some(rest) = entry.server.strip_prefix("https://api-int.") {
            entry.server = format!("https://api.{rest}");
        }
        entry.certificate_authority_data = settings.authorities(entry.certificate_authority_data.take())?;
        entry.proxy_url.clone_from(&settings.proxy);
    }
    let (certificate, key) = signer.client(identity, settings.client_keys, now)?;
    let name = identity.common_name().to_owned();
    let context = ContextEntry {
        cluster: cluster.name.clone(),
        user: name.clone(),
        rest: Map::new(),
    };
    let user = UserEntry {
        client_certificate_data: Some(STANDARD.encode(certificate)),
        client_key_data: Some(STANDARD.encode(key.as_bytes())),
        rest: Map::new(),
    };
    Ok(Kubeconfig {
        api_version: "v1".to_owned(),
        kind: "Config".to_owned(),
        clusters: vec![cluster],
        contexts: vec![Named {
            name: name.clone(),
            entry: Context { context },
        }],
        users: vec![Named {
            name: name.clone(),
            entry: User { user },
        }],
        current_context: name,
        rest: Map::new(),
    })
}
