//! Role definitions: the built-in ones this world needs, and custom ones.

use http::Method;
use serde_json::{Value, json};

use super::authorization::Permission;
use super::cx::Cx;
use super::error::ArmError;
use super::front::ArmCall;
use super::id::last;
use crate::call::Reply;
use crate::state::State;

pub(crate) const ROLE_DEFINITION: &str = "Microsoft.Authorization/roleDefinitions";
pub(crate) const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
pub(crate) const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
pub(crate) const NETWORK_CONTRIBUTOR: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";
pub(crate) const STORAGE_BLOB_DATA_CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";

pub(crate) const KEY_VAULT_CERTIFICATES_OFFICER: &str = "a4417e6f-fecd-4de8-b567-7b0420556985";
pub(crate) const KEY_VAULT_SECRETS_OFFICER: &str = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
pub(crate) const KEY_VAULT_SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";

struct Role {
    id: &'static str,
    name: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
}

const fn role(id: &'static str, name: &'static str, actions: &'static [&'static str]) -> Role {
    Role {
        id,
        name,
        actions,
        not_actions: &[],
        data_actions: &[],
    }
}

/// A role for the content of vaults.
const fn vault_role(id: &'static str, name: &'static str, data_actions: &'static [&'static str]) -> Role {
    Role {
        id,
        name,
        actions: &["Microsoft.KeyVault/vaults/read"],
        not_actions: &[],
        data_actions,
    }
}

const SUBNET: &[&str] = &[
    "Microsoft.Network/virtualNetworks/subnets/read",
    "Microsoft.Network/virtualNetworks/subnets/write",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
];

/// [`SUBNET`], and what machines are made of in the managed resource group.
const MACHINES: &[&str] = &[
    SUBNET[0],
    SUBNET[1],
    SUBNET[2],
    "Microsoft.Compute/availabilitySets/*",
    "Microsoft.Compute/diskEncryptionSets/read",
    "Microsoft.Compute/disks/delete",
    "Microsoft.Compute/disks/read",
    "Microsoft.Compute/skus/read",
    "Microsoft.Compute/virtualMachines/delete",
    "Microsoft.Compute/virtualMachines/read",
    "Microsoft.Compute/virtualMachines/write",
    "Microsoft.Network/loadBalancers/backendAddressPools/join/action",
    "Microsoft.Network/loadBalancers/read",
    "Microsoft.Network/networkInterfaces/delete",
    "Microsoft.Network/networkInterfaces/join/action",
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Network/networkInterfaces/write",
    "Microsoft.Network/virtualNetworks/read",
];

