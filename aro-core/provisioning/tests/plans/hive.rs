//! Installations, adoption and deletion by a Hive that the plans find through its AKS cluster.

use std::time::Duration;

use aro_api::model::ProvisioningState;
use aro_http::CancellationToken;
use aro_provisioning::Outcome;
use aro_sim::{Effect, FaultRule, FaultStatus, InstallFailure, Match};
use aro_store::ClusterDocument;
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use crate::{
    house::{DOCUMENT, House, RELEASE},
    resume::worker_for_every_step,
    variants::with_workload_identities,
};

const DOMAIN: &str = "one.aro.localhost.test";
const DEPLOYMENTS: (&str, &str) = ("hive.openshift.io", "clusterdeployments");
const FIELDS: &str = "hive.openshift.io/additional-log-fields";

/// A house in which Hive installs.
async fn house() -> House {
    let house = House::build().await;
    house.offer_version().await;
    house.use_hive(true);
    house
}

fn namespace() -> String {
    format!("aro-{DOCUMENT}")
}

fn deployment(house: &House) -> Value {
    let hive = house.world.hive().unwrap();
    let found = hive.get(DEPLOYMENTS, Some(&namespace()), "cluster");
    found.expect("Hive knows the cluster")
}

fn condition(deployment: &Value, kind: &str) -> String {
    let all = deployment["status"]["conditions"].as_array().unwrap();
    let found = all.iter().find(|one| one["type"] == kind).unwrap();
    found["status"].as_str().unwrap().to_owned()
}

/// Creates, updates, maintains and deletes; the cluster's document after the creation.
async fn life(house: &House, wish: ClusterDocument) -> ClusterDocument {
    let before = house.inventory();
    house.put(wish).await;
    house.complete().await;
    let made = house.inventory();
    let document = house.stored().await;
    let properties = &document.cluster.properties;
    assert_eq!(properties.provisioning_state, ProvisioningState::Succeeded);
    assert!(properties.hive_profile.created_by_hive);
    assert_eq!(properties.hive_profile.namespace, namespace());

    // Hive has written what it has found, and was asked to forget what belongs to the request.
    let known = deployment(house);
    assert_eq!(known["spec"]["clusterMetadata"]["infraID"], properties.infra_id);
    assert_eq!(condition(&known, "Provisioned"), "True");
    assert_eq!(condition(&known, "Unreachable"), "False");
    let fields = known["metadata"]["annotations"][FIELDS].as_str().unwrap();
    assert!(
        fields.contains("resource_id") && !fields.contains("correlation"),
        "{fields}"
    );
    // Hive's API knows all that was written; it refuses what it does not know.
    let spec = known["spec"].as_object().unwrap();
    for member in [
        "platform",
        "provisioning",
        "controlPlaneConfig",
        "installAttemptsLimit",
        "preserveOnDelete",
        "pullSecretRef",
    ] {
        assert!(spec.contains_key(member), "{member} is missing in {spec:?}");
    }
    for member in [
        "manifestsSecretRef",
        "installConfigSecretRef",
        "installerImageOverride",
        "releaseImage",
        "installerEnv",
    ] {
        assert!(
            spec["provisioning"].get(member).is_some(),
            "{member} is missing in {spec:?}"
        );
    }

    // What the installer left in the storage account: password, network, and kubeconfigs that work.
    let (sealer, id) = (house.store.sealer(), DOCUMENT);
    let password = properties.kubeadmin_password.open(sealer, id).unwrap();
    assert_eq!(password.len(), 23, "four groups of five");
    assert_eq!(
        properties.network_profile.software_defined_network.to_string(),
        "OVNKubernetes"
    );
    for kubeconfig in [&properties.admin_kubeconfig, &properties.user_admin_kubeconfig] {
        let opened = kubeconfig.open(sealer, id).unwrap();
        assert!(aro_cluster::Kubeconfig::parse(&opened).is_ok());
    }

    // It was pulled from the mirror, and is the customer's own from now on.
    let cluster = house.world.cluster(DOMAIN).unwrap();
    let version = cluster
        .get(("config.openshift.io", "clusterversions"), None, "version")
        .unwrap();
    assert_eq!(
        version["spec"]["desiredUpdate"],
        json!({"version": "4.18.9", "image": RELEASE})
    );
    let mirrored = &version["status"]["history"].as_array().unwrap().last().unwrap()["image"];
    let registry = &house.world.endpoints().first_party.registry_server;
    assert!(mirrored.as_str().unwrap().starts_with(registry.as_str()), "{mirrored}");

    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    house.begin(ProvisioningState::AdminUpdating, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), made);
    assert_eq!(
        deployment(house)["spec"],
        known["spec"],
        "what Hive has installed is not adopted again"
    );

    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), before);
    assert_eq!(house.left_with_hive(), [""; 0]);
    document
}

