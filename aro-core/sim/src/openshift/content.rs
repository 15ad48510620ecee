//! What pods answer: logs, commands, alerts and measurements.

use aro_sim_kube::{Bytestream, ExecFuture, ExecOutput, ExecRequest, LogRequest, PodContent, Port, ProxyTarget};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use super::seed::Subject;

const ALERTMANAGER: u16 = 9093;
const PROMETHEUS: [u16; 2] = [9090, 9091];

/// What the pods of a cluster answer.
pub(super) struct Content {
    machines: Vec<String>,
}

impl Content {
    pub(super) fn of(subject: &Subject) -> Self {
        let machines = subject.masters.iter().chain(&subject.workers);
        Self {
            machines: machines.map(|vm| vm.name.clone()).collect(),
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
        let machines = self.machines.clone();
        // It ends with the connection, whose other end the client holds.
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let response = answer(&machines, request.uri());
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
            .then(|| answer(&self.machines, request.uri()))
    }
}

/// Alertmanager and Prometheus, as far as somebody asks.
fn answer(machines: &[String], uri: &http::Uri) -> Response<Bytes> {
    let query: Vec<(String, String)> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .into_owned()
        .collect();
    let asked = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let body = match uri.path() {
        "/api/v2/alerts" => alerts(),
        "/-/healthy" | "/-/ready" => return text(200, "OK"),
        "/api/v1/query" => series(machines, asked("query").unwrap_or_default(), None),
        "/api/v1/query_range" => {
            let number = |name: &str| asked(name).and_then(|text| text.parse::<f64>().ok());
            let range = (
                number("start").unwrap_or(0.0),
                number("end").unwrap_or(0.0),
                number("step").unwrap_or(60.0),
            );
            series(machines, asked("query").unwrap_or_default(), Some(range))
        }
        _ => return text(404, "404 page not found\n"),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

fn text(status: u16, text: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}

/// The alerts of a healthy cluster: the one that always fires, and a reminder.
fn alerts() -> Value {
    let alert = |name: &str, severity: &str, namespace: &str| {
        json!({
            "labels": {"alertname": name, "severity": severity, "namespace": namespace},
            "annotations": {"summary": name}, "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
            "receivers": [{"name": "Default"}], "fingerprint": format!("{:016x}", name.len()),
            "startsAt": "2025-01-01T00:00:00.000Z", "endsAt": "2035-01-01T00:00:00.000Z", "updatedAt": "2025-01-01T00:00:00.000Z",
        })
    };
    json!([
        alert("Watchdog", "none", "openshift-monitoring"),
        alert("AlertmanagerReceiversNotConfigured", "warning", "openshift-monitoring"),
        alert("UpdateAvailable", "info", "openshift-cluster-version"),
    ])
}

/// One series for each machine: its share of processor or memory, or 1. The value depends on name and time only.
fn series(machines: &[String], query: &str, range: Option<(f64, f64, f64)>) -> Value {
    let base = if query.contains("cpu") {
        0.35
    } else if query.contains("memory") {
        0.6
    } else {
        1.0
    };
    let value = |number: usize, at: f64| {
        if base >= 1.0 {
            return "1".to_owned();
        }
        #[expect(clippy::cast_precision_loss, reason = "there are few machines")]
        let phase = at / 600.0 + number as f64;
        format!("{:.4}", base + 0.1 * phase.sin())
    };
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let result: Vec<Value> = machines
        .iter()
        .enumerate()
        .map(|(number, machine)| {
            let metric = json!({"__name__": query.split(['{', '(', '[']).next().unwrap_or_default(), "instance": machine, "job": "node-exporter"});
            match range {
                None => {
                    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
                    let at = now as f64;
                    json!({"metric": metric, "value": [now, value(number, at)]})
                }
                Some((start, end, step)) => {
                    let step = step.max(1.0);
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded below")]
                    let count = (((end - start) / step).clamp(0.0, 11_000.0)) as u32;
                    let values: Vec<Value> = (0..=count)
                        .map(|index| {
                            let at = start + f64::from(index) * step;
                            json!([at, value(number, at)])
                        })
                        .collect();
                    json!({"metric": metric, "values": values})
                }
            }
        })
        .collect();
    let kind = if range.is_some() { "matrix" } else { "vector" };
    json!({"status": "success", "data": {"resultType": kind, "result": result}})
}
