//! Version, operators and OpenShift's own settings.

use serde_json::{Value, json};

use super::Subject;

/// The operators of a cluster.
pub(crate) const OPERATORS: [&str; 33] = [
    "aro",
    "authentication",
    "cloud-controller-manager",
    "cloud-credential",
    "cluster-autoscaler",
    "config-operator",
    "console",
    "control-plane-machine-set",
    "csi-snapshot-controller",
    "dns",
    "etcd",
    "image-registry",
    "ingress",
    "insights",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-storage-version-migrator",
    "machine-api",
    "machine-approver",
    "machine-config",
    "marketplace",
    "monitoring",
    "network",
    "node-tuning",
    "openshift-apiserver",
    "openshift-controller-manager",
    "openshift-samples",
    "operator-lifecycle-manager",
    "operator-lifecycle-manager-catalog",
    "operator-lifecycle-manager-packageserver",
    "service-ca",
    "storage",
];

/// What the network between nodes takes of each packet.
const OVERHEAD: i64 = 100;

/// A condition.
pub(crate) fn condition(kind: &str, status: &str, reason: &str, message: &str, now: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": now})
}

/// The kubelet of a version of OpenShift: 4.17 has Kubernetes 1.30.
pub(crate) fn kubelet(version: &str) -> String {
    let minor: u32 = version
        .split('.')
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(17);
    let patch: u32 = version
        .split('.')
        .nth(2)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    format!("v1.{}.{}", minor + 13, patch % 20)
}

/// An operator at rest.
pub(crate) fn operator(name: &str, version: &str, now: &str) -> Value {
    let said = |kind: &str, status: &str| condition(kind, status, "AsExpected", "", now);
    json!({
        "apiVersion": "config.openshift.io/v1", "kind": "ClusterOperator", "metadata": {"name": name}, "spec": {},
        "status": {
            "conditions": [
                said("Degraded", "False"), said("Progressing", "False"), said("Available", "True"),
                said("Upgradeable", "True"), said("EvaluationConditionsDetected", "False"),
            ],
            "versions": [{"name": "operator", "version": version}], "relatedObjects": [], "extension": null,
        },
    })
}

fn version(of: &Subject, now: &str) -> Value {
    let image = &of.release_image;
    let said = |kind: &str, status: &str, message: String| condition(kind, status, "", &message, now);
    json!({
        "apiVersion": "config.openshift.io/v1", "kind": "ClusterVersion", "metadata": {"name": "version"},
        "spec": {
            "clusterID": of.cluster_id(), "channel": format!("stable-{}", minor(&of.version)),
            "upstream": "https://api.openshift.com/api/upgrades_info/v1/graph",
        },
        "status": {
            "desired": {"version": of.version, "image": image},
            "history": [{
                "state": "Completed", "version": of.version, "image": image, "startedTime": now,
                "completionTime": now, "verified": false,
            }],
            "observedGeneration": 1, "versionHash": "sim", "availableUpdates": updates(&of.version),
            "conditions": [
                said("Available", "True", format!("Done applying {}", of.version)),
                said("Progressing", "False", format!("Cluster version is {}", of.version)),
                said("Failing", "False", String::new()),
                said("RetrievedUpdates", "True", String::new()),
                said("Upgradeable", "True", String::new()),
                said("ReleaseAccepted", "True", format!("Payload loaded version=\"{}\"", of.version)),
            ],
        },
    })
}

fn minor(version: &str) -> String {
    let mut parts = version.split('.');
    format!("{}.{}", parts.next().unwrap_or("4"), parts.next().unwrap_or("17"))
}

/// The next two patches.
fn updates(version: &str) -> Value {
    let patch: u32 = version
        .rsplit('.')
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let next = |by: u32| {
        let version = format!("{}.{}", minor(version), patch + by);
        json!({"version": version, "image": Subject::release(&version), "channels": [format!("stable-{}", minor(&version))]})
    };
    json!([next(1), next(2)])
}

fn one(group: &str, kind: &str, name: &str, spec: Value, status: Value) -> Value {
    json!({"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": spec, "status": status})
}