#[tokio::test]
async fn hive_installs_for_a_service_principal() {
    let house = house().await;
    life(&house, house.document()).await;
    // The way was found once for each of the four workers.
    let calls = house.world.calls(0);
    let asked = |action: &str| calls.iter().filter(|call| call.path.ends_with(action)).count();
    assert_eq!(
        asked("/listClusterAdminCredential"),
        2,
        "create and delete speak to Hive"
    );
}

#[tokio::test]
async fn hive_installs_for_workload_identities() {
    let house = house().await;
    let wish = with_workload_identities(&house).await;
    let document = life(&house, wish).await;
    // The graph was read by a role: the keys of the account open nothing.
    let signatures = |call: &aro_sim::CallRecord| call.path.to_lowercase().ends_with("/listaccountsas");
    assert!(!house.world.calls(0).iter().any(signatures));
    assert!(document.cluster.uses_workload_identity());
}

#[tokio::test]
async fn a_cluster_that_hive_has_not_installed_is_adopted() {
    let house = house().await;
    house.use_hive(false);
    let before = house.inventory();
    house.put(house.document()).await;
    house.complete().await;
    house.use_hive(true);
    for _ in 0..2 {
        house.begin(ProvisioningState::AdminUpdating, |_| {}).await;
        house.complete().await;
        let profile = house.stored().await.cluster.properties.hive_profile;
        assert!(!profile.created_by_hive && profile.namespace == namespace());
        let known = deployment(&house);
        assert_eq!(known["spec"]["installed"], true);
        assert_eq!(condition(&known, "Provisioned"), "True");
        assert_eq!(condition(&known, "Unreachable"), "False");
        assert!(
            !known["metadata"]["annotations"][FIELDS]
                .as_str()
                .unwrap()
                .contains("correlation")
        );
    }
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), before);
    assert_eq!(house.left_with_hive(), [""; 0]);
}

#[tokio::test]
async fn a_worker_for_every_step_equals_an_undisturbed_run() {
    let (calm, torn) = tokio::join!(house(), house());
    let seeded = torn.inventory();
    calm.put(calm.document()).await;
    torn.put(torn.document()).await;
    tokio::join!(calm.complete(), worker_for_every_step(&torn));
    assert_eq!(torn.inventory(), calm.inventory());
    let comparable = |house: &House| {
        let mut spec = deployment(house)["spec"].clone();
        spec["clusterMetadata"]["adminKubeconfigSecretRef"] = json!("drawn");
        spec["clusterMetadata"]["adminPasswordSecretRef"] = json!("drawn");
        spec.to_string().replace(house.subscription(), "customer")
    };
    assert_eq!(comparable(&torn), comparable(&calm));
    torn.begin(ProvisioningState::AdminUpdating, |_| {}).await;
    worker_for_every_step(&torn).await;
    torn.begin(ProvisioningState::Deleting, |_| {}).await;
    worker_for_every_step(&torn).await;
    assert_eq!(torn.inventory(), seeded);
    assert_eq!(torn.left_with_hive(), [""; 0]);
}

