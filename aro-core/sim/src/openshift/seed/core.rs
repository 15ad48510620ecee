//! Namespaces, secrets, services, workloads and roles.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Subject;
use crate::arm::id::last;

const NAMESPACES: [&str; 44] = [
    "openshift",
    "openshift-apiserver",
    "openshift-apiserver-operator",
    "openshift-authentication",
    "openshift-authentication-operator",
    "openshift-cloud-controller-manager",
    "openshift-cloud-credential-operator",
    "openshift-cloud-network-config-controller",
    "openshift-cluster-csi-drivers",
    "openshift-cluster-machine-approver",
    "openshift-cluster-node-tuning-operator",
    "openshift-cluster-samples-operator",
    "openshift-cluster-storage-operator",
    "openshift-cluster-version",
    "openshift-config",
    "openshift-config-managed",
    "openshift-config-operator",
    "openshift-console",
    "openshift-console-operator",
    "openshift-controller-manager",
    "openshift-controller-manager-operator",
    "openshift-dns",
    "openshift-dns-operator",
    "openshift-etcd",
    "openshift-etcd-operator",
    "openshift-image-registry",
    "openshift-infra",
    "openshift-ingress",
    "openshift-ingress-operator",
    "openshift-insights",
    "openshift-kube-apiserver",
    "openshift-kube-apiserver-operator",
    "openshift-kube-controller-manager",
    "openshift-kube-controller-manager-operator",
    "openshift-kube-scheduler",
    "openshift-machine-api",
    "openshift-machine-config-operator",
    "openshift-marketplace",
    "openshift-monitoring",
    "openshift-multus",
    "openshift-network-operator",
    "openshift-operator-lifecycle-manager",
    "openshift-operators",
    "openshift-ovn-kubernetes",
];

pub(super) fn namespaces() -> Vec<Value> {
    NAMESPACES
        .iter()
        .map(|name| {
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {
                "openshift.io/cluster-monitoring": "true", "pod-security.kubernetes.io/enforce": "privileged"}}})
        })
        .collect()
}

pub(super) fn secret(namespace: &str, name: &str, kind: &str, data: &[(&str, &str)]) -> Value {
    let data: Map<String, Value> = data
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(STANDARD.encode(value))))
        .collect();
    json!({"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": {"name": name, "namespace": namespace}, "data": data})
}

fn service(namespace: &str, name: &str, labels: Value, spec: Value, status: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": spec, "status": status})
}

/// A pod that runs on a node.
pub(super) fn pod(
    namespace: &str,
    name: &str,
    app: &str,
    container: &str,
    node: &str,
    address: &str,
    now: &str,
) -> Value {
    let said = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now, "lastProbeTime": null});
    let image = format!("quay.io/openshift-release-dev/ocp-v4.0-art-dev:{container}");
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": app}},
        "spec": {"nodeName": node, "serviceAccountName": "default", "containers": [{
            "name": container, "image": image, "imagePullPolicy": "IfNotPresent",
            "resources": {"requests": {"cpu": "10m", "memory": "50Mi"}}}]},
        "status": {
            "phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "hostIP": address, "startTime": now,
            "qosClass": "Burstable",
            "conditions": [said("Initialized"), said("Ready"), said("ContainersReady"), said("PodScheduled")],
            "containerStatuses": [{
                "name": container, "image": image, "imageID": image, "ready": true, "started": true, "restartCount": 0,
                "containerID": format!("cri-o://{name}"), "state": {"running": {"startedAt": now}}, "lastState": {}}],
        },
    })
}

