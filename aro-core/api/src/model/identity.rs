//! Managed identities: that of the cluster and those of its operators.

use aro_api_derive::Resource;

use super::{Dict, Extra, ManagedServiceIdentityType, Seq};

/// The managed identities of a resource.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "ManagedServiceIdentity")]
pub struct ManagedServiceIdentity {
    /// Which kinds of identity there are.
    #[aro(name = "type", in("2024-08-12-preview".., "admin"))]
    pub r#type: ManagedServiceIdentityType,
    /// The principal id of the system-assigned identity.
    #[aro(name = "principalId", in("2024-08-12-preview".., "admin"), output("2024-08-12-preview"..), read_only("admin"), never_written)]
    pub principal_id: String,
    /// The tenant of the system-assigned identity.
    #[aro(name = "tenantId", in("2024-08-12-preview".., "admin"), output("2024-08-12-preview"..), read_only("admin"), never_written)]
    pub tenant_id: String,
    /// The user-assigned identities, by resource id.
    #[aro(name = "userAssignedIdentities", in("2024-08-12-preview".., "admin"), mutable("2024-08-12-preview"..))]
    pub user_assigned_identities: Dict<UserAssignedIdentity>,
    /// Where the service gets the credentials of the identities, from a header of ARM.
    #[aro(name = "identityURL")]
    pub identity_url: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// A user-assigned identity.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "UserAssignedIdentity")]
pub struct UserAssignedIdentity {
    /// The client id.
    #[aro(name = "clientId", in("2024-08-12-preview".., "admin"), output("2024-08-12-preview"..), read_only("admin"), never_written)]
    pub client_id: String,
    /// The principal id.
    #[aro(name = "principalId", in("2024-08-12-preview".., "admin"), output("2024-08-12-preview"..), read_only("admin"), never_written)]
    pub principal_id: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The identities of the cluster's operators.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "PlatformWorkloadIdentityProfile")]
pub struct PlatformWorkloadIdentityProfile {
    /// The OpenShift version to which the cluster may be upgraded with these identities.
    #[aro(
        name = "upgradeableTo",
        in("2024-08-12-preview".., "admin"),
        mutable("2024-08-12-preview"..),
        keep_on_null,
        unseen("admin")
    )]
    pub upgradeable_to: Option<String>,
    /// The identities, by operator name.
    #[aro(name = "platformWorkloadIdentities", in("2024-08-12-preview".., "admin"), mutable("2024-08-12-preview"..), grows)]
    pub platform_workload_identities: Dict<PlatformWorkloadIdentity>,
    /// Identities that operators had before, and that no operator has now: the trust and the rights that the cluster gave
    /// them are still to be taken away.
    #[aro(name = "replacedIdentities")]
    pub replaced_identities: Seq<PlatformWorkloadIdentity>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The identity of an operator.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "PlatformWorkloadIdentity")]
pub struct PlatformWorkloadIdentity {
    /// The resource ID of the identity.
    #[aro(name = "resourceId", in("2024-08-12-preview".., "admin"), mutable("2024-08-12-preview"..))]
    pub resource_id: String,
    /// The client id.
    #[aro(name = "clientId", in("2024-08-12-preview".., "admin"), output("2024-08-12-preview"..), read_only("admin"), never_written)]
    pub client_id: String,
    /// The object id.
    #[aro(name = "objectId", in("2024-08-12-preview".., "admin"), output("2024-08-12-preview"..), read_only("admin"), never_written)]
    pub object_id: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
