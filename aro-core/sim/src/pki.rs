//! The certificate authority of the local world and the leaves it signs.
//!
//! One authority, kept in the data directory, so that what a client trusted yesterday is trusted today. ARM's client
//! certificate is kept too: a resource provider that outlives a restart of the world still knows it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

use crate::proxy::HOSTS;

const LISTENER_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why the certificates of the world could not be made ready.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PkiError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("making a certificate: {0}")]
    Make(#[from] rcgen::Error),
    #[error("{path} does not hold a usable certificate and key: {reason}")]
    Unusable { path: PathBuf, reason: String },
    #[error("setting up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// A certificate and its key, PEM.
#[derive(Clone)]
pub(crate) struct Leaf {
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
}

/// How the identity service gives a certificate with its key. It promises neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CertificateForm {
    /// PKCS#12 without a password, as it does today.
    #[default]
    Pkcs12,
    /// PEM text.
    Pem,
}

/// Everything about trust in this world.
pub(crate) struct Pki {
    pub(crate) ca_file: PathBuf,
    pub(crate) ca_pem: String,
    pub(crate) arm_client: Leaf,
    pub(crate) first_party: Leaf,
    pub(crate) rp_server_certificate: PathBuf,
    pub(crate) rp_server_key: PathBuf,
    listener: Leaf,
    ca_key_pem: String,
}

enum Purpose {
    Server,
    Client,
    /// Signs assertions for Entra ID, which takes RSA only.
    Assertion,
}

impl Pki {
    /// Opens the certificates of `directory`, making those that are missing or about to expire.
    pub(crate) fn open(directory: &Path, now: OffsetDateTime) -> Result<Self, PkiError> {
        let ca_file = directory.join("ca.pem");
        let ca_key_file = directory.join("ca.key");
        if !ca_file.exists() || !ca_key_file.exists() {
            let (certificate, key) = make_ca(now)?;
            write(&ca_key_file, &key, 0o600)?;
            write(&ca_file, &certificate, 0o644)?;
        }
        let ca_pem = read(&ca_file)?;
        let ca_key_pem = read(&ca_key_file)?;
        let issuer = Issuer::from_ca_cert_pem(&ca_pem, KeyPair::from_pem(&ca_key_pem)?)?;
        let names = LISTENER_NAMES;
        let listener = leaf(
            directory,
            "listener",
            "localhost",
            &names,
            Purpose::Server,
            &issuer,
            now,
        )?;
        leaf(
            directory,
            "rp-server",
            "rp.localhost",
            &names,
            Purpose::Server,
            &issuer,
            now,
        )?;
        let arm_client = leaf(
            directory,
            "arm-client",
            "arm.localhost",
            &[],
            Purpose::Client,
            &issuer,
            now,
        )?;
        let first_party = leaf(
            directory,
            "first-party",
            "first-party.localhost",
            &[],
            Purpose::Assertion,
            &issuer,
            now,
        )?;
        Ok(Self {
            ca_file,
            ca_pem,
            arm_client,
            first_party,
            rp_server_certificate: directory.join("rp-server.pem"),
            rp_server_key: directory.join("rp-server.key"),
            listener,
            ca_key_pem,
        })
    }

    /// A server certificate that is not kept here.
    pub(crate) fn server_leaf(
        &self,
        subject: &str,
        names: &[String],
        now: OffsetDateTime,
        life: Duration,
    ) -> Result<Leaf, PkiError> {
        let mut params = CertificateParams::new(names.to_vec())?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, subject);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params, now, life)
    }

    /// A certificate to sign assertions for Entra ID with, which takes RSA only.
    pub(crate) fn assertion_leaf(&self, name: &str, now: OffsetDateTime, life: Duration) -> Result<Leaf, PkiError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)?;
        self.sign_key(params, &key, now, life)
    }

    fn sign(&self, params: CertificateParams, now: OffsetDateTime, life: Duration) -> Result<Leaf, PkiError> {
        self.sign_key(params, &KeyPair::generate()?, now, life)
    }

    fn sign_key(
        &self,
        mut params: CertificateParams,
        key: &KeyPair,
        now: OffsetDateTime,
        life: Duration,
    ) -> Result<Leaf, PkiError> {
        let issuer = Issuer::from_ca_cert_pem(&self.ca_pem, KeyPair::from_pem(&self.ca_key_pem)?)?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.not_before = now - Duration::days(1);
        params.not_after = now + life;
        let (not_before, not_after) = (params.not_before, params.not_after);
        Ok(Leaf {
            certificate_pem: params.signed_by(key, &issuer)?.pem(),
            key_pem: key.serialize_pem(),
            not_before,
            not_after,
        })
    }

    /// TLS of our listeners: HTTP/2 and HTTP/1.1, no client certificate asked for.
    pub(crate) fn server_config(&self) -> Result<Arc<rustls::ServerConfig>, PkiError> {
        self.listener.server_config()
    }

    /// TLS behind the proxy, under Azure's own host names.
    pub(crate) fn proxy_config(&self, now: OffsetDateTime) -> Result<Arc<rustls::ServerConfig>, PkiError> {
        let names: Vec<String> = HOSTS.iter().map(|(host, _)| (*host).to_owned()).collect();
        self.server_leaf(&names[0], &names, now, Duration::days(365))?
            .server_config()
    }
}

