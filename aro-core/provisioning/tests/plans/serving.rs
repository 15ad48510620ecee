//! The certificates that customers see.

use aro_api::model::{MaintenanceTask, ProvisioningState};
use aro_azure::vault::VaultClient;
use aro_cluster::Identity;
use k8s_openapi::api::core::v1::Node;
use kube::{Api, api::ListParams};
use serde_json::{Value, json};

use crate::{
    cluster::{DOMAIN, created, decoded, object},
    house::{DOCUMENT, House},
};

const SECRETS: (&str, &str) = ("", "secrets");
const API_SERVERS: (&str, &str) = ("config.openshift.io", "apiservers");

fn secret(house: &House, namespace: &str, purpose: &str) -> Value {
    object(house, SECRETS, Some(namespace), &format!("{DOCUMENT}-{purpose}"))
}

/// All places of certificates, and what names them.
fn everything(house: &House) -> Vec<Value> {
    let controllers = ("operator.openshift.io", "ingresscontrollers");
    vec![
        secret(house, "openshift-config", "apiserver"),
        secret(house, "openshift-azure-operator", "apiserver"),
        secret(house, "openshift-ingress", "ingress"),
        secret(house, "openshift-azure-operator", "ingress"),
        object(house, API_SERVERS, None, "cluster"),
        object(house, controllers, Some("openshift-ingress-operator"), "default"),
    ]
}

async fn vault(house: &House) -> VaultClient {
    house
        .vault(&house.world.endpoints().first_party.certificate_vault)
        .await
}

/// Whether the customer's kubeconfig leads to a cluster that is believed.
async fn customer_gets_in(house: &House) -> bool {
    let (document, environment) = (house.stored().await, house.environment());
    let (properties, sealer) = (&document.cluster.properties, house.store.sealer());
    let client = environment
        .reach
        .cluster(properties, Identity::User, sealer, &document.id)
        .await
        .unwrap();
    Api::<Node>::all(client).list(&ListParams::default()).await.is_ok()
}

async fn renew(house: &House) {
    house
        .begin(ProvisioningState::AdminUpdating, |cluster| {
            cluster.properties.maintenance_task = MaintenanceTask::CertificatesRenewal;
        })
        .await;
    house.complete().await;
}

async fn update(house: &House) {
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
}

#[tokio::test]
async fn a_cluster_shows_the_vaults_certificates_and_nothing_is_written_twice() {
    let house = created().await;
    let all = everything(&house);
    for (one, purpose) in all.iter().zip(["apiserver", "apiserver", "ingress", "ingress"]) {
        let kept = vault(&house)
            .await
            .secret(&format!("{DOCUMENT}-{purpose}"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(one["type"], "kubernetes.io/tls");
        let (chain, key) = (decoded(one, "tls.crt"), decoded(one, "tls.key"));
        assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2, "with its chain");
        let ours = [chain, key].concat();
        let mut blocks: Vec<_> = pem::parse_many(&ours).unwrap();
        let mut theirs = pem::parse_many(kept.value.as_bytes()).unwrap();
        for blocks in [&mut blocks, &mut theirs] {
            blocks.sort_by(|a, b| a.contents().cmp(b.contents()));
        }
        assert!(blocks == theirs, "{purpose}");
    }
    let named = &all[4]["spec"]["servingCerts"]["namedCertificates"];
    let api = format!("{DOCUMENT}-apiserver");
    let wanted = json!([{"names": [format!("api.{DOMAIN}")], "servingCertificate": {"name": api}}]);
    assert_eq!(*named, wanted);
    assert_eq!(
        all[5]["spec"]["defaultCertificate"]["name"],
        format!("{DOCUMENT}-ingress")
    );
    let published = object(
        &house,
        ("", "configmaps"),
        Some("openshift-config-managed"),
        "default-ingress-cert",
    );
    assert_eq!(published["data"]["ca-bundle.crt"], decoded(&all[2], "tls.crt"));
    assert!(
        customer_gets_in(&house).await,
        "the world's authority is what the kubeconfig names"
    );

    update(&house).await;
    renew(&house).await;
    assert_eq!(everything(&house), all, "not even written");
}

#[tokio::test]
async fn a_renewed_certificate_reaches_the_cluster_and_what_is_the_customers_stays() {
    let house = created().await;
    let before = everything(&house);
    let vault = vault(&house).await;
    for purpose in ["apiserver", "ingress"] {
        let name = format!("{DOCUMENT}-{purpose}");
        let policy = vault.certificate_policy(&name).await.unwrap().unwrap();
        vault.create_certificate(&name, &policy).await.unwrap();
    }
    let cluster = house.world.cluster(DOMAIN).unwrap();
    // The customer has a certificate for a name of its own, and has put something else in the place of a secret of ours.
    let mine = json!({"names": ["api.mine.example"], "servingCertificate": {"name": "mine"}});
    let ours = format!("{DOCUMENT}-ingress");
    cluster.edit(API_SERVERS, None, "cluster", |settings| {
        let named = settings["spec"]["servingCerts"]["namedCertificates"]
            .as_array_mut()
            .unwrap();
        named.insert(0, mine.clone());
    });
    let mut copy = secret(&house, "openshift-config", "apiserver");
    copy["metadata"] = json!({"name": "mine", "namespace": "openshift-config"});
    cluster.seed(copy).unwrap();
    cluster.delete(SECRETS, Some("openshift-ingress"), &ours);
    let other = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": true,
        "metadata": {"name": ours, "namespace": "openshift-ingress"}, "data": {}});
    cluster.seed(other).unwrap();
    update(&house).await;
    let after = everything(&house);
    for (before, after) in before.iter().zip(&after).take(4) {
        assert_ne!(decoded(before, "tls.crt"), decoded(after, "tls.crt"));
        assert_ne!(decoded(before, "tls.key"), decoded(after, "tls.key"));
        assert_eq!(after["type"], "kubernetes.io/tls");
    }
    let named = &after[4]["spec"]["servingCerts"]["namedCertificates"];
    assert_eq!(named[0], mine);
    assert_eq!(named.as_array().unwrap().len(), 2);
    assert_eq!(after[5]["spec"], before[5]["spec"]);
    assert!(customer_gets_in(&house).await);
}

#[tokio::test]
async fn a_cluster_that_has_lost_the_operators_namespace_gets_its_certificates() {
    let house = created().await;
    let kept = secret(&house, "openshift-azure-operator", "apiserver")["data"].clone();
    let cluster = house.world.cluster(DOMAIN).unwrap();
    assert!(cluster.delete(("", "namespaces"), None, "openshift-azure-operator"));
    renew(&house).await;
    for purpose in ["apiserver", "ingress"] {
        assert_eq!(
            secret(&house, "openshift-azure-operator", purpose)["type"],
            "kubernetes.io/tls"
        );
    }
    assert_eq!(secret(&house, "openshift-azure-operator", "apiserver")["data"], kept);
}
