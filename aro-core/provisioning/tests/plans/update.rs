//! Updating a cluster.

use aro_api::{
    Secret,
    model::{Cluster, MaintenanceTask, ProvisioningState, ServicePrincipalProfile},
};
use aro_azure::network::PublicIpAddress;
use aro_provisioning::plans::{self, Features};

use crate::house::House;

fn count(cluster: &mut Cluster, count: i64) {
    let profile = cluster
        .properties
        .network_profile
        .load_balancer_profile
        .as_mut()
        .unwrap();
    profile.managed_outbound_ips.get_or_insert_default().count = count;
}

async fn effective(house: &House) -> Vec<String> {
    let document = house.stored().await;
    let profile = document
        .cluster
        .properties
        .network_profile
        .load_balancer_profile
        .unwrap();
    profile.effective_outbound_ips.iter().map(|ip| ip.id.clone()).collect()
}

fn outbound_addresses(house: &House) -> usize {
    house
        .world
        .resource_ids(&house.managed_group())
        .iter()
        .filter(|id| id.ends_with("-outbound-pip-v4"))
        .count()
}

#[tokio::test]
async fn outbound_addresses_follow_the_wish_and_an_update_without_change_repairs() {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let made = house.inventory();

    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), made, "an update without a change makes nothing");

    house
        .begin(ProvisioningState::Updating, |cluster| count(cluster, 4))
        .await;
    house.complete().await;
    let four = effective(&house).await;
    assert_eq!((four.len(), outbound_addresses(&house)), (4, 3));
    let arm = house.arm().await;
    for id in &four {
        let address: PublicIpAddress = arm.get(id).await.unwrap();
        assert_eq!(
            address.zones,
            ["1", "2", "3"],
            "an address made later has the zones of the first ones"
        );
    }

    house
        .begin(ProvisioningState::Updating, |cluster| {
            let profile = &mut cluster.properties.network_profile.load_balancer_profile;
            profile.as_mut().unwrap().managed_outbound_ips = None;
        })
        .await;
    house.complete().await;
    assert_eq!(effective(&house).await, four, "no wish leaves the addresses alone");

    house
        .begin(ProvisioningState::Updating, |cluster| count(cluster, 2))
        .await;
    house.complete().await;
    let two = effective(&house).await;
    assert_eq!((two.len(), outbound_addresses(&house)), (2, 1));
    assert!(
        two.iter().all(|id| four.contains(id)),
        "addresses in use are kept: {two:?} {four:?}"
    );

    house
        .begin(ProvisioningState::Updating, |cluster| count(cluster, 1))
        .await;
    house.complete().await;
    assert_eq!(house.inventory(), made);
}

#[tokio::test]
async fn rights_that_somebody_removed_come_back_and_foreign_ones_go() {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let made = house.inventory();
    let assignments = || -> Vec<String> {
        let all = house.world.resource_ids(&house.managed_group());
        all.into_iter().filter(|id| id.contains("/roleAssignments/")).collect()
    };
    let before = assignments();
    assert_eq!(before.len(), 1, "{before:?}");
    let environment = house.environment();
    let credential = environment.first_party(&house.world.endpoints().tenant).await.unwrap();
    let arm = environment.azure.arm(credential, &Default::default());
    arm.delete(&before[0], aro_azure::authorization::API_VERSION)
        .await
        .unwrap();
    assert!(assignments().is_empty());
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), made);
    assert_eq!(
        assignments(),
        before,
        "the name of an assignment follows from what it says"
    );
}

