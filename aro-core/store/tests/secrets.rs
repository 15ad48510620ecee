//! Secrets at rest.
#![allow(clippy::unwrap_used)]

mod fixture;

use aro_api::Secret;
use aro_api::model::RegistryProfile;
use aro_store::{KeyRing, Store, StoreError};
use fixture::*;

fn sealed(store: &aro_store::Stored<aro_store::ClusterDocument>) -> Vec<String> {
    let properties = &store.document.cluster.properties;
    let registries = properties.registry_profiles.iter().map(|registry| &registry.password);
    [
        &properties.cluster_profile.pull_secret,
        &properties.service_principal_profile.as_ref().unwrap().client_secret,
    ]
    .into_iter()
    .chain(registries)
    .map(|secret| secret.sealed_text().unwrap().to_owned())
    .chain([properties.ssh_key.sealed_text().unwrap().to_owned()])
    .collect()
}

async fn with_secrets(store: &Store) -> aro_store::Stored<aro_store::ClusterDocument> {
    let mut document = cluster(store, "g", "n");
    for number in 0..2 {
        document
            .cluster
            .properties
            .registry_profiles
            .as_vec_mut()
            .push(RegistryProfile {
                name: number.to_string(),
                password: Secret::new(format!("registry-canary-{number}")),
                ..RegistryProfile::default()
            });
    }
    let created = store.clusters().create(document, operation(store)).await.unwrap();
    store.clusters().get(&created.document.key).await.unwrap().unwrap()
}

#[tokio::test]
async fn no_secret_is_readable_in_the_files() {
    let fixture = Fixture::new().await;
    let stored = with_secrets(&fixture.store).await;
    assert!(!format!("{stored:?}").contains("canary"));
    fixture.store.close().await;
    for entry in std::fs::read_dir(fixture.directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for canary in [b"canary".as_slice(), b"Y2FuYX", b"NhbmFye", b"jYW5hcn"] {
            assert!(
                !bytes.windows(canary.len()).any(|window| window == canary),
                "a secret in {}",
                path.display()
            );
        }
    }
}

#[tokio::test]
async fn sealed_when_read_and_opened_on_demand() {
    let fixture = Fixture::new().await;
    let stored = with_secrets(&fixture.store).await;
    let properties = &stored.document.cluster.properties;
    let sealer = fixture.store.sealer();
    let secret = &properties.service_principal_profile.as_ref().unwrap().client_secret;
    assert_eq!(secret.plain(), None);
    assert_eq!(
        secret.open(sealer, &stored.id).unwrap().as_str(),
        "client-secret-canary"
    );
    assert_eq!(
        properties.ssh_key.open(sealer, &stored.id).unwrap().as_slice(),
        b"ssh-key-canary"
    );
    assert!(secret.open(sealer, "another-document").is_err());
    // Not even to another place of the same document.
    let moved = Secret::sealed(
        secret.sealed_text().unwrap().to_owned(),
        "properties.clusterProfile.pullSecret",
    );
    assert!(moved.open(sealer, &stored.id).is_err());
}

#[tokio::test]
async fn untouched_secrets_are_written_back_byte_for_byte() {
    let fixture = Fixture::new().await;
    let mut stored = with_secrets(&fixture.store).await;
    let before = sealed(&stored);
    stored.document.cluster.properties.infra_id = "i".to_owned();
    // Elements of a list may move; their secrets go with them.
    stored
        .document
        .cluster
        .properties
        .registry_profiles
        .as_vec_mut()
        .reverse();
    let key = stored.document.key.clone();
    fixture.store.clusters().replace(stored, None).await.unwrap();
    let stored = fixture.store.clusters().get(&key).await.unwrap().unwrap();
    let mut after = sealed(&stored);
    after.swap(2, 3);
    assert_eq!(before, after);
    let first = &stored.document.cluster.properties.registry_profiles[0];
    assert_eq!(
        first
            .password
            .open(fixture.store.sealer(), &stored.id)
            .unwrap()
            .as_str(),
        "registry-canary-1"
    );
}

