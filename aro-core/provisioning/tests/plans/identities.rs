//! What belongs to workload identities: the cluster's own identity, the issuer of tokens, federated credentials.

use aro_api::model::ProvisioningState;
use aro_azure::identities::{self, FederatedCredential, FederatedCredentialProperties, Identity};
use aro_http::CancellationToken;
use aro_provisioning::{Holding, Outcome};
use aro_sim::{Effect, FaultRule, Match};
use serde_json::{Value, json};

use crate::{
    house::{DOCUMENT, House},
    provider::die_before_recording,
    variants::{FEDERATED_CREDENTIAL, OPERATORS, with_workload_identities},
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

/// Rights of a principal in the managed resource group.
async fn rights(house: &House, principal: &str) -> usize {
    let all = house
        .arm()
        .await
        .role_assignments_at(&house.managed_group())
        .await
        .unwrap();
    let own = all.iter().filter(|one| one.properties.principal_id == principal);
    own.count()
}

/// Replaces the identity of the first operator by a new one, as a request does. Returns the object id of the old one.
async fn replace_identity(house: &House) -> String {
    let there = house.world.endpoints();
    let arm = house.arm().await;
    let new = identity(house, "successor");
    let mut made = Identity::default();
    made.rest.insert("location".to_owned(), there.location.clone().into());
    arm.put(&new, &made).await.unwrap();
    let made: Identity = arm.get(&new).await.unwrap();
    house.allow(&there.network.vnet, &made.properties.principal_id).await;
    let cluster: Identity = arm.get(&identity(house, "cluster")).await.unwrap();
    house
        .give(&new, &cluster.properties.principal_id, FEDERATED_CREDENTIAL)
        .await;

    let before = house.stored().await.cluster;
    let profile = before.properties.platform_workload_identity_profile.as_ref().unwrap();
    let old = profile.platform_workload_identities.get(OPERATORS[0]).unwrap().clone();
    house
        .begin(ProvisioningState::Updating, |cluster| {
            let profile = &mut cluster.properties.platform_workload_identity_profile;
            let profile = profile.as_mut().unwrap();
            let identities = profile.platform_workload_identities.as_map_mut();
            identities.get_mut(OPERATORS[0]).unwrap().resource_id.clone_from(&new);
            profile.replaced_identities = vec![old.clone()].into();
        })
        .await;
    old.object_id
}

#[tokio::test]
async fn an_identity_that_was_replaced_loses_what_the_cluster_gave_it_and_no_more() {
    let house = House::build().await;
    house.put(with_workload_identities(&house).await).await;
    house.complete().await;
    let issuer = issuer(&house).await;
    // The old identity is trusted by another cluster, too, and somebody else has rights in the group.
    trust(
        &house,
        OPERATORS[0],
        "foreign",
        "https://else.where",
        "system:serviceaccount:a:b",
        "openshift",
    )
    .await;
    let stranger = house.world.endpoints().service_principals[0].object_id.clone();
    house.allow(&house.managed_group(), &stranger).await;
    assert_eq!(credentials(&house, OPERATORS[0]).await.len(), 3);

    let old = replace_identity(&house).await;
    assert_eq!(rights(&house, &old).await, 1);
    // One worker dies after the rights are gone and before anything is written down; another goes on.
    let matches = Match {
        method: Some("DELETE".to_owned()),
        path: Some("/**/roleAssignments/*".to_owned()),
        ..Match::default()
    };
    another_goes_on(&house, matches).await;

    let left = credentials(&house, OPERATORS[0]).await;
    let issuers: Vec<&str> = left.iter().map(|one| one.properties.issuer.as_str()).collect();
    assert_eq!(issuers, ["https://else.where"]);
    assert_eq!(credentials(&house, "successor").await.len(), 2);
    assert!(
        credentials(&house, "successor")
            .await
            .iter()
            .all(|one| one.properties.issuer == issuer)
    );
    assert_eq!((rights(&house, &old).await, rights(&house, &stranger).await), (0, 1));
    let stored = house.stored().await.cluster.properties;
    let profile = stored.platform_workload_identity_profile.unwrap();
    assert!(profile.replaced_identities.is_empty());
    let now = profile.platform_workload_identities.get(OPERATORS[0]).unwrap();
    assert_eq!(rights(&house, &now.object_id).await, 1);
}

async fn noted(house: &House) -> usize {
    let properties = house.stored().await.cluster.properties;
    let profile = properties.platform_workload_identity_profile.unwrap();
    profile.replaced_identities.len()
}

#[tokio::test]
async fn trust_that_cannot_be_taken_from_a_replaced_identity_is_tried_again() {
    let house = House::build().await;
    house.put(with_workload_identities(&house).await).await;
    house.complete().await;
    let old = replace_identity(&house).await;
    // The customer has taken the right to look after the old identity from the cluster's.
    let arm = house.arm().await;
    let scope = identity(&house, OPERATORS[0]);
    let taken = arm.role_assignments_at(&scope).await.unwrap();
    for one in &taken {
        arm.delete(&one.id, aro_azure::authorization::API_VERSION)
            .await
            .unwrap();
    }
    house.complete().await;
    assert_eq!((noted(&house).await, rights(&house, &old).await), (1, 0));
    assert_eq!(credentials(&house, OPERATORS[0]).await.len(), 2);

    for one in &taken {
        arm.put(&one.id, one).await.unwrap();
    }
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    assert_eq!(noted(&house).await, 0);
    assert!(credentials(&house, OPERATORS[0]).await.is_empty());
}
