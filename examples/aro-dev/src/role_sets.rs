//! Which operators of a cluster with managed identities need an identity, and which role each of them.
//!
//! In Azure, operators of the service put these sets through the admin API; a world that nobody operates is given them.

use aro_api::model::{
    PlatformWorkloadIdentityRole, PlatformWorkloadIdentityRoleSet, PlatformWorkloadIdentityRoleSetProperties,
    SecretLocation,
};
use aro_store::{PlatformWorkloadIdentityRoleSetDocument, Store, StoreError};
use uuid::Uuid;

/// The minor versions that have a set: those on offer, and the one to which the newest can be upgraded.
const MINORS: [&str; 4] = ["4.15", "4.16", "4.17", "4.18"];

struct Operator {
    name: &'static str,
    role: &'static str,
    role_name: &'static str,
    namespace: &'static str,
    secret: &'static str,
    accounts: &'static [&'static str],
}

/// The operators and the built-in roles of Azure that are made for them.
const OPERATORS: [Operator; 8] = [
    Operator {
        name: "aro-operator",
        role: "4436bae4-7702-4c84-919b-c4069ff25ee2",
        role_name: "Azure Red Hat OpenShift Service Operator",
        namespace: "openshift-azure-operator",
        secret: "azure-cloud-credentials",
        accounts: &["aro-operator-master"],
    },
    Operator {
        name: "cloud-controller-manager",
        role: "a1f96423-95ce-4224-ab27-4e3dc72facd4",
        role_name: "Azure Red Hat OpenShift Cloud Controller Manager",
        namespace: "openshift-cloud-controller-manager",
        secret: "azure-cloud-credentials",
        accounts: &["cloud-controller-manager"],
    },
    Operator {
        name: "cloud-network-config",
        role: "be7a6435-15ae-4171-8f30-4a343eff9e8f",
        role_name: "Azure Red Hat OpenShift Network Operator",
        namespace: "openshift-cloud-network-config-controller",
        secret: "cloud-credentials",
        accounts: &["cloud-network-config-controller"],
    },
    Operator {
        name: "disk-csi-driver",
        role: "5b7237c5-45e1-49d6-bc18-a1f62f400748",
        role_name: "Azure Red Hat OpenShift Disk Storage Operator",
        namespace: "openshift-cluster-csi-drivers",
        secret: "azure-disk-credentials",
        accounts: &["azure-disk-csi-driver-operator", "azure-disk-csi-driver-controller-sa"],
    },
    Operator {
        name: "file-csi-driver",
        role: "0d7aedc0-15fd-4a67-a412-efad370c947e",
        role_name: "Azure Red Hat OpenShift File Storage Operator",
        namespace: "openshift-cluster-csi-drivers",
        secret: "azure-file-credentials",
        accounts: &[
            "azure-file-csi-driver-operator",
            "azure-file-csi-driver-controller-sa",
            "azure-file-csi-driver-node-sa",
        ],
    },
    Operator {
        name: "image-registry",
        role: "8b32b316-c2f5-4ddf-b05b-83dacd2d08b5",
        role_name: "Azure Red Hat OpenShift Image Registry Operator",
        namespace: "openshift-image-registry",
        secret: "installer-cloud-credentials",
        accounts: &["cluster-image-registry-operator", "registry"],
    },
    Operator {
        name: "ingress",
        role: "0336e1d3-7a87-462b-b6db-342b63f7802c",
        role_name: "Azure Red Hat OpenShift Cluster Ingress Operator",
        namespace: "openshift-ingress-operator",
        secret: "cloud-credentials",
        accounts: &["ingress-operator"],
    },
    Operator {
        name: "machine-api",
        role: "0358943c-7e01-48ba-8889-02cc51d78637",
        role_name: "Azure Red Hat OpenShift Machine API Operator",
        namespace: "openshift-machine-api",
        secret: "azure-cloud-credentials",
        accounts: &["machine-api-controllers"],
    },
];

/// The names of the operators that need an identity.
pub(crate) fn operators() -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().map(|operator| operator.name)
}

impl Operator {
    fn needs(&self) -> PlatformWorkloadIdentityRole {
        let mut role = PlatformWorkloadIdentityRole {
            operator_name: self.name.to_string(),
            role_definition_name: self.role_name.to_string(),
            role_definition_id: format!("/providers/Microsoft.Authorization/roleDefinitions/{}", self.role),
            secret_location: SecretLocation {
                namespace: self.namespace.to_string(),
                name: self.secret.to_string(),
                ..SecretLocation::default()
            },
            ..PlatformWorkloadIdentityRole::default()
        };
        let account = |name: &&str| format!("system:serviceaccount:{}:{name}", self.namespace);
        role.service_accounts
            .as_vec_mut()
            .extend(self.accounts.iter().map(account));
        role
    }
}

/// Puts the sets into a store that has none.
pub(crate) async fn seed(store: &Store) -> Result<(), StoreError> {
    if !store.role_sets().list().await?.is_empty() {
        return Ok(());
    }
    for minor in MINORS {
        let mut properties = PlatformWorkloadIdentityRoleSetProperties {
            openshift_version: minor.to_string(),
            ..PlatformWorkloadIdentityRoleSetProperties::default()
        };
        properties
            .platform_workload_identity_roles
            .as_vec_mut()
            .extend(OPERATORS.iter().map(Operator::needs));
        let document = PlatformWorkloadIdentityRoleSetDocument {
            id: Uuid::new_v4().to_string(),
            platform_workload_identity_role_set: PlatformWorkloadIdentityRoleSet {
                name: minor.to_string(),
                r#type: "Microsoft.RedHatOpenShift/PlatformWorkloadIdentityRoleSet".to_string(),
                properties,
                ..PlatformWorkloadIdentityRoleSet::default()
            },
            ..PlatformWorkloadIdentityRoleSetDocument::default()
        };
        store.role_sets().create(document).await?;
    }
    Ok(())
}
