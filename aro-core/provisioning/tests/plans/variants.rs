//! Clusters of other kinds: private with routes of the customer, with workload identities, with a domain of their own.

use std::collections::BTreeMap;

use aro_api::model::{
    ManagedServiceIdentity, OutboundType, PlatformWorkloadIdentity, PlatformWorkloadIdentityProfile,
    PlatformWorkloadIdentityRole, PlatformWorkloadIdentityRoleSet, PlatformWorkloadIdentityRoleSetProperties,
    ProvisioningState, SecretLocation, UserAssignedIdentity, Visibility,
};
use aro_azure::identities::Identity;
use aro_store::{ClusterDocument, PlatformWorkloadIdentityRoleSetDocument};

use crate::house::House;

#[tokio::test]
async fn a_private_cluster_with_routes_and_a_domain_of_the_customer() {
    let house = House::build().await;
    let before = house.inventory();
    let mut document = house.document();
    let properties = &mut document.cluster.properties;
    properties.apiserver_profile.visibility = Visibility::Private;
    properties.ingress_profiles[0].visibility = Visibility::Private;
    properties.network_profile.outbound_type = OutboundType::UserDefinedRouting;
    properties.network_profile.load_balancer_profile = None;
    properties.cluster_profile.domain = "one.customer.example".to_owned();
    house.put(document).await;
    house.complete().await;
    let made = house.stored().await.cluster.properties;
    assert_eq!(made.apiserver_profile.ip, made.apiserver_profile.int_ip);
    assert_eq!(
        made.ingress_profiles[0].ip, "10.2.255.254",
        "the highest free address of the worker subnet"
    );
    assert_eq!(made.apiserver_profile.url, "https://api.one.customer.example:6443/");
    let all = house.inventory();
    assert!(
        !all.iter()
            .any(|id| id.contains("/publicIPAddresses/") || id.contains("/A/")),
        "{all:#?}"
    );
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), all);
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), before);
}

#[tokio::test]
async fn a_cluster_in_a_region_without_zones() {
    let house = House::build().await;
    house.world.set_zones(&[]);
    let before = house.inventory();
    house.put(house.document()).await;
    house.complete().await;
    assert!(house.stored().await.cluster.properties.zones.is_empty());
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), before);
}

/// Operators of the role set that [`with_workload_identities`] makes.
pub const OPERATORS: [&str; 3] = ["ingress", "disk-csi-driver", "aro-operator"];

/// Where an operator finds its secret.
pub fn secret_of(operator: &str) -> SecretLocation {
    let (namespace, name) = match operator {
        "aro-operator" => ("openshift-azure-operator", "azure-cloud-credentials"),
        "ingress" => ("openshift-ingress-operator", "cloud-credentials"),
        _ => ("openshift-cluster-csi-drivers", "azure-disk-credentials"),
    };
    SecretLocation {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        ..SecretLocation::default()
    }
}

/// The built-in role Azure Red Hat OpenShift Federated Credential.
pub const FEDERATED_CREDENTIAL: &str = "ef318e2a-8334-4a05-9e4a-295a196c6a6e";

/// Two service accounts for each operator.
fn accounts(operator: &str) -> Vec<String> {
    ["one", "two"]
        .map(|name| format!("system:serviceaccount:openshift-{operator}:{name}"))
        .to_vec()
}

/// A cluster with workload identities, which exist, and the role set of its version.
pub async fn with_workload_identities(house: &House) -> ClusterDocument {
    let there = house.world.endpoints();
    let group = format!(
        "/subscriptions/{}/resourceGroups/{}",
        house.subscription(),
        there.network.resource_group
    );
    let identity = |name: &str| format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}");
    let environment = house.environment();
    let arm = environment.azure.arm(
        environment.first_party(&there.tenant).await.unwrap(),
        &Default::default(),
    );
    for name in OPERATORS.iter().chain(&["cluster"]) {
        let made = Identity {
            rest: [("location".to_owned(), there.location.clone().into())]
                .into_iter()
                .collect(),
            ..Identity::default()
        };
        arm.put(&identity(name), &made).await.unwrap();
    }
    for name in OPERATORS {
        let made: Identity = arm.get(&identity(name)).await.unwrap();
        house.allow(&there.network.vnet, &made.properties.principal_id).await;
    }
    let roles = OPERATORS.map(|name: &str| PlatformWorkloadIdentityRole {
        operator_name: name.to_owned(),
        role_definition_id: format!(
            "/providers/Microsoft.Authorization/roleDefinitions/{}",
            aro_azure::authorization::CONTRIBUTOR
        ),
        service_accounts: accounts(name).into(),
        secret_location: secret_of(name),
        ..PlatformWorkloadIdentityRole::default()
    });
    // The customer lets the cluster's identity look after the others.
    let cluster: Identity = arm.get(&identity("cluster")).await.unwrap();
    for name in OPERATORS {
        house
            .give(&identity(name), &cluster.properties.principal_id, FEDERATED_CREDENTIAL)
            .await;
    }
    let set = PlatformWorkloadIdentityRoleSetDocument {
        id: uuid::Uuid::new_v4().to_string(),
        platform_workload_identity_role_set: PlatformWorkloadIdentityRoleSet {
            properties: PlatformWorkloadIdentityRoleSetProperties {
                openshift_version: "4.18".to_owned(),
                platform_workload_identity_roles: roles.to_vec().into(),
                ..PlatformWorkloadIdentityRoleSetProperties::default()
            },
            ..PlatformWorkloadIdentityRoleSet::default()
        },
        ..PlatformWorkloadIdentityRoleSetDocument::default()
    };
    house.store.role_sets().create(set).await.unwrap();

    let mut document = house.document();
    document.cluster.identity = Some(ManagedServiceIdentity {
        user_assigned_identities: BTreeMap::from([(identity("cluster"), UserAssignedIdentity::default())]).into(),
        identity_url: house.world.identity_url(&house.cluster_id()),
        ..ManagedServiceIdentity::default()
    });
    let properties = &mut document.cluster.properties;
    properties.service_principal_profile = None;
    properties.platform_workload_identity_profile = Some(PlatformWorkloadIdentityProfile {
        platform_workload_identities: OPERATORS
            .iter()
            .map(|name| {
                let identity = PlatformWorkloadIdentity {
                    resource_id: identity(name),
                    ..Default::default()
                };
                ((*name).to_owned(), identity)
            })
            .collect(),
        ..PlatformWorkloadIdentityProfile::default()
    });
    document
}

#[tokio::test]
async fn a_cluster_with_workload_identities() {
    let house = House::build().await;
    let document = with_workload_identities(&house).await;
    let before = house.inventory();
    house.put(document).await;
    house.complete().await;
    let profile = house
        .stored()
        .await
        .cluster
        .properties
        .platform_workload_identity_profile
        .unwrap();
    for identity in profile.platform_workload_identities.values() {
        assert!(!identity.object_id.is_empty() && !identity.client_id.is_empty());
    }
    let assignments = |house: &House| {
        let ids = house.world.resource_ids(&house.managed_group());
        ids.iter().filter(|id| id.contains("/roleAssignments/")).count()
    };
    assert_eq!(
        assignments(&house),
        4,
        "three operators, and the provider on the storage account"
    );
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    assert_eq!(
        assignments(&house),
        4,
        "three operators, and the provider on the storage account"
    );
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), before);
}