/// The configuration that parts of the cluster reach Azure with.
fn cloud_config(of: &Subject) -> String {
    let (id, secret) = of
        .principal
        .as_ref()
        .map_or(("", ""), |one| (one.client_id.as_str(), one.client_secret.as_str()));
    let vnet = of.worker_subnet.split('/').nth(8).unwrap_or_default();
    let vnet_group = of.worker_subnet.split('/').nth(4).unwrap_or_default();
    json!({
        "cloud": "AzurePublicCloud", "tenantId": of.tenant, "subscriptionId": of.subscription, "resourceGroup": of.group_name(),
        "location": of.location, "vnetName": vnet, "vnetResourceGroup": vnet_group, "subnetName": last(&of.worker_subnet),
        "securityGroupName": format!("{}-nsg", of.infra_id), "aadClientId": id, "aadClientSecret": secret,
        "useManagedIdentityExtension": false, "loadBalancerSku": "standard", "vmType": "standard",
    })
    .to_string()
}

/// Everything else.
pub(super) fn objects(of: &Subject, now: &str) -> Vec<Value> {
    let mut all = secrets(of);
    all.extend(config_maps(of));
    all.extend(services(of));
    let pods = pods(of, now);
    all.extend(
        of.masters
            .iter()
            .chain(&of.workers)
            .map(|vm| node_metrics(&vm.name, now)),
    );
    all.extend(pods.iter().map(|pod| pod_metrics(pod, now)));
    all.extend(pods);
    all.extend(classes());
    all.extend(roles());
    all
}

/// What a node uses.
pub(crate) fn node_metrics(name: &str, now: &str) -> Value {
    json!({
        "apiVersion": "metrics.k8s.io/v1beta1", "kind": "NodeMetrics", "metadata": {"name": name},
        "timestamp": now, "window": "30s", "usage": {"cpu": "2750m", "memory": "14850232Ki"},
    })
}

/// What the containers of a pod use.
fn pod_metrics(pod: &Value, now: &str) -> Value {
    json!({
        "apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics",
        "metadata": {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]},
        "timestamp": now, "window": "30s",
        "containers": [{"name": pod["spec"]["containers"][0]["name"], "usage": {"cpu": "35m", "memory": "148502Ki"}}],
    })
}

fn secrets(of: &Subject) -> Vec<Value> {
    const OPAQUE: &str = "Opaque";
    let mut all = vec![
        secret(
            "openshift-config",
            "pull-secret",
            "kubernetes.io/dockerconfigjson",
            &[(".dockerconfigjson", &of.pull_secret)],
        ),
        secret(
            "kube-system",
            "azure-cloud-provider",
            OPAQUE,
            &[("cloud-config", &cloud_config(of))],
        ),
        secret(
            "openshift-monitoring",
            "alertmanager-main",
            OPAQUE,
            &[(
                "alertmanager.yaml",
                "global:\n  resolve_timeout: 5m\nreceivers:\n- name: Default\nroute:\n  receiver: Default\n",
            )],
        ),
    ];
    if let Some(principal) = &of.principal {
        all.push(secret(
            "kube-system",
            "azure-credentials",
            OPAQUE,
            &[
                ("azure_client_id", &principal.client_id),
                ("azure_client_secret", &principal.client_secret),
                ("azure_tenant_id", &of.tenant),
                ("azure_subscription_id", &of.subscription),
                ("azure_region", &of.location),
                ("azure_resource_prefix", &of.infra_id),
                ("azure_resourcegroup", of.group_name()),
            ],
        ));
    }
    all
}

fn config_maps(of: &Subject) -> Vec<Value> {
    let install = format!(
        "apiVersion: v1\nmetadata:\n  name: {}\nnetworking:\n  networkType: OVNKubernetes\nplatform:\n  azure:\n    region: {}\n",
        of.domain.split('.').next().unwrap_or_default(),
        of.location
    );
    vec![
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cluster-config-v1", "namespace": "kube-system"},
            "data": {"install-config": install}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cloud-provider-config", "namespace": "openshift-config"},
            "data": {"config": "{}"}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "console-public", "namespace": "openshift-config-managed"},
            "data": {"consoleURL": format!("https://console-openshift-console.apps.{}", of.domain)}}),
    ]
}

