//! What a customer makes before a cluster with managed identities: the identities, and their rights.

use reqwest::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::arm_client::ArmClient;
use crate::failure::Failure;
use crate::ready::Ready;
use crate::role_sets;

const IDENTITIES: &str = "2023-01-31";
const ROLE_ASSIGNMENTS: &str = "2022-04-01";
/// The built-in roles Network Contributor and Azure Red Hat OpenShift Federated Credential.
const NETWORK_CONTRIBUTOR: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";
const FEDERATED_CREDENTIAL: &str = "ef318e2a-8334-4a05-9e4a-295a196c6a6e";

/// Identities of one cluster, as resource ids.
pub(crate) struct Identities {
    /// The cluster's own.
    own: String,
    /// Those of its operators, by name.
    pub(crate) operators: Vec<(&'static str, String)>,
}

/// Makes the identities in a resource group. Each operator's may use the network; the cluster's own may say whom the others
/// trust.
pub(crate) async fn make(
    client: &ArmClient,
    ready: &Ready,
    group: &str,
    subscription: &str,
) -> Result<Identities, Failure> {
    let (own, own_principal) = identity(client, ready, group, "cluster").await?;
    let network = ready
        .network
        .master_subnet
        .split("/subnets/")
        .next()
        .unwrap_or_default();
    let mut operators = Vec::new();
    for name in role_sets::operators() {
        let (id, principal) = identity(client, ready, group, name).await?;
        assign(client, subscription, network, NETWORK_CONTRIBUTOR, &principal).await?;
        assign(client, subscription, &id, FEDERATED_CREDENTIAL, &own_principal).await?;
        operators.push((name, id));
    }
    Ok(Identities { own, operators })
}

async fn identity(client: &ArmClient, ready: &Ready, group: &str, name: &str) -> Result<(String, String), Failure> {
    let id = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}");
    let body = json!({"location": ready.location});
    let made = client
        .call_version(Method::PUT, &id, IDENTITIES, Some(&body))
        .await?
        .body;
    let principal = made["properties"]["principalId"].as_str().unwrap_or_default();
    Ok((id, principal.to_string()))
}

async fn assign(
    client: &ArmClient,
    subscription: &str,
    scope: &str,
    role: &str,
    principal: &str,
) -> Result<(), Failure> {
    let path = format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{}",
        Uuid::new_v4()
    );
    let role = format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}");
    let body = json!({"properties": {
        "roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal",
    }});
    client
        .call_version(Method::PUT, &path, ROLE_ASSIGNMENTS, Some(&body))
        .await?;
    Ok(())
}

impl Identities {
    /// Puts the identities into the wish for a cluster, in the place of its service principal.
    pub(crate) fn replace_credentials(&self, cluster: &mut Value) {
        let named = |(name, id): &(&str, String)| ((*name).to_string(), json!({"resourceId": id}));
        let operators: Map<String, Value> = self.operators.iter().map(named).collect();
        let own: Map<String, Value> = [(self.own.clone(), json!({}))].into_iter().collect();
        cluster["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": own});
        if let Some(properties) = cluster["properties"].as_object_mut() {
            properties.remove("servicePrincipalProfile");
            let profile = json!({"platformWorkloadIdentities": operators});
            properties.insert("platformWorkloadIdentityProfile".to_string(), profile);
        }
    }
}

/// What such a cluster has instead of passwords.
pub(crate) async fn show(client: &ArmClient, cluster: &Value) -> Result<(), Failure> {
    let properties = &cluster["properties"];
    let issuer = properties["clusterProfile"]["oidcIssuer"].as_str().unwrap_or("-");
    println!("  {:<18} {issuer}", "token issuer");
    let identities = properties["platformWorkloadIdentityProfile"]["platformWorkloadIdentities"].as_object();
    for (name, identity) in identities.into_iter().flatten() {
        let id = identity["resourceId"].as_str().unwrap_or_default();
        let path = format!("{id}/federatedIdentityCredentials");
        let all = client.call_version(Method::GET, &path, IDENTITIES, None).await?.body;
        let accounts: Vec<&str> = all["value"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["properties"]["subject"].as_str())
            .filter_map(|subject| subject.rsplit(':').next())
            .collect();
        println!("  {name:<26} trusts {}", accounts.join(", "));
    }
    Ok(())
}