/// Runs a create whose worker dies at the `nth` call to Hive; false when there are fewer.
async fn dies_at(nth: u64, effect: Effect, calm: &[String]) -> bool {
    let house = house().await;
    let rule = FaultRule {
        id: None,
        matches: Match {
            plane: Some("hive".to_owned()),
            nth: Some(nth),
            ..Match::default()
        },
        effect,
        times: None,
    };
    let rules = house.world.add_faults(vec![rule]);
    house.put(house.document()).await;
    let leased = house.take().await;
    let over = CancellationToken::new();
    let killed = tokio::select! {
        outcome = house.run(&leased, &over) => {
            assert!(matches!(outcome, Outcome::Finished), "{nth}: {outcome:?}");
            false
        }
        held = house.world.wait_until_held(&rules[0], Duration::from_secs(60)) => held,
    };
    if killed {
        house.world.release_fault(&rules[0], true);
        let outcome = house.run(&leased, &over).await;
        assert!(matches!(outcome, Outcome::Finished), "{nth}: {outcome:?}");
    }
    assert_eq!(house.inventory(), calm, "{nth}");
    let provisions = house
        .world
        .hive()
        .unwrap()
        .list(("hive.openshift.io", "clusterprovisions"), None);
    assert_eq!(provisions.len(), 1, "{nth}: Hive has installed once");
    house.world.shutdown().await;
    killed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_every_call_to_hive() {
    let calm = house().await;
    calm.put(calm.document()).await;
    calm.complete().await;
    let inventory = calm.inventory();
    let calls = calm.world.calls(0).iter().filter(|call| call.plane == "hive").count() as u64;
    // What is asked again and again is the same in every turn; the last calls are those that settle.
    let nths: Vec<u64> = (1..=12.min(calls)).chain(calls.saturating_sub(2)..=calls).collect();
    let killed = stream::iter(nths)
        .map(|nth| {
            let inventory = inventory.clone();
            let effect = if nth % 2 == 0 { Effect::Hold } else { Effect::HoldReply };
            tokio::spawn(async move { dies_at(nth, effect, &inventory).await })
        })
        .buffer_unordered(4)
        .filter_map(|result| async move { result.unwrap().then_some(()) })
        .count()
        .await;
    assert!(killed >= 10, "{killed} of {calls}");
}

#[tokio::test]
async fn each_reason_of_hive_is_told_with_step_cause_and_remedy() {
    let house = house().await;
    let (before, subnets) = (house.inventory(), house.subnets().await);
    for (failure, status, code, cause) in [
        (
            InstallFailure::KeyBasedAuthenticationNotPermitted,
            400,
            "AzureKeyBasedAuthenticationNotPermitted",
            "key based access",
        ),
        (
            InstallFailure::RequestDisallowedByPolicy,
            400,
            "AzureRequestDisallowedByPolicy",
            "disallowed by policy",
        ),
        (
            InstallFailure::InvalidTemplateDeployment,
            400,
            "AzureInvalidTemplateDeployment",
            "SkuNotAvailable",
        ),
        (
            InstallFailure::ZonalAllocationFailed,
            400,
            "AzureZonalAllocationFailed",
            "sufficient capacity",
        ),
        (
            InstallFailure::OsProvisioningTimedOut,
            400,
            "AzureOSProvisioningTimedOut",
            "did not finish in the allotted time",
        ),
        (
            InstallFailure::BootstrapTimedOut,
            500,
            "UnknownError",
            "did not succeed",
        ),
    ] {
        house.world.fail_installation(failure);
        house.put(house.document()).await;
        let leased = house.take().await;
        let Outcome::Failed(error) = house.run(&leased, &CancellationToken::new()).await else {
            panic!("{failure:?}: the installation succeeds");
        };
        let text = &error.message;
        assert_eq!(
            (error.status_code, error.code.as_str()),
            (status, "DeploymentFailed"),
            "{error:?}"
        );
        assert!(
            text.contains("(installation)") && text.contains("correlation-1"),
            "{text}"
        );
        let detail = &error.details[0];
        assert_eq!((detail.code.as_str(), detail.target.as_str()), (code, "installation"));
        assert!(text.contains(cause) || detail.message.contains(cause), "{text}");
        assert!(
            ["Exempt", "Choose", "Try again", "Ask for", "Check"]
                .iter()
                .any(|remedy| text.contains(remedy)),
            "{text}"
        );
        assert!(!text.contains("level="), "{text}");
        let outcome = aro_store::Outcome::failed(ProvisioningState::Creating, error.body());
        leased.finish(&outcome, |_| {}).await.unwrap();
        house.begin(ProvisioningState::Deleting, |_| {}).await;
        house.complete().await;
        assert_eq!(house.inventory(), before, "{failure:?}");
        assert_eq!(house.left_with_hive(), [""; 0]);
        house.purge().await;
        house.restore(&subnets).await;
    }
}

#[tokio::test]
async fn new_certificates_of_the_aks_cluster_are_found() {
    let house = house().await;
    let there = house.world.endpoints();
    let first_party = &there.first_party;
    let cluster = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ContainerService/managedClusters/{}",
        first_party.subscription, first_party.resource_group, first_party.hive_cluster
    );
    house.put(house.document()).await;
    let leased = house.take().await;
    let arm = house.arm().await;
    // While the worker waits for the installation, its credentials become worth nothing.
    let rule = |effect| FaultRule {
        id: None,
        matches: Match {
            plane: Some("hive".to_owned()),
            method: Some("GET".to_owned()),
            nth: Some(2),
            ..Match::default()
        },
        effect,
        times: Some(1),
    };
    let rules = house.world.add_faults(vec![rule(Effect::Hold)]);
    let (over, patience) = (CancellationToken::new(), Duration::from_secs(60));
    let rotate = async {
        assert!(house.world.wait_until_held(&rules[0], patience).await);
        let nothing: Option<Value> = arm
            .post(
                &format!("{cluster}/rotateClusterCertificates"),
                "2024-09-01",
                &json!({}),
            )
            .await
            .unwrap();
        assert!(nothing.is_none());
        house.world.release_fault(&rules[0], true);
    };
    let (outcome, ()) = tokio::join!(house.run(&leased, &over), rotate);
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    let calls = house.world.calls(0);
    let asked = calls
        .iter()
        .filter(|call| call.path.ends_with("/listClusterAdminCredential"));
    assert_eq!(asked.count(), 2, "asked for anew, once");
}

#[tokio::test]
async fn hive_that_cannot_be_reached_is_told_with_its_step() {
    let house = house().await;
    let before = house.inventory();
    let away = FaultRule {
        id: None,
        matches: Match {
            plane: Some("hive".to_owned()),
            ..Match::default()
        },
        effect: Effect::Status(FaultStatus {
            status: 503,
            code: "ServiceUnavailable".to_owned(),
            message: "away".to_owned(),
            retry_after: None,
        }),
        times: None,
    };
    house.world.add_faults(vec![away]);
    house.put(house.document()).await;
    let leased = house.take().await;
    let Outcome::Failed(error) = house.run(&leased, &CancellationToken::new()).await else {
        panic!("Hive is away");
    };
    let text = &error.message;
    assert!(
        text.contains("(startInstallation)") && text.contains("could not be used"),
        "{text}"
    );
    assert_eq!(error.details[0].code.as_str(), "ServiceUnavailable");
    house.world.clear_faults();
    let outcome = aro_store::Outcome::failed(ProvisioningState::Creating, error.body());
    leased.finish(&outcome, |_| {}).await.unwrap();
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert_eq!(house.inventory(), before);
}
