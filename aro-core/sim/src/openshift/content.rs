//! What pods answer: logs, commands, ports.

use std::sync::{Arc, OnceLock};

use aro_sim_kube::{
    ApiServer, Bytestream, ExecFuture, ExecOutput, ExecRequest, LogRequest, PodContent, Port, ProxyTarget,
    WeakApiServer,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::monitoring;

const ALERTMANAGER: u16 = 9093;
const PROMETHEUS: [u16; 2] = [9090, 9091];

/// What the pods of a cluster answer.
#[derive(Clone, Default)]
pub(super) struct Content {
    /// The cluster's own server, which is made after this; it holds this, so it is not held.
    cluster: Arc<OnceLock<WeakApiServer>>,
}

impl Content {
    /// Says whose pods these are.
    pub(super) fn belong_to(&self, cluster: &ApiServer) {
        // A second word about it would be of the same server.
        let _ = self.cluster.set(cluster.downgrade());
    }

    /// Alertmanager and Prometheus of the cluster.
    fn monitoring(&self, uri: &http::Uri) -> Response<Bytes> {
        match self.cluster.get().and_then(WeakApiServer::upgrade) {
            Some(cluster) => monitoring::answer(&cluster, uri),
            None => monitoring::text(503, "the cluster is not there\n"),
        }
    }
}

fn name(pod: &Value) -> &str {
    pod["metadata"]["name"].as_str().unwrap_or_default()
}

impl PodContent for Content {
    fn log(&self, pod: &Value, request: &LogRequest) -> Bytestream {
        let started = pod["status"]["startTime"].as_str().unwrap_or("2025-01-01T00:00:00Z");
        let lines = [
            format!("starting {} of pod {}", request.container, name(pod)),
            "configuration was read".to_owned(),
            format!(
                "listening; node {}",
                pod["spec"]["nodeName"].as_str().unwrap_or_default()
            ),
        ];
        let from = request.tail_lines.map_or(0, |tail| {
            lines.len().saturating_sub(usize::try_from(tail).unwrap_or(usize::MAX))
        });
        let mut text = String::new();
        for line in &lines[from..] {
            if request.timestamps {
                text.push_str(started);
                text.push(' ');
            }
            text.push_str(line);
            text.push('\n');
        }
        if let Some(limit) = request.limit_bytes {
            text.truncate(usize::try_from(limit).unwrap_or(usize::MAX).min(text.len()));
        }
        Box::pin(futures::stream::iter([Bytes::from(text)]))
    }

    fn exec(&self, pod: &Value, request: &ExecRequest, stdin: Vec<u8>) -> ExecFuture {
        let words: Vec<&str> = request.command.iter().map(String::as_str).collect();
        let said = |text: String| ExecOutput {
            stdout: text.into_bytes(),
            ..ExecOutput::default()
        };
        let output = match words.as_slice() {
            ["hostname", ..] => said(format!("{}\n", name(pod))),
            ["echo", rest @ ..] => said(format!("{}\n", rest.join(" "))),
            ["cat"] => ExecOutput {
                stdout: stdin,
                ..ExecOutput::default()
            },
            ["true"] => ExecOutput::default(),
            ["false"] => ExecOutput {
                code: 1,
                ..ExecOutput::default()
            },
            ["sh" | "bash" | "/bin/sh" | "/bin/bash", "-c", script] => said(format!("{script}\n")),
            ["etcdctl", ..] => said("https://10.0.0.1:2379 is healthy\n".to_owned()),
            [program, ..] => ExecOutput {
                stderr: format!("exec: \"{program}\": executable file not found in $PATH\n").into_bytes(),
                code: 127,
                ..ExecOutput::default()
            },
            [] => ExecOutput::default(),
        };
        Box::pin(std::future::ready(output))
    }

    fn port(&self, pod: &Value, port: u16) -> Option<Box<dyn Port>> {
        let app = pod["metadata"]["labels"]["app"].as_str().unwrap_or_default();
        let open = match app {
            "alertmanager" => port == ALERTMANAGER,
            "prometheus" => PROMETHEUS.contains(&port),
            _ => false,
        };
        if !open {
            return None;
        }
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let content = self.clone();
        // It ends with the connection, whose other end the client holds.
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let response = content.monitoring(request.uri());
                async move { Ok::<_, std::convert::Infallible>(response.map(Full::new)) }
            });
            let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(ours), service);
            if let Err(error) = serving.await {
                tracing::trace!(%error, "a forwarded port ended");
            }
        });
        Some(Box::new(theirs))
    }

    fn proxy(&self, target: &ProxyTarget, request: Request<Bytes>) -> Option<Response<Bytes>> {
        let known = ["alertmanager", "prometheus", "thanos"];
        known
            .iter()
            .any(|one| target.name.contains(one))
            .then(|| self.monitoring(request.uri()))
    }
}
