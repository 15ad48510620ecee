//! The objects that make the operator, but the one that tells it which cluster it is in.

use aro_api::Secret;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{CREDENTIALS, IDENTITY, MASTER, NAMESPACE, OperatorSubject, PULL_SECRET, WORKER};
use crate::identity_secrets::{self, TOKEN};

/// The first OpenShift whose pods have to say that they need nothing special.
const RESTRICTED: (u32, u32) = (4, 11);
/// Where the kubelet puts the token of a workload identity, and its name there.
const TOKEN_VOLUME: &str = "bound-sa-token";
/// How long such a token is good for, in seconds.
const TOKEN_LIFETIME: u32 = 3600;

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// Everything but definitions, workloads, the pull secret and the object `Cluster`, each after what it refers to.
pub(super) fn all(of: &OperatorSubject<'_>) -> Result<Vec<Value>, String> {
    let mut all = vec![
        worker_role(),
        cluster_binding(MASTER, "cluster-admin"),
        cluster_binding(WORKER, WORKER),
        namespace(),
        account(MASTER),
        account(WORKER),
    ];
    all.extend(monitoring());
    all.push(credentials_request());
    if let Some(profile) = &of.cluster.properties.platform_workload_identity_profile {
        let identity = profile.platform_workload_identities.get(IDENTITY);
        let identity = identity.ok_or_else(|| format!("an identity for {IDENTITY}"))?;
        let data = identity_secrets::data(of.cluster, identity, of.tenant, of.subscription);
        all.push(secret(NAMESPACE, CREDENTIALS, data));
    }
    Ok(all)
}

fn secret(namespace: &str, name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"namespace": namespace, "name": name}, "data": data})
}

/// The service's part of the pull secret.
pub(super) fn pull_secret(content: &Secret) -> Value {
    let content = content.plain().unwrap_or_default();
    secret(
        NAMESPACE,
        PULL_SECRET,
        json!({".dockerconfigjson": STANDARD.encode(content)}),
    )
}

fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": NAMESPACE, "labels": {"openshift.io/cluster-monitoring": "true"},
        "annotations": {"openshift.io/node-selector": ""},
    }})
}

fn account(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": NAMESPACE, "name": name}})
}

fn worker_role() -> Value {
    let rule = |resource: &str, verbs: &[&str]| json!({"apiGroups": ["aro.openshift.io"], "resources": [resource], "verbs": verbs});
    json!({"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": WORKER}, "rules": [
        rule("clusters", &["get", "list", "watch"]), rule("clusters/status", &["get", "patch", "update"]),
    ]})
}

fn cluster_binding(account: &str, role: &str) -> Value {
    json!({"apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": {"name": account},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "namespace": NAMESPACE, "name": account}],
    })
}

/// The cluster's own monitoring finds the operator's measurements.
fn monitoring() -> [Value; 4] {
    let named = |name: &str| json!({"namespace": NAMESPACE, "name": name});
    [
        json!({"apiVersion": RBAC, "kind": "Role", "metadata": named("prometheus-k8s"), "rules": [{
            "apiGroups": [""], "resources": ["services", "endpoints", "pods"], "verbs": ["get", "list", "watch"],
        }]}),
        json!({"apiVersion": RBAC, "kind": "RoleBinding", "metadata": named("prometheus-k8s"),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "prometheus-k8s"},
            "subjects": [{"kind": "ServiceAccount", "namespace": "openshift-monitoring", "name": "prometheus-k8s"}],
        }),
        json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"namespace": NAMESPACE, "name": MASTER, "labels": {"name": MASTER}},
            "spec": {"selector": {"app": MASTER}, "ports": [
                {"name": "http", "port": 8080, "protocol": "TCP"}, {"name": "http-metrics", "port": 8888, "protocol": "TCP"},
            ]},
        }),
        json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": named(MASTER), "spec": {
            "selector": {"matchLabels": {"name": MASTER}}, "endpoints": [{"port": "http-metrics"}],
        }}),
    ]
}

