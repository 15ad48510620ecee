//! Alertmanager and Prometheus of a cluster, as far as somebody asks: what they tell follows from what the cluster holds.

use aro_sim_kube::ApiServer;
use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::life::{CLUSTER_OPERATORS, MACHINES, NODES};
use crate::seed::named_uuid;

/// Answers a request to either of them.
pub(super) fn answer(cluster: &ApiServer, uri: &http::Uri) -> Response<Bytes> {
    let query: Vec<(String, String)> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .into_owned()
        .collect();
    let asked = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let wanted = asked("query").unwrap_or_default();
    let body = match uri.path() {
        "/api/v2/alerts" => alerts(cluster).iter().map(Alert::shown).collect(),
        "/-/healthy" | "/-/ready" => return text(200, "OK"),
        "/api/v1/query" => series(cluster, wanted, None),
        "/api/v1/query_range" => {
            let number = |name: &str| asked(name).and_then(|text| text.parse::<f64>().ok());
            let range = (
                number("start").unwrap_or(0.0),
                number("end").unwrap_or(0.0),
                number("step").unwrap_or(60.0),
            );
            series(cluster, wanted, Some(range))
        }
        _ => return text(404, "404 page not found\n"),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

/// A reply for people.
pub(super) fn text(status: u16, text: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}

/// An alert that fires.
struct Alert {
    name: &'static str,
    severity: &'static str,
    namespace: &'static str,
    /// What it is about: the label, and its value.
    about: Option<(&'static str, String)>,
    since: String,
}

impl Alert {
    fn labels(&self) -> Value {
        let mut labels = json!({"alertname": self.name, "severity": self.severity, "namespace": self.namespace});
        if let Some((label, value)) = &self.about {
            labels[*label] = json!(value);
        }
        labels
    }

    fn shown(&self) -> Value {
        let labels = self.labels();
        let fingerprint = named_uuid(&labels.to_string());
        json!({
            "labels": labels, "annotations": {"summary": self.name}, "receivers": [{"name": "Default"}],
            "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
            "fingerprint": fingerprint.simple().to_string()[..16],
            "startsAt": self.since, "updatedAt": self.since, "endsAt": "2035-01-01T00:00:00.000Z",
        })
    }
}

/// A condition of an object: its status and since when; nothing where it has none.
fn condition<'a>(object: &'a Value, kind: &str) -> (&'a str, &'a str) {
    let conditions = object["status"]["conditions"].as_array();
    let found = conditions.into_iter().flatten().find(|one| one["type"] == kind);
    let text = |member: &str| found.and_then(|one| one[member].as_str()).unwrap_or_default();
    (text("status"), text("lastTransitionTime"))
}

fn name(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

/// Those of a healthy cluster (the one that always fires, and two reminders), and those that the state of its parts causes.
fn alerts(cluster: &ApiServer) -> Vec<Alert> {
    let always = |name, severity, namespace| Alert {
        name,
        severity,
        namespace,
        about: None,
        since: "2025-01-01T00:00:00.000Z".to_owned(),
    };
    let mut alerts = vec![
        always("Watchdog", "none", "openshift-monitoring"),
        always("AlertmanagerReceiversNotConfigured", "warning", "openshift-monitoring"),
        always("UpdateAvailable", "info", "openshift-cluster-version"),
    ];
    for operator in cluster.list(CLUSTER_OPERATORS, None) {
        for (kind, unwell, alert, severity) in [
            ("Available", "False", "ClusterOperatorDown", "critical"),
            ("Degraded", "True", "ClusterOperatorDegraded", "warning"),
        ] {
            let (status, since) = condition(&operator, kind);
            if status == unwell {
                alerts.push(Alert {
                    name: alert,
                    severity,
                    namespace: "openshift-cluster-version",
                    about: Some(("name", name(&operator))),
                    since: since.to_owned(),
                });
            }
        }
    }
    for node in cluster.list(NODES, None) {
        let (status, since) = condition(&node, "Ready");
        if status != "True" {
            alerts.push(Alert {
                name: "KubeNodeNotReady",
                severity: "warning",
                namespace: "openshift-monitoring",
                about: Some(("node", name(&node))),
                since: since.to_owned(),
            });
        }
    }
    for machine in cluster.list(MACHINES, None) {
        if machine["status"]["phase"] == "Failed" {
            alerts.push(Alert {
                name: "MachineWithNoRunningPhase",
                severity: "warning",
                namespace: "openshift-machine-api",
                about: Some(("name", name(&machine))),
                since: machine["status"]["lastUpdated"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    alerts
}

/// What is measured: labels, and a value that may go up and down around a base.
struct Measured {
    labels: Value,
    base: f64,
    swing: f64,
}

/// The series that a query names: alerts, conditions of operators and nodes as 0 or 1, processor and memory of the nodes as
/// shares; 1 for each node for all others.
fn measured(cluster: &ApiServer, query: &str) -> Vec<Measured> {
    let flag = |labels: Value, holds: bool| Measured {
        labels,
        base: f64::from(u8::from(holds)),
        swing: 0.0,
    };
    if query.contains("ALERTS") {
        let firing = |alert: &Alert| {
            let mut labels = alert.labels();
            labels["alertstate"] = json!("firing");
            flag(labels, true)
        };
        return alerts(cluster).iter().map(firing).collect();
    }
    if query.contains("cluster_operator_up") {
        let operators = cluster.list(CLUSTER_OPERATORS, None).into_iter();
        let up = |one: Value| flag(json!({"name": name(&one)}), condition(&one, "Available").0 == "True");
        return operators.map(up).collect();
    }
    let nodes = cluster.list(NODES, None).into_iter();
    if query.contains("kube_node_status_condition") {
        let ready = |node: Value| {
            let labels =
                json!({"node": name(&node), "condition": "Ready", "status": "true", "job": "kube-state-metrics"});
            flag(labels, condition(&node, "Ready").0 == "True")
        };
        return nodes.map(ready).collect();
    }
    let (base, swing) = if query.contains("cpu") {
        (0.35, 0.1)
    } else if query.contains("memory") {
        (0.6, 0.1)
    } else {
        (1.0, 0.0)
    };
    let of_node = |node: Value| Measured {
        labels: json!({"instance": name(&node), "job": "node-exporter"}),
        base,
        swing,
    };
    nodes.map(of_node).collect()
}

/// The series in the form of Prometheus; a value depends on its place and the time only.
fn series(cluster: &ApiServer, query: &str, range: Option<(f64, f64, f64)>) -> Value {
    let metric = query.split(['{', '(', '[', ' ']).next().unwrap_or_default();
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let shown = |(number, one): (usize, Measured)| {
        let value = |at: f64| {
            #[expect(clippy::cast_precision_loss, reason = "there are few series")]
            let phase = at / 600.0 + number as f64;
            format!("{}", ((one.base + one.swing * phase.sin()) * 1e4).round() / 1e4)
        };
        let mut labels = one.labels.clone();
        labels["__name__"] = json!(metric);
        match range {
            None => {
                #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
                let at = now as f64;
                json!({"metric": labels, "value": [now, value(at)]})
            }
            Some((start, end, step)) => {
                let step = step.max(1.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "bounded on both sides"
                )]
                let count = (((end - start) / step).clamp(0.0, 11_000.0)) as u32;
                let at = |index: u32| start + f64::from(index) * step;
                let values: Vec<Value> = (0..=count).map(|index| json!([at(index), value(at(index))])).collect();
                json!({"metric": labels, "values": values})
            }
        }
    };
    let result: Vec<Value> = measured(cluster, query).into_iter().enumerate().map(shown).collect();
    let kind = if range.is_some() { "matrix" } else { "vector" };
    json!({"status": "success", "data": {"resultType": kind, "result": result}})
}
