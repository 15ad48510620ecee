//! What pods answer: logs, commands, ports.

use std::pin::Pin;

use bytes::Bytes;
use futures::Stream;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

/// A request for the log of a container.
#[derive(Debug, Clone, Default)]
pub struct LogRequest {
    /// The container; the first one when none was named.
    pub container: String,
    /// Go on with what comes.
    pub follow: bool,
    /// Of the container before its last restart.
    pub previous: bool,
    /// Only the last lines.
    pub tail_lines: Option<u64>,
    /// Only of the last seconds.
    pub since_seconds: Option<u64>,
    /// Each line with its time.
    pub timestamps: bool,
    /// At most this many bytes.
    pub limit_bytes: Option<u64>,
}

/// A command to run in a container.
#[derive(Debug, Clone, Default)]
pub struct ExecRequest {
    /// The container; the first one when none was named.
    pub container: String,
    /// Program and arguments.
    pub command: Vec<String>,
    /// A terminal is wanted.
    pub tty: bool,
    /// Input follows.
    pub stdin: bool,
}

/// What a command did.
#[derive(Debug, Clone, Default)]
pub struct ExecOutput {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Exit code.
    pub code: i32,
}

/// A stream of bytes.
pub type Bytestream = Pin<Box<dyn Stream<Item = Bytes> + Send>>;
/// A future of a command.
pub type ExecFuture = Pin<Box<dyn Future<Output = ExecOutput> + Send>>;
/// Both directions of a port.
pub trait Port: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Port for T {}

/// What pods answer. Pods are passed as stored; the pod exists and runs.
pub trait PodContent: Send + Sync + 'static {
    /// The log of a container.
    fn log(&self, pod: &Value, request: &LogRequest) -> Bytestream;

    /// Runs a command; `stdin` is what the client sent, to its end when it sends any.
    fn exec(&self, pod: &Value, request: &ExecRequest, stdin: Vec<u8>) -> ExecFuture;

    /// Opens a port; none refuses it.
    fn port(&self, pod: &Value, port: u16) -> Option<Box<dyn Port>>;

    /// Answers a request through the proxy of a pod, service or node; none answers 503.
    fn proxy(&self, target: &ProxyTarget, request: http::Request<Bytes>) -> Option<http::Response<Bytes>> {
        let _ = (target, request);
        None
    }
}

/// What a proxy request goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyTarget {
    /// `pods`, `services` or `nodes`.
    pub resource: String,
    /// Namespace; empty for nodes.
    pub namespace: String,
    /// Name as in the path: `[scheme:]name[:port]`.
    pub name: String,
}

/// Logs are empty, commands echo their arguments, ports are closed.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoContent;

impl PodContent for NoContent {
    fn log(&self, _: &Value, _: &LogRequest) -> Bytestream {
        Box::pin(futures::stream::empty())
    }

    fn exec(&self, _: &Value, request: &ExecRequest, _: Vec<u8>) -> ExecFuture {
        let mut stdout = request.command.join(" ").into_bytes();
        stdout.push(b'\n');
        Box::pin(std::future::ready(ExecOutput {
            stdout,
            ..ExecOutput::default()
        }))
    }

    fn port(&self, _: &Value, _: u16) -> Option<Box<dyn Port>> {
        None
    }
}