/// Everything of OpenShift itself.
pub(super) fn objects(of: &Subject, now: &str) -> Vec<Value> {
    const CONFIG: &str = "config.openshift.io/v1";
    const OPERATOR: &str = "operator.openshift.io/v1";
    let domain = &of.domain;
    let none = || json!({});
    let managed = || json!({"managementState": "Managed", "logLevel": "Normal", "operatorLogLevel": "Normal"});
    let network = json!({
        "networkType": "OVNKubernetes", "serviceNetwork": [of.service_cidr],
        "clusterNetwork": [{"cidr": of.pod_cidr, "hostPrefix": 23}],
    });
    let mut network_status = network.clone();
    let mtu = super::machine_config::mtu(of) - OVERHEAD;
    network_status["clusterNetworkMTU"] = json!(mtu);
    let scope = if of.ingress_is_internal { "Internal" } else { "External" };
    let strategy =
        json!({"type": "LoadBalancerService", "loadBalancer": {"scope": scope, "dnsManagementPolicy": "Unmanaged"}});
    let mut all = vec![version(of, now)];
    // The operator of the service itself comes later.
    all.extend(
        OPERATORS
            .iter()
            .filter(|name| **name != "aro")
            .map(|name| operator(name, &of.version, now)),
    );
    all.extend([
        one(CONFIG, "Infrastructure", "cluster", json!({"platformSpec": {"type": "Azure"}, "cloudConfig": {
                "key": "config", "name": "cloud-provider-config"}}), json!({
            "infrastructureName": of.infra_id, "platform": "Azure", "controlPlaneTopology": "HighlyAvailable",
            "infrastructureTopology": "HighlyAvailable", "apiServerURL": format!("https://api.{domain}:6443"),
            "apiServerInternalURI": format!("https://api-int.{domain}:6443"), "etcdDiscoveryDomain": "",
            "platformStatus": {"type": "Azure", "azure": {
                "resourceGroupName": of.group_name(), "networkResourceGroupName": super::machines::vnet_group(&of.master_subnet),
                "cloudName": "AzurePublicCloud"}},
        })),
        one(CONFIG, "Network", "cluster", network, network_status),
        one(CONFIG, "Proxy", "cluster", json!({"trustedCA": {"name": ""}}), none()),
        one(CONFIG, "DNS", "cluster", json!({"baseDomain": domain, "platform": {"type": ""}}), none()),
        one(CONFIG, "Ingress", "cluster", json!({"domain": format!("apps.{domain}")}), none()),
        one(CONFIG, "APIServer", "cluster", json!({"audit": {"profile": "Default"}}), none()),
        one(CONFIG, "Authentication", "cluster", json!({"type": "", "serviceAccountIssuer": ""}), none()),
        one(CONFIG, "Console", "cluster", none(), json!({"consoleURL": format!("https://console-openshift-console.apps.{domain}")})),
        one(CONFIG, "FeatureGate", "cluster", none(), none()),
        one(CONFIG, "Image", "cluster", none(), json!({"internalRegistryHostname": "image-registry.openshift-image-registry.svc:5000"})),
        one(CONFIG, "OAuth", "cluster", none(), none()),
        one(CONFIG, "OperatorHub", "cluster", none(), json!({"sources": [
            {"name": "certified-operators", "disabled": false, "status": "Success"},
            {"name": "community-operators", "disabled": false, "status": "Success"},
            {"name": "redhat-marketplace", "disabled": false, "status": "Success"},
            {"name": "redhat-operators", "disabled": false, "status": "Success"}]})),
        one(CONFIG, "Scheduler", "cluster", json!({"mastersSchedulable": false}), none()),
        one(OPERATOR, "Authentication", "cluster", managed(), none()),
        one(OPERATOR, "CloudCredential", "cluster", json!({"credentialsMode": ""}), none()),
        one(OPERATOR, "ClusterCSIDriver", "disk.csi.azure.com", managed(), none()),
        one(OPERATOR, "ClusterCSIDriver", "file.csi.azure.com", managed(), none()),
        one(OPERATOR, "Console", "cluster", managed(), none()),
        one(OPERATOR, "DNS", "default", json!({"managementState": "Managed", "servers": []}), none()),
        one(OPERATOR, "Etcd", "cluster", managed(), none()),
        one(OPERATOR, "KubeAPIServer", "cluster", managed(), none()),
        one(OPERATOR, "KubeControllerManager", "cluster", managed(), none()),
        one(OPERATOR, "KubeScheduler", "cluster", managed(), none()),
        one(OPERATOR, "Storage", "cluster", managed(), none()),
        one(OPERATOR, "Network", "cluster", json!({
            "managementState": "Managed", "clusterNetwork": [{"cidr": of.pod_cidr, "hostPrefix": 23}],
            "serviceNetwork": [of.service_cidr], "defaultNetwork": {"type": "OVNKubernetes", "ovnKubernetesConfig": {
                "mtu": mtu, "genevePort": 6081, "ipsecConfig": {"mode": "Disabled"}}},
        }), none()),
        one("imageregistry.operator.openshift.io/v1", "Config", "cluster", json!({
            "managementState": "Managed", "replicas": 2,
            "storage": {"azure": {"accountName": of.storage_account.replacen("cluster", "imageregistry", 1),
                "container": "image-registry", "cloudName": "AzurePublicCloud"}},
        }), none()),
        one("samples.operator.openshift.io/v1", "Config", "cluster",
            json!({"managementState": "Managed", "architectures": ["x86_64"]}), none()),
    ]);
    let mut ingress = one(
        OPERATOR,
        "IngressController",
        "default",
        json!({
            "replicas": 2, "domain": format!("apps.{domain}"), "endpointPublishingStrategy": strategy,
        }),
        json!({"availableReplicas": 2, "domain": format!("apps.{domain}"), "endpointPublishingStrategy": strategy,
        "conditions": [condition("Available", "True", "", "", now)]}),
    );
    ingress["metadata"]["namespace"] = json!("openshift-ingress-operator");
    all.push(ingress);
    all.extend(constraints());
    all
}

/// Security context constraints: their members lie at the top.
fn constraints() -> [Value; 2] {
    let one = |name: &str, privileged: bool, users: Value, groups: Value| {
        let run_as = if privileged { "RunAsAny" } else { "MustRunAsRange" };
        json!({
            "apiVersion": "security.openshift.io/v1", "kind": "SecurityContextConstraints", "metadata": {"name": name},
            "allowHostDirVolumePlugin": privileged, "allowHostIPC": privileged, "allowHostNetwork": privileged,
            "allowHostPID": privileged, "allowHostPorts": privileged, "allowPrivilegeEscalation": true,
            "allowPrivilegedContainer": privileged, "allowedCapabilities": if privileged { json!(["*"]) } else { json!(null) },
            "fsGroup": {"type": run_as}, "groups": groups, "priority": null, "readOnlyRootFilesystem": false,
            "runAsUser": {"type": run_as}, "seLinuxContext": {"type": "MustRunAs"}, "supplementalGroups": {"type": "RunAsAny"},
            "users": users, "volumes": ["*"],
        })
    };
    [
        one(
            "privileged",
            true,
            json!(["system:admin", "system:serviceaccount:openshift-infra:build-controller"]),
            json!(["system:cluster-admins", "system:nodes", "system:masters"]),
        ),
        one("restricted-v2", false, json!([]), json!(["system:authenticated"])),
    ]
}
