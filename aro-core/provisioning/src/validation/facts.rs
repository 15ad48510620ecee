//! What is known of a subscription when a cluster is judged.

use std::collections::BTreeMap;

use aro_azure::{
    Claims, disk_encryption::DiskEncryptionSet, identities::FederatedCredential, network::Usage,
    network::VirtualNetwork,
};

use super::{Principal, ResourceKind};

/// Facts about a subscription and what a cluster refers to in it. Maps have ids in lower case as keys; an id that is not in
/// a map was not asked for, and is not judged.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Who the service principal is; `None` for clusters without one.
    pub credentials: Option<PrincipalClaims>,
    /// The identities of operators; `None` for clusters without them.
    pub identities: Option<Vec<IdentityFacts>>,
    /// Operators that the role sets of the cluster's version name.
    pub operators: Vec<String>,
    /// Permissions that were asked about.
    pub access: Vec<Access>,
    /// Virtual networks; `None` for one that does not exist.
    pub networks: BTreeMap<String, Option<VirtualNetwork>>,
    /// Disk encryption sets; `None` for one that does not exist.
    pub disk_encryption_sets: BTreeMap<String, Option<DiskEncryptionSet>>,
    /// Machine sizes that the subscription can see in the region; `None` when nobody asked.
    pub sizes: Option<Vec<MachineSize>>,
    /// Use of limits in the region.
    pub usages: Vec<Usage>,
    /// What the cluster has already made, and the limits count already.
    pub made: Made,
    /// Resource providers of the subscription; `None` when nobody asked.
    pub providers: Option<Vec<Provider>>,
    /// State of the feature `Microsoft.Compute/EncryptionAtHost`; `None` when nobody asked.
    pub encryption_at_host: Option<String>,
    /// Resource id of the cluster that has the domain; `None` when nobody has it or nobody asked.
    pub domain_owner: Option<String>,
    /// Machines that call out through the public load balancer; `None` when nobody asked.
    pub calling_out: Option<usize>,
}

/// What the tokens of a service principal say.
#[derive(Debug, Clone, Default)]
pub struct PrincipalClaims {
    /// The token for Azure Resource Manager.
    pub arm: Claims,
    /// The token for Microsoft Graph.
    pub graph: Claims,
}

/// An operator's identity.
#[derive(Debug, Clone, Default)]
pub struct IdentityFacts {
    /// The operator.
    pub operator: String,
    /// The identity's resource id.
    pub resource_id: String,
    /// Whom it trusts.
    pub credentials: Vec<FederatedCredential>,
}

/// What one principal may not do on one resource.
#[derive(Debug, Clone)]
pub struct Access {
    /// Who.
    pub principal: Principal,
    /// The resource's id.
    pub resource: String,
    /// Its kind.
    pub kind: ResourceKind,
    /// The member of the request through which the cluster comes to it.
    pub target: String,
    /// Actions that are needed and not allowed.
    pub refused: Vec<String>,
}

/// A size of virtual machines, as the subscription can have it in the region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineSize {
    /// `Standard_D8s_v5` and the like.
    pub name: String,
    /// The family that quota counts by.
    pub family: String,
    /// Virtual cores.
    pub cores: i64,
    /// Zones of the region that have it, and that the subscription and a cluster may use.
    pub zones: Vec<String>,
    /// Whether the subscription cannot have it in the region at all.
    pub restricted: bool,
    /// Whether its disks can be encrypted at the host.
    pub encryption_at_host: bool,
}

/// What the cluster has already made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// Public addresses in the managed resource group.
    pub public_addresses: usize,
    /// Sizes of the machines in it.
    pub machines: Vec<String>,
}

/// A resource provider of a subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// `Microsoft.Network` and the like.
    pub namespace: String,
    /// `Registered` when it can be used.
    #[serde(default)]
    pub registration_state: String,
}

impl Facts {
    /// A virtual network by its id: `None` when it was not asked for, `Some(None)` when it does not exist.
    #[must_use]
    pub fn network(&self, id: &str) -> Option<Option<&VirtualNetwork>> {
        self.networks.get(&id.to_lowercase()).map(Option::as_ref)
    }

    /// A machine size by its name.
    #[must_use]
    pub fn size(&self, name: &str) -> Option<&MachineSize> {
        self.sizes
            .as_ref()?
            .iter()
            .find(|size| size.name.eq_ignore_ascii_case(name))
    }
}
