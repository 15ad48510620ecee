//! Deleting a cluster, whole or half made.

use aro_api::model::ProvisioningState;
use aro_http::CancellationToken;
use aro_provisioning::{Holding, Outcome};

use crate::house::{self, DOCUMENT, House};

#[tokio::test]
async fn delete_leaves_nothing() {
    let house = House::build().await;
    let before = house.inventory();
    house.put(house.document()).await;
    house.complete().await;
    assert!(house.inventory().len() > before.len());
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), before);
    assert!(house.store.clusters().get(&house.cluster_id()).await.unwrap().is_none());
    let billing = house.store.billing().get(DOCUMENT).await.unwrap().unwrap().document;
    assert!(billing.billing.deletion_time > 0);
}

#[tokio::test]
async fn a_cluster_that_has_grown_is_deleted_whole() {
    let house = House::build().await;
    let before = house.inventory();
    house.put(house.document()).await;
    house.complete().await;
    let (made, cluster) = (
        house.inventory(),
        house.world.cluster("one.aro.localhost.test").unwrap(),
    );
    let (sets, namespace) = (("machine.openshift.io", "machinesets"), Some("openshift-machine-api"));
    let set = cluster.list(sets, namespace)[0]["metadata"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    cluster.edit(sets, namespace, &set, |set| set["spec"]["replicas"] = 3.into());
    let grown = async {
        let mut pause = tokio::time::interval(std::time::Duration::from_millis(5));
        while cluster.get(sets, namespace, &set).unwrap()["status"]["readyReplicas"] != 3 {
            pause.tick().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), grown)
        .await
        .unwrap();
    let grown = house.inventory();
    let kinds = ["virtualmachines/", "disks/", "networkinterfaces/"];
    for kind in kinds {
        let count = |all: &[String]| all.iter().filter(|id| id.to_lowercase().contains(kind)).count();
        assert_eq!(count(&grown), count(&made) + 2, "{kind}");
    }
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), before);
}

#[tokio::test]
async fn a_half_made_cluster_is_deleted_from_any_point() {
    let house = House::build().await;
    let before = house.inventory();
    let plan = aro_provisioning::plans::create(&house.document(), Default::default());
    for step in plan.steps.iter().step_by(house::every(6)) {
        house.put(house.document()).await;
        let leased = house.take().await;
        let over = CancellationToken::new();
        // Dies when the given step is recorded.
        let run = house.run(&leased, &over);
        let stop = async {
            while !leased
                .document()
                .progress
                .clone()
                .unwrap_or_default()
                .done
                .iter()
                .any(|done| done == step.id)
            {
                tokio::task::yield_now().await;
            }
            over.cancel();
        };
        let (outcome, ()) = tokio::join!(run, stop);
        assert!(
            matches!(outcome, Outcome::Interrupted | Outcome::Finished),
            "{}: {outcome:?}",
            step.id
        );
        leased
            .release(
                |document| document.cluster.properties.provisioning_state = ProvisioningState::Deleting,
                std::time::Duration::ZERO,
            )
            .await
            .unwrap();
        house.complete().await;
        assert_eq!(house.inventory(), before, "after {}", step.id);
        // The record of the billing, and what the vaults keep, outlive the cluster; here the same id comes again.
        house.purge().await;
        if let Some(record) = house.store.billing().get(DOCUMENT).await.unwrap() {
            house.store.billing().delete(&record).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_group_of_somebody_else_is_not_touched() {
    let house = House::build().await;
    let environment = house.environment();
    let credential = environment.first_party(&house.world.endpoints().tenant).await.unwrap();
    let arm = environment.azure.arm(credential, &Default::default());
    let group = aro_azure::resources::ResourceGroup {
        location: house.world.endpoints().location.clone(),
        ..Default::default()
    };
    arm.put(&house.managed_group(), &group).await.unwrap();
    let before = house.inventory();
    house.put(house.document()).await;
    let error = house.fail().await;
    assert_eq!(error.code.as_str(), "ClusterResourceGroupAlreadyExists");
    assert!(
        error.message.contains("managedResourceGroup") && error.message.contains("correlation-1"),
        "{error}"
    );

    let stored = house.stored().await;
    assert!(stored.progress.is_some());
    let mut again = house.store.clusters().get(&house.cluster_id()).await.unwrap().unwrap();
    again.document.cluster.properties.provisioning_state = ProvisioningState::Deleting;
    house.store.clusters().delete(&again).await.unwrap();
    let mut document = house.document();
    document.cluster = stored.cluster;
    document.cluster.properties.provisioning_state = ProvisioningState::Deleting;
    document.progress = stored.progress;
    house.put(document).await;
    // The domain was reserved before; it goes, the group stays.
    house.complete().await;
    assert_eq!(house.inventory(), before);
}