impl Leaf {
    fn server_config(&self) -> Result<Arc<rustls::ServerConfig>, PkiError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let (chain, key) = self.parsed()?;
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn parsed(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), PkiError> {
        let unusable = |reason: String| PkiError::Unusable {
            path: PathBuf::from("listener.pem"),
            reason,
        };
        let chain = CertificateDer::pem_slice_iter(self.certificate_pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unusable(error.to_string()))?;
        let key =
            PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(|error| unusable(error.to_string()))?;
        Ok((chain, key))
    }

    /// Key, certificate and what follows it in the chain as PKCS#12, without a password, in the older algorithms that Azure
    /// keeps to.
    pub(crate) fn pkcs12(&self, authorities: &[&str]) -> Result<Vec<u8>, PkiError> {
        use p12_keystore::{
            Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain,
        };
        const ITERATIONS: u32 = 2000;
        let unusable = |error: p12_keystore::error::Error| PkiError::Unusable {
            path: PathBuf::from("identity.pfx"),
            reason: error.to_string(),
        };
        let (mut chain, key) = self.parsed()?;
        for authority in authorities {
            chain.extend(CertificateDer::from_pem_slice(authority.as_bytes()).ok());
        }
        let key = PrivateKey::from_der(key.secret_der()).map_err(unusable)?;
        let chain: Result<Vec<Certificate>, _> = chain.iter().map(|der| Certificate::from_der(der)).collect();
        let entry = PrivateKeyChain::new("1", key, chain.map_err(unusable)?);
        let mut store = KeyStore::new();
        store.add_entry("1", KeyStoreEntry::PrivateKeyChain(entry));
        let writer = store
            .writer("")
            .encryption_algorithm(EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc)
            .encryption_iterations(ITERATIONS)
            .mac_algorithm(MacAlgorithm::HmacSha1)
            .mac_iterations(ITERATIONS);
        writer.write().map_err(unusable)
    }

    /// The certificate as DER.
    pub(crate) fn der(&self) -> Vec<u8> {
        CertificateDer::from_pem_slice(self.certificate_pem.as_bytes())
            .map(|der| der.to_vec())
            .unwrap_or_default()
    }

    pub(crate) fn der_base64(&self) -> String {
        STANDARD.encode(self.der())
    }

    /// SHA-1 of the DER in upper-case hex, the name Azure gives a certificate.
    pub(crate) fn thumbprint(&self) -> String {
        thumbprint(&self.der())
    }
}

/// SHA-1 in upper-case hex.
pub(crate) fn thumbprint(der: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
}

fn make_ca(now: OffsetDateTime) -> Result<(String, String), PkiError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Local Azure CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(3650);
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn leaf(
    directory: &Path,
    file: &str,
    common_name: &str,
    names: &[&str],
    purpose: Purpose,
    issuer: &Issuer<'_, KeyPair>,
    now: OffsetDateTime,
) -> Result<Leaf, PkiError> {
    let certificate_file = directory.join(format!("{file}.pem"));
    let key_file = directory.join(format!("{file}.key"));
    if certificate_file.exists() && key_file.exists() {
        let certificate_pem = read(&certificate_file)?;
        let (not_before, not_after) = validity(&certificate_file, &certificate_pem)?;
        if now + Duration::days(30) < not_after {
            return Ok(Leaf {
                certificate_pem,
                key_pem: read(&key_file)?,
                not_before,
                not_after,
            });
        }
    }
    let key = match purpose {
        Purpose::Server | Purpose::Client => KeyPair::generate()?,
        Purpose::Assertion => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)?,
    };
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![match purpose {
        Purpose::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Purpose::Client | Purpose::Assertion => ExtendedKeyUsagePurpose::ClientAuth,
    }];
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(365);
    let (not_before, not_after) = (params.not_before, params.not_after);
    let leaf = Leaf {
        certificate_pem: params.signed_by(&key, issuer)?.pem(),
        key_pem: key.serialize_pem(),
        not_before,
        not_after,
    };
    write(&key_file, &leaf.key_pem, 0o600)?;
    write(&certificate_file, &leaf.certificate_pem, 0o644)?;
    Ok(leaf)
}

fn validity(path: &Path, pem: &str) -> Result<(OffsetDateTime, OffsetDateTime), PkiError> {
    let unusable = |reason: String| PkiError::Unusable {
        path: path.to_owned(),
        reason,
    };
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| unusable(error.to_string()))?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).map_err(|error| unusable(error.to_string()))?;
    let validity = parsed.validity();
    Ok((validity.not_before.to_datetime(), validity.not_after.to_datetime()))
}

pub(crate) fn read(path: &Path) -> Result<String, PkiError> {
    std::fs::read_to_string(path).map_err(|source| PkiError::File {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file that never exists with a wider mode than `mode`, and never half.
pub(crate) fn write(path: &Path, text: &str, mode: u32) -> Result<(), PkiError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let write = || -> io::Result<()> {
        let new = path.with_extension("new");
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(mode)
            .open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(new, path)
    };
    write().map_err(|source| PkiError::File {
        path: path.to_owned(),
        source,
    })
}
