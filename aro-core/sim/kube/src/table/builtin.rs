//! The columns of built-in kinds, one row each.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::cells::{
    addresses, age, amount, claim, count, csr_condition, csr_duration, each, endpoints, event_last_seen, event_object,
    gates, ingress_hosts, ingress_ports, int, job_completions, job_duration, job_status, labels, modes, node_address,
    node_roles, node_status, number, or, pod_ready, pod_restarts, pod_status, ratio, role, selector, service_external,
    service_ports, since, slice_endpoints, slice_ports, storage_class_name, subjects, text, truth,
};
use super::{About, Column, OBJECT_META};

type Cell = fn(&Value, OffsetDateTime) -> Value;

const fn column(name: &'static str, about: About, cell: Cell) -> Column {
    Column {
        name,
        kind: "string",
        priority: 0,
        about,
        cell,
    }
}

const fn wide(name: &'static str, about: About, cell: Cell) -> Column {
    Column {
        priority: 1,
        ..column(name, about, cell)
    }
}

const fn typed(name: &'static str, kind: &'static str, about: About, cell: Cell) -> Column {
    Column {
        kind,
        ..column(name, about, cell)
    }
}

const fn of(type_name: &'static str, member: &'static str) -> About {
    About::Member(type_name, member)
}

const fn says(text: &'static str) -> About {
    About::Text(text)
}

const AGE: Column = column("Age", of(OBJECT_META, "creationTimestamp"), age);
const CONTAINERS: About = says("Names of each container in the template.");
const IMAGES: About = says("Images referenced by each container in the template.");

const POD_SPEC: &str = "io.k8s.api.core.v1.PodSpec";
const POD_STATUS: &str = "io.k8s.api.core.v1.PodStatus";
const NODE_STATUS: &str = "io.k8s.api.core.v1.NodeStatus";
const NODE_INFO: &str = "io.k8s.api.core.v1.NodeSystemInfo";
const SERVICE: &str = "io.k8s.api.core.v1.ServiceSpec";
const CONFIG_MAP: &str = "io.k8s.api.core.v1.ConfigMap";
const SECRET: &str = "io.k8s.api.core.v1.Secret";
const DEPLOYMENT: &str = "io.k8s.api.apps.v1.DeploymentSpec";
const DEPLOYMENT_STATUS: &str = "io.k8s.api.apps.v1.DeploymentStatus";
const DAEMON_SET: &str = "io.k8s.api.apps.v1.DaemonSetSpec";
const DAEMON_SET_STATUS: &str = "io.k8s.api.apps.v1.DaemonSetStatus";
const REPLICA_SET: &str = "io.k8s.api.apps.v1.ReplicaSetSpec";
const REPLICA_SET_STATUS: &str = "io.k8s.api.apps.v1.ReplicaSetStatus";
const JOB: &str = "io.k8s.api.batch.v1.JobSpec";
const JOB_STATUS: &str = "io.k8s.api.batch.v1.JobStatus";
const CRON_JOB: &str = "io.k8s.api.batch.v1.CronJobSpec";
const CRON_JOB_STATUS: &str = "io.k8s.api.batch.v1.CronJobStatus";
const ENDPOINT_SLICE: &str = "io.k8s.api.discovery.v1.EndpointSlice";
const CSR: &str = "io.k8s.api.certificates.v1.CertificateSigningRequestSpec";
const LEASE: &str = "io.k8s.api.coordination.v1.LeaseSpec";
const VOLUME: &str = "io.k8s.api.core.v1.PersistentVolumeSpec";
const VOLUME_STATUS: &str = "io.k8s.api.core.v1.PersistentVolumeStatus";
const CLAIM: &str = "io.k8s.api.core.v1.PersistentVolumeClaimSpec";
const CLAIM_STATUS: &str = "io.k8s.api.core.v1.PersistentVolumeClaimStatus";
const CLASS: &str = "io.k8s.api.storage.v1.StorageClass";
const PRIORITY: &str = "io.k8s.api.scheduling.v1.PriorityClass";
const EVENT: &str = "io.k8s.api.core.v1.Event";

