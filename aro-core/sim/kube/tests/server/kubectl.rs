//! Streams into pods as `kubectl` opens them: WebSockets, SPDY inside them, and SPDY itself.

use std::process::Stdio;

use aro_sim_kube::{ApiServer, Bytestream, ExecFuture, ExecOutput, ExecRequest, LogRequest, PodContent, Port, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

/// Pods that are a small HTTP server, and shout.
struct Web;

impl PodContent for Web {
    fn log(&self, _: &Value, _: &LogRequest) -> Bytestream {
        Box::pin(futures::stream::empty())
    }

    fn exec(&self, _: &Value, request: &ExecRequest, stdin: Vec<u8>) -> ExecFuture {
        let code = i32::from(request.command == ["false"]) * 3;
        Box::pin(std::future::ready(ExecOutput {
            stdout: stdin.to_ascii_uppercase(),
            stderr: b"warned\n".to_vec(),
            code,
        }))
    }

    fn port(&self, pod: &Value, port: u16) -> Option<Box<dyn Port>> {
        let (ours, theirs) = tokio::io::duplex(1024);
        let body = format!("{}\n", pod["metadata"]["name"].as_str().unwrap()).repeat(5000);
        tokio::spawn(async move {
            let (reader, mut writer) = tokio::io::split(ours);
            let mut lines = BufReader::new(reader).lines();
            while lines.next_line().await.unwrap().is_some_and(|line| !line.is_empty()) {}
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            writer.write_all(answer.as_bytes()).await.unwrap();
        });
        (port == 8080).then(|| Box::new(theirs) as Box<dyn Port>)
    }
}

async fn get(address: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: pod\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn kubectl_forwards_ports_and_runs_commands() {
    const KUBECTL: &str = "/usr/bin/kubectl";
    if !std::path::Path::new(KUBECTL).exists() {
        println!("skipped: there is no {KUBECTL}");
        return;
    }
    let server = ApiServer::builder().content(Web).build();
    server
        .seed(json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "r/c:1"}]},
            "status": {"phase": "Running"},
        }))
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(server, listener, None, stop.clone()));
    let home = std::env::temp_dir();
    for websockets in ["true", "false"] {
        let kubectl = |arguments: &[&str]| {
            let mut command = Command::new(KUBECTL);
            command
                .args(["--server", &url])
                .args(arguments)
                .env("HOME", &home)
                .env("KUBECONFIG", "/dev/null")
                .env("KUBECTL_PORT_FORWARD_WEBSOCKETS", websockets)
                .env("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", websockets)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .kill_on_drop(true);
            command.spawn().unwrap()
        };
        let mut forward = kubectl(&["port-forward", "pod/web", ":8080"]);
        let mut lines = BufReader::new(forward.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let address = line
            .strip_prefix("Forwarding from ")
            .and_then(|rest| rest.split(" -> ").next())
            .unwrap();
        // Several connections, one after another and at once.
        let (one, other) = tokio::join!(get(address), get(address));
        for answer in [one, other, get(address).await] {
            assert_eq!(answer.matches("web\n").count(), 5000, "{websockets}");
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{websockets}: {answer}");
        }
        forward.kill().await.unwrap();

        let mut exec = kubectl(&["exec", "-i", "web", "--", "cat"]);
        exec.stdin.take().unwrap().write_all(b"hello").await.unwrap();
        let output = exec.wait_with_output().await.unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "HELLO",
            "{websockets}: {output:?}"
        );
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("warned"),
            "{websockets}"
        );
        assert!(output.status.success(), "{websockets}");
        let output = kubectl(&["exec", "web", "--", "false"])
            .wait_with_output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{websockets}: {output:?}");
    }
    stop.cancel();
    serving.abort();
}
