//! Definitions of OpenShift's own kinds.
//!
//! Their schemas keep whatever they are given: what is simulated is that the kinds exist, where they live and how they
//! are listed.

use serde_json::{Value, json};

/// One kind: group, version, kind, plural, whether it lives in a namespace, whether its status is apart, short names.
struct Kind(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
    bool,
    &'static [&'static str],
);

const CONFIG: &str = "config.openshift.io";
const OPERATOR: &str = "operator.openshift.io";
const MACHINE: &str = "machine.openshift.io";
const MACHINE_CONFIG: &str = "machineconfiguration.openshift.io";
const METRICS: &str = "metrics.k8s.io";
const MONITORING: &str = "monitoring.coreos.com";

const KINDS: &[Kind] = &[
    Kind(CONFIG, "v1", "ClusterVersion", "clusterversions", false, true, &[]),
    Kind(
        CONFIG,
        "v1",
        "ClusterOperator",
        "clusteroperators",
        false,
        true,
        &["co"],
    ),
    Kind(CONFIG, "v1", "APIServer", "apiservers", false, true, &[]),
    Kind(CONFIG, "v1", "Authentication", "authentications", false, true, &[]),
    Kind(CONFIG, "v1", "Console", "consoles", false, true, &[]),
    Kind(CONFIG, "v1", "DNS", "dnses", false, true, &[]),
    Kind(CONFIG, "v1", "FeatureGate", "featuregates", false, true, &[]),
    Kind(CONFIG, "v1", "Image", "images", false, true, &[]),
    Kind(CONFIG, "v1", "Infrastructure", "infrastructures", false, true, &[]),
    Kind(CONFIG, "v1", "Ingress", "ingresses", false, true, &[]),
    Kind(CONFIG, "v1", "Network", "networks", false, false, &[]),
    Kind(CONFIG, "v1", "OAuth", "oauths", false, true, &[]),
    Kind(CONFIG, "v1", "OperatorHub", "operatorhubs", false, true, &[]),
    Kind(CONFIG, "v1", "Proxy", "proxies", false, true, &[]),
    Kind(CONFIG, "v1", "Scheduler", "schedulers", false, true, &[]),
    Kind(OPERATOR, "v1", "Authentication", "authentications", false, true, &[]),
    Kind(OPERATOR, "v1", "CloudCredential", "cloudcredentials", false, true, &[]),
    Kind(
        OPERATOR,
        "v1",
        "ClusterCSIDriver",
        "clustercsidrivers",
        false,
        true,
        &[],
    ),
    Kind(OPERATOR, "v1", "Console", "consoles", false, true, &[]),
    Kind(OPERATOR, "v1", "DNS", "dnses", false, true, &[]),
    Kind(OPERATOR, "v1", "Etcd", "etcds", false, true, &[]),
    Kind(
        OPERATOR,
        "v1",
        "IngressController",
        "ingresscontrollers",
        true,
        true,
        &[],
    ),
    Kind(OPERATOR, "v1", "KubeAPIServer", "kubeapiservers", false, true, &[]),
    Kind(
        OPERATOR,
        "v1",
        "KubeControllerManager",
        "kubecontrollermanagers",
        false,
        true,
        &[],
    ),
    Kind(OPERATOR, "v1", "KubeScheduler", "kubeschedulers", false, true, &[]),
    Kind(OPERATOR, "v1", "Network", "networks", false, false, &[]),
    Kind(OPERATOR, "v1", "Storage", "storages", false, true, &[]),
    Kind(MACHINE, "v1beta1", "Machine", "machines", true, true, &[]),
    Kind(MACHINE, "v1beta1", "MachineSet", "machinesets", true, true, &[]),
    Kind(
        MACHINE,
        "v1beta1",
        "MachineHealthCheck",
        "machinehealthchecks",
        true,
        true,
        &["mhc", "mhcs"],
    ),
    Kind(
        MACHINE,
        "v1",
        "ControlPlaneMachineSet",
        "controlplanemachinesets",
        true,
        true,
        &[],
    ),
    Kind(
        MACHINE_CONFIG,
        "v1",
        "MachineConfig",
        "machineconfigs",
        false,
        false,
        &["mc"],
    ),
    Kind(
        MACHINE_CONFIG,
        "v1",
        "MachineConfigPool",
        "machineconfigpools",
        false,
        true,
        &["mcp"],
    ),
    Kind(
        MACHINE_CONFIG,
        "v1",
        "KubeletConfig",
        "kubeletconfigs",
        false,
        true,
        &[],
    ),
    Kind(
        "console.openshift.io",
        "v1",
        "ConsoleNotification",
        "consolenotifications",
        false,
        false,
        &[],
    ),
    Kind(
        "imageregistry.operator.openshift.io",
        "v1",
        "Config",
        "configs",
        false,
        true,
        &[],
    ),
    Kind(
        "samples.operator.openshift.io",
        "v1",
        "Config",
        "configs",
        false,
        true,
        &[],
    ),
    Kind(
        "security.openshift.io",
        "v1",
        "SecurityContextConstraints",
        "securitycontextconstraints",
        false,
        false,
        &["scc"],
    ),
    Kind("route.openshift.io", "v1", "Route", "routes", true, true, &[]),
    Kind(
        "cloudcredential.openshift.io",
        "v1",
        "CredentialsRequest",
        "credentialsrequests",
        true,
        true,
        &[],
    ),
    Kind(MONITORING, "v1", "PodMonitor", "podmonitors", true, false, &["pmon"]),
    Kind(
        MONITORING,
        "v1",
        "ServiceMonitor",
        "servicemonitors",
        true,
        false,
        &["smon"],
    ),
    Kind(
        MONITORING,
        "v1",
        "PrometheusRule",
        "prometheusrules",
        true,
        false,
        &["promrule"],
    ),
    // In a real cluster another server answers for this group.
    Kind(METRICS, "v1beta1", "NodeMetrics", "nodes", false, false, &[]),
    Kind(METRICS, "v1beta1", "PodMetrics", "pods", true, false, &[]),
    Kind(
        "policy.networking.k8s.io",
        "v1alpha1",
        "AdminNetworkPolicy",
        "adminnetworkpolicies",
        false,
        true,
        &["anp"],
    ),
    Kind(
        "upgrade.managed.openshift.io",
        "v1alpha1",
        "UpgradeConfig",
        "upgradeconfigs",
        true,
        true,
        &["upgrade"],
    ),
];