#[rustfmt::skip]
const CONFIG_MAPS: &[Column] = &[
    column("Data", of(CONFIG_MAP, "data"), |o, _| count(o, &["/data", "/binaryData"])),
    AGE,
];

#[rustfmt::skip]
const SECRETS: &[Column] = &[
    column("Type", of(SECRET, "type"), |o, _| text(o, "/type")),
    column("Data", of(SECRET, "data"), |o, _| count(o, &["/data"])),
    AGE,
];

const ONLY_AGE: &[Column] = &[AGE];

const NAMESPACES: &[Column] = &[
    column("Status", says("The status of the namespace"), |o, _| {
        text(o, "/status/phase")
    }),
    AGE,
];

#[rustfmt::skip]
const NODES: &[Column] = &[
    column("Status", says("The status of the node"), |o, _| node_status(o)),
    column("Roles", says("The roles of the node"), |o, _| node_roles(o)),
    AGE,
    column("Version", of(NODE_INFO, "kubeletVersion"), |o, _| text(o, "/status/nodeInfo/kubeletVersion")),
    wide("Internal-IP", of(NODE_STATUS, "addresses"), |o, _| node_address(o, "InternalIP")),
    wide("External-IP", of(NODE_STATUS, "addresses"), |o, _| node_address(o, "ExternalIP")),
    wide("OS-Image", of(NODE_INFO, "osImage"), |o, _| or(o, "/status/nodeInfo/osImage", "<unknown>")),
    wide("Kernel-Version", of(NODE_INFO, "kernelVersion"), |o, _| or(o, "/status/nodeInfo/kernelVersion", "<unknown>")),
    wide("Container-Runtime", of(NODE_INFO, "containerRuntimeVersion"), |o, _| or(o, "/status/nodeInfo/containerRuntimeVersion", "<unknown>")),
];

#[rustfmt::skip]
const PODS: &[Column] = &[
    column("Ready", says("The aggregate readiness state of this pod for accepting traffic."), |o, _| pod_ready(o)),
    column("Status", says("The aggregate status of the containers in this pod."), |o, _| pod_status(o)),
    column("Restarts", says("The number of times the containers in this pod have been restarted and when the last container in this pod has restarted."), |o, _| pod_restarts(o)),
    AGE,
    wide("IP", of(POD_STATUS, "podIP"), |o, _| or(o, "/status/podIP", "<none>")),
    wide("Node", of(POD_SPEC, "nodeName"), |o, _| or(o, "/spec/nodeName", "<none>")),
    wide("Nominated Node", of(POD_STATUS, "nominatedNodeName"), |o, _| or(o, "/status/nominatedNodeName", "<none>")),
    wide("Readiness Gates", of(POD_SPEC, "readinessGates"), |o, _| gates(o)),
];

#[rustfmt::skip]
const POD_TEMPLATES: &[Column] = &[
    column("Containers", CONTAINERS, |o, _| each(o, "/template/spec/containers", "name")),
    column("Images", IMAGES, |o, _| each(o, "/template/spec/containers", "image")),
    column("Pod Labels", says("The labels for the pod template."), |o, _| labels(o, "/template/metadata/labels")),
];

#[rustfmt::skip]
const SERVICES: &[Column] = &[
    column("Type", of(SERVICE, "type"), |o, _| text(o, "/spec/type")),
    column("Cluster-IP", of(SERVICE, "clusterIP"), |o, _| or(o, "/spec/clusterIP", "<none>")),
    column("External-IP", of(SERVICE, "externalIPs"), |o, _| service_external(o)),
    column("Port(s)", of(SERVICE, "ports"), |o, _| service_ports(o)),
    AGE,
    wide("Selector", of(SERVICE, "selector"), |o, _| labels(o, "/spec/selector")),
];

