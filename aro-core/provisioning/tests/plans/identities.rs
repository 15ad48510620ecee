//! What belongs to workload identities: the cluster's own identity, the issuer of tokens, federated credentials.

use aro_api::model::ProvisioningState;
use aro_azure::identities::{self, FederatedCredential, FederatedCredentialProperties};
use aro_http::CancellationToken;
use aro_provisioning::{Holding, Outcome};
use aro_sim::{Effect, FaultRule, Match};
use serde_json::{Value, json};

use crate::{
    house::{DOCUMENT, House},
    provider::die_before_recording,
    variants::{OPERATORS, with_workload_identities},
};

fn identity(house: &House, name: &str) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
        house.subscription(),
        house.world.endpoints().network.resource_group
    )
}

async fn credentials(house: &House, name: &str) -> Vec<FederatedCredential> {
    let path = format!("{}/federatedIdentityCredentials", identity(house, name));
    house
        .arm()
        .await
        .list(&path, identities::API_VERSION, &[])
        .await
        .unwrap()
}

fn subjects(all: &[FederatedCredential]) -> Vec<&str> {
    let mut all: Vec<&str> = all.iter().map(|one| one.properties.subject.as_str()).collect();
    all.sort_unstable();
    all
}

async fn trust(house: &House, name: &str, credential: &str, issuer: &str, subject: &str, audience: &str) {
    let id = format!("{}/federatedIdentityCredentials/{credential}", identity(house, name));
    let credential = FederatedCredential {
        properties: FederatedCredentialProperties {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audiences: vec![audience.to_owned()],
        },
        ..FederatedCredential::default()
    };
    house.arm().await.put(&id, &credential).await.unwrap();
}

/// Takes one federated credential away, and adds one that no operator needs.
pub async fn disturb_federation(house: &House) {
    let all = credentials(house, OPERATORS[0]).await;
    let arm = house.arm().await;
    arm.delete(&all[0].id, identities::API_VERSION).await.unwrap();
    let issuer = &all[0].properties.issuer;
    trust(
        house,
        OPERATORS[0],
        "surplus",
        issuer,
        "system:serviceaccount:a:b",
        "openshift",
    )
    .await;
}

/// Removes all federated credentials.
pub async fn remove_federation(house: &House) {
    let arm = house.arm().await;
    for name in OPERATORS {
        for one in credentials(house, name).await {
            arm.delete(&one.id, identities::API_VERSION).await.unwrap();
        }
    }
}

/// What the world reads below the issuer.
async fn published(house: &House, issuer: &str) -> Option<[Value; 2]> {
    let ca = std::fs::read(&house.world.endpoints().ca_file).unwrap();
    let ca = reqwest::Certificate::from_pem(&ca).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    let mut documents = [Value::Null, Value::Null];
    for (name, document) in [".well-known/openid-configuration", "openid/v1/jwks"]
        .iter()
        .zip(&mut documents)
    {
        let response = client.get(format!("{issuer}/{name}")).send().await.unwrap();
        if !response.status().is_success() {
            return None;
        }
        *document = response.json().await.unwrap();
    }
    Some(documents)
}

async fn issuer(house: &House) -> String {
    let profile = house.stored().await.cluster.properties.cluster_profile;
    profile.oidc_issuer.expect("the issuer is noted")
}

