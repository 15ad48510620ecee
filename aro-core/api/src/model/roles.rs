//! Which operators of an OpenShift version need which Azure roles.

use aro_api_derive::Resource;

use super::{Extra, Seq};

/// The platform workload identities that an OpenShift minor version needs.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "PlatformWorkloadIdentityRoleSet")]
pub struct PlatformWorkloadIdentityRoleSet {
    /// The resource id.
    #[aro(name = "id", in("2024-08-12-preview".., "admin"), unseen("admin"))]
    pub id: String,
    /// The resource name.
    #[aro(name = "name", in("2024-08-12-preview".., "admin"), no_case)]
    pub name: String,
    /// The resource type.
    #[aro(name = "type", in("2024-08-12-preview".., "admin"), no_case)]
    pub r#type: String,
    /// Whether the set is about to disappear.
    #[aro(name = "deleting")]
    pub deleting: bool,
    /// The set itself.
    #[aro(name = "properties", in("2024-08-12-preview".., "admin"), always("2025-07-25"..))]
    pub properties: PlatformWorkloadIdentityRoleSetProperties,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// A set of roles.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "PlatformWorkloadIdentityRoleSetProperties")]
pub struct PlatformWorkloadIdentityRoleSetProperties {
    /// The OpenShift minor version, `x.y`.
    #[aro(name = "openShiftVersion", in("2024-08-12-preview".., "admin"))]
    pub openshift_version: String,
    /// The roles, one for each operator.
    #[aro(name = "platformWorkloadIdentityRoles", in("2024-08-12-preview".., "admin"), mutable)]
    pub platform_workload_identity_roles: Seq<PlatformWorkloadIdentityRole>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The role that an operator needs.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "PlatformWorkloadIdentityRole")]
pub struct PlatformWorkloadIdentityRole {
    /// The name of the operator.
    #[aro(name = "operatorName", in("2024-08-12-preview".., "admin"))]
    pub operator_name: String,
    /// The name of the role definition.
    #[aro(name = "roleDefinitionName", in("2024-08-12-preview".., "admin"))]
    pub role_definition_name: String,
    /// The resource id of the role definition.
    #[aro(name = "roleDefinitionId", in("2024-08-12-preview".., "admin"))]
    pub role_definition_id: String,
    /// The service accounts of the operator.
    #[aro(name = "serviceAccounts", in("admin"))]
    pub service_accounts: Seq<String>,
    /// Where the operator finds its credentials in the cluster.
    #[aro(name = "secretLocation", in("admin"))]
    pub secret_location: SecretLocation,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// A secret in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "SecretLocation")]
pub struct SecretLocation {
    /// Its namespace.
    #[aro(name = "namespace", in("admin"))]
    pub namespace: String,
    /// Its name.
    #[aro(name = "name", in("admin"))]
    pub name: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
