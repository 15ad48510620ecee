//! The built-in resources, one row each.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use super::{ALL_VERBS, GET_PATCH_UPDATE, Resource, Subresource, Text};

/// Groups in the order discovery lists them.
pub(crate) const GROUPS: &[&str] = &[
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
];

/// Everything but collection deletion.
const NAMESPACE_VERBS: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
const CREATE: &[&str] = &["create"];
const GET_LIST: &[&str] = &["get", "list"];
const GET: &[&str] = &["get"];
const UPDATE: &[&str] = &["update"];
const CONNECT: &[&str] = &["create", "get"];
const PROXY: &[&str] = &["create", "delete", "get", "patch", "update"];

/// What sets a resource apart, as letters: `n` namespaced, `g` counts generations, `c` PUT creates, `r` DELETE answers
/// the object, `v` PUT wants a resourceVersion, `s` has a status.
struct Row(
    &'static str,            // group
    &'static str,            // versions
    &'static str,            // plural
    &'static str,            // singular
    &'static str,            // kind
    &'static str,            // letters
    &'static [&'static str], // short names
    &'static [&'static str], // categories
);

const ALL: &[&str] = &["all"];
const EXTENSIONS: &[&str] = &["api-extensions"];
const ADMISSION: &str = "admissionregistration.k8s.io";
const AUTHORIZATION: &str = "authorization.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
const STORAGE: &str = "storage.k8s.io";
const RESOURCE: &str = "resource.k8s.io";
const FLOW: &str = "flowcontrol.apiserver.k8s.io";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row("", "v1", "bindings", "binding", "Binding", "n", &[], &[]),
    Row("", "v1", "componentstatuses", "componentstatus", "ComponentStatus", "", &["cs"], &[]),
    Row("", "v1", "configmaps", "configmap", "ConfigMap", "n", &["cm"], &[]),
    Row("", "v1", "endpoints", "endpoints", "Endpoints", "nc", &["ep"], &[]),
    Row("", "v1", "events", "event", "Event", "nc", &["ev"], &[]),
    Row("", "v1", "limitranges", "limitrange", "LimitRange", "nc", &["limits"], &[]),
    Row("", "v1", "namespaces", "namespace", "Namespace", "rs", &["ns"], &[]),
    Row("", "v1", "nodes", "node", "Node", "s", &["no"], &[]),
    Row("", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", "nrs", &["pvc"], &[]),
    Row("", "v1", "persistentvolumes", "persistentvolume", "PersistentVolume", "rs", &["pv"], &[]),
    Row("", "v1", "pods", "pod", "Pod", "ngrs", &["po"], ALL),
    Row("", "v1", "podtemplates", "podtemplate", "PodTemplate", "ngr", &[], &[]),
    Row("", "v1", "replicationcontrollers", "replicationcontroller", "ReplicationController", "ngs", &["rc"], ALL),
    Row("", "v1", "resourcequotas", "resourcequota", "ResourceQuota", "nrs", &["quota"], &[]),
    Row("", "v1", "secrets", "secret", "Secret", "n", &[], &[]),
    Row("", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", "nr", &["sa"], &[]),
    Row("", "v1", "services", "service", "Service", "ncrs", &["svc"], ALL),
    Row("apiregistration.k8s.io", "v1", "apiservices", "apiservice", "APIService", "vs", &[], EXTENSIONS),
    Row("apps", "v1", "controllerrevisions", "controllerrevision", "ControllerRevision", "n", &[], &[]),
    Row("apps", "v1", "daemonsets", "daemonset", "DaemonSet", "ngs", &["ds"], ALL),
    Row("apps", "v1", "deployments", "deployment", "Deployment", "ngs", &["deploy"], ALL),
    Row("apps", "v1", "replicasets", "replicaset", "ReplicaSet", "ngs", &["rs"], ALL),
    Row("apps", "v1", "statefulsets", "statefulset", "StatefulSet", "ngs", &["sts"], ALL),
    Row("events.k8s.io", "v1", "events", "event", "Event", "nc", &["ev"], &[]),
    Row("authentication.k8s.io", "v1", "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview", "", &[], &[]),
    Row("authentication.k8s.io", "v1", "tokenreviews", "tokenreview", "TokenReview", "", &[], &[]),
    Row(AUTHORIZATION, "v1", "localsubjectaccessreviews", "localsubjectaccessreview", "LocalSubjectAccessReview", "n", &[], &[]),
    Row(AUTHORIZATION, "v1", "selfsubjectaccessreviews", "selfsubjectaccessreview", "SelfSubjectAccessReview", "", &[], &[]),
    Row(AUTHORIZATION, "v1", "selfsubjectrulesreviews", "selfsubjectrulesreview", "SelfSubjectRulesReview", "", &[], &[]),
    Row(AUTHORIZATION, "v1", "subjectaccessreviews", "subjectaccessreview", "SubjectAccessReview", "", &[], &[]),
    Row("autoscaling", "v2 v1", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler", "ns", &["hpa"], ALL),
    Row("batch", "v1", "cronjobs", "cronjob", "CronJob", "ngs", &["cj"], ALL),
    Row("batch", "v1", "jobs", "job", "Job", "ngs", &[], ALL),
    Row("certificates.k8s.io", "v1", "certificatesigningrequests", "certificatesigningrequest", "CertificateSigningRequest", "s", &["csr"], &[]),
    Row(NETWORKING, "v1", "ingressclasses", "ingressclass", "IngressClass", "g", &[], &[]),
    Row(NETWORKING, "v1", "ingresses", "ingress", "Ingress", "ngs", &["ing"], &[]),
    Row(NETWORKING, "v1", "ipaddresses", "ipaddress", "IPAddress", "", &["ip"], &[]),
    Row(NETWORKING, "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", "ng", &["netpol"], &[]),
    Row(NETWORKING, "v1", "servicecidrs", "servicecidr", "ServiceCIDR", "s", &[], &[]),
    Row("policy", "v1", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget", "ngvs", &["pdb"], &[]),
    Row(RBAC, "v1", "clusterrolebindings", "clusterrolebinding", "ClusterRoleBinding", "c", &[], &[]),
    Row(RBAC, "v1", "clusterroles", "clusterrole", "ClusterRole", "c", &[], &[]),
    Row(RBAC, "v1", "rolebindings", "rolebinding", "RoleBinding", "nc", &[], &[]),
    Row(RBAC, "v1", "roles", "role", "Role", "nc", &[], &[]),
    Row(STORAGE, "v1", "csidrivers", "csidriver", "CSIDriver", "", &[], &[]),
    Row(STORAGE, "v1", "csinodes", "csinode", "CSINode", "", &[], &[]),
    Row(STORAGE, "v1", "csistoragecapacities", "csistoragecapacity", "CSIStorageCapacity", "n", &[], &[]),
    Row(STORAGE, "v1", "storageclasses", "storageclass", "StorageClass", "r", &["sc"], &[]),
    Row(STORAGE, "v1", "volumeattachments", "volumeattachment", "VolumeAttachment", "s", &[], &[]),
    Row(STORAGE, "v1", "volumeattributesclasses", "volumeattributesclass", "VolumeAttributesClass", "", &["vac"], &[]),
    Row(ADMISSION, "v1", "mutatingadmissionpolicies", "mutatingadmissionpolicy", "MutatingAdmissionPolicy", "g", &[], EXTENSIONS),
    Row(ADMISSION, "v1", "mutatingadmissionpolicybindings", "mutatingadmissionpolicybinding", "MutatingAdmissionPolicyBinding", "g", &[], EXTENSIONS),
    Row(ADMISSION, "v1", "mutatingwebhookconfigurations", "mutatingwebhookconfiguration", "MutatingWebhookConfiguration", "g", &[], EXTENSIONS),
    Row(ADMISSION, "v1", "validatingadmissionpolicies", "validatingadmissionpolicy", "ValidatingAdmissionPolicy", "gs", &[], EXTENSIONS),
    Row(ADMISSION, "v1", "validatingadmissionpolicybindings", "validatingadmissionpolicybinding", "ValidatingAdmissionPolicyBinding", "g", &[], EXTENSIONS),
    Row(ADMISSION, "v1", "validatingwebhookconfigurations", "validatingwebhookconfiguration", "ValidatingWebhookConfiguration", "g", &[], EXTENSIONS),
    Row("apiextensions.k8s.io", "v1", "customresourcedefinitions", "customresourcedefinition", "CustomResourceDefinition", "gvs", &["crd", "crds"], EXTENSIONS),
    Row("scheduling.k8s.io", "v1", "priorityclasses", "priorityclass", "PriorityClass", "g", &["pc"], &[]),
    Row("coordination.k8s.io", "v1", "leases", "lease", "Lease", "nc", &[], &[]),
    Row("node.k8s.io", "v1", "runtimeclasses", "runtimeclass", "RuntimeClass", "", &[], &[]),
    Row("discovery.k8s.io", "v1", "endpointslices", "endpointslice", "EndpointSlice", "ng", &[], &[]),
    Row(RESOURCE, "v1", "deviceclasses", "deviceclass", "DeviceClass", "g", &[], &[]),
    Row(RESOURCE, "v1", "resourceclaims", "resourceclaim", "ResourceClaim", "ns", &[], &[]),
    Row(RESOURCE, "v1", "resourceclaimtemplates", "resourceclaimtemplate", "ResourceClaimTemplate", "n", &[], &[]),
    Row(RESOURCE, "v1", "resourceslices", "resourceslice", "ResourceSlice", "g", &[], &[]),
    Row(FLOW, "v1", "flowschemas", "flowschema", "FlowSchema", "gs", &[], &[]),
    Row(FLOW, "v1", "prioritylevelconfigurations", "prioritylevelconfiguration", "PriorityLevelConfiguration", "gs", &[], &[]),
];

/// Subresources beside `status`: resource, name, group and version of the kind, kind, verbs.
type Extra = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

#[rustfmt::skip]
const EXTRAS: &[Extra] = &[
    ("namespaces", "finalize", "", "", "Namespace", UPDATE),
    ("nodes", "proxy", "", "", "NodeProxyOptions", PROXY),
    ("pods", "attach", "", "", "PodAttachOptions", CONNECT),
    ("pods", "binding", "", "", "Binding", CREATE),
    ("pods", "ephemeralcontainers", "", "", "Pod", GET_PATCH_UPDATE),
    ("pods", "eviction", "policy", "v1", "Eviction", CREATE),
    ("pods", "exec", "", "", "PodExecOptions", CONNECT),
    ("pods", "log", "", "", "Pod", GET),
    ("pods", "portforward", "", "", "PodPortForwardOptions", CONNECT),
    ("pods", "proxy", "", "", "PodProxyOptions", PROXY),
    ("pods", "resize", "", "", "Pod", GET_PATCH_UPDATE),
    ("serviceaccounts", "token", "authentication.k8s.io", "v1", "TokenRequest", CREATE),
    ("services", "proxy", "", "", "ServiceProxyOptions", PROXY),
    ("deployments", "scale", "autoscaling", "v1", "Scale", GET_PATCH_UPDATE),
    ("replicasets", "scale", "autoscaling", "v1", "Scale", GET_PATCH_UPDATE),
    ("statefulsets", "scale", "autoscaling", "v1", "Scale", GET_PATCH_UPDATE),
    ("replicationcontrollers", "scale", "autoscaling", "v1", "Scale", GET_PATCH_UPDATE),
    ("certificatesigningrequests", "approval", "", "", "CertificateSigningRequest", GET_PATCH_UPDATE),
];

/// The built-in resources: one table for all servers of the process.
pub(crate) fn builtin() -> &'static [Arc<Resource>] {
    static ALL_RESOURCES: LazyLock<Vec<Arc<Resource>>> =
        LazyLock::new(|| ROWS.iter().map(|row| Arc::new(resource(row))).collect());
    &ALL_RESOURCES
}

fn resource(row: &Row) -> Resource {
    let Row(group, versions, plural, singular, kind, letters, short_names, categories) = *row;
    let has = |letter: char| letters.contains(letter);
    let texts = |list: &[&'static str]| list.iter().map(|text| Cow::Borrowed(*text)).collect::<Vec<Text>>();
    let versions: Vec<Text> = versions.split(' ').map(Cow::Borrowed).collect();
    let storage_version = match group {
        "autoscaling" => Cow::Borrowed("v1"),
        // Stored in the version before, for servers that are rolled back.
        "apiextensions.k8s.io" => Cow::Borrowed("v1beta1"),
        ADMISSION if plural.starts_with("mutatingadmission") => Cow::Borrowed("v1beta1"),
        _ => versions[0].clone(),
    };
    let mut subresources: Vec<Subresource> = EXTRAS
        .iter()
        .filter(|extra| extra.0 == plural)
        .map(|&(_, name, group, version, kind, verbs)| Subresource {
            name,
            group,
            version,
            kind: Cow::Borrowed(kind),
            verbs,
            versions: None,
        })
        .collect();
    if has('s') {
        subresources.push(Subresource {
            name: "status",
            group: "",
            version: "",
            kind: Cow::Borrowed(kind),
            verbs: GET_PATCH_UPDATE,
            versions: None,
        });
    }
    subresources.sort_by_key(|subresource| subresource.name);
    let key_prefix = match plural {
        "services" => Cow::Borrowed("services/specs"),
        "endpoints" => Cow::Borrowed("services/endpoints"),
        "nodes" => Cow::Borrowed("minions"),
        "replicationcontrollers" => Cow::Borrowed("controllers"),
        "ingresses" => Cow::Borrowed("ingress"),
        "customresourcedefinitions" | "apiservices" => Cow::Owned(format!("{group}/{plural}")),
        _ => Cow::Borrowed(plural),
    };
    Resource {
        group: Cow::Borrowed(group),
        plural: Cow::Borrowed(plural),
        singular: Cow::Borrowed(singular),
        kind: Cow::Borrowed(kind),
        list_kind: Cow::Owned(format!("{kind}List")),
        namespaced: has('n'),
        short_names: texts(short_names),
        categories: texts(categories),
        versions,
        storage_version,
        verbs: match plural {
            "bindings" => CREATE,
            "componentstatuses" => GET_LIST,
            "namespaces" => NAMESPACE_VERBS,
            _ if kind.ends_with("Review") => CREATE,
            _ => ALL_VERBS,
        },
        subresources,
        generation: has('g'),
        create_on_update: has('c'),
        unconditional_update: !has('v'),
        returns_deleted: has('r'),
        storage: match (group, plural) {
            ("events.k8s.io", "events") => Cow::Borrowed("events"),
            ("", plural) => Cow::Borrowed(plural),
            (group, plural) => Cow::Owned(format!("{plural}.{group}")),
        },
        key_prefix,
        definition: None,
    }
}