fn services(of: &Subject) -> Vec<Value> {
    let port = |name: &str, port: u16| json!({"name": name, "port": port, "protocol": "TCP", "targetPort": port});
    vec![
        service(
            "openshift-ingress",
            "router-default",
            json!({"app": "router", "router": "router-default",
                "ingresscontroller.operator.openshift.io/owning-ingresscontroller": "default"}),
            json!({"type": "LoadBalancer", "ports": [port("http", 80), port("https", 443)],
                "selector": {"ingresscontroller.operator.openshift.io/deployment-ingresscontroller": "default"}}),
            json!({"loadBalancer": {"ingress": [{"ip": of.ingress_address}]}}),
        ),
        service(
            "openshift-monitoring",
            "prometheus-k8s",
            json!({"app.kubernetes.io/name": "prometheus"}),
            json!({"ports": [port("web", 9091)], "selector": {"app": "prometheus"}}),
            json!({}),
        ),
        service(
            "openshift-monitoring",
            "alertmanager-main",
            json!({"app.kubernetes.io/name": "alertmanager"}),
            json!({"ports": [port("web", 9094)], "selector": {"app": "alertmanager"}}),
            json!({}),
        ),
    ]
}

fn pods(of: &Subject, now: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for master in &of.masters {
        for (namespace, app, container) in [
            ("openshift-kube-apiserver", "openshift-kube-apiserver", "kube-apiserver"),
            ("openshift-etcd", "etcd", "etcd"),
            (
                "openshift-kube-controller-manager",
                "kube-controller-manager",
                "kube-controller-manager",
            ),
            ("openshift-kube-scheduler", "openshift-kube-scheduler", "kube-scheduler"),
        ] {
            let name = format!("{container}-{}", master.name);
            all.push(pod(
                namespace,
                &name,
                app,
                container,
                &master.name,
                &master.address,
                now,
            ));
        }
    }
    let singles = [
        (
            "openshift-cluster-version",
            "cluster-version-operator",
            "cluster-version-operator",
        ),
        (
            "openshift-machine-api",
            "machine-api-controllers",
            "machineset-controller",
        ),
        (
            "openshift-cloud-credential-operator",
            "cloud-credential-operator",
            "cloud-credential-operator",
        ),
    ];
    if let Some(master) = of.masters.first() {
        for (namespace, app, container) in singles {
            let name = format!("{app}-{}", &of.uuid(app)[..8]);
            all.push(pod(
                namespace,
                &name,
                app,
                container,
                &master.name,
                &master.address,
                now,
            ));
        }
    }
    for (number, worker) in of.workers.iter().take(2).enumerate() {
        for (namespace, name, app, container) in [
            (
                "openshift-monitoring",
                format!("alertmanager-main-{number}"),
                "alertmanager",
                "alertmanager",
            ),
            (
                "openshift-monitoring",
                format!("prometheus-k8s-{number}"),
                "prometheus",
                "prometheus",
            ),
            (
                "openshift-ingress",
                format!("router-default-{}", &of.uuid(&format!("router-{number}"))[..5]),
                "router",
                "router",
            ),
        ] {
            all.push(pod(
                namespace,
                &name,
                app,
                container,
                &worker.name,
                &worker.address,
                now,
            ));
        }
    }
    all
}

fn classes() -> Vec<Value> {
    let class = |name: &str, provisioner: &str, default: bool| {
        let mut class = json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
            "provisioner": provisioner, "parameters": {"skuname": "Premium_LRS"}, "reclaimPolicy": "Delete",
            "allowVolumeExpansion": true, "volumeBindingMode": "WaitForFirstConsumer",
        });
        if default {
            class["metadata"]["annotations"] = json!({"storageclass.kubernetes.io/is-default-class": "true"});
        }
        class
    };
    vec![
        class("managed-csi", "disk.csi.azure.com", true),
        class("azurefile-csi", "file.csi.azure.com", false),
    ]
}

/// Who may do what: OpenShift's administrators besides what Kubernetes brings.
fn roles() -> Vec<Value> {
    vec![json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "cluster-admins"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:cluster-admins"},
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:admin"},
        ],
    })]
}