#[tokio::test]
async fn a_new_key_takes_over_with_the_next_write_or_a_rekey() {
    let fixture = Fixture::new().await;
    let first = with_secrets(&fixture.store).await;
    let (before, old_key) = (sealed(&first), fixture.store.sealer().active_key().to_owned());
    let mut second = cluster(&fixture.store, "g", "second");
    second.cluster.properties.kubeadmin_password = Secret::new("kubeadmin-canary");
    let second = fixture
        .store
        .clusters()
        .create(second, operation(&fixture.store))
        .await
        .unwrap()
        .document
        .key
        .clone();
    let new_key = KeyRing::add_key(&fixture.key_file()).unwrap();
    KeyRing::activate(&fixture.key_file(), &new_key).unwrap();

    let store = fixture.other().await;
    let stored = store.clusters().get(&first.document.key).await.unwrap().unwrap();
    assert_eq!(sealed(&stored), before, "reading changes nothing");
    store.clusters().replace(stored, None).await.unwrap();
    let stored = store.clusters().get(&first.document.key).await.unwrap().unwrap();
    assert!(
        sealed(&stored)
            .iter()
            .all(|text| text.starts_with(&format!("v1.{new_key}.")))
    );
    let secret = &stored.document.cluster.properties.cluster_profile.pull_secret;
    assert_eq!(
        secret.open(store.sealer(), &stored.id).unwrap().as_str(),
        "pull-secret-canary"
    );

    let result = store.rekey().await.unwrap();
    assert_eq!((result.rewritten, result.left.len()), (1, 0), "{result:?}");
    assert_eq!(result.documents, 4, "two clusters and two operations");
    let body: String = fixture
        .sql()
        .query_row("SELECT group_concat(body) FROM clusters", [], |row| row.get(0))
        .unwrap();
    assert!(!body.contains(&old_key) && body.contains(&new_key));
    let stored = store.clusters().get(&second).await.unwrap().unwrap();
    let password = &stored.document.cluster.properties.kubeadmin_password;
    assert_eq!(
        password.open(store.sealer(), &stored.id).unwrap().as_str(),
        "kubeadmin-canary"
    );
    assert_eq!(store.rekey().await.unwrap().rewritten, 0);
}

#[tokio::test]
async fn what_does_not_open_is_kept_and_named() {
    let fixture = Fixture::new().await;
    let stored = with_secrets(&fixture.store).await;
    let new_key = KeyRing::add_key(&fixture.key_file()).unwrap();
    KeyRing::activate(&fixture.key_file(), &new_key).unwrap();
    // The pull secret of another document, by a hand in the file.
    let victim = sealed(&stored)[0].clone();
    let foreign = fixture.store.sealer().seal_value("elsewhere", b"x").unwrap();
    fixture
        .sql()
        .execute("UPDATE clusters SET body = replace(body, ?1, ?2)", [&victim, &foreign])
        .unwrap();

    let store = fixture.other().await;
    let result = store.rekey().await.unwrap();
    assert!(
        matches!(&result.left[..], [StoreError::Corrupt { id, .. }] if *id == stored.id),
        "{result:?}"
    );
    let after = store.clusters().get(&stored.document.key).await.unwrap().unwrap();
    assert_eq!(sealed(&after)[0], foreign);
    assert!(sealed(&after)[1].starts_with(&format!("v1.{new_key}.")));
}

#[tokio::test]
async fn a_store_is_not_opened_with_the_keys_of_another() {
    let fixture = Fixture::new().await;
    let ids = std::sync::Arc::new(aro_store::RandomIds);
    let strange = KeyRing::ephemeral().unwrap();
    let error = Store::open_sqlite(fixture.file(), config(), strange, ids.clone())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Key(_)), "{error:?}");

    // A key may leave the ring after a rekey, and not before.
    let old_key = fixture.store.sealer().active_key().to_owned();
    let new_key = KeyRing::add_key(&fixture.key_file()).unwrap();
    KeyRing::activate(&fixture.key_file(), &new_key).unwrap();
    let text = std::fs::read_to_string(fixture.key_file()).unwrap();
    let mut keys: serde_json::Value = serde_json::from_str(&text).unwrap();
    keys["keys"].as_object_mut().unwrap().remove(&old_key).unwrap();
    let without = || async {
        let path = fixture.directory.path().join("new-keys.json");
        std::fs::copy(fixture.key_file(), &path).unwrap();
        std::fs::write(&path, keys.to_string()).unwrap();
        let keys = KeyRing::load_or_create(&path).unwrap();
        Store::open_sqlite(fixture.file(), config(), keys, ids.clone()).await
    };
    assert!(without().await.is_err());
    fixture.other().await.rekey().await.unwrap();
    assert!(without().await.is_ok());
}
