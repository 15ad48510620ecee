//! The columns of built-in kinds, one row each.

use serde_json::Value;
use time::OffsetDateTime;

use super::cells::{
    addresses, age, amount, claim, count, csr_condition, csr_duration, digits, each, endpoints, event_first_seen,
    event_last_seen, event_object, event_source, flag, ingress_hosts, ingress_ports, int, job_completions,
    job_duration, job_status, labels, modes, node_address, node_roles, node_status, number, or, ratio, role, selector,
    service_external, service_ports, since, slice_endpoints, slice_ports, subjects, text, texts, truth,
};
use super::pods::{gates, pod_ready, pod_restarts, pod_status};
use super::references::{
    api_available, api_service, kind_reference, metrics, owner, param_kind, param_reference, parameters,
    parent_reference, quota, token_audiences,
};
use super::{About, Column, OBJECT_META};

type Cell = fn(&Value, OffsetDateTime) -> Value;

const fn column(name: &'static str, about: About, cell: Cell) -> Column {
    Column {
        name,
        kind: "string",
        format: "",
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

/// A column of names.
const fn named(of: Column) -> Column {
    Column { format: "name", ..of }
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
    column("Restarts", says("The number of times the containers in this pod have been restarted and when the last container in this pod has restarted."), pod_restarts),
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
    column("StorageClass", says("StorageClass of the pv"), |o, _| text(o, "/spec/storageClassName")),
    column("VolumeAttributesClass", says("VolumeAttributesClass of the pv"), |o, _| or(o, "/spec/volumeAttributesClassName", "<unset>")),
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
    column("StorageClass", says("StorageClass of the pvc"), |o, _| text(o, "/spec/storageClassName")),
    column("VolumeAttributesClass", says("VolumeAttributesClass of the pvc"), |o, _| or(o, "/spec/volumeAttributesClassName", "<unset>")),
    AGE,
    wide("VolumeMode", of(CLAIM, "volumeMode"), |o, _| or(o, "/spec/volumeMode", "<unset>")),
];

#[rustfmt::skip]
const CLASSES: &[Column] = &[
    column("Provisioner", of(CLASS, "provisioner"), |o, _| text(o, "/provisioner")),
    column("ReclaimPolicy", of(CLASS, "reclaimPolicy"), |o, _| text(o, "/reclaimPolicy")),
    column("VolumeBindingMode", of(CLASS, "volumeBindingMode"), |o, _| text(o, "/volumeBindingMode")),
    column("AllowVolumeExpansion", of(CLASS, "allowVolumeExpansion"), |o, _| flag(o, "/allowVolumeExpansion")),
    AGE,
];

#[rustfmt::skip]
const PRIORITIES: &[Column] = &[
    typed("Value", "integer", of(PRIORITY, "value"), |o, _| number(o, "/value")),
    typed("Global-Default", "boolean", of(PRIORITY, "globalDefault"), |o, _| flag(o, "/globalDefault")),
    AGE,
    column("PreemptionPolicy", of(PRIORITY, "preemptionPolicy"), |o, _| text(o, "/preemptionPolicy")),
];

#[rustfmt::skip]
const EVENTS: &[Column] = &[
    column("Last Seen", of(EVENT, "lastTimestamp"), event_last_seen),
    column("Type", of(EVENT, "type"), |o, _| text(o, "/type")),
    column("Reason", of(EVENT, "reason"), |o, _| text(o, "/reason")),
    column("Object", of(EVENT, "involvedObject"), |o, _| event_object(o)),
    wide("Subobject", of("io.k8s.api.core.v1.ObjectReference", "fieldPath"), |o, _| text(o, "/involvedObject/fieldPath")),
    wide("Source", of(EVENT, "source"), |o, _| event_source(o)),
    column("Message", of(EVENT, "message"), |o, _| Value::from(text(o, "/message").as_str().unwrap_or_default().trim())),
    wide("First Seen", of(EVENT, "firstTimestamp"), event_first_seen),
    wide("Count", of(EVENT, "count"), |o, _| Value::from(int(o, if o["series"].is_object() { "/series/count" } else { "/count" }).max(1))),
    named(wide("Name", of(OBJECT_META, "name"), |o, _| text(o, "/metadata/name"))),
];

const CONTROLLER: &str = "io.k8s.api.core.v1.ReplicationControllerSpec";
const CONTROLLER_STATUS: &str = "io.k8s.api.core.v1.ReplicationControllerStatus";
const SCALER: &str = "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec";
const SCALER_STATUS: &str = "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus";
const ATTACHMENT: &str = "io.k8s.api.storage.v1.VolumeAttachmentSpec";
const ATTACHMENT_SOURCE: &str = "io.k8s.api.storage.v1.VolumeAttachmentSource";
const ATTACHMENT_STATUS: &str = "io.k8s.api.storage.v1.VolumeAttachmentStatus";
const DRIVER: &str = "io.k8s.api.storage.v1.CSIDriverSpec";
const CAPACITY: &str = "io.k8s.api.storage.v1.CSIStorageCapacity";
const FLOW_SCHEMA: &str = "io.k8s.api.flowcontrol.v1.FlowSchemaSpec";
const QUEUING: &str = "io.k8s.api.flowcontrol.v1.QueuingConfiguration";
const WEBHOOKS_SAY: About = says("Webhooks indicates the number of webhooks registered in this configuration");
const PARAM_KIND: About = says("ParamKind specifies the kind of resources used to parameterize this policy");
const POLICY_NAME: About = says("PolicyName indicates the policy definition which the policy binding binded to");
const PARAM_REF: About = says("ParamRef indicates the param resource which sets the configration param");

#[rustfmt::skip]
const REPLICATION_CONTROLLERS: &[Column] = &[
    typed("Desired", "integer", of(CONTROLLER, "replicas"), |o, _| number(o, "/spec/replicas")),
    typed("Current", "integer", of(CONTROLLER_STATUS, "replicas"), |o, _| number(o, "/status/replicas")),
    typed("Ready", "integer", of(CONTROLLER_STATUS, "readyReplicas"), |o, _| number(o, "/status/readyReplicas")),
    AGE,
    wide("Containers", CONTAINERS, |o, _| each(o, "/spec/template/spec/containers", "name")),
    wide("Images", IMAGES, |o, _| each(o, "/spec/template/spec/containers", "image")),
    wide("Selector", of(CONTROLLER, "selector"), |o, _| labels(o, "/spec/selector")),
];

#[rustfmt::skip]
const SCALERS: &[Column] = &[
    column("Reference", of(SCALER, "scaleTargetRef"), |o, _| kind_reference(o, "/spec/scaleTargetRef")),
    column("Targets", of(SCALER, "metrics"), |o, _| metrics(o)),
    column("MinPods", of(SCALER, "minReplicas"), |o, _| digits(o, "/spec/minReplicas", "<unset>")),
    column("MaxPods", of(SCALER, "maxReplicas"), |o, _| number(o, "/spec/maxReplicas")),
    column("Replicas", of(SCALER_STATUS, "currentReplicas"), |o, _| number(o, "/status/currentReplicas")),
    AGE,
];

#[rustfmt::skip]
const INGRESS_CLASSES: &[Column] = &[
    column("Controller", says("Controller that is responsible for handling this class"), |o, _| text(o, "/spec/controller")),
    column("Parameters", says("A reference to a resource with additional parameters"), |o, _| parameters(o)),
    AGE,
];

#[rustfmt::skip]
const QUOTAS: &[Column] = &[
    column("Request", says("Request represents a minimum amount of cpu/memory that a container may consume."), |o, _| quota(o, false)),
    column("Limit", says("Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node."), |o, _| quota(o, true)),
    AGE,
];

#[rustfmt::skip]
const ATTACHMENTS: &[Column] = &[
    named(column("Attacher", of(ATTACHMENT, "attacher"), |o, _| text(o, "/spec/attacher"))),
    column("PV", of(ATTACHMENT_SOURCE, "persistentVolumeName"), |o, _| text(o, "/spec/source/persistentVolumeName")),
    column("Node", of(ATTACHMENT, "nodeName"), |o, _| text(o, "/spec/nodeName")),
    typed("Attached", "boolean", of(ATTACHMENT_STATUS, "attached"), |o, _| flag(o, "/status/attached")),
    AGE,
];

#[rustfmt::skip]
const CSI_DRIVERS: &[Column] = &[
    typed("AttachRequired", "boolean", of(DRIVER, "attachRequired"), |o, _| flag(o, "/spec/attachRequired")),
    typed("PodInfoOnMount", "boolean", of(DRIVER, "podInfoOnMount"), |o, _| flag(o, "/spec/podInfoOnMount")),
    typed("StorageCapacity", "boolean", of(DRIVER, "storageCapacity"), |o, _| flag(o, "/spec/storageCapacity")),
    column("TokenRequests", of(DRIVER, "tokenRequests"), |o, _| token_audiences(o)),
    typed("RequiresRepublish", "boolean", of(DRIVER, "requiresRepublish"), |o, _| flag(o, "/spec/requiresRepublish")),
    column("Modes", of(DRIVER, "volumeLifecycleModes"), |o, _| texts(o, "/spec/volumeLifecycleModes", "<none>")),
    AGE,
];

#[rustfmt::skip]
const CSI_NODES: &[Column] = &[
    typed("Drivers", "integer", says("Drivers indicates the number of CSI drivers registered on the node"), |o, _| count(o, &["/spec/drivers"])),
    AGE,
];

#[rustfmt::skip]
const CSI_CAPACITIES: &[Column] = &[
    column("StorageClassName", of(CAPACITY, "storageClassName"), |o, _| text(o, "/storageClassName")),
    column("Capacity", of(CAPACITY, "capacity"), |o, _| or(o, "/capacity", "<unset>")),
];

#[rustfmt::skip]
const ATTRIBUTES_CLASSES: &[Column] = &[
    column("DriverName", says("Name of the CSI driver This field is immutable."), |o, _| text(o, "/driverName")),
    AGE,
];

#[rustfmt::skip]
const WEBHOOKS: &[Column] = &[
    typed("Webhooks", "integer", WEBHOOKS_SAY, |o, _| count(o, &["/webhooks"])),
    AGE,
];

#[rustfmt::skip]
const VALIDATING_POLICIES: &[Column] = &[
    typed("Validations", "integer", says("Validations indicates the number of validation rules defined in this configuration"), |o, _| count(o, &["/spec/validations"])),
    column("ParamKind", PARAM_KIND, |o, _| param_kind(o)),
    AGE,
];

#[rustfmt::skip]
const MUTATING_POLICIES: &[Column] = &[
    typed("Mutations", "integer", says("Mutation indicates the number of mutations rules defined in this configuration"), |o, _| count(o, &["/spec/mutations"])),
    column("ParamKind", PARAM_KIND, |o, _| param_kind(o)),
    AGE,
];

#[rustfmt::skip]
const POLICY_BINDINGS: &[Column] = &[
    column("PolicyName", POLICY_NAME, |o, _| text(o, "/spec/policyName")),
    column("ParamRef", PARAM_REF, |o, _| param_reference(o)),
    AGE,
];

#[rustfmt::skip]
const FLOW_SCHEMAS: &[Column] = &[
    column("PriorityLevel", of("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference", "name"), |o, _| text(o, "/spec/priorityLevelConfiguration/name")),
    column("MatchingPrecedence", of(FLOW_SCHEMA, "matchingPrecedence"), |o, _| number(o, "/spec/matchingPrecedence")),
    column("DistinguisherMethod", of(FLOW_SCHEMA, "distinguisherMethod"), |o, _| or(o, "/spec/distinguisherMethod/type", "<none>")),
    AGE,
    column("MissingPL", says("references a broken or non-existent PriorityLevelConfiguration"), |o, _| {
        let dangling = o.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
        let found = dangling.into_iter().find(|condition| condition["type"] == "Dangling");
        Value::from(found.and_then(|condition| condition["status"].as_str()).unwrap_or("?"))
    }),
];

#[rustfmt::skip]
const PRIORITY_LEVELS: &[Column] = &[
    column("Type", of("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec", "type"), |o, _| text(o, "/spec/type")),
    column("NominalConcurrencyShares", of("io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration", "nominalConcurrencyShares"), |o, _| digits(o, "/spec/limited/nominalConcurrencyShares", "<none>")),
    column("Queues", of(QUEUING, "queues"), |o, _| digits(o, "/spec/limited/limitResponse/queuing/queues", "<none>")),
    column("HandSize", of(QUEUING, "handSize"), |o, _| digits(o, "/spec/limited/limitResponse/queuing/handSize", "<none>")),
    column("QueueLengthLimit", of(QUEUING, "queueLengthLimit"), |o, _| digits(o, "/spec/limited/limitResponse/queuing/queueLengthLimit", "<none>")),
    AGE,
];

#[rustfmt::skip]
const CONTROLLER_REVISIONS: &[Column] = &[
    column("Controller", says("Controller of the object"), |o, _| owner(o)),
    column("Revision", of("io.k8s.api.apps.v1.ControllerRevision", "revision"), |o, _| number(o, "/revision")),
    AGE,
];

#[rustfmt::skip]
const SERVICE_CIDRS: &[Column] = &[
    column("CIDRs", of("io.k8s.api.networking.v1.ServiceCIDRSpec", "cidrs"), |o, _| texts(o, "/spec/cidrs", "")),
    AGE,
];

#[rustfmt::skip]
const IP_ADDRESSES: &[Column] = &[
    column("ParentRef", of("io.k8s.api.networking.v1.IPAddressSpec", "parentRef"), |o, _| parent_reference(o)),
];

#[rustfmt::skip]
const API_SERVICES: &[Column] = &[
    column("Service", says("The reference to the service that hosts this API endpoint."), |o, _| api_service(o)),
    column("Available", says("Whether this service is available."), |o, _| api_available(o)),
    AGE,
];

#[rustfmt::skip]
const RESOURCE_CLAIMS: &[Column] = &[
    column("State", says("A summary of the current state (allocated, pending, reserved, etc.)."), |o, _| {
        let has = |pointer: &str| o.pointer(pointer).is_some();
        let mut states = Vec::new();
        if has("/metadata/deletionTimestamp") { states.push("deleted"); }
        if has("/status/allocation") { states.push("allocated"); }
        if has("/status/reservedFor") { states.push("reserved"); }
        if !has("/status/allocation") { states.push("pending"); }
        Value::from(states.join(","))
    }),
    AGE,
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
        ("", "replicationcontrollers") => REPLICATION_CONTROLLERS,
        ("", "resourcequotas") => QUOTAS,
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
        ("apps", "controllerrevisions") => CONTROLLER_REVISIONS,
        ("autoscaling", "horizontalpodautoscalers") => SCALERS,
        ("networking.k8s.io", "ingressclasses") => INGRESS_CLASSES,
        ("networking.k8s.io", "servicecidrs") => SERVICE_CIDRS,
        ("networking.k8s.io", "ipaddresses") => IP_ADDRESSES,
        ("storage.k8s.io", "volumeattachments") => ATTACHMENTS,
        ("storage.k8s.io", "csidrivers") => CSI_DRIVERS,
        ("storage.k8s.io", "csinodes") => CSI_NODES,
        ("storage.k8s.io", "csistoragecapacities") => CSI_CAPACITIES,
        ("storage.k8s.io", "volumeattributesclasses") => ATTRIBUTES_CLASSES,
        ("admissionregistration.k8s.io", "mutatingwebhookconfigurations" | "validatingwebhookconfigurations") => {
            WEBHOOKS
        }
        ("admissionregistration.k8s.io", "validatingadmissionpolicies") => VALIDATING_POLICIES,
        ("admissionregistration.k8s.io", "mutatingadmissionpolicies") => MUTATING_POLICIES,
        ("admissionregistration.k8s.io", "validatingadmissionpolicybindings" | "mutatingadmissionpolicybindings") => {
            POLICY_BINDINGS
        }
        ("flowcontrol.apiserver.k8s.io", "flowschemas") => FLOW_SCHEMAS,
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations") => PRIORITY_LEVELS,
        ("apiregistration.k8s.io", "apiservices") => API_SERVICES,
        ("resource.k8s.io", "resourceclaims") => RESOURCE_CLAIMS,
        ("resource.k8s.io", "deviceclasses" | "resourceclaimtemplates") => ONLY_AGE,
        _ => return None,
    })
}
