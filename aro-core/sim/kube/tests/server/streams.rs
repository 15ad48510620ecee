//! Over a socket: logs, a command, a port.

use aro_sim_kube::{ApiServer, Bytestream, ExecFuture, ExecOutput, ExecRequest, LogRequest, PodContent, Port, serve};
use bytes::Bytes;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, AttachParams, LogParams};
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

struct Content;

impl PodContent for Content {
    fn log(&self, _: &Value, request: &LogRequest) -> Bytestream {
        let lines = ["one\n", "two\n", "three\n"];
        let skipped = lines.len()
            - request
                .tail_lines
                .map_or(lines.len(), |lines| usize::try_from(lines).unwrap());
        Box::pin(futures::stream::iter(lines.into_iter().skip(skipped).map(Bytes::from)))
    }

    fn exec(&self, _: &Value, request: &ExecRequest, stdin: Vec<u8>) -> ExecFuture {
        let code = i32::from(request.command == ["false"]);
        Box::pin(std::future::ready(ExecOutput {
            stdout: stdin.to_ascii_uppercase(),
            stderr: b"warned".to_vec(),
            code,
        }))
    }

    fn port(&self, _: &Value, port: u16) -> Option<Box<dyn Port>> {
        let (ours, theirs) = tokio::io::duplex(64);
        tokio::spawn(async move {
            let (mut reader, mut writer) = tokio::io::split(ours);
            tokio::io::copy(&mut reader, &mut writer).await
        });
        (port == 80).then(|| Box::new(theirs) as Box<dyn Port>)
    }
}

#[tokio::test]
async fn pods_answer_over_the_wire() {
    let server = ApiServer::builder().content(Content).build();
    server
        .seed(json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p", "namespace": "default"},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "r/c:1"}]},
            "status": {"phase": "Running"},
        }))
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(server, listener, None, stop.clone()));
    let config = Config::new(format!("http://{address}").parse().unwrap());
    let pods: Api<Pod> = Api::namespaced(Client::try_from(config).unwrap(), "default");

    let tail = LogParams {
        tail_lines: Some(2),
        ..LogParams::default()
    };
    assert_eq!(pods.logs("p", &tail).await.unwrap(), "two\nthree\n");

    let mut process = pods
        .exec("p", ["cat"], &AttachParams::default().stdin(true))
        .await
        .unwrap();
    let mut stdin = process.stdin().unwrap();
    let (mut stdout, mut stderr) = (process.stdout().unwrap(), process.stderr().unwrap());
    let status = process.take_status().unwrap();
    stdin.write_all(b"hello").await.unwrap();
    stdin.shutdown().await.unwrap();
    drop(stdin);
    let (mut out, mut err) = (String::new(), String::new());
    stdout.read_to_string(&mut out).await.unwrap();
    stderr.read_to_string(&mut err).await.unwrap();
    assert_eq!((out.as_str(), err.as_str()), ("HELLO", "warned"));
    assert_eq!(status.await.unwrap().status.as_deref(), Some("Success"));

    let mut process = pods.exec("p", ["false"], &AttachParams::default()).await.unwrap();
    let status = process.take_status().unwrap().await.unwrap();
    assert_eq!(
        (status.status.as_deref(), status.reason.as_deref()),
        (Some("Failure"), Some("NonZeroExitCode"))
    );

    let mut forwarder = pods.portforward("p", &[80]).await.unwrap();
    let mut stream = forwarder.take_stream(80).unwrap();
    stream.write_all(b"ping").await.unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"ping");
    drop(stream);
    forwarder.abort();

    stop.cancel();
    serving.abort();
}