#[rustfmt::skip]
const DEPLOYMENTS: &[Column] = &[
    column("Ready", says("Number of the pod with ready state"), |o, _| ratio(o, "/status/readyReplicas", "/spec/replicas")),
    column("Up-to-date", of(DEPLOYMENT_STATUS, "updatedReplicas"), |o, _| number(o, "/status/updatedReplicas")),
    column("Available", of(DEPLOYMENT_STATUS, "availableReplicas"), |o, _| number(o, "/status/availableReplicas")),
    AGE,
    wide("Containers", CONTAINERS, |o, _| each(o, "/spec/template/spec/containers", "name")),
    wide("Images", IMAGES, |o, _| each(o, "/spec/template/spec/containers", "image")),
    wide("Selector", of(DEPLOYMENT, "selector"), |o, _| selector(o, "/spec/selector")),
];

#[rustfmt::skip]
const DAEMON_SETS: &[Column] = &[
    typed("Desired", "integer", of(DAEMON_SET_STATUS, "desiredNumberScheduled"), |o, _| number(o, "/status/desiredNumberScheduled")),
    typed("Current", "integer", of(DAEMON_SET_STATUS, "currentNumberScheduled"), |o, _| number(o, "/status/currentNumberScheduled")),
    typed("Ready", "integer", of(DAEMON_SET_STATUS, "numberReady"), |o, _| number(o, "/status/numberReady")),
    typed("Up-to-date", "integer", of(DAEMON_SET_STATUS, "updatedNumberScheduled"), |o, _| number(o, "/status/updatedNumberScheduled")),
    typed("Available", "integer", of(DAEMON_SET_STATUS, "numberAvailable"), |o, _| number(o, "/status/numberAvailable")),
    column("Node Selector", of(POD_SPEC, "nodeSelector"), |o, _| labels(o, "/spec/template/spec/nodeSelector")),
    AGE,
    wide("Containers", CONTAINERS, |o, _| each(o, "/spec/template/spec/containers", "name")),
    wide("Images", IMAGES, |o, _| each(o, "/spec/template/spec/containers", "image")),
    wide("Selector", of(DAEMON_SET, "selector"), |o, _| selector(o, "/spec/selector")),
];

#[rustfmt::skip]
const REPLICA_SETS: &[Column] = &[
    typed("Desired", "integer", of(REPLICA_SET, "replicas"), |o, _| number(o, "/spec/replicas")),
    typed("Current", "integer", of(REPLICA_SET_STATUS, "replicas"), |o, _| number(o, "/status/replicas")),
    typed("Ready", "integer", of(REPLICA_SET_STATUS, "readyReplicas"), |o, _| number(o, "/status/readyReplicas")),
    AGE,
    wide("Containers", CONTAINERS, |o, _| each(o, "/spec/template/spec/containers", "name")),
    wide("Images", IMAGES, |o, _| each(o, "/spec/template/spec/containers", "image")),
    wide("Selector", of(REPLICA_SET, "selector"), |o, _| selector(o, "/spec/selector")),
];

#[rustfmt::skip]
const STATEFUL_SETS: &[Column] = &[
    column("Ready", says("Number of the pod with ready state"), |o, _| ratio(o, "/status/readyReplicas", "/spec/replicas")),
    AGE,
    wide("Containers", CONTAINERS, |o, _| each(o, "/spec/template/spec/containers", "name")),
    wide("Images", IMAGES, |o, _| each(o, "/spec/template/spec/containers", "image")),
];

#[rustfmt::skip]
const JOBS: &[Column] = &[
    column("Status", says("Status of the job."), |o, _| job_status(o)),
    column("Completions", of(JOB_STATUS, "succeeded"), |o, _| job_completions(o)),
    column("Duration", says("Time required to complete the job."), job_duration),
    AGE,
    wide("Containers", CONTAINERS, |o, _| each(o, "/spec/template/spec/containers", "name")),
    wide("Images", IMAGES, |o, _| each(o, "/spec/template/spec/containers", "image")),
    wide("Selector", of(JOB, "selector"), |o, _| selector(o, "/spec/selector")),
];