/// Ids and names are Azure's; the actions of the OpenShift operators' roles are those that touch the customer's network.
const BUILT_IN: &[Role] = &[
    role(OWNER, "Owner", &["*"]),
    Role {
        id: CONTRIBUTOR,
        name: "Contributor",
        actions: &["*"],
        not_actions: &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
        ],
        data_actions: &[],
    },
    role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", &["*/read"]),
    role(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
    ),
    role(
        NETWORK_CONTRIBUTOR,
        "Network Contributor",
        &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Network/*",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
        ],
    ),
    role(
        "f1a07417-d97a-45cb-824c-7a7467783830",
        "Managed Identity Operator",
        &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Resources/deployments/*",
        ],
    ),
    // What the client assigns to the provider itself for a cluster with managed identities.
    role(
        "42f3c60f-e7b1-46d7-ba56-6de681664342",
        "Azure Red Hat OpenShift Service Principal Network Role",
        &[
            "Microsoft.Network/loadBalancers/read",
            "Microsoft.Network/natGateways/join/action",
            "Microsoft.Network/natGateways/read",
            "Microsoft.Network/networkSecurityGroups/join/action",
            "Microsoft.Network/networkSecurityGroups/read",
            "Microsoft.Network/networkSecurityGroups/write",
            "Microsoft.Network/privateEndpoints/read",
            "Microsoft.Network/routeTables/join/action",
            "Microsoft.Network/routeTables/read",
            "Microsoft.Network/routeTables/write",
            "Microsoft.Network/virtualNetworks/join/action",
            "Microsoft.Network/virtualNetworks/read",
            "Microsoft.Network/virtualNetworks/write",
            "Microsoft.Network/virtualNetworks/subnets/join/action",
            "Microsoft.Network/virtualNetworks/subnets/read",
            "Microsoft.Network/virtualNetworks/subnets/write",
        ],
    ),
    Role {
        id: STORAGE_BLOB_DATA_CONTRIBUTOR,
        name: "Storage Blob Data Contributor",
        actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/write",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        not_actions: &[],
        data_actions: &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"],
    },
    vault_role(
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        "Key Vault Administrator",
        &["Microsoft.KeyVault/vaults/*"],
    ),
    vault_role(
        KEY_VAULT_CERTIFICATES_OFFICER,
        "Key Vault Certificates Officer",
        &[
            "Microsoft.KeyVault/vaults/certificatecas/*",
            "Microsoft.KeyVault/vaults/certificates/*",
            "Microsoft.KeyVault/vaults/certificatecontacts/write",
        ],
    ),
    vault_role(
        KEY_VAULT_SECRETS_OFFICER,
        "Key Vault Secrets Officer",
        &["Microsoft.KeyVault/vaults/secrets/*"],
    ),
    vault_role(
        KEY_VAULT_SECRETS_USER,
        "Key Vault Secrets User",
        &[
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
        ],
    ),
    role(
        "ef318e2a-8334-4a05-9e4a-295a196c6a6e",
        "Azure Red Hat OpenShift Federated Credential",
        &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete",
        ],
    ),
    role(
        "a1f96423-95ce-4224-ab27-4e3dc72facd4",
        "Azure Red Hat OpenShift Cloud Controller Manager",
        SUBNET,
    ),
    role(
        "0336e1d3-7a87-462b-b6db-342b63f7802c",
        "Azure Red Hat OpenShift Cluster Ingress Operator",
        SUBNET,
    ),
    role(
        "0358943c-7e01-48ba-8889-02cc51d78637",
        "Azure Red Hat OpenShift Machine API Operator",
        MACHINES,
    ),
    role(
        "be7a6435-15ae-4171-8f30-4a343eff9e8f",
        "Azure Red Hat OpenShift Network Operator",
        SUBNET,
    ),
    role(
        "0d7aedc0-15fd-4a67-a412-efad370c947e",
        "Azure Red Hat OpenShift File Storage Operator",
        SUBNET,
    ),
    role(
        "8b32b316-c2f5-4ddf-b05b-83dacd2d08b5",
        "Azure Red Hat OpenShift Image Registry Operator",
        SUBNET,
    ),
    role(
        "5b7237c5-45e1-49d6-bc18-a1f62f400748",
        "Azure Red Hat OpenShift Disk Storage Operator",
        &[
            "Microsoft.Compute/disks/*",
            "Microsoft.Compute/snapshots/*",
            "Microsoft.Compute/virtualMachines/*",
        ],
    ),
    role(
        "4436bae4-7702-4c84-919b-c4069ff25ee2",
        "Azure Red Hat OpenShift Service Operator",
        SUBNET,
    ),
];

impl Role {
    fn permission(&self) -> Permission {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        Permission {
            actions: owned(self.actions),
            not_actions: owned(self.not_actions),
            data_actions: owned(self.data_actions),
            not_data_actions: Vec::new(),
        }
    }

    fn view(&self, scope: &str) -> Value {
        json!({
            "id": format!("{scope}/providers/{ROLE_DEFINITION}/{}", self.id),
            "name": self.id,
            "type": ROLE_DEFINITION,
            "properties": {
                "roleName": self.name, "type": "BuiltInRole", "description": self.name, "assignableScopes": ["/"],
                "permissions": [{
                    "actions": self.actions, "notActions": self.not_actions,
                    "dataActions": self.data_actions, "notDataActions": [],
                }],
            },
        })
    }
}

/// Whether a role definition with this id exists.
pub(crate) fn exists(state: &State, role_id: &str) -> bool {
    BUILT_IN.iter().any(|role| role.id.eq_ignore_ascii_case(last(role_id))) || custom(state, role_id).next().is_some()
}

/// What a role gives, block by block.
pub(crate) fn permissions(state: &State, role_id: &str) -> Vec<Permission> {
    if let Some(role) = BUILT_IN.iter().find(|role| role.id.eq_ignore_ascii_case(last(role_id))) {
        return vec![role.permission()];
    }
    custom(state, role_id)
        .flat_map(|role| {
            role.property("permissions")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        })
        .map(|one| Permission::of(&one))
        .collect()
}

fn custom<'a>(state: &'a State, role_id: &'a str) -> impl Iterator<Item = &'a crate::state::Resource> {
    let name = last(role_id).to_lowercase();
    state
        .resources
        .values()
        .filter(move |one| one.kind == ROLE_DEFINITION && one.name.to_lowercase() == name)
}

/// GET of a built-in definition at any scope, and lists, which show built-in and custom ones.
pub(super) fn answer(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    if !arm.path.kind().eq_ignore_ascii_case(ROLE_DEFINITION) || arm.call.method != Method::GET {
        return None;
    }
    let scope = match &arm.path.subscription {
        Some(subscription) => format!("/subscriptions/{subscription}"),
        None => String::new(),
    };
    if arm.path.names_a_resource() {
        let role = BUILT_IN
            .iter()
            .find(|role| role.id.eq_ignore_ascii_case(arm.path.name()))?;
        return Some(Ok(Reply::json(200, &role.view(&scope))));
    }
    let filter = arm.call.query("$filter").unwrap_or_default();
    let wanted = filter
        .split_once("roleName eq '")
        .map(|(_, rest)| rest.trim_end_matches('\'').to_owned());
    let custom_only = filter.contains("type eq 'CustomRole'");
    let built_in = BUILT_IN.iter().filter(|_| !custom_only).map(|role| role.view(&scope));
    let prefix = format!("{}/", super::id::key(&arm.path.scope));
    let custom = cx
        .state
        .resources
        .under(&prefix)
        .filter(|(_, one)| one.kind == ROLE_DEFINITION)
        .map(|(_, one)| super::resources::view(cx, one, None));
    let value: Vec<Value> = built_in
        .chain(custom)
        .filter(|role| {
            wanted
                .as_ref()
                .is_none_or(|name| role["properties"]["roleName"] == json!(name))
        })
        .collect();
    Some(Ok(Reply::json(200, &json!({"value": value}))))
}
