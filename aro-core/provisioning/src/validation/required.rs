//! Which actions on which resources a cluster needs: the one table.

use aro_azure::Action;

use aro_api::Code;

/// Who acts on the customer's resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The provider's application in the customer's tenant.
    FirstParty {
        /// Its object id.
        object_id: String,
    },
    /// The cluster's service principal.
    ServicePrincipal {
        /// Its object id.
        object_id: String,
    },
    /// The identity of one operator of the cluster.
    PlatformIdentity {
        /// The operator.
        operator: String,
        /// The identity's object id.
        object_id: String,
        /// Resource id of the role that the operator has.
        role: String,
        /// Actions of that role, with `*` for any run. What it does not have in it, the operator does not need.
        actions: Vec<String>,
    },
    /// The cluster's own identity, which lets operators' identities trust the cluster.
    ClusterIdentity {
        /// Its object id.
        object_id: String,
    },
}

/// Kinds of the customer's resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// A virtual network.
    VirtualNetwork,
    /// A subnet.
    Subnet,
    /// A subnet's route table.
    RouteTable,
    /// A subnet's NAT gateway.
    NatGateway,
    /// A subnet's network security group, where the customer brings it.
    SecurityGroup,
    /// A disk encryption set.
    DiskEncryptionSet,
    /// A platform identity.
    Identity,
}

/// Kind, Azure's name of the type, what the first-party application needs, what the cluster's identities need, and the
/// role that gives it.
type Row = (
    ResourceKind,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

const TABLE: [Row; 6] = [
    (
        ResourceKind::VirtualNetwork,
        "Microsoft.Network/virtualNetworks",
        &["read"],
        &["join/action", "read", "write"],
        "Network Contributor",
    ),
    (
        ResourceKind::Subnet,
        "Microsoft.Network/virtualNetworks/subnets",
        &["join/action", "read", "write"],
        &["join/action", "read", "write"],
        "Network Contributor",
    ),
    (
        ResourceKind::RouteTable,
        "Microsoft.Network/routeTables",
        &["join/action", "read"],
        &["join/action", "read", "write"],
        "Network Contributor",
    ),
    (
        ResourceKind::NatGateway,
        "Microsoft.Network/natGateways",
        &["join/action"],
        &["join/action", "read", "write"],
        "Network Contributor",
    ),
    (
        ResourceKind::SecurityGroup,
        "Microsoft.Network/networkSecurityGroups",
        &["join/action", "read"],
        &["join/action"],
        "Network Contributor",
    ),
    (
        ResourceKind::DiskEncryptionSet,
        "Microsoft.Compute/diskEncryptionSets",
        &["read"],
        &["read"],
        "Reader",
    ),
];

const IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";
/// What the cluster's identity does with those of the operators: the role Azure Red Hat OpenShift Federated Credential.
const CLUSTER_IDENTITY: [&str; 4] = [
    "read",
    "federatedIdentityCredentials/read",
    "federatedIdentityCredentials/write",
    "federatedIdentityCredentials/delete",
];

/// Actions that a principal must be able to perform on a resource of that kind; none when it has no business with it.
#[must_use]
pub fn required_actions(principal: &Principal, kind: ResourceKind) -> Vec<Action> {
    let of = |kind: &str, suffixes: &[&str]| -> Vec<Action> {
        let actions = suffixes.iter().map(|suffix| format!("{kind}/{suffix}"));
        actions.map(Action::on_resource).collect()
    };
    let row = TABLE.iter().find(|row| row.0 == kind);
    match (principal, row) {
        (Principal::ClusterIdentity { .. }, _) if kind == ResourceKind::Identity => of(IDENTITY, &CLUSTER_IDENTITY),
        (Principal::ClusterIdentity { .. }, _) | (_, None) => Vec::new(),
        (Principal::FirstParty { .. }, Some((_, name, suffixes, _, _)))
        | (Principal::ServicePrincipal { .. }, Some((_, name, _, suffixes, _))) => of(name, suffixes),
        (Principal::PlatformIdentity { actions: role, .. }, Some((_, name, _, suffixes, _))) => {
            let mut needed = of(name, suffixes);
            needed.retain(|action| role.iter().any(|pattern| covers(pattern, &action.id)));
            needed
        }
    }
}

/// The role that gives the actions, by name or by id.
pub(super) fn role(principal: &Principal, kind: ResourceKind) -> &str {
    match principal {
        Principal::PlatformIdentity { role, .. } => role.rsplit('/').next().unwrap_or_default(),
        Principal::ClusterIdentity { .. } => "Azure Red Hat OpenShift Federated Credential",
        Principal::FirstParty { .. } | Principal::ServicePrincipal { .. } => {
            let row = TABLE.iter().find(|row| row.0 == kind);
            row.map_or("Contributor", |row| row.4)
        }
    }
}

impl Principal {
    /// Its object id.
    #[must_use]
    pub fn object_id(&self) -> &str {
        match self {
            Self::FirstParty { object_id }
            | Self::ServicePrincipal { object_id }
            | Self::PlatformIdentity { object_id, .. }
            | Self::ClusterIdentity { object_id } => object_id,
        }
    }

    /// The code of what it lacks.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::FirstParty { .. } => Code::INVALID_RESOURCE_PROVIDER_PERMISSIONS,
            Self::ServicePrincipal { .. } => Code::INVALID_SERVICE_PRINCIPAL_PERMISSIONS,
            Self::PlatformIdentity { .. } => Code::INVALID_WORKLOAD_IDENTITY_PERMISSIONS,
            Self::ClusterIdentity { .. } => Code::INVALID_CLUSTER_MSI_PERMISSIONS,
        }
    }

    /// Who it is, for people.
    pub(super) fn who(&self) -> String {
        match self {
            Self::FirstParty { .. } => "The resource provider's application (Azure Red Hat OpenShift RP)".to_owned(),
            Self::ServicePrincipal { .. } => "The cluster's service principal".to_owned(),
            Self::PlatformIdentity { operator, .. } => format!("The platform identity of {operator}"),
            Self::ClusterIdentity { .. } => "The cluster's managed identity".to_owned(),
        }
    }
}

