//! What every cluster has from the start.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::auth::Authorization;
use crate::server::Inner;

const NAMESPACES: [&str; 4] = ["kube-system", "kube-public", "default", "kube-node-lease"];

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
    if server.options.authorization == Authorization::Rbac {
        objects.extend(roles());
        if server.options.controllers.namespaces {
            gather(&mut objects);
        }
    }
    for object in objects {
        if let Err(status) = crate::direct::create(server, object, "kube-apiserver") {
            tracing::error!(%status, "an object of every cluster could not be made");
        }
    }
}

fn labelled(mut object: Value, more: Option<&str>) -> Value {
    object["metadata"]["labels"] = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
    if let Some(label) = more {
        object["metadata"]["labels"][label] = Value::from("true");
    }
    object["metadata"]["annotations"] = json!({"rbac.authorization.kubernetes.io/autoupdate": "true"});
    object
}

fn role(name: &str, rules: Value) -> Value {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    });
    labelled(role, None)
}

/// A role that gathers those with a label; its rules are filled in beside, by a controller of a real cluster.
fn gathering(name: &str, label: &str, carries: Option<&str>) -> Value {
    let selector = json!({"matchLabels": {format!("rbac.authorization.k8s.io/aggregate-to-{label}"): "true"}});
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "aggregationRule": {"clusterRoleSelectors": [selector]},
        "rules": null,
    });
    labelled(role, carries)
}

fn bind(name: &str, groups: &[&str]) -> Value {
    let subjects: Vec<Value> = groups
        .iter()
        .map(|group| json!({"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": group}))
        .collect();
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "subjects": subjects,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
    });
    labelled(binding, None)
}

/// The roles and bindings that a server with roles starts with, as far as clients rely on them.
fn roles() -> Vec<Value> {
    const EVERYBODY: [&str; 2] = ["system:authenticated", "system:unauthenticated"];
    let public = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    let discovery = [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
    ];
    let everything = json!([
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
        {"verbs": ["*"], "nonResourceURLs": ["*"]},
    ]);
    vec![
        role("cluster-admin", everything),
        gathering("admin", "admin", None),
        gathering("edit", "edit", Some("rbac.authorization.k8s.io/aggregate-to-admin")),
        gathering("view", "view", Some("rbac.authorization.k8s.io/aggregate-to-edit")),
        gathered("admin", admin_rules()),
        gathered("edit", edit_rules()),
        gathered("view", view_rules()),
        role(
            "system:basic-user",
            json!([
                {
                    "verbs": ["create"],
                    "apiGroups": ["authorization.k8s.io"],
                    "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
                },
                {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
            ]),
        ),
        role(
            "system:discovery",
            json!([{"verbs": ["get"], "nonResourceURLs": discovery}]),
        ),
        role(
            "system:public-info-viewer",
            json!([{"verbs": ["get"], "nonResourceURLs": public}]),
        ),
        role(
            "system:service-account-issuer-discovery",
            json!([{"verbs": ["get"], "nonResourceURLs": ["/.well-known", "/.well-known/*"]}]),
        ),
        bind("cluster-admin", &["system:masters"]),
        bind("system:basic-user", &["system:authenticated"]),
        bind("system:discovery", &["system:authenticated"]),
        bind("system:public-info-viewer", &EVERYBODY),
        bind("system:service-account-issuer-discovery", &["system:authenticated"]),
    ]
}

/// A role whose rules others gather.
fn gathered(to: &str, rules: Value) -> Value {
    let label = format!("rbac.authorization.k8s.io/aggregate-to-{to}");
    let mut role = role(&format!("system:aggregate-to-{to}"), rules);
    role["metadata"]["labels"][&label] = Value::from("true");
    role
}

const READ: [&str; 3] = ["get", "list", "watch"];
const WRITE: [&str; 5] = ["create", "delete", "deletecollection", "patch", "update"];
/// Groups of namespaced workloads.
const WORKLOADS: [&str; 6] = [
    "apps",
    "autoscaling",
    "batch",
    "discovery.k8s.io",
    "networking.k8s.io",
    "policy",
];

fn view_rules() -> Value {
    let core = [
        "bindings",
        "configmaps",
        "endpoints",
        "events",
        "limitranges",
        "namespaces",
        "namespaces/status",
        "persistentvolumeclaims",
        "pods",
        "pods/log",
        "pods/status",
        "replicationcontrollers",
        "resourcequotas",
        "serviceaccounts",
        "services",
        "services/status",
    ];
    json!([
        {"verbs": READ, "apiGroups": [""], "resources": core},
        {"verbs": READ, "apiGroups": WORKLOADS, "resources": ["*"]},
    ])
}

fn edit_rules() -> Value {
    let written = [
        "configmaps",
        "endpoints",
        "events",
        "persistentvolumeclaims",
        "pods",
        "pods/attach",
        "pods/eviction",
        "pods/exec",
        "pods/portforward",
        "pods/proxy",
        "replicationcontrollers",
        "secrets",
        "serviceaccounts",
        "services",
        "services/proxy",
    ];
    json!([
        {"verbs": READ, "apiGroups": [""], "resources": ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"]},
        {"verbs": WRITE, "apiGroups": [""], "resources": written},
        {"verbs": ["create"], "apiGroups": [""], "resources": ["serviceaccounts/token"]},
        {"verbs": WRITE, "apiGroups": WORKLOADS, "resources": ["*"]},
    ])
}

fn admin_rules() -> Value {
    let all = [READ.as_slice(), WRITE.as_slice()].concat();
    json!([
        {"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["localsubjectaccessreviews"]},
        {"verbs": all, "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings", "roles"]},
    ])
}

/// Fills the roles that gather others, as a controller of a real cluster does.
fn gather(objects: &mut [Value]) {
    let rules = |parts: &[Value]| -> Value {
        parts
            .iter()
            .flat_map(|part| part.as_array().cloned().unwrap_or_default())
            .collect()
    };
    for object in objects {
        let (view, edit, admin) = (view_rules(), edit_rules(), admin_rules());
        match object["metadata"]["name"].as_str() {
            Some("view") => object["rules"] = view,
            Some("edit") => object["rules"] = rules(&[edit, view]),
            Some("admin") => object["rules"] = rules(&[admin, edit, view]),
            _ => {}
        }
    }
}
