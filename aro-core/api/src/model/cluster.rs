//! The cluster and what lies directly below it.

use aro_api_derive::Resource;
use time::OffsetDateTime;

use super::{
    ApiServerProfile, ArchitectureVersion, ClusterProfile, ConsoleProfile, Dict, Extra, FeatureProfile, HiveProfile,
    IngressProfile, InstallPhase, MaintenanceState, MaintenanceTask, ManagedServiceIdentity, MasterProfile,
    NetworkProfile, PlatformWorkloadIdentityProfile, ProvisioningState, RegistryProfile, Seq, ServicePrincipalProfile,
    SystemData, WorkerProfile,
};
use crate::secret::{Secret, SecretBytes};

/// An Azure Red Hat OpenShift cluster.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "OpenShiftCluster")]
pub struct Cluster {
    /// The resource id, in the letter case of the first PUT.
    #[aro(name = "id", in("2019-12-31-preview".., "admin"), no_case, last)]
    pub id: String,
    /// The resource name, in the letter case of the first PUT.
    #[aro(name = "name", in("2019-12-31-preview".., "admin"), no_case, last)]
    pub name: String,
    /// The resource type, in the letter case of the first PUT.
    #[aro(name = "type", in("2019-12-31-preview".., "admin"), no_case, last)]
    pub r#type: String,
    /// The Azure region.
    #[aro(name = "location", in("2019-12-31-preview".., "admin"), no_case("2019-12-31-preview"..), first)]
    pub location: String,
    /// Who created and last changed the resource, as ARM says.
    #[aro(name = "systemData", in("2021-09-01-preview"..), read_only("2023-11-22"..), header, last)]
    pub system_data: Option<SystemData>,
    /// Resource tags.
    #[aro(
        name = "tags",
        in("2019-12-31-preview".., "admin"),
        mutable("2019-12-31-preview"..),
        replace("2019-12-31-preview"..),
        null_clears
    )]
    pub tags: Dict<String>,
    /// The cluster properties.
    #[aro(name = "properties", in("2019-12-31-preview".., "admin"), always("2025-07-25"..))]
    pub properties: Properties,
    /// The managed identities of the cluster.
    #[aro(name = "identity", stored = "managedServiceIdentity", in("2024-08-12-preview".., "admin"), keep_on_null, first)]
    pub identity: Option<ManagedServiceIdentity>,
    /// How the operator flags of an admin PATCH are laid over those of the cluster. Part of the request only.
    #[aro(name = "operatorFlagsMergeStrategy", in("admin"), mutable, request_only)]
    pub operator_flags_merge_strategy: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The cluster's properties.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "OpenShiftClusterProperties")]
