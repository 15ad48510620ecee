//! What the provider lends to clusters: the gateway, a name at the registry, certificates.

use std::time::Duration;

use aro_api::{
    CloudErrorBody,
    model::{Gateway, MaintenanceTask, ProvisioningState},
};
use aro_azure::vault::{CertificatePolicy, Issuer};
use aro_http::CancellationToken;
use aro_provisioning::{Edit, Holding, Outcome};
use aro_sim::{Effect, FaultRule, Match};
use aro_store::{ClusterDocument, GatewayDocument, Leased, StoreError};
use serde_json::json;

use crate::house::{DOCUMENT, House, old_password};

async fn record(house: &House) -> Option<GatewayDocument> {
    let all = house.store.gateways().list().await.unwrap();
    assert!(all.len() <= 1);
    all.into_iter().next().map(|stored| stored.document)
}

/// A worker that dies when a step is to be recorded: what the step did is done, and nobody has written it down.
struct DiesBefore<'a> {
    leased: &'a Leased<ClusterDocument>,
    step: &'static str,
    over: CancellationToken,
}

#[async_trait::async_trait]
impl Holding for DiesBefore<'_> {
    fn document(&self) -> std::sync::Arc<ClusterDocument> {
        self.leased.document()
    }

    async fn write(&self, change: &Edit<'_>) -> Result<(), StoreError> {
        let mut copy = (*self.document()).clone();
        change(&mut copy);
        let done = copy.progress.unwrap_or_default().done;
        if done.iter().any(|step| step == self.step) {
            self.over.cancel();
            return Err(StoreError::Unavailable {
                retry_after: Duration::ZERO,
                reason: "the worker is dead".to_owned(),
            });
        }
        Holding::write(self.leased, change).await
    }
}

/// Runs the operation that waits until that step is done and not recorded.
pub async fn die_before_recording(house: &House, step: &'static str) -> Leased<ClusterDocument> {
    let leased = house.take().await;
    let over = CancellationToken::new();
    let dying = DiesBefore {
        leased: &leased,
        step,
        over: over.clone(),
    };
    let outcome = house.run(&dying, &over).await;
    assert!(matches!(outcome, Outcome::StoreUnavailable(_)), "{outcome:?}");
    leased
}

#[tokio::test]
async fn a_gateway_record_of_an_attempt_that_died_is_taken_for_our_own() {
    let house = House::build().await;
    house.put(house.document()).await;
    let leased = die_before_recording(&house, "gateway").await;
    let known = record(&house).await.expect("the record was written");
    assert_eq!(
        leased
            .document()
            .cluster
            .properties
            .network_profile
            .gateway_private_link_id,
        ""
    );
    let outcome = house.run(&leased, &CancellationToken::new()).await;
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    let network = &leased.document().cluster.properties.network_profile;
    assert_eq!(network.gateway_private_link_id, known.id);
    assert!(network.gateway_private_endpoint_ip.starts_with("10.1."));
    assert_eq!(record(&house).await, Some(known));
}

#[tokio::test]
async fn a_gateway_record_that_nobody_noted_goes_with_the_cluster() {
    let house = House::build().await;
    let before = house.inventory();
    house.put(house.document()).await;
    let leased = die_before_recording(&house, "gateway").await;
    let known = record(&house).await.expect("the record was written");
    let state = leased.document().cluster.properties.provisioning_state.clone();
    let failed = aro_store::Outcome::failed(state, CloudErrorBody::default());
    leased.finish(&failed, |_| {}).await.unwrap();
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert_eq!(record(&house).await, None, "{}", known.id);
    assert_eq!(house.inventory(), before);
}

#[tokio::test]
async fn the_gateway_forgets_a_cluster_before_its_endpoint_goes() {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let known = record(&house).await.expect("a record");
    assert_eq!(known.gateway.id, house.cluster_id());
    assert!(!known.gateway.deleting);
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    // Where the machines are to be removed, the record has been gone for a while.
    let rule = FaultRule {
        id: None,
        matches: Match {
            method: Some("DELETE".to_owned()),
            path: Some("**/privateEndpoints/*-pe".to_owned()),
            ..Match::default()
        },
        effect: Effect::Hold,
        times: Some(1),
    };
    let rules = house.world.add_faults(vec![rule]);
    let leased = house.take().await;
    let over = CancellationToken::new();
    tokio::select! {
        outcome = house.run(&leased, &over) => panic!("{outcome:?}"),
        held = house.world.wait_until_held(&rules[0], Duration::from_secs(60)) => assert!(held),
    }
    assert_eq!(record(&house).await, None);
    house.world.release_fault(&rules[0], true);
    let outcome = house.run(&leased, &over).await;
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
}