/// What the operator asks of the cluster's credentials for Azure.
#[must_use]
pub fn credentials_request() -> Value {
    let network = |action: &str| format!("Microsoft.Network/{action}");
    let mut permissions = vec![
        "Microsoft.Storage/storageAccounts/listKeys/action".to_owned(),
        "Microsoft.Storage/storageAccounts/read".to_owned(),
        network("virtualNetworks/subnets/read"),
        network("virtualNetworks/subnets/write"),
    ];
    permissions.extend(
        [
            "natGateways",
            "routeTables",
            "networkSecurityGroups",
            "serviceEndpointPolicies",
            "networkIntentPolicies",
        ]
        .map(|kind| network(&format!("{kind}/join/action"))),
    );
    permissions.push(network("networkManagers/ipamPools/associateResourcesToPool/action"));
    json!({
        "apiVersion": "cloudcredential.openshift.io/v1", "kind": "CredentialsRequest",
        "metadata": {
            "namespace": "openshift-cloud-credential-operator", "name": NAMESPACE,
            "labels": {"controller-tools.k8s.io": "1.0"},
            "annotations": {
                "exclude.release.openshift.io/internal-openshift-hosted": "true",
                "include.release.openshift.io/self-managed-high-availability": "true",
            },
            "finalizers": ["cloudcredential.openshift.io/deprovision"],
        },
        "spec": {
            "providerSpec": {
                "apiVersion": "cloudcredential.openshift.io/v1", "kind": "AzureProviderSpec", "permissions": permissions,
            },
            "secretRef": {"namespace": NAMESPACE, "name": CREDENTIALS},
            "serviceAccountNames": [MASTER],
        },
    })
}

/// One of the two deployments.
pub(super) fn deployment(of: &OperatorSubject<'_>, name: &str, image: &str, version: &str, development: bool) -> Value {
    let is_master = name == MASTER;
    let has_identities = of.cluster.uses_workload_identity();
    let (role, memory, nodes) = if is_master {
        ("master", "250Mi", json!({"node-role.kubernetes.io/master": ""}))
    } else {
        let nodes = json!({"node-role.kubernetes.io/worker": "", "kubernetes.io/arch": "amd64"});
        ("worker", "100Mi", nodes)
    };
    let mut container = json!({
        "name": "aro-operator", "image": image, "command": ["aro"], "args": ["operator", role],
        "resources": {"requests": {"cpu": "10m", "memory": memory}},
        "livenessProbe": {"httpGet": {"path": "/healthz/ready", "port": 8080}},
        "env": environment(is_master, has_identities, development),
    });
    let anything = |effect: &str| json!({"effect": effect, "operator": "Exists"});
    let mut pod = json!({
        "nodeSelector": nodes, "priorityClassName": "system-cluster-critical",
        "serviceAccountName": name, "serviceAccount": name,
        "tolerations": [anything("NoExecute"), anything("NoSchedule")],
    });
    if is_master {
        let port = |name: &str, port: u16| json!({"name": name, "containerPort": port, "protocol": "TCP"});
        container["ports"] = json!([port("http", 8080), port("http-metrics", 8888)]);
    }
    if of.openshift >= RESTRICTED {
        container["securityContext"] = json!({
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": true,
        });
        pod["securityContext"] = json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
    }
    if is_master && has_identities {
        let (directory, file) = TOKEN.rsplit_once('/').unwrap_or_default();
        container["volumeMounts"] = json!([{"name": TOKEN_VOLUME, "mountPath": directory, "readOnly": true}]);
        pod["volumes"] = json!([{"name": TOKEN_VOLUME, "projected": {"defaultMode": 420, "sources": [{
            "serviceAccountToken": {"audience": "openshift", "expirationSeconds": TOKEN_LIFETIME, "path": file},
        }]}}]);
    }
    pod["containers"] = json!([container]);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"namespace": NAMESPACE, "name": name, "labels": {"app": name, "version": version}},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": name}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
        },
    })
}

/// With what the operator signs in at Azure, and where it is.
fn environment(is_master: bool, has_identities: bool, development: bool) -> Vec<Value> {
    let from_secret =
        |name: &str, key: &str| json!({"name": name, "valueFrom": {"secretKeyRef": {"name": CREDENTIALS, "key": key}}});
    let plain = |name: &str, value: &str| json!({"name": name, "value": value});
    let mut all = Vec::new();
    if is_master {
        all.push(from_secret("AZURE_CLIENT_ID", "azure_client_id"));
        all.push(from_secret("AZURE_TENANT_ID", "azure_tenant_id"));
        if has_identities {
            all.push(from_secret("AZURE_FEDERATED_TOKEN_FILE", "azure_federated_token_file"));
            all.push(plain("AZURE_TOKEN_CREDENTIALS", "WorkloadIdentityCredential"));
        } else {
            all.push(from_secret("AZURE_CLIENT_SECRET", "azure_client_secret"));
            all.push(plain("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential"));
        }
    }
    if development {
        all.push(plain("RP_MODE", "development"));
    }
    all
}

#[cfg(test)]
mod tests;
