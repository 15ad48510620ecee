//! Kinds that are patched, or looked at as plain JSON.

use kube::core::{ApiResource, GroupVersionKind};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $group:literal, $version:literal, $kind:literal, $plural:literal;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name() -> ApiResource {
            ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk($group, $version, $kind), $plural)
        })*
    };
}

kinds! {
    /// The API server's settings: `cluster`.
    api_server = "config.openshift.io", "v1", "APIServer", "apiservers";
    /// The sources of the operator hub: `cluster`.
    operator_hub = "config.openshift.io", "v1", "OperatorHub", "operatorhubs";
    /// The version of the cluster: `version`.
    cluster_version = "config.openshift.io", "v1", "ClusterVersion", "clusterversions";
    /// The console's settings: `cluster`.
    console = "operator.openshift.io", "v1", "Console", "consoles";
    /// The API server's operator: `cluster`.
    kube_api_server = "operator.openshift.io", "v1", "KubeAPIServer", "kubeapiservers";
    /// The controllers' operator: `cluster`.
    kube_controller_manager = "operator.openshift.io", "v1", "KubeControllerManager", "kubecontrollermanagers";
    /// The ways in for traffic, in `openshift-ingress-operator`.
    ingress_controller = "operator.openshift.io", "v1", "IngressController", "ingresscontrollers";
    /// The credentials' operator: `cluster`.
    cloud_credential = "operator.openshift.io", "v1", "CloudCredential", "cloudcredentials";
    /// Drivers of storage.
    cluster_csi_driver = "operator.openshift.io", "v1", "ClusterCSIDriver", "clustercsidrivers";
    /// A piece of the configuration of machines.
    machine_config = "machineconfiguration.openshift.io", "v1", "MachineConfig", "machineconfigs";
    /// The samples' operator: `cluster`.
    samples = "samples.operator.openshift.io", "v1", "Config", "configs";
    /// The image registry's operator: `cluster`.
    image_registry = "imageregistry.operator.openshift.io", "v1", "Config", "configs";
    /// What somebody in the cluster may do in the cloud.
    credentials_request = "cloudcredential.openshift.io", "v1", "CredentialsRequest", "credentialsrequests";
    /// What tells the service's operator about its cluster: `cluster`.
    aro_cluster = "aro.openshift.io", "v1alpha1", "Cluster", "clusters";
}
