//! TLS as ARM expects it: 1.2 or newer, HTTP/2 or 1.1 by ALPN, a client certificate asked for and never demanded.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};

/// Why the server's certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file holds no certificate, or no private key.
    #[error("the server certificate file cannot be used: {0}")]
    Pem(String),
    /// The certificate and key do not fit, or are of an unknown kind.
    #[error("the server certificate cannot be used: {0}")]
    Certificate(#[from] rustls::Error),
}

/// The server's certificate and key, which can be replaced while connections come: each handshake takes the current one.
#[derive(Debug, Clone)]
pub struct ServerCertificate(Arc<Current>);

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl ServerCertificate {
    /// From PEM text that holds the certificate chain (leaf first) and the private key, in any order, as the service's
    /// vault keeps them.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn from_pem(pem: &[u8]) -> Result<ServerCertificate, TlsError> {
        Ok(ServerCertificate(Arc::new(Current(RwLock::new(certified_key(pem)?)))))
    }

    /// Uses another one from now on. Open connections keep the one that they began with.
    ///
    /// # Errors
    /// See [`TlsError`]; the old one stays in use then.
    pub fn replace(&self, pem: &[u8]) -> Result<(), TlsError> {
        let key = certified_key(pem)?;
        *self.0.0.write().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }

    /// The configuration of a server that presents it.
    ///
    /// # Errors
    /// When the cryptography cannot be set up.
    pub fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = provider();
        let verifier = PresentedCertificate {
            algorithms: provider.signature_verification_algorithms,
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_cert_resolver(self.0.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // A resumed session would answer with the certificate of the old one, for as long as the ticket lives.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        Ok(Arc::new(config))
    }
}

/// The server's configuration for a certificate that does not change, see [`ServerCertificate::from_pem`].
///
/// # Errors
/// See [`TlsError`].
pub fn server_config(pem: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    ServerCertificate::from_pem(pem)?.config()
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        // The preference of the reference; both are what ARM's clients offer.
        kx_groups: vec![aws_lc_rs::kx_group::SECP256R1, aws_lc_rs::kx_group::X25519],
        ..aws_lc_rs::default_provider()
    }
}

fn certified_key(pem: &[u8]) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificates(pem)?;
    let key = PrivateKeyDer::from_pem_slice(pem)
        .map_err(|error| TlsError::Pem(format!("the private key in it cannot be read: {error}")))?;
    // Fails where key and leaf do not belong together.
    Ok(Arc::new(CertifiedKey::from_der(chain, key, &provider())?))
}

/// The certificates in PEM text.
///
/// # Errors
/// When there is none, or one cannot be read.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::Pem(format!("a certificate in it cannot be read: {error}")))?;
    if certificates.is_empty() {
        return Err(TlsError::Pem("it holds no certificate".to_string()));
    }
    Ok(certificates)
}

/// Takes any client certificate, checking only that the client holds its key. Whether the certificate opens a door is
/// decided per request, because the ARM and admin sides of one port ask for different ones.
#[derive(Debug)]
struct PresentedCertificate {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for PresentedCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