#[tokio::test]
async fn a_cluster_is_an_issuer_whose_service_accounts_are_trusted_until_it_is_deleted() {
    let house = House::build().await;
    house.put(with_workload_identities(&house).await).await;
    house.complete().await;
    let stored = house.stored().await;
    let issuer = issuer(&house).await;
    assert!(issuer.ends_with(DOCUMENT), "{issuer}");
    let [about, keys] = published(&house, &issuer).await.unwrap();
    assert_eq!(about["issuer"], json!(issuer));
    assert_eq!(about["jwks_uri"], json!(format!("{issuer}/openid/v1/jwks")));
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["alg"], &key["kty"], &key["use"]),
        (&json!("RS256"), &json!("RSA"), &json!("sig"))
    );
    let kept = stored
        .cluster
        .properties
        .cluster_profile
        .bound_service_account_signing_key
        .unwrap();
    assert!(kept.sealed_text().is_some(), "the key rests sealed");
    assert!(stored.cluster.properties.ssh_key.sealed_text().is_some());

    let own = stored.cluster.identity.unwrap();
    assert_eq!(own.tenant_id, house.world.endpoints().tenant);
    let own = own.user_assigned_identities.values().next().unwrap().clone();
    assert!(!own.client_id.is_empty() && !own.principal_id.is_empty());
    for name in OPERATORS {
        let all = credentials(&house, name).await;
        let wanted = ["one", "two"].map(|account| format!("system:serviceaccount:openshift-{name}:{account}"));
        assert_eq!(subjects(&all), wanted);
        for one in &all {
            assert_eq!(
                (one.properties.issuer.as_str(), &one.properties.audiences[..]),
                (issuer.as_str(), &["openshift".to_owned()][..])
            );
        }
    }
    let vault = house.vault(&house.world.endpoints().first_party.identity_vault).await;
    let secret = vault.secret(&format!("msi-{DOCUMENT}")).await.unwrap().unwrap();
    assert!(secret.tags.contains_key("renew_after") && secret.tags.contains_key("cannot_renew_after"));

    // One that the cluster does not need goes, a missing one comes back; delete leaves what is not the cluster's.
    disturb_federation(&house).await;
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    assert_eq!(credentials(&house, OPERATORS[0]).await.len(), 2);
    trust(
        &house,
        OPERATORS[0],
        "foreign",
        "https://else.where",
        "system:serviceaccount:a:b",
        "openshift",
    )
    .await;
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert_eq!(credentials(&house, OPERATORS[0]).await.len(), 1, "the foreign one");
    assert!(credentials(&house, OPERATORS[1]).await.is_empty());
    assert!(published(&house, &issuer).await.is_none());
    assert!(vault.secret(&format!("msi-{DOCUMENT}")).await.unwrap().is_none());
}

/// Dies after the effect of a call and before anything is written down, then another worker goes on to the end.
async fn another_goes_on(house: &House, matches: Match) {
    let rule = FaultRule {
        id: None,
        matches,
        effect: Effect::HoldReply,
        times: Some(1),
    };
    let rules = house.world.add_faults(vec![rule]);
    let leased = house.take().await;
    let over = CancellationToken::new();
    tokio::select! {
        outcome = house.run(&leased, &over) => panic!("{outcome:?}"),
        held = house.world.wait_until_held(&rules[0], std::time::Duration::from_secs(60)) => assert!(held),
    }
    house.world.release_fault(&rules[0], true);
    let outcome = house.run(&leased, &over).await;
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    leased.finish(&aro_store::Outcome::succeeded(), |_| {}).await.unwrap();
}

#[tokio::test]
async fn a_worker_that_died_after_publishing_is_followed_by_the_same_key() {
    let house = House::build().await;
    house.put(with_workload_identities(&house).await).await;
    let matches = Match {
        plane: Some("data".to_owned()),
        method: Some("PUT".to_owned()),
        path: Some("/blob/**".to_owned()),
        nth: Some(2),
        ..Match::default()
    };
    another_goes_on(&house, matches).await;
    let stored = house.stored().await;
    let key = stored
        .cluster
        .properties
        .cluster_profile
        .bound_service_account_signing_key
        .unwrap();
    let pem = key.open(house.store.sealer(), DOCUMENT).unwrap();
    assert!(pem.contains("RSA PRIVATE KEY"));
    let [_, keys] = published(&house, &issuer(&house).await).await.unwrap();
    // Every key here is the same; what matters is that the step that makes one ran once, before anything was published.
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    let puts = house
        .world
        .calls(0)
        .iter()
        .filter(|call| call.method == "PUT" && call.path.starts_with("/blob/"))
        .count();
    assert!(puts >= 3, "{puts}");
}

