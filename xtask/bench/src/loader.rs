//! A closed-loop HTTP/1.1 loader over loopback: a fixed number of connections, each sends its next request when the last
//! one is answered. Latencies are kept one by one, so that a percentile is a fact and not an estimate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Makes request number `n`.
pub type Make = Arc<dyn Fn(usize) -> Request<Full<Bytes>> + Send + Sync>;

/// What to send.
pub struct Load {
    /// How many requests in all.
    pub requests: usize,
    /// How many connections at once.
    pub connections: usize,
    /// The requests.
    pub make: Make,
    /// The only status that counts as answered.
    pub expect: StatusCode,
}

/// What was measured.
pub struct Figures {
    /// Answered requests a second, over the whole run.
    pub per_second: f64,
    /// Median latency.
    pub p50: Duration,
    /// 99th percentile of the latency.
    pub p99: Duration,
}

/// Why a run has no figures.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The connection failed.
    #[error("connection to {address}: {source}")]
    Connect {
        /// Where to.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// HTTP went wrong.
    #[error("request {number}: {source}")]
    Http {
        /// Which request.
        number: usize,
        /// What hyper said.
        source: hyper::Error,
    },
    /// Another status than the expected one.
    #[error("request {number} was answered with {status}: {body}")]
    Status {
        /// Which request.
        number: usize,
        /// The status.
        status: StatusCode,
        /// The start of the body.
        body: String,
    },
    /// A task of the loader ended early.
    #[error("a task of the loader ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// Sends the whole load to `address`.
///
/// # Errors
/// [`LoadError`] at the first request that is not answered as expected: a figure over failures is worth nothing.
pub async fn run(address: SocketAddr, load: &Load) -> Result<Figures, LoadError> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for _ in 0..load.connections {
        let (next, make, requests, expect) = (next.clone(), load.make.clone(), load.requests, load.expect);
        tasks.spawn(async move { connection(address, &next, &make, requests, expect).await });
    }
    let mut latencies = Vec::with_capacity(load.requests);
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done??);
    }
    let elapsed = started.elapsed();
    latencies.sort_unstable();
    Ok(Figures {
        per_second: latencies.len() as f64 / elapsed.as_secs_f64(),
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
    })
}

async fn connection(
    address: SocketAddr,
    next: &AtomicUsize,
    make: &Make,
    requests: usize,
    expect: StatusCode,
) -> Result<Vec<Duration>, LoadError> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|source| LoadError::Connect { address, source })?;
    stream
        .set_nodelay(true)
        .map_err(|source| LoadError::Connect { address, source })?;
    let (mut sender, driver) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|source| LoadError::Http { number: 0, source })?;
    let driver = tokio::spawn(driver);
    let mut latencies = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= requests {
            break;
        }
        let request = make(number);
        let sent = Instant::now();
        let http = |source| LoadError::Http { number, source };
        let reply = sender.send_request(request).await.map_err(http)?;
        let status = reply.status();
        let body = reply.into_body().collect().await.map_err(http)?.to_bytes();
        latencies.push(sent.elapsed());
        if status != expect {
            let body = String::from_utf8_lossy(&body).chars().take(400).collect();
            return Err(LoadError::Status { number, status, body });
        }
        sender.ready().await.map_err(http)?;
    }
    drop(sender);
    driver.abort();
    Ok(latencies)
}

/// Sends one request and returns the body of its answer, whatever its status.
///
/// # Errors
/// [`LoadError`] where there is no answer.
pub async fn once(address: SocketAddr, request: Request<Full<Bytes>>) -> Result<Bytes, LoadError> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|source| LoadError::Connect { address, source })?;
    let http = |source| LoadError::Http { number: 0, source };
    let (mut sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(http)?;
    let driver = tokio::spawn(driver);
    let reply = sender.send_request(request).await.map_err(http)?;
    let body = reply.into_body().collect().await.map_err(http)?.to_bytes();
    driver.abort();
    Ok(body)
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_the_sorted_list() {
        let latencies: Vec<_> = (1..=101).map(Duration::from_millis).collect();
        assert_eq!(percentile(&latencies, 50), Duration::from_millis(51));
        assert_eq!(percentile(&latencies, 99), Duration::from_millis(100));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }
}
