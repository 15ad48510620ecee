//! Serves a server in the clear on loopback, for a look with `kubectl --server`.
//!
//! ```text
//! cargo run -p aro-sim-kube --example serve -- 127.0.0.1:8001
//! kubectl --server http://127.0.0.1:8001 get nodes
//! ```

use aro_sim_kube::{ApiServer, Bytestream, ExecFuture, ExecOutput, ExecRequest, LogRequest, PodContent, Port, serve};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Pods that say who they are.
struct Talkative;

impl PodContent for Talkative {
    fn log(&self, pod: &Value, request: &LogRequest) -> Bytestream {
        let line = format!("{} of {} speaks\n", request.container, pod["metadata"]["name"]);
        Box::pin(futures::stream::iter([Bytes::from(line)]))
    }

    fn exec(&self, _: &Value, request: &ExecRequest, stdin: Vec<u8>) -> ExecFuture {
        let mut stdout = format!("ran {:?}\n", request.command).into_bytes();
        stdout.extend(stdin);
        let code = i32::from(request.command.first().is_some_and(|program| program == "false"));
        Box::pin(std::future::ready(ExecOutput {
            stdout,
            code,
            ..ExecOutput::default()
        }))
    }

    fn port(&self, _: &Value, _: u16) -> Option<Box<dyn Port>> {
        let (ours, theirs) = tokio::io::duplex(4096);
        let (mut reader, mut writer) = tokio::io::split(ours);
        // An echo that ends with the connection.
        tokio::spawn(async move { tokio::io::copy(&mut reader, &mut writer).await });
        Some(Box::new(theirs))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8001".to_owned());
    let server = ApiServer::builder().address(address.clone()).content(Talkative).build();
    server.seed(json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "worker-0", "labels": {"node-role.kubernetes.io/worker": ""}},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.4"}],
            "nodeInfo": {"kubeletVersion": "v1.33.0", "osImage": "Simulated"},
        },
    }))?;
    server.seed(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "talker", "namespace": "default"},
        "spec": {"nodeName": "worker-0", "containers": [{"name": "main", "image": "registry.example/talker:1"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "main", "ready": true, "restartCount": 0}]},
    }))?;
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("kubectl --server http://{address} get nodes");
    serve(server, listener, None, CancellationToken::new()).await?;
    Ok(())
}