impl ResourceKind {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::VirtualNetwork => "virtual network",
            Self::Subnet => "subnet",
            Self::RouteTable => "route table",
            Self::NatGateway => "NAT gateway",
            Self::SecurityGroup => "network security group",
            Self::DiskEncryptionSet => "disk encryption set",
            Self::Identity => "identity",
        }
    }
}

/// Whether an action of a role, in which `*` stands for any run, covers another.
fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = action.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(actions: &[Action]) -> Vec<&str> {
        actions
            .iter()
            .map(|action| {
                action
                    .id
                    .rsplit_once("virtualNetworks/")
                    .map_or("", |(_, suffix)| suffix)
            })
            .collect()
    }

    #[test]
    fn each_principal_needs_what_the_table_says() {
        let object_id = "o".to_owned();
        let first_party = Principal::FirstParty {
            object_id: object_id.clone(),
        };
        assert_eq!(
            ids(&required_actions(&first_party, ResourceKind::VirtualNetwork)),
            ["read"]
        );
        let service_principal = Principal::ServicePrincipal {
            object_id: object_id.clone(),
        };
        assert_eq!(
            ids(&required_actions(&service_principal, ResourceKind::VirtualNetwork)),
            ["join/action", "read", "write"]
        );
        let identity = |actions: &[&str]| Principal::PlatformIdentity {
            operator: "ingress".to_owned(),
            object_id: object_id.clone(),
            role: "/r/1".to_owned(),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        };
        let narrow = identity(&[
            "Microsoft.Network/virtualNetworks/subnets/JOIN/action",
            "Microsoft.Compute/*",
        ]);
        assert_eq!(
            ids(&required_actions(&narrow, ResourceKind::Subnet)),
            ["subnets/join/action"]
        );
        assert!(required_actions(&narrow, ResourceKind::RouteTable).is_empty());
        assert_eq!(required_actions(&narrow, ResourceKind::DiskEncryptionSet).len(), 1);
        assert_eq!(
            required_actions(&identity(&["*/read"]), ResourceKind::NatGateway).len(),
            1
        );
        let cluster = Principal::ClusterIdentity { object_id };
        assert_eq!(required_actions(&cluster, ResourceKind::Identity).len(), 4);
        assert!(required_actions(&cluster, ResourceKind::Subnet).is_empty());
        assert!(required_actions(&first_party, ResourceKind::Identity).is_empty());
    }
}
