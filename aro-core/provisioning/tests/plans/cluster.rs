//! What the plans do inside the cluster.

use aro_api::{Secret, SecretBytes, model::ProvisioningState};
use aro_sim::FaultRule;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::house::House;

pub const DOMAIN: &str = "one.aro.localhost.test";

pub fn object(house: &House, of: (&'static str, &'static str), namespace: Option<&str>, name: &str) -> Value {
    let cluster = house.world.cluster(DOMAIN).expect("the cluster runs");
    cluster
        .get(of, namespace, name)
        .unwrap_or_else(|| panic!("no {} {name}", of.1))
}

pub async fn created() -> House {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    house
}

pub fn decoded(secret: &Value, key: &str) -> String {
    let text = secret["data"][key].as_str().unwrap_or_default();
    String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
}

#[tokio::test]
async fn a_new_cluster_is_settled_in() {
    let house = created().await;
    let operator = |plural| ("operator.openshift.io", plural);
    let console = object(&house, operator("consoles"), None, "cluster");
    assert_eq!(console["spec"]["customization"]["brand"], "azure");
    let version = object(&house, ("config.openshift.io", "clusterversions"), None, "version");
    assert!(
        version["spec"].get("channel").is_none() && version["spec"].get("upstream").is_none(),
        "{version}"
    );
    // The customer gave no pull secret.
    let samples = object(&house, ("samples.operator.openshift.io", "configs"), None, "cluster");
    assert_eq!(samples["spec"]["managementState"], "Removed");
    let hub = object(&house, ("config.openshift.io", "operatorhubs"), None, "cluster");
    assert_eq!(hub["spec"]["sources"].as_array().unwrap().len(), 4);
    let document = house.stored().await;
    let profile = &document.cluster.properties.network_profile;
    assert_eq!(profile.software_defined_network.to_string(), "OVNKubernetes");
    assert!(document.cluster.properties.console_profile.url.contains("apps.one."));
}

#[tokio::test]
async fn new_credentials_reach_the_cluster_also_after_a_failure_in_between() {
    let house = created().await;
    let before = object(&house, ("", "secrets"), Some("kube-system"), "azure-credentials");
    let principal = house.world.endpoints().service_principals[0].clone();
    let change = |cluster: &mut aro_api::model::Cluster| {
        let profile = cluster.properties.service_principal_profile.as_mut().unwrap();
        profile.client_id.clone_from(&principal.client_id);
        profile.client_secret = Secret::new(principal.secret.clone());
        profile.sp_object_id = String::new();
    };
    // The secret is written, then the API server's operator refuses.
    let rule = json!({
        "id": "refused", "match": {"plane": "cluster", "method": "PATCH", "type": "operator.openshift.io/kubeapiservers"},
        "effect": {"status": {"status": 403, "code": "Forbidden"}},
    });
    house
        .world
        .add_faults(vec![serde_json::from_value::<FaultRule>(rule).unwrap()]);
    house.begin(ProvisioningState::Updating, change).await;
    let error = house.fail_and_end().await;
    assert!(error.to_string().contains("cloudProviderCredentials"), "{error}");
    let read = |name: &str| object(&house, ("", "secrets"), Some("kube-system"), name);
    assert_ne!(read("azure-credentials"), before);
    let provider = read("azure-cloud-provider");
    let pending = "aro.openshift.io/roll-out-pending";
    assert_eq!(provider["metadata"]["annotations"][pending], "true");

    house.world.clear_faults();
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    assert_eq!(
        decoded(&read("azure-credentials"), "azure_client_id"),
        principal.client_id
    );
    let config: Value = serde_json::from_str(&decoded(&read("azure-cloud-provider"), "cloud-config")).unwrap();
    assert_eq!(config["aadClientId"], principal.client_id.as_str());
    assert_eq!(config["aadClientSecret"], principal.secret.as_str());
    assert!(config["vnetName"].is_string(), "the other members stay");
    assert!(
        read("azure-cloud-provider")["metadata"]["annotations"]
            .get(pending)
            .is_none()
    );
    for kind in ["kubeapiservers", "kubecontrollermanagers"] {
        let settings = object(&house, ("operator.openshift.io", kind), None, "cluster");
        let reason = settings["spec"]["forceRedeploymentReason"].as_str();
        assert!(
            reason.is_some_and(|reason| reason.starts_with("Credential rotation")),
            "{kind}: {settings}"
        );
    }

    // Again without a change: nobody starts anew.
    let settings = object(&house, ("operator.openshift.io", "kubeapiservers"), None, "cluster");
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    assert_eq!(
        object(&house, ("operator.openshift.io", "kubeapiservers"), None, "cluster"),
        settings
    );
}

#[tokio::test]
async fn a_customers_kubeconfig_that_is_of_no_use_is_made_anew() {
    let house = created().await;
    let good = house.stored().await.cluster.properties.user_admin_kubeconfig;
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house.complete().await;
    let kept = house.stored().await.cluster.properties.user_admin_kubeconfig;
    assert!(kept == good, "one that works is kept");
    house
        .begin(ProvisioningState::Updating, |cluster| {
            cluster.properties.user_admin_kubeconfig = SecretBytes::new("nothing of use");
        })
        .await;
    house.complete().await;
    let document = house.stored().await;
    let stored = &document.cluster.properties.user_admin_kubeconfig;
    let opened = stored.open(house.store.sealer(), &document.id).unwrap();
    let read = aro_cluster::Kubeconfig::parse(&opened).unwrap();
    assert!(read.clusters[0].entry.cluster.server.starts_with("https://api.one."));
}
