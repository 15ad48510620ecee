//! What every cluster has from the start.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::server::Inner;

const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Fills an empty server.
pub(crate) fn fill(server: &Arc<Inner>) {
    let mut objects: Vec<Value> = NAMESPACES
        .iter()
        .map(|name| {
            json!({
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name},
            })
        })
        .collect();
    objects.push(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": "172.30.0.1",
            "type": "ClusterIP",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
        },
    }));
    for object in objects {
        if let Err(status) = crate::direct::create(server, object, "kube-apiserver") {
            tracing::error!(%status, "an object of every cluster could not be made");
        }
    }
}
