//! Enumerations. Made by `cargo xtask generate` of the model in aro-api; not to be edited.

use crate::word::words;

words! {
    /// What kind of principal created or changed a resource.
    CreatedByType {
        User = "User",
        Application = "Application",
        ManagedIdentity = "ManagedIdentity",
        Key = "Key",
    }
}

words! {
    /// Whether virtual machines are encrypted at host.
    EncryptionAtHost {
        Disabled = "Disabled",
        Enabled = "Enabled",
    }
}

words! {
    /// Whether FIPS validated crypto modules are used.
    FipsValidatedModules {
        Disabled = "Disabled",
        Enabled = "Enabled",
    }
}

words! {
    /// Which kinds of managed identity there are.
    ManagedServiceIdentityType {
        None = "None",
        SystemAssigned = "SystemAssigned",
        UserAssigned = "UserAssigned",
        SystemAssignedUserAssigned = "SystemAssigned,UserAssigned",
    }
}

words! {
    /// How traffic leaves the cluster.
    OutboundType {
        Loadbalancer = "Loadbalancer",
        UserDefinedRouting = "UserDefinedRouting",
    }
}

words! {
    /// Whether the customer brings a network security group of their own.
    PreconfiguredNsg {
        Disabled = "Disabled",
        Enabled = "Enabled",
    }
}

words! {
    /// Where a cluster is in its life.
    ProvisioningState {
        AdminUpdating = "AdminUpdating",
        Canceled = "Canceled",
        Creating = "Creating",
        Deleting = "Deleting",
        Failed = "Failed",
        Succeeded = "Succeeded",
        Updating = "Updating",
    }
}

words! {
    /// From where an endpoint is reachable.
    Visibility {
        Private = "Private",
        Public = "Public",
    }
}