#[tokio::test]
async fn federated_credentials_that_are_there_are_no_obstacle_whatever_their_names() {
    let house = House::build().await;
    house.put(with_workload_identities(&house).await).await;
    let leased = die_before_recording(&house, "federatedCredentials").await;
    let profile = leased.document().cluster.properties.cluster_profile.clone();
    let issuer = profile.oidc_issuer.expect("the issuer is noted");
    // What the dead worker made, here under other names, and one for another audience.
    let arm = house.arm().await;
    for (name, other, audience) in [(OPERATORS[0], "earlier", "openshift"), (OPERATORS[1], "other", "else")] {
        let all = credentials(&house, name).await;
        assert_eq!(all.len(), 2);
        arm.delete(&all[0].id, identities::API_VERSION).await.unwrap();
        trust(&house, name, other, &issuer, &all[0].properties.subject, audience).await;
    }
    let outcome = house.run(&leased, &CancellationToken::new()).await;
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    for (name, other) in [(OPERATORS[0], "/earlier"), (OPERATORS[1], "/other")] {
        let all = credentials(&house, name).await;
        assert_eq!(all.len(), 2, "{all:?}");
        assert!(
            all.iter().any(|one| one.id.ends_with(other)),
            "what is there is left as it is"
        );
        let good =
            |one: &FederatedCredential| one.properties.audiences == ["openshift"] && one.properties.issuer == issuer;
        assert!(all.iter().all(good), "{all:?}");
    }
}

#[tokio::test]
async fn credentials_that_are_old_or_unreadable_are_asked_for_again() {
    let house = House::build().await;
    house.put(with_workload_identities(&house).await).await;
    house.complete().await;
    let vault = house.vault(&house.world.endpoints().first_party.identity_vault).await;
    let name = format!("msi-{DOCUMENT}");
    let good = vault.secret(&name).await.unwrap().unwrap();
    let mut long_over: Value = serde_json::from_str(&good.value).unwrap();
    for member in ["renew_after", "cannot_renew_after"] {
        long_over["explicit_identities"][0][member] = json!("2020-01-01T00:00:00Z");
    }
    let mut shouted: Value = serde_json::from_str(&good.value).unwrap();
    let id = shouted["explicit_identities"][0]["resource_id"]
        .as_str()
        .unwrap()
        .to_uppercase();
    shouted["explicit_identities"][0]["resource_id"] = json!(id);
    for (kept, renewed) in [
        // The same identity in another case is the same identity.
        (shouted.to_string(), false),
        ("{broken".to_owned(), true),
        (long_over.to_string(), true),
    ] {
        let value = zeroize::Zeroizing::new(kept.clone());
        let secret = aro_azure::vault::NewVaultSecret {
            value: &value,
            tags: Default::default(),
        };
        vault.set_secret(&name, &secret).await.unwrap();
        house.begin(ProvisioningState::Updating, |_| {}).await;
        house.complete().await;
        let now = vault.secret(&name).await.unwrap().unwrap();
        assert_eq!(*now.value != kept, renewed);
    }
}

#[tokio::test]
async fn identities_that_are_gone_do_not_keep_a_cluster_from_being_deleted() {
    let house = House::build().await;
    house.put(with_workload_identities(&house).await).await;
    house.complete().await;
    let arm = house.arm().await;
    for name in OPERATORS.iter().chain(&["cluster"]) {
        arm.delete(&identity(&house, name), identities::API_VERSION)
            .await
            .unwrap();
    }
    let vault = house.vault(&house.world.endpoints().first_party.identity_vault).await;
    vault.delete_secret(&format!("msi-{DOCUMENT}")).await.unwrap();
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert!(house.world.resource_ids(&house.managed_group()).is_empty());
}

#[tokio::test]
async fn a_token_is_sent_only_to_the_data_plane_of_identities() {
    let house = House::build().await;
    let mut document = with_workload_identities(&house).await;
    let identity = document.cluster.identity.as_mut().unwrap();
    identity.identity_url = identity.identity_url.replace("/identity/", "/elsewhere/");
    house.put(document).await;
    let error = house.fail().await;
    assert!(error.message.contains("clusterIdentityCredentials"), "{error}");
    assert!(!house.world.calls(0).iter().any(|call| call.path.contains("elsewhere")));
}