pub struct Properties {
    /// The layout of the cluster's Azure resources.
    #[aro(name = "architectureVersion", in("admin"), always("admin"))]
    pub architecture_version: ArchitectureVersion,
    /// The cluster provisioning state.
    #[aro(name = "provisioningState", in("2019-12-31-preview".., "admin"))]
    pub provisioning_state: ProvisioningState,
    /// The last terminal state, while an operation runs.
    #[aro(name = "lastProvisioningState", in("admin"))]
    pub last_provisioning_state: ProvisioningState,
    /// The state in which the last failure happened.
    #[aro(name = "failedProvisioningState", in("admin"))]
    pub failed_provisioning_state: ProvisioningState,
    /// What went wrong in the last admin update.
    #[aro(name = "lastAdminUpdateError", in("admin"))]
    pub last_admin_update_error: String,
    /// What the running admin update does.
    #[aro(name = "maintenanceTask", in("admin"), mutable)]
    pub maintenance_task: MaintenanceTask,
    /// Switches of the operator.
    #[aro(name = "operatorFlags", in("admin"), mutable)]
    pub operator_flags: Dict<String>,
    /// The version of the operator that the cluster should run.
    #[aro(name = "operatorVersion", in("admin"), mutable)]
    pub operator_version: String,
    /// The availability zones of a new cluster.
    #[aro(name = "zones")]
    pub zones: Seq<String>,
    /// When the cluster was created.
    #[aro(name = "createdAt", in("admin"), always("admin"), never_written, not_null)]
    pub created_at: Option<OffsetDateTime>,
    /// The build of the service that created the cluster.
    #[aro(name = "createdBy", in("admin"))]
    pub created_by: String,
    /// The build of the service that last updated the cluster.
    #[aro(name = "provisionedBy", in("admin"))]
    pub provisioned_by: String,
    /// The cluster profile.
    #[aro(name = "clusterProfile", in("2019-12-31-preview".., "admin"), always("2025-07-25"..))]
    pub cluster_profile: ClusterProfile,
    /// What the service does for the cluster.
    #[aro(name = "featureProfile", in("admin"))]
    pub feature_profile: FeatureProfile,
    /// The console profile.
    #[aro(name = "consoleProfile", in("2019-12-31-preview".., "admin"))]
    pub console_profile: ConsoleProfile,
    /// The cluster service principal profile.
    #[aro(name = "servicePrincipalProfile", in("2019-12-31-preview".., "admin"), keep_on_null)]
    pub service_principal_profile: Option<ServicePrincipalProfile>,
    /// The workload identity profile.
    #[aro(name = "platformWorkloadIdentityProfile", in("2024-08-12-preview".., "admin"), keep_on_null)]
    pub platform_workload_identity_profile: Option<PlatformWorkloadIdentityProfile>,
    /// The cluster network profile.
    #[aro(name = "networkProfile", in("2019-12-31-preview".., "admin"), always("2025-07-25"..))]
    pub network_profile: NetworkProfile,
    /// The cluster master profile.
    #[aro(name = "masterProfile", in("2019-12-31-preview".., "admin"), always("2025-07-25"..))]
    pub master_profile: MasterProfile,
    /// The cluster worker profiles.
    #[aro(name = "workerProfiles", in("2019-12-31-preview".., "admin"))]
    pub worker_profiles: Seq<WorkerProfile>,
    /// The worker machine sets as found in the cluster.
    #[aro(name = "workerProfilesStatus", in("2023-09-04".., "admin"), read_only, last)]
    pub worker_profiles_status: Seq<WorkerProfile>,
    /// The cluster API server profile.
    #[aro(name = "apiserverProfile", in("2019-12-31-preview".., "admin"), always("2025-07-25"..))]
    pub apiserver_profile: ApiServerProfile,
    /// The cluster ingress profiles.
    #[aro(name = "ingressProfiles", in("2019-12-31-preview".., "admin"))]
    pub ingress_profiles: Seq<IngressProfile>,
    /// How far the installation is; present only while one runs.
    #[aro(name = "install", in("admin"))]
    pub install: Option<Install>,
    /// The suffix of the names of the cluster's storage accounts.
    #[aro(name = "storageSuffix", in("admin"))]
    pub storage_suffix: String,
    /// The registries that the cluster pulls from.
    #[aro(name = "registryProfiles", in("admin"), never_written)]
    pub registry_profiles: Seq<RegistryProfile>,
    /// The name of the storage account of the image registry.
    #[aro(name = "imageRegistryStorageAccountName", in("admin"))]
    pub image_registry_storage_account_name: String,
    /// The infrastructure id that the installer chose.
    #[aro(name = "infraId", in("admin"))]
    pub infra_id: String,
    /// The private key for the cluster's machines.
    #[aro(name = "sshKey")]
    pub ssh_key: SecretBytes,
    /// The long-lived kubeconfig of the installer; no reply contains it.
    #[aro(name = "adminKubeconfig")]
    pub admin_kubeconfig: SecretBytes,
    /// The kubeconfig that the service itself uses.
    #[aro(name = "aroServiceKubeconfig")]
    pub aro_service_kubeconfig: SecretBytes,
    /// The kubeconfig that SREs use through the portal.
    #[aro(name = "aroSREKubeconfig")]
    pub aro_sre_kubeconfig: SecretBytes,
    /// The password of the user kubeadmin.
    #[aro(name = "kubeadminPassword")]
    pub kubeadmin_password: Secret,
    /// The short-lived kubeconfig that the customer gets.
    #[aro(name = "userAdminKubeconfig")]
    pub user_admin_kubeconfig: SecretBytes,
    /// The Hive profile.
    #[aro(name = "hiveProfile", in("admin"))]
    pub hive_profile: HiveProfile,
    /// What maintenance is known for the cluster.
    #[aro(name = "maintenanceState", in("admin"))]
    pub maintenance_state: MaintenanceState,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// How far an installation is.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "Install")]
pub struct Install {
    /// When the installation began.
    #[aro(name = "now", in("admin"), always("admin"), not_null)]
    pub now: Option<OffsetDateTime>,
    /// Its phase.
    #[aro(name = "phase", in("admin"), always("admin"), stored_always)]
    pub phase: InstallPhase,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

impl Cluster {
    /// What no two clusters of a subscription share: the client id of the service principal or the id of the cluster's
    /// identity, in lower case; empty where there is neither.
    pub fn client_id_key(&self) -> String {
        match &self.properties.service_principal_profile {
            Some(profile) if !self.uses_workload_identity() => profile.client_id.to_lowercase(),
            _ => self.cluster_identity_id().unwrap_or_default().to_lowercase(),
        }
    }

    /// What no two clusters of a subscription share: the id of the managed resource group in lower case.
    pub fn resource_group_key(&self) -> String {
        self.properties.cluster_profile.resource_group_id.to_lowercase()
    }

    /// Whether the cluster uses workload identities instead of a service principal.
    pub fn uses_workload_identity(&self) -> bool {
        self.properties.platform_workload_identity_profile.is_some()
            && self.properties.service_principal_profile.is_none()
    }

    /// The resource id of the cluster's own user-assigned identity, when there is exactly one.
    pub fn cluster_identity_id(&self) -> Option<&str> {
        let identities = &self.identity.as_ref()?.user_assigned_identities;
        match identities.len() {
            1 => identities.keys().next().map(String::as_str),
            _ => None,
        }
    }

    /// The worker machine sets as last seen, or as wished for where none were seen; with the JSON name of the member
    /// they come from.
    pub fn workers(&self) -> (&[WorkerProfile], &'static str) {
        let p = &self.properties;
        if p.worker_profiles_status.is_some() {
            (&p.worker_profiles_status, "workerProfilesStatus")
        } else {
            (&p.worker_profiles, "workerProfiles")
        }
    }
}
