//! The resource model: one struct per thing, annotated with what each api-version shows and allows.
//!
//! The internal cluster is the only cluster struct. See [`crate::resource`] for what the annotations mean.

mod billing;
mod cluster;
mod enums;
mod gateway;
mod identity;
mod maintenance;
mod network;
mod operation;
mod profiles;
mod roles;
mod subscription;
mod system_data;
mod versions;

pub use billing::Billing;
pub use cluster::{Cluster, Install, Properties};
pub use enums::{
    ArchitectureVersion, CreatedByType, EncryptionAtHost, FipsValidatedModules, InstallPhase, MaintenanceState,
    MaintenanceTask, ManagedServiceIdentityType, OutboundType, PreconfiguredNsg, ProvisioningState,
    SoftwareDefinedNetwork, SubscriptionState, Visibility,
};
pub use gateway::Gateway;
pub use identity::{
    ManagedServiceIdentity, PlatformWorkloadIdentity, PlatformWorkloadIdentityProfile, UserAssignedIdentity,
};
pub use maintenance::{
    MaintenanceManifest, MaintenanceManifestState, MaintenanceSchedule, MaintenanceScheduleState, MaintenanceSelector,
};
pub use network::{LoadBalancerProfile, ManagedOutboundIps, NetworkProfile, ResourceReference};
pub use operation::AsyncOperation;
pub use profiles::{
    ApiServerProfile, ClusterProfile, ConsoleProfile, FeatureProfile, HiveProfile, IngressProfile, MasterProfile,
    RegistryProfile, ServicePrincipalProfile, WorkerProfile,
};
pub use roles::{
    PlatformWorkloadIdentityRole, PlatformWorkloadIdentityRoleSet, PlatformWorkloadIdentityRoleSetProperties,
    SecretLocation,
};
pub use subscription::{AccountOwner, RegisteredFeature, Subscription, SubscriptionProperties};
pub use system_data::{CorrelationData, SystemData};
pub use versions::{OpenShiftVersion, OpenShiftVersionProperties};

pub use crate::resource::{Dict, Extra, Seq};