#[rustfmt::skip]
const CRON_JOBS: &[Column] = &[
    column("Schedule", of(CRON_JOB, "schedule"), |o, _| text(o, "/spec/schedule")),
    column("Timezone", of(CRON_JOB, "timeZone"), |o, _| or(o, "/spec/timeZone", "<none>")),
    typed("Suspend", "boolean", of(CRON_JOB, "suspend"), |o, _| truth(o, "/spec/suspend")),
    typed("Active", "integer", of(CRON_JOB_STATUS, "active"), |o, _| count(o, &["/status/active"])),
    column("Last Schedule", of(CRON_JOB_STATUS, "lastScheduleTime"), |o, now| since(o, "/status/lastScheduleTime", now, "<none>")),
    AGE,
    wide("Containers", CONTAINERS, |o, _| each(o, "/spec/jobTemplate/spec/template/spec/containers", "name")),
    wide("Images", IMAGES, |o, _| each(o, "/spec/jobTemplate/spec/template/spec/containers", "image")),
    wide("Selector", of(JOB, "selector"), |o, _| selector(o, "/spec/jobTemplate/spec/selector")),
];

#[rustfmt::skip]
const INGRESSES: &[Column] = &[
    column("Class", says("The name of the IngressClass resource that should be used for additional configuration"), |o, _| or(o, "/spec/ingressClassName", "<none>")),
    column("Hosts", says("Hosts that incoming requests are matched against before the ingress rule"), |o, _| ingress_hosts(o)),
    column("Address", says("Address is a list containing ingress points for the load-balancer"), |o, _| addresses(o, "/status/loadBalancer/ingress")),
    column("Ports", says("Ports of TLS configurations that open"), |o, _| ingress_ports(o)),
    AGE,
];

#[rustfmt::skip]
const NETWORK_POLICIES: &[Column] = &[
    column("Pod-Selector", says("podSelector selects the pods to which this NetworkPolicy object applies. The array of rules is applied to any pods selected by this field. An empty selector matches all pods in the policy's namespace. Multiple network policies can select the same set of pods. In this case, the ingress rules for each are combined additively. This field is optional. If it is not specified, it defaults to an empty selector."), |o, _| selector(o, "/spec/podSelector")),
    AGE,
];

#[rustfmt::skip]
const BUDGETS: &[Column] = &[
    column("Min Available", says("The minimum number of pods that must be available."), |o, _| amount(o, "/spec/minAvailable")),
    column("Max Unavailable", says("The maximum number of pods that may be unavailable."), |o, _| amount(o, "/spec/maxUnavailable")),
    typed("Allowed Disruptions", "integer", says("Calculated number of pods that may be disrupted at this time."), |o, _| number(o, "/status/disruptionsAllowed")),
    AGE,
];

#[rustfmt::skip]
const ENDPOINT_SLICES: &[Column] = &[
    column("AddressType", of(ENDPOINT_SLICE, "addressType"), |o, _| text(o, "/addressType")),
    column("Ports", of(ENDPOINT_SLICE, "ports"), |o, _| slice_ports(o)),
    column("Endpoints", of(ENDPOINT_SLICE, "endpoints"), |o, _| slice_endpoints(o)),
    AGE,
];

#[rustfmt::skip]
const ENDPOINTS: &[Column] = &[
    column("Endpoints", of("io.k8s.api.core.v1.Endpoints", "subsets"), |o, _| endpoints(o)),
    AGE,
];

#[rustfmt::skip]
const CSRS: &[Column] = &[
    AGE,
    column("SignerName", says("Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`. If empty, it will be defaulted:\n 1. If it's a kubelet client certificate, it is assigned\n    \"kubernetes.io/kube-apiserver-client-kubelet\".\n 2. If it's a kubelet serving certificate, it is assigned\n    \"kubernetes.io/kubelet-serving\".\n 3. Otherwise, it is assigned \"kubernetes.io/legacy-unknown\".\nDistribution of trust for signers happens out of band. You can select on this field using `spec.signerName`."), |o, _| or(o, "/spec/signerName", "<none>")),
    column("Requestor", says("Base64-encoded PKCS#10 CSR data"), |o, _| text(o, "/spec/username")),
    column("RequestedDuration", of(CSR, "expirationSeconds"), |o, _| csr_duration(o)),
    column("Condition", says("Conditions applied to the request, such as approval or denial."), |o, _| csr_condition(o)),
];

