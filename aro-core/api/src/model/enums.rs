//! The enumerations of the model. All but [`InstallPhase`] are open: a word this build does not know is kept as
//! it is, because a newer build may have stored it.

use crate::resource::{closed_enum, open_enum};

open_enum! {
    /// Where a cluster is in its life.
    ProvisioningState {
        /// Being installed.
        Creating = "Creating",
        /// Being changed on behalf of the customer.
        Updating = "Updating",
        /// Being changed on behalf of the service.
        AdminUpdating = "AdminUpdating",
        /// A word of some api-versions; no cluster of ours gets it.
        Canceled = "Canceled",
        /// As [`Canceled`](Self::Canceled), in the spelling of one preview.
        Cancelled = "Cancelled",
        /// Reserved.
        Maintenance = "Maintenance",
        /// Being deleted.
        Deleting = "Deleting",
        /// The last operation ended well.
        Succeeded = "Succeeded",
        /// The last operation did not end well.
        Failed = "Failed",
    }
}

impl ProvisioningState {
    /// Whether no operation is running: only then may a write begin.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

open_enum! {
    /// Whether FIPS validated crypto modules are used.
    FipsValidatedModules {
        /// They are not used.
        Disabled = "Disabled",
        /// They are used.
        Enabled = "Enabled",
    }
}

open_enum! {
    /// Whether virtual machines are encrypted at host.
    EncryptionAtHost {
        /// They are not.
        Disabled = "Disabled",
        /// They are.
        Enabled = "Enabled",
    }
}

open_enum! {
    /// Whether the customer brings a network security group of their own.
    PreconfiguredNsg {
        /// The service makes one.
        Disabled = "Disabled",
        /// The customer's subnets have one.
        Enabled = "Enabled",
    }
}

open_enum! {
    /// From where an endpoint is reachable.
    Visibility {
        /// From inside the virtual network.
        Private = "Private",
        /// From the internet.
        Public = "Public",
    }
}

open_enum! {
    /// How traffic leaves the cluster.
    OutboundType {
        /// Through the cluster's load balancer.
        LoadBalancer = "Loadbalancer",
        /// Through routes of the customer.
        UserDefinedRouting = "UserDefinedRouting",
    }
}

open_enum! {
    /// The network plugin of the cluster.
    SoftwareDefinedNetwork {
        /// OVN-Kubernetes.
        OvnKubernetes = "OVNKubernetes",
        /// OpenShift SDN.
        OpenShiftSdn = "OpenShiftSDN",
    }
}

open_enum! {
    /// What kind of principal made or changed a resource.
    CreatedByType {
        /// An application.
        Application = "Application",
        /// An account key.
        Key = "Key",
        /// A managed identity.
        ManagedIdentity = "ManagedIdentity",
        /// A person.
        User = "User",
    }
}

open_enum! {
    /// Which managed identities a resource has.
    ManagedServiceIdentityType {
        /// None.
        None = "None",
        /// One that lives and dies with the resource.
        SystemAssigned = "SystemAssigned",
        /// Ones that the customer made.
        UserAssigned = "UserAssigned",
        /// Both.
        SystemAssignedUserAssigned = "SystemAssigned,UserAssigned",
    }
}

open_enum! {
    /// What an admin update does.
    MaintenanceTask {
        /// Everything there is.
        Everything = "Everything",
        /// Only the operator.
        OperatorUpdate = "OperatorUpdate",
        /// Only certificates.
        CertificatesRenewal = "CertificatesRenewal",
        /// Only the cluster's own record of itself.
        SyncClusterObject = "SyncClusterObject",
        /// Move to the newer load balancer.
        MigrateLoadBalancer = "MigrateLoadBalancer",
        /// Only say that maintenance is coming.
        Pending = "Pending",
        /// Only say that no maintenance is coming.
        None = "None",
        /// Only say that the customer has to do something.
        CustomerActionNeeded = "CustomerActionNeeded",
    }
}

open_enum! {
    /// What maintenance is known for a cluster.
    MaintenanceState {
        /// None.
        None = "None",
        /// Announced.
        Pending = "Pending",
        /// Running as announced.
        Planned = "Planned",
        /// Running without having been announced.
        Unplanned = "Unplanned",
        /// The customer has to do something.
        CustomerActionNeeded = "CustomerActionNeeded",
    }
}

open_enum! {
    /// What ARM last said about a subscription.
    SubscriptionState {
        /// In use.
        Registered = "Registered",
        /// The provider is not registered.
        Unregistered = "Unregistered",
        /// Payment is late.
        Warned = "Warned",
        /// Payment is overdue.
        Suspended = "Suspended",
        /// Gone; its clusters are deleted.
        Deleted = "Deleted",
    }
}

closed_enum! {
    /// How far an installation is.
    InstallPhase {
        /// The bootstrap machine is being used.
        Bootstrap = "InstallPhaseBootstrap",
        /// The bootstrap machine is being removed.
        RemoveBootstrap = "InstallPhaseRemoveBootstrap",
    }
}

/// The layout of the Azure resources of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ArchitectureVersion(pub i64);

impl ArchitectureVersion {
    /// Three load balancers and two network security groups (OpenShift up to 4.4).
    pub const V1: Self = Self(0);
    /// Two load balancers and one network security group; every new cluster.
    pub const V2: Self = Self(1);
}