#[tokio::test]
async fn the_record_of_another_cluster_is_not_taken_over() {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let own = record(&house).await.unwrap();
    let foreign = Gateway {
        id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.RedHatOpenShift/openShiftClusters/other".to_owned(),
        ..Gateway::default()
    };
    let change = foreign.clone();
    house
        .store
        .gateways()
        .update(&own.id, move |record| record.gateway = change.clone())
        .await
        .unwrap();
    house
        .begin(ProvisioningState::AdminUpdating, |cluster| {
            cluster.properties.network_profile.gateway_private_endpoint_ip.clear();
        })
        .await;
    let error = house.fail().await;
    assert!(
        error.message.contains("(gateway)") && error.message.contains("another cluster"),
        "{error}"
    );
    assert_eq!(record(&house).await.unwrap().gateway, foreign);
}

#[tokio::test]
async fn a_password_that_was_made_and_not_written_down_is_made_again() {
    let house = House::build().await;
    house.put(house.document()).await;
    let leased = die_before_recording(&house, "registryPassword").await;
    assert!(
        leased.document().cluster.properties.registry_profiles[0]
            .password
            .is_empty()
    );
    let outcome = house.run(&leased, &CancellationToken::new()).await;
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    leased.finish(&aro_store::Outcome::succeeded(), |_| {}).await.unwrap();
    let profile = house.stored().await.cluster.properties.registry_profiles[0].clone();
    assert!(profile.password.sealed_text().is_some(), "it rests sealed");
    assert_eq!(profile.name, house.world.endpoints().first_party.registry_server);
    assert!(profile.issue_date.is_some());
    let tokens = house
        .inventory()
        .into_iter()
        .filter(|id| id.contains("/tokens/"))
        .count();
    assert_eq!(tokens, 1);
}

#[tokio::test]
async fn an_old_password_is_replaced_once_and_the_other_stays_good() {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let made = |house: &House| {
        let calls = house.world.calls(0);
        calls
            .iter()
            .filter(|call| call.path.ends_with("/generateCredentials"))
            .count()
    };
    assert_eq!(made(&house), 1);
    house.begin(ProvisioningState::Updating, old_password).await;
    house.complete().await;
    assert_eq!(made(&house), 2);
    let token: aro_azure::registry::Token = {
        let there = &house.world.endpoints().first_party;
        let profile = house.stored().await.cluster.properties.registry_profiles[0].clone();
        house
            .arm()
            .await
            .get(&format!("{}/tokens/{}", there.registry, profile.username))
            .await
            .unwrap()
    };
    assert_eq!(token.properties.credentials.unwrap().passwords.len(), 2);
    // The date was renewed with it: the next update leaves it alone.
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    assert_eq!(made(&house), 2);
}

#[tokio::test]
async fn certificates_of_another_authority_are_made_anew() {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let vault = house
        .vault(&house.world.endpoints().first_party.certificate_vault)
        .await;
    let name = format!("{DOCUMENT}-apiserver");
    let first = vault.certificate(&name).await.unwrap().unwrap();
    let policy = CertificatePolicy {
        issuer: Issuer {
            name: "SomebodyElse".to_owned(),
            ..Issuer::default()
        },
        x509_props: [("subject".to_owned(), json!("CN=x"))].into_iter().collect(),
        ..CertificatePolicy::default()
    };
    vault.set_certificate_policy(&name, &policy).await.unwrap();
    house
        .begin(ProvisioningState::AdminUpdating, |cluster| {
            cluster.properties.maintenance_task = MaintenanceTask::CertificatesRenewal;
        })
        .await;
    house.complete().await;
    let policy = vault.certificate_policy(&name).await.unwrap().unwrap();
    assert_eq!(policy.issuer.name, "OneCertV2-PublicCA");
    assert_eq!(
        policy.x509_props["sans"]["dns_names"],
        json!(["api.one.aro.localhost.test"])
    );
    let second = vault.certificate(&name).await.unwrap().unwrap();
    assert_ne!(first.id, second.id);
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    assert_eq!(
        vault.certificate(&name).await.unwrap().unwrap(),
        second,
        "once is enough"
    );
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert!(vault.certificate(&name).await.unwrap().is_none());
}