#[tokio::test]
async fn new_credentials_bring_the_rights_of_another_service_principal() {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let other = house.world.endpoints().service_principals[0].clone();
    house
        .begin(ProvisioningState::Updating, |cluster| {
            // As the frontend stores a change of the client id: what was looked up is forgotten.
            cluster.properties.service_principal_profile = Some(ServicePrincipalProfile {
                client_id: other.client_id.clone(),
                client_secret: Secret::new(other.secret.clone()),
                ..ServicePrincipalProfile::default()
            });
        })
        .await;
    house.complete().await;
    let stored = house.stored().await;
    let profile = stored.cluster.properties.service_principal_profile.unwrap();
    assert_eq!(profile.sp_object_id, other.object_id);
    let rights = house
        .arm()
        .await
        .role_assignments_at(&house.managed_group())
        .await
        .unwrap();
    let holders: Vec<&str> = rights.iter().map(|one| one.properties.principal_id.as_str()).collect();
    assert_eq!(
        holders,
        [other.object_id.as_str()],
        "the rights of the old one are gone"
    );
    let deny = house.deny_assignment().await;
    assert_eq!(deny["properties"]["excludePrincipals"][0]["id"], other.object_id);
}

#[tokio::test]
async fn wrong_new_credentials_change_nothing() {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let made = house.inventory();
    house
        .begin(ProvisioningState::Updating, |cluster| {
            let profile = cluster.properties.service_principal_profile.as_mut().unwrap();
            profile.client_secret = Secret::new("CANARY-not-the-secret");
        })
        .await;
    let error = house.fail().await;
    assert_eq!(error.code.as_str(), "InvalidServicePrincipalCredentials");
    assert_eq!(house.inventory(), made);
}

#[tokio::test]
async fn maintenance_runs_the_plan_of_its_task() {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let made = house.inventory();
    let tasks = [
        MaintenanceTask::Everything,
        MaintenanceTask::OperatorUpdate,
        MaintenanceTask::CertificatesRenewal,
        MaintenanceTask::SyncClusterObject,
        MaintenanceTask::MigrateLoadBalancer,
    ];
    let mut names = Vec::new();
    for task in tasks {
        house
            .begin(ProvisioningState::AdminUpdating, |cluster| {
                cluster.properties.maintenance_task = task.clone();
            })
            .await;
        names.push(plans::running(&house.stored().await, Features::default()).unwrap().name);
        house.complete().await;
        assert_eq!(house.inventory(), made, "{task:?}");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 5, "{names:?}");
}

#[tokio::test]
async fn maintenance_fills_what_old_clusters_lack_and_notes_its_release() {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    house
        .begin(ProvisioningState::AdminUpdating, |cluster| {
            let properties = &mut cluster.properties;
            properties.maintenance_task = MaintenanceTask::default();
            properties.network_profile.load_balancer_profile = None;
            properties.cluster_profile.fips_validated_modules = Default::default();
            properties.provisioned_by = "release-0".to_owned();
        })
        .await;
    house.complete().await;
    let properties = house.stored().await.cluster.properties;
    assert_eq!(
        properties.cluster_profile.fips_validated_modules.to_string(),
        "Disabled"
    );
    assert!(!properties.operator_flags.is_none());
    let outbound = properties
        .network_profile
        .load_balancer_profile
        .unwrap()
        .managed_outbound_ips;
    assert_eq!(outbound.unwrap().count, 1);
    assert_eq!(properties.provisioned_by, "release-1");
    assert_ne!(properties.infra_id, "aro", "only the oldest clusters have that name");
}

#[test]
fn maintenance_depends_on_version_and_on_who_has_installed() {
    let mut document = aro_store::ClusterDocument::default();
    let ids = |document: &aro_store::ClusterDocument| -> Vec<&'static str> {
        plans::admin_update(document, Features::default())
            .steps
            .iter()
            .map(|step| step.id)
            .collect()
    };
    document.cluster.properties.cluster_profile.version = "4.6.9".to_owned();
    document.cluster.properties.maintenance_task = MaintenanceTask::OperatorUpdate;
    assert!(!ids(&document).contains(&"startMachines"));
    document.cluster.properties.cluster_profile.version = "4.10.1".to_owned();
    assert!(ids(&document).contains(&"startMachines"));
    document.cluster.properties.maintenance_task = MaintenanceTask::Everything;
    let all = ids(&document);
    assert!(
        all.ends_with(&["adopt", "adopted", "settleInstaller", "provisionedBy"]),
        "{all:?}"
    );
    document.cluster.properties.hive_profile.created_by_hive = true;
    assert!(!ids(&document).contains(&"adopt"));
}
