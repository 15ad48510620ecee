//! The profiles of a cluster.

use aro_api_derive::Resource;
use time::OffsetDateTime;

use super::{EncryptionAtHost, Extra, FipsValidatedModules, Visibility};
use crate::secret::Secret;

/// The cluster profile.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "ClusterProfile")]
pub struct ClusterProfile {
    /// The pull secret for the cluster.
    #[aro(name = "pullSecret", in("2019-12-31-preview"..))]
    pub pull_secret: Secret,
    /// The domain for the cluster.
    #[aro(name = "domain", in("2019-12-31-preview".., "admin"))]
    pub domain: String,
    /// The version of the cluster.
    #[aro(name = "version", in("2019-12-31-preview".., "admin"))]
    pub version: String,
    /// The id of the cluster resource group.
    #[aro(name = "resourceGroupId", in("2019-12-31-preview".., "admin"), no_case("2019-12-31-preview"..))]
    pub resource_group_id: String,
    /// If FIPS validated crypto modules are used.
    #[aro(name = "fipsValidatedModules", in("2022-04-01".., "admin"))]
    pub fips_validated_modules: FipsValidatedModules,
    /// The URL of the managed OIDC issuer in a workload identity cluster.
    #[aro(name = "oidcIssuer", in("2024-08-12-preview".., "admin"), read_only("2024-08-12-preview"..), never_written, last)]
    pub oidc_issuer: Option<String>,
    /// The private key with which the cluster signs service account tokens.
    #[aro(name = "boundServiceAccountSigningKey")]
    pub bound_service_account_signing_key: Option<Secret>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// What the service does for the cluster.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "FeatureProfile")]
pub struct FeatureProfile {
    /// Whether traffic to the service goes through the gateway.
    #[aro(name = "gatewayEnabled", in("admin"), mutable)]
    pub gateway_enabled: bool,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The console profile.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "ConsoleProfile")]
pub struct ConsoleProfile {
    /// The URL to access the cluster console.
    #[aro(name = "url", in("2019-12-31-preview".., "admin"), read_only("2023-11-22"..))]
    pub url: String,
    /// The colours of the console: a member of the version after the newest one, in unit tests only.
    #[cfg(test)]
    #[aro(name = "theme", in("2099-01-01"..), mutable)]
    pub theme: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The service principal that the cluster uses.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "ServicePrincipalProfile")]
pub struct ServicePrincipalProfile {
    /// The client ID used for the cluster.
    #[aro(name = "clientId", in("2019-12-31-preview".., "admin"), mutable("2019-12-31-preview"..))]
    pub client_id: String,
    /// The object id of the service principal.
    #[aro(name = "spObjectId", in("admin"))]
    pub sp_object_id: String,
    /// The client secret used for the cluster.
    #[aro(name = "clientSecret", in("2019-12-31-preview".., "admin"), mutable("2019-12-31-preview"..))]
    pub client_secret: Secret,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The control plane machines.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "MasterProfile")]
pub struct MasterProfile {
    /// The size of the master VMs.
    #[aro(name = "vmSize", in("2019-12-31-preview".., "admin"))]
    pub vm_size: String,
    /// The Azure resource ID of the master subnet.
    #[aro(name = "subnetId", in("2019-12-31-preview".., "admin"), no_case("2019-12-31-preview"..))]
    pub subnet_id: String,
    /// Whether master virtual machines are encrypted at host.
    #[aro(name = "encryptionAtHost", in("2021-09-01-preview".., "admin"))]
    pub encryption_at_host: EncryptionAtHost,
    /// The resource ID of an associated DiskEncryptionSet, if applicable.
    #[aro(name = "diskEncryptionSetId", in("2021-09-01-preview".., "admin"), no_case("2021-09-01-preview"..))]
    pub disk_encryption_set_id: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// A set of worker machines.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "WorkerProfile")]
pub struct WorkerProfile {
    /// The worker profile name.
    #[aro(name = "name", in("2019-12-31-preview".., "admin"), key)]
    pub name: String,
    /// The size of the worker VMs.
    #[aro(name = "vmSize", in("2019-12-31-preview".., "admin"))]
    pub vm_size: String,
    /// The disk size of the worker VMs, in GB.
    #[aro(name = "diskSizeGB", in("2019-12-31-preview".., "admin"))]
    pub disk_size_gb: i64,
    /// The Azure resource ID of the worker subnet.
    #[aro(name = "subnetId", in("2019-12-31-preview".., "admin"), no_case("2019-12-31-preview"..))]
    pub subnet_id: String,
    /// The number of worker VMs.
    #[aro(name = "count", in("2019-12-31-preview".., "admin"))]
    pub count: i64,
    /// Whether worker virtual machines are encrypted at host.
    #[aro(name = "encryptionAtHost", in("2021-09-01-preview".., "admin"))]
    pub encryption_at_host: EncryptionAtHost,
    /// The resource ID of an associated DiskEncryptionSet, if applicable.
    #[aro(name = "diskEncryptionSetId", in("2021-09-01-preview".., "admin"), no_case("2021-09-01-preview"..))]
    pub disk_encryption_set_id: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The API server of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "APIServerProfile")]
pub struct ApiServerProfile {
    /// API server visibility.
    #[aro(name = "visibility", in("2019-12-31-preview".., "admin"))]
    pub visibility: Visibility,
    /// The URL to access the cluster API server.
    #[aro(name = "url", in("2019-12-31-preview".., "admin"), read_only("2023-11-22"..), last)]
    pub url: String,
    /// The IP of the cluster API server.
    #[aro(name = "ip", in("2019-12-31-preview".., "admin"), read_only("2023-11-22"..), last)]
    pub ip: String,
    /// The IP of the API server inside the virtual network.
    #[aro(name = "intIp", in("admin"))]
    pub int_ip: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// An ingress controller of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "IngressProfile")]
pub struct IngressProfile {
    /// The ingress profile name.
    #[aro(name = "name", in("2019-12-31-preview".., "admin"), key)]
    pub name: String,
    /// Ingress visibility.
    #[aro(name = "visibility", in("2019-12-31-preview".., "admin"))]
    pub visibility: Visibility,
    /// The IP of the ingress.
    #[aro(name = "ip", in("2019-12-31-preview".., "admin"), read_only("2023-11-22"..), last)]
    pub ip: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// A registry that the cluster pulls from.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "RegistryProfile")]
pub struct RegistryProfile {
    /// The host name of the registry.
    #[aro(name = "name", in("admin"), key)]
    pub name: String,
    /// The user name.
    #[aro(name = "username", in("admin"))]
    pub username: String,
    /// The password.
    #[aro(name = "password")]
    pub password: Secret,
    /// When the password was issued.
    #[aro(name = "issueDate", in("admin"))]
    pub issue_date: Option<OffsetDateTime>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// Where Hive keeps the cluster.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "HiveProfile")]
pub struct HiveProfile {
    /// The namespace of the cluster in Hive.
    #[aro(name = "namespace", in("admin"))]
    pub namespace: String,
    /// Whether Hive installed the cluster.
    #[aro(name = "createdByHive", in("admin"))]
    pub created_by_hive: bool,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
