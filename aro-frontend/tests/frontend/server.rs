//! The service over real sockets: TLS, HTTP/2, time limits, the graceful end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aro_frontend::Parts;
use aro_frontend::server::{ListenAddress, ServerConfig, server_config};
use async_trait::async_trait;
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{body, cluster, parts};

/// The service on a socket of its own.
pub struct Running {
    pub address: SocketAddr,
    pub certificate: reqwest::Certificate,
    pub stop: CancellationToken,
    pub task: JoinHandle<()>,
    pub store: aro_store::Store,
    _folder: TempDir,
}

pub fn quick() -> ServerConfig {
    ServerConfig {
        drain_delay: Duration::ZERO,
        ..ServerConfig::default()
    }
}

pub async fn start(scheme: &str, config: ServerConfig, change: impl FnOnce(&mut Parts)) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut parts = parts(&folder).await;
    change(&mut parts);
    let store = parts.store.clone();

    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_string()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let pem = format!("{}{}", key.serialize_pem(), certificate.pem());
    let address = ListenAddress::parse(&format!("{scheme}://127.0.0.1:0")).unwrap();
    let listener = address
        .bind(Some(server_config(pem.as_bytes()).unwrap()))
        .await
        .unwrap();
    let address = listener.address();
    let stop = CancellationToken::new();
    let task = tokio::spawn(aro_frontend::serve(parts, config, vec![listener], stop.clone()));
    let certificate = reqwest::Certificate::from_pem(certificate.pem().as_bytes()).unwrap();
    Running {
        address,
        certificate,
        stop,
        task,
        store,
        _folder: folder,
    }
}

impl Running {
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    pub fn client(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .tls_certs_only([self.certificate.clone()])
            .timeout(Duration::from_secs(20))
    }

    pub async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_http2_and_http1_over_tls() {
    let running = start("https", quick(), |_| {}).await;
    for (client, version) in [
        (running.client(), http::Version::HTTP_2),
        (running.client().http1_only(), http::Version::HTTP_11),
    ] {
        let reply = client
            .build()
            .unwrap()
            .get(running.url("/healthz/ready"))
            .send()
            .await
            .unwrap();
        assert_eq!(reply.version(), version);
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.text().await.unwrap(), "{}\n");
    }
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_listens_on_loopback_only() {
    let refused = ListenAddress::parse("http://0.0.0.0:8080").unwrap_err().to_string();
    assert!(refused.contains("plain HTTP"), "{refused}");
    for malformed in [
        "0.0.0.0:8443",
        "ftp://127.0.0.1",
        "https://example.com",
        "https://127.0.0.1/x",
    ] {
        assert!(ListenAddress::parse(malformed).is_err(), "{malformed}");
    }
    let running = start("http", quick(), |_| {}).await;
    let url = format!("http://{}/healthz/ready", running.address);
    assert_eq!(reqwest::get(url).await.unwrap().status(), 200);
    running.end().await;
}

/// Holds every request that creates a cluster until it is let go.
struct Gate {
    entered: Notify,
    open: Notify,
}

#[async_trait]
impl aro_frontend::Validators for Gate {
    async fn validate_new_cluster(
        &self,
        _: &aro_api::model::Cluster,
        _: &aro_api::model::Subscription,
        _: &str,
    ) -> Result<(), aro_api::CloudError> {
        self.entered.notify_one();
        self.open.notified().await;
        Ok(())
    }

