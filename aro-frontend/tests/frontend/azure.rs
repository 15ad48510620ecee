//! New clusters are checked against Azure: here against the simulated one.

use std::sync::Arc;
use std::time::Duration;

use aro_api::model::{
    Cluster, EncryptionAtHost, ProvisioningState, Subscription, SubscriptionProperties, WorkerProfile,
};
use aro_azure::{Azure, Cloud};
use aro_config::ConfigSecret;
use aro_frontend::{Asking, AzureValidators, Validators};
use aro_http::{HttpPace, LroPace};
use aro_sim::{World, WorldConfig};

const CORRELATION: &str = "c0c0c0c0-0000-0000-0000-000000000001";

fn validators(world: &World, secret: &str) -> AzureValidators {
    let endpoints = world.endpoints();
    let cloud = Cloud {
        arm: endpoints.arm.parse().unwrap(),
        arm_audience: endpoints.arm_audience.clone(),
        authority: endpoints.login.parse().unwrap(),
        graph: endpoints.graph.parse().unwrap(),
        graph_audience: endpoints.graph_audience.clone(),
        check_access: None,
        ca_file: Some(endpoints.ca_file.clone()),
        audiences: Default::default(),
    };
    let azure = Azure::new(cloud, HttpPace::default(), LroPace::default()).unwrap();
    let client_id = endpoints.first_party.principal.client_id.clone();
    let asking = Asking {
        believed_for: Duration::from_secs(3600),
        expanded_zones: false,
    };
    AzureValidators::new(azure, client_id, ConfigSecret::new(secret), asking)
}

fn wish(world: &World) -> Cluster {
    let subscription = &world.endpoints().subscriptions[0];
    let mut cluster = Cluster {
        id: format!(
            "/subscriptions/{subscription}/resourceGroups/g/providers/Microsoft.RedHatOpenShift/openShiftClusters/c"
        ),
        location: world.endpoints().location.clone(),
        ..Cluster::default()
    };
    let properties = &mut cluster.properties;
    properties.provisioning_state = ProvisioningState::Creating;
    properties.master_profile.vm_size = "Standard_D8s_v3".to_string();
    let worker = WorkerProfile {
        vm_size: "Standard_D4s_v3".to_string(),
        count: 3,
        ..WorkerProfile::default()
    };
    properties.worker_profiles = vec![worker].into();
    cluster
}

#[tokio::test(flavor = "multi_thread")]
async fn azure_is_asked_before_a_cluster_is_accepted() {
    let world = World::start(WorldConfig::default()).await.unwrap();
    let subscription = Subscription {
        properties: Some(SubscriptionProperties {
            tenant_id: world.endpoints().tenant.clone(),
            ..SubscriptionProperties::default()
        }),
        ..Subscription::default()
    };
    let validators = Arc::new(validators(&world, &world.endpoints().first_party.principal.secret));
    let good = wish(&world);
    validators
        .validate_new_cluster(&good, &subscription, CORRELATION)
        .await
        .unwrap();
    let asked = world.calls(0).len();
    validators
        .validate_new_cluster(&good, &subscription, CORRELATION)
        .await
        .unwrap();
    assert_eq!(world.calls(0).len(), asked, "what is known is not asked again");

    type Change = fn(&mut Cluster);
    let refused: [(Change, u16, &str, &str); 5] = [
        (
            |cluster| cluster.properties.master_profile.vm_size = "Standard_X".to_string(),
            400,
            "InvalidParameter",
            "properties.masterProfile.VMSize",
        ),
        (
            |cluster| cluster.properties.worker_profiles[0].vm_size = "Standard_X".to_string(),
            400,
            "InvalidParameter",
            "properties.workerProfiles[0].VMSize",
        ),
        (
            |cluster| cluster.properties.master_profile.encryption_at_host = EncryptionAtHost::Enabled,
            400,
            "InvalidParameter",
            "properties.masterProfile.encryptionAtHost",
        ),
        (
            |cluster| cluster.properties.worker_profiles[0].encryption_at_host = EncryptionAtHost::Enabled,
            400,
            "InvalidParameter",
            "properties.workerProfiles[0].encryptionAtHost",
        ),
        (
            |cluster| cluster.properties.worker_profiles[0].count = 1_000_000,
            400,
            "ResourceQuotaExceeded",
            "properties.masterProfile.VMSize",
        ),
    ];
    for (change, status, code, target) in refused {
        let mut cluster = good.clone();
        change(&mut cluster);
        let error = validators
            .validate_new_cluster(&cluster, &subscription, CORRELATION)
            .await
            .unwrap_err();
        let found = (error.status_code, error.code.as_str(), error.target.as_str());
        assert_eq!(found, (status, code, target), "{error}");
        // What is wrong, and the command that mends it.
        assert!(
            error.message.contains(". Run: az ") && !error.message.contains('"'),
            "{error}"
        );
    }
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_azure_that_does_not_answer_refuses_nothing_silently() {
    let world = World::start(WorldConfig::default()).await.unwrap();
    let validators = validators(&world, "wrong");
    let subscription = Subscription {
        properties: Some(SubscriptionProperties {
            tenant_id: world.endpoints().tenant.clone(),
            ..SubscriptionProperties::default()
        }),
        ..Subscription::default()
    };
    let error = validators
        .validate_new_cluster(&wish(&world), &subscription, CORRELATION)
        .await
        .unwrap_err();
    assert_eq!((error.status_code, error.code.as_str()), (500, "InternalServerError"));
    assert!(!error.message.contains("wrong"), "{error}");
    world.shutdown().await;
}
