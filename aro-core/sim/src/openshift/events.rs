//! What can be made to happen in a cluster.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::clusters::Live;
use super::life::{self, CLUSTER_OPERATORS, NODES, SECRETS, VERSIONS};
use crate::pki::Pki;

/// One event: `{"kind": "nodeNotReady", "node": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub enum Event {
    /// The kubelet of a node stops answering.
    NodeNotReady {
        /// The node; the first worker where absent.
        #[serde(default)]
        node: Option<String>,
    },
    /// The kubelet of a node answers again.
    NodeReady {
        /// The node; the first worker where absent.
        #[serde(default)]
        node: Option<String>,
    },
    /// A cluster operator is degraded.
    OperatorDegraded {
        /// Its name.
        operator: String,
        /// Why, for people.
        #[serde(default)]
        message: String,
    },
    /// A cluster operator is as it should be again.
    OperatorRecovered {
        /// Its name.
        operator: String,
    },
    /// Somebody asks for another version.
    Upgrade {
        /// The version.
        version: String,
    },
    /// A TLS certificate in a secret ends soon.
    CertificateExpiring {
        /// Namespace of the secret.
        namespace: String,
        /// Name of the secret; made where it is missing.
        secret: String,
        /// Days that are left.
        days: i64,
    },
}

/// Makes it happen.
pub(crate) fn happen(live: &Arc<Live>, pki: &Pki, event: &Event, now: OffsetDateTime) -> Result<(), String> {
    let server = &live.server;
    match event {
        Event::NodeNotReady { node } => node_ready(live, node.as_deref(), false),
        Event::NodeReady { node } => node_ready(live, node.as_deref(), true),
        Event::OperatorDegraded { operator, message } => server
            .edit(CLUSTER_OPERATORS, None, operator, |one| {
                life::set_condition(one, "Degraded", "True", "SyncError", message);
            })
            .map(drop)
            .ok_or_else(|| format!("there is no cluster operator {operator}")),
        Event::OperatorRecovered { operator } => server
            .edit(CLUSTER_OPERATORS, None, operator, |one| {
                life::set_condition(one, "Degraded", "False", "AsExpected", "");
            })
            .map(drop)
            .ok_or_else(|| format!("there is no cluster operator {operator}")),
        Event::Upgrade { version } => server
            .edit(VERSIONS, None, "version", |one| {
                one["spec"]["desiredUpdate"] = json!({"version": version});
            })
            .map(drop)
            .ok_or_else(|| "there is no cluster version".to_owned()),
        Event::CertificateExpiring {
            namespace,
            secret,
            days,
        } => {
            let name = format!("*.apps.{}", live.subject.domain);
            let leaf = pki
                .server_leaf(&name, std::slice::from_ref(&name), now, Duration::days(*days))
                .map_err(|error| error.to_string())?;
            let encode = |text: &str| {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.encode(text)
            };
            let data = json!({"tls.crt": encode(&leaf.certificate_pem), "tls.key": encode(&leaf.key_pem)});
            let changed = server.edit(SECRETS, Some(namespace), secret, |one| one["data"] = data.clone());
            if changed.is_some() {
                return Ok(());
            }
            let made = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
                "metadata": {"name": secret, "namespace": namespace}, "data": data});
            server.seed(made).map(drop).map_err(|status| status.to_string())
        }
    }
}

fn node_ready(live: &Live, node: Option<&str>, is_well: bool) -> Result<(), String> {
    let worker = |node: &Value| {
        node["metadata"]["labels"]
            .get("node-role.kubernetes.io/worker")
            .is_some()
    };
    let first = || {
        let nodes = live.server.list(NODES, None);
        let found = nodes.iter().find(|node| worker(node))?;
        found["metadata"]["name"].as_str().map(str::to_owned)
    };
    let name = node.map(str::to_owned).or_else(first).ok_or("there is no worker")?;
    if life::nodes::say(&live.server, &name, is_well) {
        Ok(())
    } else {
        Err(format!("there is no node {name}"))
    }
}