    async fn sizes(
        &self,
        _: &str,
        _: &aro_api::model::Subscription,
        _: &str,
        _: &str,
    ) -> Result<Vec<String>, aro_api::CloudError> {
        Ok(Vec::new())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn finishes_what_it_has_begun_before_it_ends() {
    let gate = Arc::new(Gate {
        entered: Notify::new(),
        open: Notify::new(),
    });
    let held = gate.clone();
    let running = start("https", quick(), move |parts| parts.validators = held).await;
    crate::support::prepare(&running.store).await;
    let client = running.client().build().unwrap();

    let request = client.put(running.url(&cluster("2023-11-22"))).json(&body()).send();
    let request = tokio::spawn(request);
    gate.entered.notified().await;

    running.stop.cancel();
    // No more connections are taken, and the one with the request lives on.
    while TcpStream::connect(running.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!running.task.is_finished());

    gate.open.notify_one();
    assert_eq!(request.await.unwrap().unwrap().status(), 201);
    running.task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn says_that_it_is_not_ready_while_it_still_serves() {
    let config = ServerConfig {
        drain_delay: Duration::from_secs(3600),
        ..ServerConfig::default()
    };
    let running = start("https", config, |_| {}).await;
    let client = running.client().build().unwrap();
    let ready = running.url("/healthz/ready");
    assert_eq!(client.get(&ready).send().await.unwrap().status(), 200);

    running.stop.cancel();
    assert_eq!(client.get(&ready).send().await.unwrap().status(), 500);
    let operations = running.url("/providers/Microsoft.RedHatOpenShift/operations");
    assert_eq!(client.get(operations).send().await.unwrap().status(), 200);
    running.task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_clients_to_go_elsewhere_before_it_closes() {
    let config = ServerConfig {
        drain_delay: Duration::from_secs(3600),
        ..ServerConfig::default()
    };
    let running = start("http", config, |_| {}).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let mut ask = async |last: bool| {
        stream
            .write_all(b"GET /providers/Microsoft.RedHatOpenShift/operations HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut reply = vec![0; 1 << 16];
        let mut read = stream.read(&mut reply).await.unwrap();
        if last {
            // The server closes by itself.
            while let more @ 1.. = stream.read(&mut reply[read..]).await.unwrap() {
                read += more;
            }
        }
        String::from_utf8_lossy(&reply[..read]).to_lowercase()
    };
    assert!(!ask(false).await.contains("connection: close"));
    running.stop.cancel();
    let reply = ask(true).await;
    assert!(
        reply.starts_with("http/1.1 200") && reply.contains("connection: close"),
        "{reply}"
    );
    running.task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_cut_off() {
    let gate = Arc::new(Gate {
        entered: Notify::new(),
        open: Notify::new(),
    });
    let held = gate.clone();
    let config = ServerConfig {
        drain_timeout: Duration::from_millis(50),
        ..quick()
    };
    let running = start("https", config, move |parts| parts.validators = held).await;
    crate::support::prepare(&running.store).await;
    let client = running.client().build().unwrap();
    let request = tokio::spawn(client.put(running.url(&cluster("2023-11-22"))).json(&body()).send());
    gate.entered.notified().await;
    running.stop.cancel();
    running.task.await.unwrap();
    assert!(request.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_finish_its_request_is_let_go() {
    let config = ServerConfig {
        header_timeout: Duration::from_millis(50),
        idle_timeout: Duration::from_secs(3600),
        ..quick()
    };
    let running = start("http", config, |_| {}).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream
        .write_all(b"GET /healthz/ready HTTP/1.1\r\nhost: x\r\n")
        .await
        .unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(
        rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&rest)
    );

    // Between requests the long limit counts.
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    for _ in 0..2 {
        stream
            .write_all(b"GET /healthz/ready HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(
            buffer[..read].starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&buffer[..read])
        );
        let silence = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut buffer)).await;
        assert!(silence.is_err(), "the connection was closed between requests");
    }
    running.end().await;
}

/// A client that asks for much and takes nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_take_its_reply_is_let_go() {
    let config = ServerConfig {
        write_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_secs(3600),
        header_timeout: Duration::from_secs(3600),
        ..quick()
    };
    let registry = aro_telemetry::Registry::new();
    let metrics = registry.clone();
    let running = start("http", config, move |parts| parts.metrics = metrics).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let request = "GET /providers/Microsoft.RedHatOpenShift/operations HTTP/1.1\r\nhost: x\r\n\r\n".repeat(2000);
    // More than the buffers of the two ends hold; the server stops reading when it cannot write, so this ends only when
    // the connection is cut.
    let sending = async {
        let mut failed = false;
        while !failed {
            failed = stream.write_all(request.as_bytes()).await.is_err();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), sending)
        .await
        .expect("the server let a stuck client stay");
    // Others were served meanwhile.
    let mut other = TcpStream::connect(running.address).await.unwrap();
    other
        .write_all(b"GET /healthz/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut reply = String::new();
    other.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(
        registry
            .render_prometheus()
            .contains("aro_frontend_heartbeat{version=\"unknown\"} 1")
    );
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_requests_is_closed() {
    let config = ServerConfig {
        idle_timeout: Duration::from_millis(50),
        ..quick()
    };
    let running = start("http", config, |_| {}).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_the_service_ends_under_load() {
    let config = ServerConfig {
        drain_delay: Duration::from_millis(100),
        ..ServerConfig::default()
    };
    let running = start("https", config, |_| {}).await;
    let client = running.client().build().unwrap();
    let url = running.url("/providers/Microsoft.RedHatOpenShift/operations");
    let stop = running.stop.clone();
    let load: Vec<_> = (0..8)
        .map(|_| {
            let (client, url, stop) = (client.clone(), url.clone(), stop.clone());
            // As a load balancer does: nothing new after it has learned that the service is not ready.
            tokio::spawn(async move {
                let mut served = 0;
                while !stop.is_cancelled() || served == 0 {
                    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
                    served += 1;
                }
                served
            })
        })
        .collect();
    tokio::time::timeout(Duration::from_millis(300), std::future::pending::<()>())
        .await
        .unwrap_err();
    running.end().await;
    for worker in load {
        assert!(worker.await.unwrap() > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let pem = || {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost".to_string()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let trusted = reqwest::Certificate::from_pem(certificate.pem().as_bytes()).unwrap();
        (format!("{}{}", key.serialize_pem(), certificate.pem()), trusted)
    };
    let ((old_pem, old), (new_pem, new)) = (pem(), pem());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.pem");
    std::fs::write(&file, &old_pem).unwrap();
    let mut config = aro_frontend::config::FrontendConfig {
        listen: vec![ListenAddress::parse("https://127.0.0.1:0").unwrap()],
        ..Default::default()
    };
    config.tls.certificate_file.clone_from(&file);
    let mut watched = config.watched_certificate().await.unwrap().unwrap();
    let listener = config.listen[0].bind(Some(watched.config().unwrap())).await.unwrap();
    let url = format!("https://localhost:{}/healthz/ready", listener.address().port());
    let stop = CancellationToken::new();
    let serving = aro_frontend::serve(parts(&folder).await, quick(), vec![listener], stop.clone());
    let serving = tokio::spawn(serving);
    let trusts = async |certificate: &reqwest::Certificate| {
        let client = reqwest::Client::builder().tls_certs_only([certificate.clone()]);
        client.build().unwrap().get(&url).send().await.is_ok()
    };
    assert!(trusts(&old).await && !trusts(&new).await);
    assert!(!watched.refresh().await.unwrap(), "nothing has changed");
    // Half a file, or a key of another certificate, changes nothing.
    std::fs::write(&file, &new_pem[..100]).unwrap();
    assert!(watched.refresh().await.is_err());
    assert!(trusts(&old).await);
    std::fs::write(&file, &new_pem).unwrap();
    assert!(watched.refresh().await.unwrap());
    assert!(trusts(&new).await && !trusts(&old).await);
    stop.cancel();
    serving.await.unwrap();
}