#[rustfmt::skip]
const CLUSTER_ROLE_BINDINGS: &[Column] = &[
    column("Role", says("RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error."), |o, _| role(o)),
    AGE,
    wide("Users", says("Users in the clusterRoleBinding"), |o, _| subjects(o, "User")),
    wide("Groups", says("Groups in the clusterRoleBinding"), |o, _| subjects(o, "Group")),
    wide("ServiceAccounts", says("ServiceAccounts in the clusterRoleBinding"), |o, _| subjects(o, "ServiceAccount")),
];

#[rustfmt::skip]
const ROLE_BINDINGS: &[Column] = &[
    column("Role", says("RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error."), |o, _| role(o)),
    AGE,
    wide("Users", says("Users in the roleBinding"), |o, _| subjects(o, "User")),
    wide("Groups", says("Groups in the roleBinding"), |o, _| subjects(o, "Group")),
    wide("ServiceAccounts", says("ServiceAccounts in the roleBinding"), |o, _| subjects(o, "ServiceAccount")),
];

const RUNTIME_CLASSES: &[Column] = &[column("Handler", says(""), |o, _| text(o, "/handler")), AGE];

const LEASES: &[Column] = &[
    column("Holder", of(LEASE, "holderIdentity"), |o, _| {
        text(o, "/spec/holderIdentity")
    }),
    AGE,
];

#[rustfmt::skip]
const VOLUMES: &[Column] = &[
    column("Capacity", of(VOLUME, "capacity"), |o, _| text(o, "/spec/capacity/storage")),
    column("Access Modes", of(VOLUME, "accessModes"), |o, _| modes(o, "/spec/accessModes")),
    column("Reclaim Policy", of(VOLUME, "persistentVolumeReclaimPolicy"), |o, _| text(o, "/spec/persistentVolumeReclaimPolicy")),
    column("Status", of(VOLUME_STATUS, "phase"), |o, _| text(o, "/status/phase")),
    column("Claim", of(VOLUME, "claimRef"), |o, _| claim(o)),
    column("StorageClass", of(VOLUME, "storageClassName"), |o, _| text(o, "/spec/storageClassName")),
    column("VolumeAttributesClass", of(VOLUME, "volumeAttributesClassName"), |o, _| or(o, "/spec/volumeAttributesClassName", "<unset>")),
    column("Reason", of(VOLUME_STATUS, "reason"), |o, _| text(o, "/status/reason")),
    AGE,
    wide("VolumeMode", of(VOLUME, "volumeMode"), |o, _| or(o, "/spec/volumeMode", "<unset>")),
];

#[rustfmt::skip]
const CLAIMS: &[Column] = &[
    column("Status", of(CLAIM_STATUS, "phase"), |o, _| text(o, "/status/phase")),
    column("Volume", of(CLAIM, "volumeName"), |o, _| text(o, "/spec/volumeName")),
    column("Capacity", of(CLAIM_STATUS, "capacity"), |o, _| text(o, "/status/capacity/storage")),
    column("Access Modes", of(CLAIM_STATUS, "accessModes"), |o, _| modes(o, "/status/accessModes")),
    column("StorageClass", of(CLAIM, "storageClassName"), |o, _| text(o, "/spec/storageClassName")),
    column("VolumeAttributesClass", of(CLAIM, "volumeAttributesClassName"), |o, _| or(o, "/spec/volumeAttributesClassName", "<unset>")),
    AGE,
    wide("VolumeMode", of(CLAIM, "volumeMode"), |o, _| or(o, "/spec/volumeMode", "<unset>")),
];