/// A column of lists: name, type, path.
type Column = (&'static str, &'static str, &'static str);

/// Columns of lists by plural.
const COLUMNS: &[(&str, &[Column])] = &[
    (
        "clusterversions",
        &[
            (
                "Version",
                "string",
                ".status.history[?(@.state==\"Completed\")].version",
            ),
            (
                "Available",
                "string",
                ".status.conditions[?(@.type==\"Available\")].status",
            ),
            (
                "Progressing",
                "string",
                ".status.conditions[?(@.type==\"Progressing\")].status",
            ),
            (
                "Since",
                "date",
                ".status.conditions[?(@.type==\"Progressing\")].lastTransitionTime",
            ),
            (
                "Status",
                "string",
                ".status.conditions[?(@.type==\"Progressing\")].message",
            ),
        ],
    ),
    (
        "clusteroperators",
        &[
            ("Version", "string", ".status.versions[?(@.name==\"operator\")].version"),
            (
                "Available",
                "string",
                ".status.conditions[?(@.type==\"Available\")].status",
            ),
            (
                "Progressing",
                "string",
                ".status.conditions[?(@.type==\"Progressing\")].status",
            ),
            (
                "Degraded",
                "string",
                ".status.conditions[?(@.type==\"Degraded\")].status",
            ),
            (
                "Since",
                "date",
                ".status.conditions[?(@.type==\"Available\")].lastTransitionTime",
            ),
        ],
    ),
    (
        "machines",
        &[
            ("Phase", "string", ".status.phase"),
            (
                "Type",
                "string",
                ".metadata.labels.machine\\.openshift\\.io/instance-type",
            ),
            ("Region", "string", ".metadata.labels.machine\\.openshift\\.io/region"),
            ("Zone", "string", ".metadata.labels.machine\\.openshift\\.io/zone"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ],
    ),
    (
        "machinesets",
        &[
            ("Desired", "integer", ".spec.replicas"),
            ("Current", "integer", ".status.replicas"),
            ("Ready", "integer", ".status.readyReplicas"),
            ("Available", "string", ".status.availableReplicas"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ],
    ),
    (
        "machineconfigpools",
        &[
            ("Config", "string", ".status.configuration.name"),
            ("Updated", "string", ".status.conditions[?(@.type==\"Updated\")].status"),
            (
                "Updating",
                "string",
                ".status.conditions[?(@.type==\"Updating\")].status",
            ),
            (
                "Degraded",
                "string",
                ".status.conditions[?(@.type==\"Degraded\")].status",
            ),
            ("MachineCount", "number", ".status.machineCount"),
            ("ReadyMachineCount", "number", ".status.readyMachineCount"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ],
    ),
];

/// All definitions.
pub(crate) fn definitions() -> Vec<Value> {
    KINDS.iter().map(definition).collect()
}

fn definition(kind: &Kind) -> Value {
    let Kind(group, version, name, plural, namespaced, status, short) = kind;
    let columns: Vec<Value> = COLUMNS
        .iter()
        .find(|(known, _)| known == plural)
        .into_iter()
        .flat_map(|(_, columns)| columns.iter())
        .map(|(name, kind, path)| json!({"name": name, "type": kind, "jsonPath": path}))
        .collect();
    let mut served = json!({
        "name": version, "served": true, "storage": true,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
    });
    if *status {
        served["subresources"] = json!({"status": {}});
    }
    if *plural == "machinesets" {
        served["subresources"]["scale"] = json!({
            "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.labelSelector",
        });
    }
    if !columns.is_empty() {
        served["additionalPrinterColumns"] = json!(columns);
    }
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": if *namespaced { "Namespaced" } else { "Cluster" },
            "names": {
                "kind": name, "listKind": format!("{name}List"), "plural": plural, "singular": name.to_lowercase(),
                "shortNames": short,
            },
            "versions": [served],
        },
    })
}
