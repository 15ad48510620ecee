//! Creating a cluster, undisturbed.

use aro_api::model::{ProvisioningState, RegisteredFeature};
use aro_provisioning::{
    plans::{self, Features},
    status,
};

use crate::house::{DOCUMENT, House};

#[tokio::test]
async fn a_cluster_is_made_and_the_document_knows_it() {
    let house = House::build().await;
    let before = house.inventory();
    house.put(house.document()).await;
    house.complete().await;

    let document = house.stored().await;
    let properties = &document.cluster.properties;
    assert_eq!(properties.provisioning_state, ProvisioningState::Succeeded);
    assert!(document.progress.is_none() && properties.install.is_none());
    assert!(
        properties.infra_id.starts_with("cluster-one-"),
        "{}",
        properties.infra_id
    );
    assert_eq!(&properties.zones[..], ["1", "2", "3"]);
    assert!(!properties.apiserver_profile.ip.is_empty() && !properties.apiserver_profile.int_ip.is_empty());
    assert_ne!(properties.apiserver_profile.ip, properties.apiserver_profile.int_ip);
    assert!(!properties.ingress_profiles[0].ip.is_empty());
    assert!(!properties.network_profile.private_endpoint_ip.is_empty());
    assert_eq!(
        properties.service_principal_profile.as_ref().unwrap().sp_object_id,
        house.world.endpoints().service_principals[1].object_id
    );
    let profile = properties.network_profile.load_balancer_profile.as_ref().unwrap();
    assert_eq!(profile.effective_outbound_ips.len(), 1);
    assert!(properties.apiserver_profile.url.starts_with("https://api.one."));
    assert!(!properties.kubeadmin_password.is_empty());
    let sealer = house.store.sealer();
    for (kubeconfig, server) in [
        (&properties.admin_kubeconfig, "https://api-int.one."),
        (&properties.aro_service_kubeconfig, "https://api-int.one."),
        (&properties.aro_sre_kubeconfig, "https://api-int.one."),
        (&properties.user_admin_kubeconfig, "https://api.one."),
    ] {
        let opened = kubeconfig.open(sealer, &document.id).unwrap();
        let read = aro_cluster::Kubeconfig::parse(&opened).unwrap();
        assert!(read.clusters[0].entry.cluster.server.starts_with(server), "{read:?}");
    }
    let sealer = house.store.sealer();
    assert!(
        !properties
            .kubeadmin_password
            .open(sealer, &document.id)
            .unwrap()
            .is_empty()
    );

    assert_eq!(properties.network_profile.mtu_size, 1500);
    let deny = house.deny_assignment().await;
    let spared = &deny["properties"]["excludePrincipals"];
    assert_eq!(spared[0]["id"], house.world.endpoints().service_principals[1].object_id);
    assert_eq!(deny["properties"]["isSystemProtected"], true);

    let billing = house.store.billing().get(DOCUMENT).await.unwrap().unwrap().document;
    assert!(billing.billing.creation_time > 0 && billing.billing.deletion_time == 0);

    let infra = &properties.infra_id;
    let made: Vec<String> = house
        .inventory()
        .into_iter()
        .filter(|id| !before.contains(id))
        .collect();
    for name in [
        "/resourceGroups/aro-managed".to_owned(),
        format!("/networkSecurityGroups/{infra}-nsg"),
        format!("/loadBalancers/{infra}-internal"),
        format!("/loadBalancers/{infra}"),
        format!("/privateLinkServices/{infra}-pls"),
        format!("/publicIPAddresses/{infra}-pip-v4"),
        format!("/publicIPAddresses/{infra}-default-v4"),
        format!("/storageAccounts/cluster{}", properties.storage_suffix),
        "/A/api.one".to_owned(),
        "/A/*.apps.one".to_owned(),
        format!("/privateEndpoints/rp-pe-{DOCUMENT}"),
        "/roleAssignments/-".to_owned(),
    ] {
        assert!(
            made.iter().any(|id| id.ends_with(&name)),
            "{name} is missing in {made:#?}"
        );
    }
    for gone in ["bootstrap", "/containers/ignition"] {
        assert!(!made.iter().any(|id| id.contains(gone)), "{gone} is left in {made:#?}");
    }
}

#[tokio::test]
async fn progress_is_read_from_the_document() {
    let house = House::build().await;
    let mut document = house.document();
    let plan = plans::create(&document, Features::default());
    assert!(plan.steps.len() >= 8, "{}", plan.describe());
    let first = status(&document).unwrap();
    assert_eq!(
        (first.percent, first.step.as_str(), first.done),
        (0, "beginInstallation", 0)
    );
    document.progress = Some(aro_store::Progress {
        plan: "create".to_owned(),
        done: plan
            .steps
            .iter()
            .take_while(|step| step.id != "installation")
            .map(|step| step.id.to_owned())
            .collect(),
        current: Some("installation".to_owned()),
        ..aro_store::Progress::default()
    });
    let begun = status(&document).unwrap();
    let outputs = &mut document.progress.as_mut().unwrap().outputs;
    outputs.insert("part:installation".to_owned(), 50.into());
    let half = status(&document).unwrap();
    assert_eq!((half.step.as_str(), half.title), ("installation", "Install OpenShift"));
    assert!(begun.percent > 0 && begun.percent < half.percent && half.percent < 100);
    assert_eq!((half.done, half.total), (begun.done, plan.steps.len()));
    document.cluster.properties.provisioning_state = ProvisioningState::Succeeded;
    assert!(status(&document).is_none());
}

#[tokio::test]
async fn large_packets_are_chosen_once() {
    let house = House::build().await;
    let subscriptions = house.store.subscriptions();
    let ask = |state: &'static str| {
        subscriptions.update(house.subscription(), move |document| {
            let properties = document.subscription.properties.as_mut().unwrap();
            properties.registered_features = vec![RegisteredFeature {
                name: "Microsoft.RedHatOpenShift/MTU3900".to_owned(),
                state: state.to_owned(),
                ..RegisteredFeature::default()
            }]
            .into();
        })
    };
    ask("Registered").await.unwrap();
    house.put(house.document()).await;
    house.complete().await;
    assert_eq!(house.stored().await.cluster.properties.network_profile.mtu_size, 3900);
}