#[rustfmt::skip]
const CLASSES: &[Column] = &[
    column("Provisioner", of(CLASS, "provisioner"), |o, _| storage_class_name(o)),
    column("ReclaimPolicy", of(CLASS, "reclaimPolicy"), |o, _| text(o, "/reclaimPolicy")),
    column("VolumeBindingMode", of(CLASS, "volumeBindingMode"), |o, _| text(o, "/volumeBindingMode")),
    column("AllowVolumeExpansion", of(CLASS, "allowVolumeExpansion"), |o, _| json!(o.pointer("/allowVolumeExpansion") == Some(&Value::Bool(true)))),
    AGE,
];

#[rustfmt::skip]
const PRIORITIES: &[Column] = &[
    typed("Value", "integer", of(PRIORITY, "value"), |o, _| number(o, "/value")),
    typed("Global-Default", "boolean", of(PRIORITY, "globalDefault"), |o, _| json!(o.pointer("/globalDefault") == Some(&Value::Bool(true)))),
    AGE,
    column("PreemptionPolicy", of(PRIORITY, "preemptionPolicy"), |o, _| text(o, "/preemptionPolicy")),
];

#[rustfmt::skip]
const EVENTS: &[Column] = &[
    column("Last Seen", of(EVENT, "lastTimestamp"), event_last_seen),
    column("Type", of(EVENT, "type"), |o, _| text(o, "/type")),
    column("Reason", of(EVENT, "reason"), |o, _| text(o, "/reason")),
    column("Object", of(EVENT, "involvedObject"), |o, _| event_object(o)),
    wide("Subobject", of(EVENT, "involvedObject"), |o, _| text(o, "/involvedObject/fieldPath")),
    wide("Source", of(EVENT, "source"), |o, _| text(o, "/source/component")),
    column("Message", of(EVENT, "message"), |o, _| text(o, "/message")),
    wide("First Seen", of(EVENT, "firstTimestamp"), |o, now| since(o, "/firstTimestamp", now, "<unknown>")),
    wide("Count", of(EVENT, "count"), |o, _| Value::from(int(o, "/count").max(1))),
    wide("Name", of(OBJECT_META, "name"), |o, _| text(o, "/metadata/name")),
];

/// Columns after the name; none for kinds that show when they were created.
pub(super) fn columns(group: &str, plural: &str) -> Option<&'static [Column]> {
    Some(match (group, plural) {
        ("", "configmaps") => CONFIG_MAPS,
        ("", "secrets") => SECRETS,
        ("", "serviceaccounts") => ONLY_AGE,
        ("", "namespaces") => NAMESPACES,
        ("", "nodes") => NODES,
        ("", "pods") => PODS,
        ("", "podtemplates") => POD_TEMPLATES,
        ("", "services") => SERVICES,
        ("", "endpoints") => ENDPOINTS,
        ("", "persistentvolumes") => VOLUMES,
        ("", "persistentvolumeclaims") => CLAIMS,
        ("", "replicationcontrollers") => REPLICA_SETS,
        (_, "events") => EVENTS,
        ("apps", "deployments") => DEPLOYMENTS,
        ("apps", "daemonsets") => DAEMON_SETS,
        ("apps", "replicasets") => REPLICA_SETS,
        ("apps", "statefulsets") => STATEFUL_SETS,
        ("batch", "jobs") => JOBS,
        ("batch", "cronjobs") => CRON_JOBS,
        ("networking.k8s.io", "ingresses") => INGRESSES,
        ("networking.k8s.io", "networkpolicies") => NETWORK_POLICIES,
        ("policy", "poddisruptionbudgets") => BUDGETS,
        ("discovery.k8s.io", "endpointslices") => ENDPOINT_SLICES,
        ("certificates.k8s.io", "certificatesigningrequests") => CSRS,
        ("rbac.authorization.k8s.io", "clusterrolebindings") => CLUSTER_ROLE_BINDINGS,
        ("rbac.authorization.k8s.io", "rolebindings") => ROLE_BINDINGS,
        ("node.k8s.io", "runtimeclasses") => RUNTIME_CLASSES,
        ("coordination.k8s.io", "leases") => LEASES,
        ("storage.k8s.io", "storageclasses") => CLASSES,
        ("scheduling.k8s.io", "priorityclasses") => PRIORITIES,
        _ => return None,
    })
}
