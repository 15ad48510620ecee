//! OpenShift's own kinds, with the members that are looked at.
//!
//! | kind | group/version | scope |
//! |---|---|---|
//! | [`ClusterVersion`], [`ClusterOperator`], [`NetworkConfig`] | `config.openshift.io/v1` | cluster |
//! | [`Machine`], [`MachineSet`] | `machine.openshift.io/v1beta1` | namespace |
//! | [`IngressController`] | `operator.openshift.io/v1` | namespace |
//!
//! They are for reading. What is changed is sent as a patch of the members that change, so members that this build does
//! not know stay as they are; [`kinds`] names what is only patched.

pub mod kinds;

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A condition as all of OpenShift's kinds have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// What it is about: `Available`.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why, as a word.
    pub reason: String,
    /// Why, for people.
    pub message: String,
}

/// Null and absent both mean empty.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

macro_rules! kind {
    ($(#[$doc:meta])* $name:ident: $group:literal / $version:literal, $plural:literal, $kind:literal, $scope:ident, $spec:ty, $status:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        pub struct $name {
            /// Name, labels and the rest.
            #[serde(default)]
            pub metadata: ObjectMeta,
            /// What it should be.
            #[serde(default, deserialize_with = "or_default")]
            pub spec: $spec,
            /// What it is.
            #[serde(default, deserialize_with = "or_default")]
            pub status: $status,
        }

        impl kube::Resource for $name {
            type DynamicType = ();
            type Scope = kube::core::$scope;

            fn kind((): &()) -> Cow<'_, str> {
                $kind.into()
            }

            fn group((): &()) -> Cow<'_, str> {
                $group.into()
            }

            fn version((): &()) -> Cow<'_, str> {
                $version.into()
            }

            fn plural((): &()) -> Cow<'_, str> {
                $plural.into()
            }

            fn meta(&self) -> &ObjectMeta {
                &self.metadata
            }

            fn meta_mut(&mut self) -> &mut ObjectMeta {
                &mut self.metadata
            }
        }
    };
}

/// A kind without a spec that anybody looks at.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct NoMembers {}

kind!(
    /// The version of the cluster: there is one, `version`.
    ClusterVersion: "config.openshift.io" / "v1", "clusterversions", "ClusterVersion", ClusterResourceScope,
    ClusterVersionSpec, ClusterVersionStatus
);

/// What the version should be.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClusterVersionSpec {
    /// Where updates are asked for.
    #[serde(deserialize_with = "or_default")]
    pub channel: String,
    /// Who is asked for updates.
    #[serde(deserialize_with = "or_default")]
    pub upstream: String,
    /// The version that somebody asked for.
    pub desired_update: Option<Release>,
}

/// What the version is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterVersionStatus {
    /// The version that the cluster is or is becoming.
    #[serde(deserialize_with = "or_default")]
    pub desired: Release,
    /// The versions that it was, newest first.
    #[serde(deserialize_with = "or_default")]
    pub history: Vec<HistoryEntry>,
    /// How it stands.
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<Condition>,
}

impl ClusterVersionStatus {
    /// The newest version that the cluster has completely become; empty when there is none.
    #[must_use]
    pub fn completed(&self) -> &str {
        let completed = self.history.iter().find(|entry| entry.state == "Completed");
        completed.map(|entry| entry.version.as_str()).unwrap_or_default()
    }
}

/// A release of OpenShift.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Release {
    /// The version.
    #[serde(deserialize_with = "or_default")]
    pub version: String,
    /// The image.
    #[serde(deserialize_with = "or_default")]
    pub image: String,
}

/// A version that the cluster was or is becoming.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryEntry {
    /// `Completed` or `Partial`.
    pub state: String,
    /// The version.
    pub version: String,
}

kind!(
    /// A part of OpenShift that looks after itself.
    ClusterOperator: "config.openshift.io" / "v1", "clusteroperators", "ClusterOperator", ClusterResourceScope,
    NoMembers, ClusterOperatorStatus
);

/// How an operator stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterOperatorStatus {
    /// `Available`, `Progressing`, `Degraded` and the like.
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<Condition>,
    /// The versions of its parts.
    #[serde(deserialize_with = "or_default")]
    pub versions: Vec<OperandVersion>,
}

/// The version of a part of an operator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperandVersion {
    /// The part: `operator` is the operator itself.
    pub name: String,
    /// Its version.
    pub version: String,
}

