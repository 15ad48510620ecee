//! Where a connection to a cluster's API server leads.
//!
//! A kubeconfig names `https://api-int.<domain>:6443`, a name that only the cluster's own network knows. The connection
//! goes to the cluster's private endpoint instead, or, in a local world, to the one listener of all clusters; TLS still
//! asks for the name in the kubeconfig.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tower::Service;

/// What somebody wants to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The host name in the kubeconfig.
    pub host: String,
    /// The port in the kubeconfig.
    pub port: u16,
    /// The address of the cluster's private endpoint, if it has one yet.
    pub private_endpoint: Option<IpAddr>,
}

/// A connection, before TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Opens connections to API servers.
#[async_trait::async_trait]
pub trait Dial: fmt::Debug + Send + Sync + 'static {
    /// Connects.
    ///
    /// # Errors
    /// When nothing answers there, or the cluster has no way to it yet.
    async fn dial(&self, to: &Destination) -> io::Result<Box<dyn Stream>>;
}

/// Through the cluster's private endpoint.
#[derive(Debug, Clone, Copy)]
pub struct PrivateEndpoint;

/// Always to one address, whatever the name: the local world's listener, which tells clusters apart by the name that TLS
/// asks for.
#[derive(Debug, Clone, Copy)]
pub struct OneAddress(pub SocketAddr);

/// Which way connections take, as a setting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialSettings {
    /// All clusters are behind this address; each behind its private endpoint where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<SocketAddr>,
}

impl DialSettings {
    /// The way that is set.
    #[must_use]
    pub fn dial(&self) -> Arc<dyn Dial> {
        match self.address {
            Some(address) => Arc::new(OneAddress(address)),
            None => Arc::new(PrivateEndpoint),
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<Box<dyn Stream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

#[async_trait::async_trait]
impl Dial for PrivateEndpoint {
    async fn dial(&self, to: &Destination) -> io::Result<Box<dyn Stream>> {
        let Some(address) = to.private_endpoint else {
            return Err(io::Error::new(
                io::ErrorKind::AddrNotAvailable,
                format!("{} has no private endpoint yet", to.host),
            ));
        };
        connect(SocketAddr::new(address, to.port)).await
    }
}

#[async_trait::async_trait]
impl Dial for OneAddress {
    async fn dial(&self, _: &Destination) -> io::Result<Box<dyn Stream>> {
        connect(self.0).await
    }
}

/// A [`Dial`] as hyper asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    pub(crate) dial: Arc<dyn Dial>,
    pub(crate) private_endpoint: Option<IpAddr>,
    pub(crate) timeout: Duration,
}

/// A dialled connection.
pub(crate) struct Dialled(Box<dyn Stream>);

impl Service<Uri> for Connector {
    type Response = TokioIo<Dialled>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let this = self.clone();
        let to = Destination {
            host: uri.host().unwrap_or_default().to_owned(),
            port: uri.port_u16().unwrap_or(443),
            private_endpoint: this.private_endpoint,
        };
        Box::pin(async move {
            let stream = tokio::time::timeout(this.timeout, this.dial.dial(&to))
                .await
                .map_err(|_| {
                    let text = format!("connecting to {} took longer than {:?}", to.host, this.timeout);
                    io::Error::new(io::ErrorKind::TimedOut, text)
                })??;
            Ok(TokioIo::new(Dialled(stream)))
        })
    }
}

impl Connection for Dialled {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Dialled {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Dialled {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(private_endpoint: Option<IpAddr>, port: u16) -> Destination {
        Destination {
            host: "api-int.one.example".to_owned(),
            port,
            private_endpoint,
        }
    }

    #[tokio::test]
    async fn the_private_endpoint_is_dialled_with_the_port_of_the_kubeconfig() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        PrivateEndpoint.dial(&to(Some(at.ip()), at.port())).await.unwrap();
        listener.accept().await.unwrap();
        let error = PrivateEndpoint.dial(&to(None, at.port())).await.err().unwrap();
        assert_eq!(error.to_string(), "api-int.one.example has no private endpoint yet");
    }

    #[tokio::test]
    async fn one_address_serves_every_cluster() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = DialSettings {
            address: Some(listener.local_addr().unwrap()),
        };
        settings.dial().dial(&to(None, 6443)).await.unwrap();
        listener.accept().await.unwrap();
    }
}
