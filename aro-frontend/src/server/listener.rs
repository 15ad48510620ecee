//! Where the service listens.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use url::{Host, Url};

/// An address to listen on, written as `https://0.0.0.0:8443` or `http://127.0.0.1:8080`. Port 0 takes any free port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ListenAddress {
    tls: bool,
    address: SocketAddr,
}

/// Why the service cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is not of the written form.
    #[error("{0} is no address to listen on; write https://0.0.0.0:8443, with an IP address and a port")]
    Address(String),
    /// Plain HTTP would be reachable from other machines.
    #[error("{0} would serve plain HTTP to other machines; use https, or a loopback address such as 127.0.0.1")]
    PlainNotLoopback(String),
    /// An https address without a certificate.
    #[error("{0} needs a server certificate; set tls.certificate_file")]
    NoCertificate(String),
    /// The system refuses the address.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
}

impl ListenAddress {
    /// # Errors
    /// See [`ListenError`].
    pub fn parse(text: &str) -> Result<ListenAddress, ListenError> {
        let malformed = || ListenError::Address(text.to_string());
        let url = Url::parse(text).map_err(|_| malformed())?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err(malformed());
        }
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(malformed()),
        };
        let address = match url.host() {
            Some(Host::Ipv4(ip)) => ip.into(),
            Some(Host::Ipv6(ip)) => ip.into(),
            Some(Host::Domain("localhost")) => std::net::Ipv4Addr::LOCALHOST.into(),
            _ => return Err(malformed()),
        };
        let address = SocketAddr::new(address, url.port_or_known_default().ok_or_else(malformed)?);
        if !tls && !address.ip().is_loopback() {
            return Err(ListenError::PlainNotLoopback(text.to_string()));
        }
        Ok(ListenAddress { tls, address })
    }

    /// Whether it speaks TLS.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Takes the address. `certificate` is needed for https.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub async fn bind(&self, certificate: Option<Arc<rustls::ServerConfig>>) -> Result<BoundListener, ListenError> {
        let tls = match (self.tls, certificate) {
            (true, None) => return Err(ListenError::NoCertificate(self.to_string())),
            (true, Some(config)) => Some(tokio_rustls::TlsAcceptor::from(config)),
            (false, _) => None,
        };
        let socket = TcpListener::bind(self.address)
            .await
            .map_err(|source| ListenError::Bind {
                address: self.to_string(),
                source,
            })?;
        let listener = BoundListener {
            address: socket.local_addr().unwrap_or(self.address),
            socket,
            tls,
        };
        if !self.tls {
            tracing::warn!(
                "PLAIN HTTP on {}: requests and secrets in them are readable by every program on this machine, and no \
                 client certificate can be shown. For development only.",
                listener.url()
            );
        }
        Ok(listener)
    }
}

impl std::fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.address)
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = ListenError;

    fn try_from(text: String) -> Result<ListenAddress, ListenError> {
        ListenAddress::parse(&text)
    }
}

impl From<ListenAddress> for String {
    fn from(address: ListenAddress) -> String {
        address.to_string()
    }
}

/// An address that is listened on.
pub struct BoundListener {
    pub(super) socket: TcpListener,
    pub(super) tls: Option<tokio_rustls::TlsAcceptor>,
    address: SocketAddr,
}

impl BoundListener {
    /// The address with the port that was really taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL.
    pub fn url(&self) -> String {
        format!(
            "{}://{}",
            if self.tls.is_some() { "https" } else { "http" },
            self.address
        )
    }
}