kind!(
    /// The cluster's network: there is one, `cluster`.
    NetworkConfig: "config.openshift.io" / "v1", "networks", "Network", ClusterResourceScope, NetworkSpec, NetworkSpec
);

/// The network as it should be or is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NetworkSpec {
    /// The plugin.
    #[serde(deserialize_with = "or_default")]
    pub network_type: String,
}

kind!(
    /// A machine.
    Machine: "machine.openshift.io" / "v1beta1", "machines", "Machine", NamespaceResourceScope, MachineSpec,
    MachineStatus
);

/// What a machine should be.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MachineSpec {
    /// What the cloud is asked for.
    #[serde(deserialize_with = "or_default")]
    pub provider_spec: ProviderSpec,
}

/// What the cloud is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderSpec {
    /// As the cloud's own kind has it.
    pub value: Value,
}

/// What a machine is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MachineStatus {
    /// `Provisioning`, `Provisioned`, `Running`, `Failed`, `Deleting`.
    #[serde(deserialize_with = "or_default")]
    pub phase: String,
    /// Why it has failed.
    #[serde(deserialize_with = "or_default")]
    pub error_message: String,
    /// What the cloud said of it.
    pub provider_status: Value,
}

kind!(
    /// Machines that are alike.
    MachineSet: "machine.openshift.io" / "v1beta1", "machinesets", "MachineSet", NamespaceResourceScope,
    MachineSetSpec, MachineSetStatus
);

/// What the machines should be.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MachineSetSpec {
    /// How many; one where absent.
    pub replicas: Option<i64>,
    /// What each is.
    #[serde(deserialize_with = "or_default")]
    pub template: MachineTemplate,
}

/// What each machine of a set is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MachineTemplate {
    /// As a machine has it.
    #[serde(deserialize_with = "or_default")]
    pub spec: MachineSpec,
}

/// What the machines of a set are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MachineSetStatus {
    /// How many have a node that is ready.
    #[serde(deserialize_with = "or_default")]
    pub ready_replicas: i64,
}

/// The provider spec of machines in Azure.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AzureMachine {
    /// Size.
    #[serde(deserialize_with = "or_default")]
    pub vm_size: String,
    /// Disk.
    #[serde(deserialize_with = "or_default")]
    pub os_disk: AzureDisk,
    /// Resource group of the virtual network.
    #[serde(deserialize_with = "or_default")]
    pub network_resource_group: String,
    /// Virtual network.
    #[serde(deserialize_with = "or_default")]
    pub vnet: String,
    /// Subnet.
    #[serde(deserialize_with = "or_default")]
    pub subnet: String,
    /// Encryption and the like.
    #[serde(deserialize_with = "or_default")]
    pub security_profile: AzureSecurity,
}

/// The disk of a machine in Azure.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AzureDisk {
    /// Size in GB.
    #[serde(rename = "diskSizeGB", deserialize_with = "or_default")]
    pub disk_size_gb: i64,
    /// The managed disk behind it.
    #[serde(deserialize_with = "or_default")]
    pub managed_disk: AzureManagedDisk,
}

/// A managed disk.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AzureManagedDisk {
    /// What encrypts it.
    pub disk_encryption_set: Option<AzureReference>,
}

/// A reference to a resource of Azure.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AzureReference {
    /// Resource id.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
}

/// Encryption and the like.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AzureSecurity {
    /// Whether disks and caches are encrypted on the host.
    pub encryption_at_host: Option<bool>,
}

kind!(
    /// A way in for traffic to applications.
    IngressController: "operator.openshift.io" / "v1", "ingresscontrollers", "IngressController",
    NamespaceResourceScope, IngressControllerSpec, IngressControllerStatus
);

/// How the way in stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressControllerStatus {
    /// `Available`, `Degraded` and the like.
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<Condition>,
}

/// What the way in should be.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressControllerSpec {
    /// How it is reached; through a public load balancer where absent.
    pub endpoint_publishing_strategy: Option<PublishingStrategy>,
}

/// How a way in is reached.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PublishingStrategy {
    /// Through a load balancer.
    pub load_balancer: Option<LoadBalancerStrategy>,
}

/// Through which load balancer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LoadBalancerStrategy {
    /// `Internal` or `External`.
    #[serde(deserialize_with = "or_default")]
    pub scope: String,
}
