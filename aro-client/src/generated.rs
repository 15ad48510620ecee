//! Calls and types. Made by `cargo xtask generate` of `swagger/openapi`; not to be edited.
//!
//! Fingerprint of the description: 76c66e93695912cd

#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
#[allow(unused_imports)]
use progenitor_client::{ClientHooks, OperationInfo, RequestBuilderExt, encode_path};
/// Types used as operation parameters and responses.
#[allow(clippy::all)]
pub mod types {
    ///The API server of the cluster.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct ApiServerProfile {
        ///The IP of the cluster API server.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub ip: ::std::option::Option<::std::string::String>,
        ///The URL to access the cluster API server.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub url: ::std::option::Option<::std::string::String>,
        ///API server visibility.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub visibility: ::std::option::Option<crate::enumerations::Visibility>,
    }
    ///Why a request was refused, or why an operation failed.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct CloudError {
        ///What went wrong.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub error: ::std::option::Option<CloudErrorBody>,
    }
    ///What went wrong, where, and what to do about it.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct CloudErrorBody {
        ///The kind of the error, for programs. Codes do not change.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<::std::string::String>,
        ///Single errors behind this one.
        #[serde(default, skip_serializing_if = "::std::vec::Vec::is_empty")]
        pub details: ::std::vec::Vec<CloudErrorBody>,
        ///The error in words, for people.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub message: ::std::option::Option<::std::string::String>,
        ///The member, parameter or resource that the error is about.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub target: ::std::option::Option<::std::string::String>,
    }
    ///The cluster profile.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct ClusterProfile {
        ///The domain for the cluster.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub domain: ::std::option::Option<::std::string::String>,
        ///If FIPS validated crypto modules are used.
        #[serde(
            rename = "fipsValidatedModules",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub fips_validated_modules: ::std::option::Option<crate::enumerations::FipsValidatedModules>,
        ///The URL of the managed OIDC issuer in a workload identity cluster.
        #[serde(rename = "oidcIssuer", skip_serializing_if = "::std::option::Option::is_none")]
        pub oidc_issuer: ::std::option::Option<::std::string::String>,
        ///The pull secret for the cluster.
        #[serde(rename = "pullSecret", skip_serializing_if = "::std::option::Option::is_none")]
        pub pull_secret: ::std::option::Option<crate::Secret>,
        ///The id of the cluster resource group.
        #[serde(rename = "resourceGroupId", skip_serializing_if = "::std::option::Option::is_none")]
        pub resource_group_id: ::std::option::Option<::std::string::String>,
        ///The version of the cluster.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub version: ::std::option::Option<::std::string::String>,
    }
    ///The console profile.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct ConsoleProfile {
        ///The URL to access the cluster console.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub url: ::std::option::Option<::std::string::String>,
    }
    ///How an operation is shown to people.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct Display {
        ///More about it.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub description: ::std::option::Option<::std::string::String>,
        ///What is done.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub operation: ::std::option::Option<::std::string::String>,
        ///The resource provider.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub provider: ::std::option::Option<::std::string::String>,
        ///The resource type.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub resource: ::std::option::Option<::std::string::String>,
    }
    ///A resource named by its id.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct EffectiveOutboundIp {
        ///The resource id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub id: ::std::option::Option<::std::string::String>,
    }
    ///An ingress controller of the cluster.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct IngressProfile {
        ///The IP of the ingress.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub ip: ::std::option::Option<::std::string::String>,
        ///The ingress profile name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        ///Ingress visibility.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub visibility: ::std::option::Option<crate::enumerations::Visibility>,
    }
    ///The public load balancer of the cluster.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct LoadBalancerProfile {
        ///The list of effective outbound IP addresses of the public load balancer.
        #[serde(
            rename = "effectiveOutboundIps",
            default,
            skip_serializing_if = "::std::vec::Vec::is_empty"
        )]
        pub effective_outbound_ips: ::std::vec::Vec<EffectiveOutboundIp>,
        ///The desired managed outbound IPs for the cluster public load balancer.
        #[serde(
            rename = "managedOutboundIps",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub managed_outbound_ips: ::std::option::Option<ManagedOutboundIPs>,
    }
    ///The outbound addresses that the service makes.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct ManagedOutboundIPs {
        ///How many there are.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub count: ::std::option::Option<i32>,
    }
    ///The managed identities of a resource.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    pub struct ManagedServiceIdentity {
        ///The principal of the system-assigned identity.
        #[serde(rename = "principalId", skip_serializing_if = "::std::option::Option::is_none")]
        pub principal_id: ::std::option::Option<::std::string::String>,
        ///The tenant of the system-assigned identity.
        #[serde(rename = "tenantId", skip_serializing_if = "::std::option::Option::is_none")]
        pub tenant_id: ::std::option::Option<::std::string::String>,
        #[serde(rename = "type")]
        pub type_: crate::enumerations::ManagedServiceIdentityType,
        ///The user-assigned identities, by resource id.
        #[serde(
            rename = "userAssignedIdentities",
            default,
            skip_serializing_if = ":: std :: collections :: BTreeMap::is_empty"
        )]
        pub user_assigned_identities: ::std::collections::BTreeMap<::std::string::String, UserAssignedIdentity>,
    }
    ///The control plane machines.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct MasterProfile {
        ///The resource ID of an associated DiskEncryptionSet, if applicable.
        #[serde(
            rename = "diskEncryptionSetId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub disk_encryption_set_id: ::std::option::Option<::std::string::String>,
        ///Whether master virtual machines are encrypted at host.
        #[serde(rename = "encryptionAtHost", skip_serializing_if = "::std::option::Option::is_none")]
        pub encryption_at_host: ::std::option::Option<crate::enumerations::EncryptionAtHost>,
        ///The Azure resource ID of the master subnet.
        #[serde(rename = "subnetId", skip_serializing_if = "::std::option::Option::is_none")]
        pub subnet_id: ::std::option::Option<::std::string::String>,
        ///The size of the master VMs.
        #[serde(rename = "vmSize", skip_serializing_if = "::std::option::Option::is_none")]
        pub vm_size: ::std::option::Option<::std::string::String>,
    }
    ///The network of the cluster.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct NetworkProfile {
        ///The cluster load balancer profile.
        #[serde(
            rename = "loadBalancerProfile",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub load_balancer_profile: ::std::option::Option<LoadBalancerProfile>,
        ///The OutboundType used for egress traffic.
        #[serde(rename = "outboundType", skip_serializing_if = "::std::option::Option::is_none")]
        pub outbound_type: ::std::option::Option<crate::enumerations::OutboundType>,
        ///The CIDR used for OpenShift/Kubernetes pods.
        #[serde(rename = "podCidr", skip_serializing_if = "::std::option::Option::is_none")]
        pub pod_cidr: ::std::option::Option<::std::string::String>,
        ///Specifies whether subnets are pre-attached with an NSG.
        #[serde(rename = "preconfiguredNSG", skip_serializing_if = "::std::option::Option::is_none")]
        pub preconfigured_nsg: ::std::option::Option<crate::enumerations::PreconfiguredNsg>,
        ///The CIDR used for OpenShift/Kubernetes services.
        #[serde(rename = "serviceCidr", skip_serializing_if = "::std::option::Option::is_none")]
        pub service_cidr: ::std::option::Option<::std::string::String>,
    }
    ///An Azure Red Hat OpenShift cluster.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    pub struct OpenShiftCluster {
        ///The resource id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub id: ::std::option::Option<::std::string::String>,
        ///The managed identities of the cluster.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub identity: ::std::option::Option<ManagedServiceIdentity>,
        ///The region that the resource lives in.
        pub location: ::std::string::String,
        ///The resource name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        ///The cluster properties.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub properties: ::std::option::Option<OpenShiftClusterProperties>,
        ///Who created and last changed the resource.
        #[serde(rename = "systemData", skip_serializing_if = "::std::option::Option::is_none")]
        pub system_data: ::std::option::Option<SystemData>,
        ///Resource tags.
        #[serde(default, skip_serializing_if = ":: std :: collections :: BTreeMap::is_empty")]
        pub tags: ::std::collections::BTreeMap<::std::string::String, ::std::string::String>,
        ///The resource type.
        #[serde(rename = "type", skip_serializing_if = "::std::option::Option::is_none")]
        pub type_: ::std::option::Option<::std::string::String>,
    }
    ///The kubeconfig of a cluster's administrator.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct OpenShiftClusterAdminKubeconfig {
        ///The file, in base64.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub kubeconfig: ::std::option::Option<crate::Secret>,
    }
    ///Name and password of the first user of a cluster.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct OpenShiftClusterCredentials {
        ///The password.
        #[serde(rename = "kubeadminPassword", skip_serializing_if = "::std::option::Option::is_none")]
        pub kubeadmin_password: ::std::option::Option<crate::Secret>,
        ///The name.
        #[serde(rename = "kubeadminUsername", skip_serializing_if = "::std::option::Option::is_none")]
        pub kubeadmin_username: ::std::option::Option<::std::string::String>,
    }
    ///A page of clusters.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    pub struct OpenShiftClusterList {
        ///Where the next page is read; absent on the last page.
        #[serde(rename = "nextLink", skip_serializing_if = "::std::option::Option::is_none")]
        pub next_link: ::std::option::Option<::std::string::String>,
        ///The clusters.
        pub value: ::std::vec::Vec<OpenShiftCluster>,
    }
    ///The cluster's properties.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct OpenShiftClusterProperties {
        ///The cluster API server profile.
        #[serde(rename = "apiserverProfile", skip_serializing_if = "::std::option::Option::is_none")]
        pub apiserver_profile: ::std::option::Option<ApiServerProfile>,
        ///The cluster profile.
        #[serde(rename = "clusterProfile", skip_serializing_if = "::std::option::Option::is_none")]
        pub cluster_profile: ::std::option::Option<ClusterProfile>,
        ///The console profile.
        #[serde(rename = "consoleProfile", skip_serializing_if = "::std::option::Option::is_none")]
        pub console_profile: ::std::option::Option<ConsoleProfile>,
        ///The cluster ingress profiles.
        #[serde(
            rename = "ingressProfiles",
            default,
            skip_serializing_if = "::std::vec::Vec::is_empty"
        )]
        pub ingress_profiles: ::std::vec::Vec<IngressProfile>,
        ///The cluster master profile.
        #[serde(rename = "masterProfile", skip_serializing_if = "::std::option::Option::is_none")]
        pub master_profile: ::std::option::Option<MasterProfile>,
        ///The cluster network profile.
        #[serde(rename = "networkProfile", skip_serializing_if = "::std::option::Option::is_none")]
        pub network_profile: ::std::option::Option<NetworkProfile>,
        ///The workload identity profile.
        #[serde(
            rename = "platformWorkloadIdentityProfile",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub platform_workload_identity_profile: ::std::option::Option<PlatformWorkloadIdentityProfile>,
        ///The cluster provisioning state.
        #[serde(rename = "provisioningState", skip_serializing_if = "::std::option::Option::is_none")]
        pub provisioning_state: ::std::option::Option<crate::enumerations::ProvisioningState>,
        ///The cluster service principal profile.
        #[serde(
            rename = "servicePrincipalProfile",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub service_principal_profile: ::std::option::Option<ServicePrincipalProfile>,
        ///The cluster worker profiles.
        #[serde(
            rename = "workerProfiles",
            default,
            skip_serializing_if = "::std::vec::Vec::is_empty"
        )]
        pub worker_profiles: ::std::vec::Vec<WorkerProfile>,
        ///The worker machine sets as found in the cluster.
        #[serde(
            rename = "workerProfilesStatus",
            default,
            skip_serializing_if = "::std::vec::Vec::is_empty"
        )]
        pub worker_profiles_status: ::std::vec::Vec<WorkerProfile>,
    }
    ///What changes of a cluster.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct OpenShiftClusterUpdate {
        ///The managed identities of the cluster.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub identity: ::std::option::Option<ManagedServiceIdentity>,
        ///The cluster properties.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub properties: ::std::option::Option<OpenShiftClusterProperties>,
        ///Resource tags.
        #[serde(default, skip_serializing_if = ":: std :: collections :: BTreeMap::is_empty")]
        pub tags: ::std::collections::BTreeMap<::std::string::String, ::std::string::String>,
    }
    ///An OpenShift version that can be installed.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct OpenShiftVersion {
        ///The resource id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub id: ::std::option::Option<::std::string::String>,
        ///The resource name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        ///The version itself.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub properties: ::std::option::Option<OpenShiftVersionProperties>,
        ///Who created and last changed the resource.
        #[serde(rename = "systemData", skip_serializing_if = "::std::option::Option::is_none")]
        pub system_data: ::std::option::Option<SystemData>,
        ///The resource type.
        #[serde(rename = "type", skip_serializing_if = "::std::option::Option::is_none")]
        pub type_: ::std::option::Option<::std::string::String>,
    }
    ///The OpenShift versions that can be installed.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    pub struct OpenShiftVersionList {
        ///Where the next page is read; absent on the last page.
        #[serde(rename = "nextLink", skip_serializing_if = "::std::option::Option::is_none")]
        pub next_link: ::std::option::Option<::std::string::String>,
        ///The versions.
        pub value: ::std::vec::Vec<OpenShiftVersion>,
    }
    ///An OpenShift version.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct OpenShiftVersionProperties {
        ///The version, x.y.z.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub version: ::std::option::Option<::std::string::String>,
    }
    ///An operation that an Azure role can allow.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct Operation {
        ///How it is shown to people.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub display: ::std::option::Option<Display>,
        ///Its name, as role definitions write it.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        ///Who may call it: users, the system, or both.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub origin: ::std::option::Option<::std::string::String>,
    }
    ///The operations of the resource provider.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    pub struct OperationList {
        ///Where the next page is read; absent on the last page.
        #[serde(rename = "nextLink", skip_serializing_if = "::std::option::Option::is_none")]
        pub next_link: ::std::option::Option<::std::string::String>,
        ///The operations.
        pub value: ::std::vec::Vec<Operation>,
    }
    ///The identity of an operator.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct PlatformWorkloadIdentity {
        ///The client id.
        #[serde(rename = "clientId", skip_serializing_if = "::std::option::Option::is_none")]
        pub client_id: ::std::option::Option<::std::string::String>,
        ///The object id.
        #[serde(rename = "objectId", skip_serializing_if = "::std::option::Option::is_none")]
        pub object_id: ::std::option::Option<::std::string::String>,
        ///The resource ID of the identity.
        #[serde(rename = "resourceId", skip_serializing_if = "::std::option::Option::is_none")]
        pub resource_id: ::std::option::Option<::std::string::String>,
    }
    ///The identities of the cluster's operators.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct PlatformWorkloadIdentityProfile {
        ///The identities, by operator name.
        #[serde(
            rename = "platformWorkloadIdentities",
            default,
            skip_serializing_if = ":: std :: collections :: BTreeMap::is_empty"
        )]
        pub platform_workload_identities: ::std::collections::BTreeMap<::std::string::String, PlatformWorkloadIdentity>,
        ///The OpenShift version to which the cluster may be upgraded with these identities.
        #[serde(rename = "upgradeableTo", skip_serializing_if = "::std::option::Option::is_none")]
        pub upgradeable_to: ::std::option::Option<::std::string::String>,
    }
    ///The role that an operator needs.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct PlatformWorkloadIdentityRole {
        ///The name of the operator.
        #[serde(rename = "operatorName", skip_serializing_if = "::std::option::Option::is_none")]
        pub operator_name: ::std::option::Option<::std::string::String>,
        ///The resource id of the role definition.
        #[serde(rename = "roleDefinitionId", skip_serializing_if = "::std::option::Option::is_none")]
        pub role_definition_id: ::std::option::Option<::std::string::String>,
        ///The name of the role definition.
        #[serde(
            rename = "roleDefinitionName",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub role_definition_name: ::std::option::Option<::std::string::String>,
    }
    ///The platform workload identities that an OpenShift minor version needs.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct PlatformWorkloadIdentityRoleSet {
        ///The resource id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub id: ::std::option::Option<::std::string::String>,
        ///The resource name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        ///The set itself.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub properties: ::std::option::Option<PlatformWorkloadIdentityRoleSetProperties>,
        ///Who created and last changed the resource.
        #[serde(rename = "systemData", skip_serializing_if = "::std::option::Option::is_none")]
        pub system_data: ::std::option::Option<SystemData>,
        ///The resource type.
        #[serde(rename = "type", skip_serializing_if = "::std::option::Option::is_none")]
        pub type_: ::std::option::Option<::std::string::String>,
    }
    ///The role sets of the OpenShift minor versions.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    pub struct PlatformWorkloadIdentityRoleSetList {
        ///Where the next page is read; absent on the last page.
        #[serde(rename = "nextLink", skip_serializing_if = "::std::option::Option::is_none")]
        pub next_link: ::std::option::Option<::std::string::String>,
        ///The role sets.
        pub value: ::std::vec::Vec<PlatformWorkloadIdentityRoleSet>,
    }
    ///A set of roles.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct PlatformWorkloadIdentityRoleSetProperties {
        ///The OpenShift minor version, x.y.
        #[serde(rename = "openShiftVersion", skip_serializing_if = "::std::option::Option::is_none")]
        pub open_shift_version: ::std::option::Option<::std::string::String>,
        ///The roles, one for each operator.
        #[serde(
            rename = "platformWorkloadIdentityRoles",
            default,
            skip_serializing_if = "::std::vec::Vec::is_empty"
        )]
        pub platform_workload_identity_roles: ::std::vec::Vec<PlatformWorkloadIdentityRole>,
    }
    ///The service principal that the cluster uses.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct ServicePrincipalProfile {
        ///The client ID used for the cluster.
        #[serde(rename = "clientId", skip_serializing_if = "::std::option::Option::is_none")]
        pub client_id: ::std::option::Option<::std::string::String>,
        ///The client secret used for the cluster.
        #[serde(rename = "clientSecret", skip_serializing_if = "::std::option::Option::is_none")]
        pub client_secret: ::std::option::Option<crate::Secret>,
    }
    ///Who created and last changed a resource.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct SystemData {
        ///When that was (UTC).
        #[serde(rename = "createdAt", skip_serializing_if = "::std::option::Option::is_none")]
        pub created_at: ::std::option::Option<crate::Timestamp>,
        ///Who created it.
        #[serde(rename = "createdBy", skip_serializing_if = "::std::option::Option::is_none")]
        pub created_by: ::std::option::Option<::std::string::String>,
        #[serde(rename = "createdByType", skip_serializing_if = "::std::option::Option::is_none")]
        pub created_by_type: ::std::option::Option<crate::enumerations::CreatedByType>,
        ///When that was (UTC).
        #[serde(rename = "lastModifiedAt", skip_serializing_if = "::std::option::Option::is_none")]
        pub last_modified_at: ::std::option::Option<crate::Timestamp>,
        ///Who last changed it.
        #[serde(rename = "lastModifiedBy", skip_serializing_if = "::std::option::Option::is_none")]
        pub last_modified_by: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "lastModifiedByType",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub last_modified_by_type: ::std::option::Option<crate::enumerations::CreatedByType>,
    }
    ///A user-assigned identity.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct UserAssignedIdentity {
        ///The client id.
        #[serde(rename = "clientId", skip_serializing_if = "::std::option::Option::is_none")]
        pub client_id: ::std::option::Option<::std::string::String>,
        ///The principal id.
        #[serde(rename = "principalId", skip_serializing_if = "::std::option::Option::is_none")]
        pub principal_id: ::std::option::Option<::std::string::String>,
    }
    ///A set of worker machines.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    pub struct WorkerProfile {
        ///The number of worker VMs.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub count: ::std::option::Option<i32>,
        ///The resource ID of an associated DiskEncryptionSet, if applicable.
        #[serde(
            rename = "diskEncryptionSetId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub disk_encryption_set_id: ::std::option::Option<::std::string::String>,
        ///The disk size of the worker VMs, in GB.
        #[serde(rename = "diskSizeGB", skip_serializing_if = "::std::option::Option::is_none")]
        pub disk_size_gb: ::std::option::Option<i32>,
        ///Whether worker virtual machines are encrypted at host.
        #[serde(rename = "encryptionAtHost", skip_serializing_if = "::std::option::Option::is_none")]
        pub encryption_at_host: ::std::option::Option<crate::enumerations::EncryptionAtHost>,
        ///The worker profile name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        ///The Azure resource ID of the worker subnet.
        #[serde(rename = "subnetId", skip_serializing_if = "::std::option::Option::is_none")]
        pub subnet_id: ::std::option::Option<::std::string::String>,
        ///The size of the worker VMs.
        #[serde(rename = "vmSize", skip_serializing_if = "::std::option::Option::is_none")]
        pub vm_size: ::std::option::Option<::std::string::String>,
    }
    /// Error types.
    pub mod error {
        /// Error from a `TryFrom` or `FromStr` implementation.
        pub struct ConversionError(::std::borrow::Cow<'static, str>);
        impl ::std::error::Error for ConversionError {}
        impl ::std::fmt::Display for ConversionError {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
        impl ::std::fmt::Debug for ConversionError {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl From<&'static str> for ConversionError {
            fn from(value: &'static str) -> Self {
                Self(value.into())
            }
        }
        impl From<String> for ConversionError {
            fn from(value: String) -> Self {
                Self(value.into())
            }
        }
    }
}
#[derive(Clone, Debug)]
/**Client for Azure Red Hat OpenShift

Azure Red Hat OpenShift 4 through Azure Resource Manager.

Version: 2025-07-25*/
pub struct Client {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
    pub(crate) inner: std::sync::Arc<crate::transport::Transport>,
}
impl Client {
    /// Create a new client.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub fn new(baseurl: &str, inner: std::sync::Arc<crate::transport::Transport>) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        let client = {
            let dur = ::std::time::Duration::from_secs(15u64);
            reqwest::ClientBuilder::new().connect_timeout(dur).timeout(dur)
        };
        #[cfg(target_arch = "wasm32")]
        let client = reqwest::ClientBuilder::new();
        Self::new_with_client(baseurl, client.build().unwrap(), inner)
    }
    /// Construct a new client with an existing `reqwest::Client`,
    /// allowing more control over its configuration.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub fn new_with_client(
        baseurl: &str,
        client: reqwest::Client,
        inner: std::sync::Arc<crate::transport::Transport>,
    ) -> Self {
        Self {
            baseurl: baseurl.to_string(),
            client,
            inner,
        }
    }
}
impl ClientInfo<std::sync::Arc<crate::transport::Transport>> for Client {
    fn api_version() -> &'static str {
        "2025-07-25"
    }
    fn baseurl(&self) -> &str {
        self.baseurl.as_str()
    }
    fn client(&self) -> &reqwest::Client {
        &self.client
    }
    fn inner(&self) -> &std::sync::Arc<crate::transport::Transport> {
        &self.inner
    }
}
impl ClientHooks<std::sync::Arc<crate::transport::Transport>> for &Client {}
#[allow(clippy::all)]
impl Client {
    /**Lists the operations of the resource provider

    The operations that Azure roles can allow.

    Sends a `GET` request to `/providers/Microsoft.RedHatOpenShift/operations`

    */
    pub async fn operations_list<'a>(
        &'a self,
    ) -> Result<ResponseValue<types::OperationList>, Error<types::CloudError>> {
        let url = format!("{}/providers/Microsoft.RedHatOpenShift/operations", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "operations_list",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Lists the OpenShift versions that can be installed in a location

    The versions, lowest first.

    Sends a `GET` request to `/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/locations/{location}/openShiftVersions`

    Arguments:
    - `subscription_id`: The subscription.
    - `location`: The Azure region.
    */
    pub async fn open_shift_versions_list<'a>(
        &'a self,
        subscription_id: &'a str,
        location: &'a str,
    ) -> Result<ResponseValue<types::OpenShiftVersionList>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/providers/Microsoft.RedHatOpenShift/locations/{}/openShiftVersions",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&location.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "open_shift_versions_list",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Reads an OpenShift version that can be installed in a location

    The version.

    Sends a `GET` request to `/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/locations/{location}/openShiftVersions/{openShiftVersion}`

    Arguments:
    - `subscription_id`: The subscription.
    - `location`: The Azure region.
    - `open_shift_version`: The OpenShift version.
    */
    pub async fn open_shift_versions_get<'a>(
        &'a self,
        subscription_id: &'a str,
        location: &'a str,
        open_shift_version: &'a str,
    ) -> Result<ResponseValue<types::OpenShiftVersion>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/providers/Microsoft.RedHatOpenShift/locations/{}/openShiftVersions/{}",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&location.to_string()),
            encode_path(&open_shift_version.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "open_shift_versions_get",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Lists, for each OpenShift minor version, the identities and roles that its operators need

    The role sets, lowest version first.

    Sends a `GET` request to `/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/locations/{location}/platformWorkloadIdentityRoleSets`

    Arguments:
    - `subscription_id`: The subscription.
    - `location`: The Azure region.
    */
    pub async fn platform_workload_identity_role_sets_list<'a>(
        &'a self,
        subscription_id: &'a str,
        location: &'a str,
    ) -> Result<ResponseValue<types::PlatformWorkloadIdentityRoleSetList>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/providers/Microsoft.RedHatOpenShift/locations/{}/platformWorkloadIdentityRoleSets",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&location.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "platform_workload_identity_role_sets_list",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Reads the identities and roles that the operators of an OpenShift minor version need

    The role set.

    Sends a `GET` request to `/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/locations/{location}/platformWorkloadIdentityRoleSets/{openShiftMinorVersion}`

    Arguments:
    - `subscription_id`: The subscription.
    - `location`: The Azure region.
    - `open_shift_minor_version`: The OpenShift minor version.
    */
    pub async fn platform_workload_identity_role_set_get<'a>(
        &'a self,
        subscription_id: &'a str,
        location: &'a str,
        open_shift_minor_version: &'a str,
    ) -> Result<ResponseValue<types::PlatformWorkloadIdentityRoleSet>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/providers/Microsoft.RedHatOpenShift/locations/{}/platformWorkloadIdentityRoleSets/{}",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&location.to_string()),
            encode_path(&open_shift_minor_version.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "platform_workload_identity_role_set_get",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Lists the clusters of a subscription

    A page of clusters, without their secrets.

    Sends a `GET` request to `/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/openShiftClusters`

    Arguments:
    - `subscription_id`: The subscription.
    */
    pub async fn open_shift_clusters_list<'a>(
        &'a self,
        subscription_id: &'a str,
    ) -> Result<ResponseValue<types::OpenShiftClusterList>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/providers/Microsoft.RedHatOpenShift/openShiftClusters",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "open_shift_clusters_list",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Lists the clusters of a resource group

    A page of clusters, without their secrets.

    Sends a `GET` request to `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters`

    Arguments:
    - `subscription_id`: The subscription.
    - `resource_group_name`: The resource group.
    */
    pub async fn open_shift_clusters_list_by_resource_group<'a>(
        &'a self,
        subscription_id: &'a str,
        resource_group_name: &'a str,
    ) -> Result<ResponseValue<types::OpenShiftClusterList>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/resourceGroups/{}/providers/Microsoft.RedHatOpenShift/openShiftClusters",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&resource_group_name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "open_shift_clusters_list_by_resource_group",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Reads a cluster

    The cluster, without its secrets.

    Sends a `GET` request to `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}`

    Arguments:
    - `subscription_id`: The subscription.
    - `resource_group_name`: The resource group.
    - `resource_name`: The name of the cluster.
    */
    pub async fn open_shift_clusters_get<'a>(
        &'a self,
        subscription_id: &'a str,
        resource_group_name: &'a str,
        resource_name: &'a str,
    ) -> Result<ResponseValue<types::OpenShiftCluster>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/resourceGroups/{}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{}",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&resource_group_name.to_string()),
            encode_path(&resource_name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "open_shift_clusters_get",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Creates a cluster, or changes one to what the request says

    The cluster as it was accepted; 201 where it is new.

    Sends a `PUT` request to `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}`

    Arguments:
    - `subscription_id`: The subscription.
    - `resource_group_name`: The resource group.
    - `resource_name`: The name of the cluster.
    - `body`
    */
    pub async fn open_shift_clusters_create_or_update<'a>(
        &'a self,
        subscription_id: &'a str,
        resource_group_name: &'a str,
        resource_name: &'a str,
        body: &'a types::OpenShiftCluster,
    ) -> Result<ResponseValue<types::OpenShiftCluster>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/resourceGroups/{}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{}",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&resource_group_name.to_string()),
            encode_path(&resource_name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .put(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "open_shift_clusters_create_or_update",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            201u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Deletes a cluster

    Nothing; 204 where there is no such cluster.

    Sends a `DELETE` request to `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}`

    Arguments:
    - `subscription_id`: The subscription.
    - `resource_group_name`: The resource group.
    - `resource_name`: The name of the cluster.
    */
    pub async fn open_shift_clusters_delete<'a>(
        &'a self,
        subscription_id: &'a str,
        resource_group_name: &'a str,
        resource_name: &'a str,
    ) -> Result<ResponseValue<()>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/resourceGroups/{}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{}",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&resource_group_name.to_string()),
            encode_path(&resource_name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .delete(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "open_shift_clusters_delete",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            202u16 => Ok(ResponseValue::empty(response)),
            204u16 => Ok(ResponseValue::empty(response)),
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Changes the named members of a cluster

    The cluster as it was accepted.

    Sends a `PATCH` request to `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}`

    Arguments:
    - `subscription_id`: The subscription.
    - `resource_group_name`: The resource group.
    - `resource_name`: The name of the cluster.
    - `body`
    */
    pub async fn open_shift_clusters_update<'a>(
        &'a self,
        subscription_id: &'a str,
        resource_group_name: &'a str,
        resource_name: &'a str,
        body: &'a types::OpenShiftClusterUpdate,
    ) -> Result<ResponseValue<types::OpenShiftCluster>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/resourceGroups/{}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{}",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&resource_group_name.to_string()),
            encode_path(&resource_name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .patch(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "open_shift_clusters_update",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            201u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Gives a kubeconfig for the administrator of a cluster

    The kubeconfig.

    Sends a `POST` request to `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}/listAdminCredentials`

    Arguments:
    - `subscription_id`: The subscription.
    - `resource_group_name`: The resource group.
    - `resource_name`: The name of the cluster.
    */
    pub async fn open_shift_clusters_list_admin_credentials<'a>(
        &'a self,
        subscription_id: &'a str,
        resource_group_name: &'a str,
        resource_name: &'a str,
    ) -> Result<ResponseValue<types::OpenShiftClusterAdminKubeconfig>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/resourceGroups/{}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{}/listAdminCredentials",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&resource_group_name.to_string()),
            encode_path(&resource_name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "open_shift_clusters_list_admin_credentials",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Gives name and password of the user kubeadmin of a cluster

    The credentials.

    Sends a `POST` request to `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}/listCredentials`

    Arguments:
    - `subscription_id`: The subscription.
    - `resource_group_name`: The resource group.
    - `resource_name`: The name of the cluster.
    */
    pub async fn open_shift_clusters_list_credentials<'a>(
        &'a self,
        subscription_id: &'a str,
        resource_group_name: &'a str,
        resource_name: &'a str,
    ) -> Result<ResponseValue<types::OpenShiftClusterCredentials>, Error<types::CloudError>> {
        let url = format!(
            "{}/subscriptions/{}/resourceGroups/{}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{}/listCredentials",
            self.baseurl,
            encode_path(&subscription_id.to_string()),
            encode_path(&resource_group_name.to_string()),
            encode_path(&resource_name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map.append(
            ::reqwest::header::HeaderName::from_static("api-version"),
            ::reqwest::header::HeaderValue::from_static(Self::api_version()),
        );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "open_shift_clusters_list_credentials",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16..=499u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500u16..=599u16 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
}
/// Items consumers will typically use such as the Client.
pub mod prelude {
    #[allow(unused_imports)]
    pub use super::Client;
}
