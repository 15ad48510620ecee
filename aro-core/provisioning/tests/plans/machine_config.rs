//! What new machines start from.

use aro_api::model::{Cluster, MaintenanceTask, ProvisioningState};
use aro_cluster::machine_config;
use aro_sim::FaultRule;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    cluster::{DOMAIN, created, decoded, object},
    house::House,
};

const SECRETS: (&str, &str) = ("", "secrets");
const PODS: (&str, &str) = ("", "pods");
const MACHINES: &str = "openshift-machine-api";
const SERVERS: &str = "openshift-machine-config-operator";
const CERTIFICATE: &str = "machine-config-server-tls";
const PENDING: &str = "aro.openshift.io/roll-out-pending";

/// Makes the cluster one of the oldest: its machines are led to a name, and the server's certificate is for that name
/// only. The user data has members that nobody here knows.
pub fn disturb_machine_config(house: &House) {
    let cluster = house.world.cluster(DOMAIN).expect("the cluster runs");
    let old = rcgen::generate_simple_self_signed([format!("api-int.{DOMAIN}")])
        .unwrap()
        .cert
        .pem();
    cluster.edit(SECRETS, Some(SERVERS), CERTIFICATE, |secret| {
        secret["data"]["tls.crt"] = json!(STANDARD.encode(&old));
    });
    for role in ["master", "worker"] {
        let source = format!("https://api-int.{DOMAIN}:22623/config/{role}");
        let ignition = json!({
            "ignition": {"version": "3.2.0", "config": {"merge": [{"source": source, "unknown": 1}]}, "proxy": {"noProxy": []}},
            "passwd": {"users": [{"name": "core"}]},
        });
        cluster.edit(SECRETS, Some(MACHINES), &format!("{role}-user-data"), |secret| {
            secret["data"]["userData"] = json!(STANDARD.encode(ignition.to_string()));
        });
    }
}

fn certificate(house: &House) -> Value {
    object(house, SECRETS, Some(SERVERS), CERTIFICATE)
}

fn user_data(house: &House, role: &str) -> Value {
    let secret = object(house, SECRETS, Some(MACHINES), &format!("{role}-user-data"));
    serde_json::from_str(&decoded(&secret, "userData")).unwrap()
}

/// Names of the servers' pods.
fn servers(house: &House) -> Vec<String> {
    let pods = house.world.cluster(DOMAIN).unwrap().list(PODS, Some(SERVERS));
    let names = pods
        .iter()
        .map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned());
    names.collect()
}

fn renew(cluster: &mut Cluster) {
    cluster.properties.maintenance_task = MaintenanceTask::CertificatesRenewal;
}

async fn is_good(house: &House) -> bool {
    let address = house.stored().await.cluster.properties.apiserver_profile.int_ip;
    let pem = decoded(&certificate(house), "tls.crt");
    machine_config::is_for(pem.as_bytes(), address.parse().unwrap())
}

#[tokio::test]
async fn machines_of_old_clusters_are_led_to_an_address_whose_certificate_is_for_it() {
    let house = created().await;
    assert!(is_good(&house).await, "as its installer leaves it");
    disturb_machine_config(&house);
    assert!(!is_good(&house).await);
    let (servers_before, key) = (servers(&house), decoded(&certificate(&house), "tls.key"));

    // The certificate is written, then the servers do not start anew.
    let rule = json!({
        "id": "refused", "match": {"plane": "cluster", "method": "DELETE", "type": "pods"},
        "effect": {"status": {"status": 403, "code": "Forbidden"}},
    });
    house
        .world
        .add_faults(vec![serde_json::from_value::<FaultRule>(rule).unwrap()]);
    house.begin(ProvisioningState::AdminUpdating, renew).await;
    let error = house.fail_and_end().await;
    assert!(error.message.contains("(machineConfigCertificate)"), "{error}");
    assert!(is_good(&house).await);
    assert_eq!(certificate(&house)["metadata"]["annotations"][PENDING], "true");
    assert_eq!(servers(&house), servers_before);

    house.world.clear_faults();
    let written = decoded(&certificate(&house), "tls.crt");
    house.begin(ProvisioningState::AdminUpdating, renew).await;
    house.complete().await;
    let renewed = certificate(&house);
    assert_eq!(decoded(&renewed, "tls.crt"), written, "once is enough");
    assert_ne!(decoded(&renewed, "tls.key"), key);
    assert!(
        renewed["metadata"]["annotations"].get(PENDING).is_none(),
        "{}",
        renewed["metadata"]
    );
    assert!(servers(&house).iter().all(|name| !servers_before.contains(name)));
    let address = house.stored().await.cluster.properties.apiserver_profile.int_ip;
    for role in ["master", "worker"] {
        let data = user_data(&house, role);
        let source = format!("https://{address}:22623/config/{role}");
        assert_eq!(
            data["ignition"]["config"]["merge"],
            json!([{"source": source, "unknown": 1}])
        );
        assert_eq!(data["ignition"]["proxy"], json!({"noProxy": []}));
        assert_eq!(data["passwd"]["users"][0]["name"], "core");
    }

    let data = object(&house, SECRETS, Some(MACHINES), "worker-user-data");
    house.begin(ProvisioningState::AdminUpdating, renew).await;
    house.complete().await;
    assert_eq!(certificate(&house), renewed, "not even written");
    assert_eq!(object(&house, SECRETS, Some(MACHINES), "worker-user-data"), data);
}

#[tokio::test]
async fn user_data_of_another_form_keeps_nobody_from_being_led() {
    let house = created().await;
    disturb_machine_config(&house);
    let cluster = house.world.cluster(DOMAIN).unwrap();
    let own = STANDARD.encode("#cloud-config\n");
    cluster.edit(SECRETS, Some(MACHINES), "master-user-data", |secret| {
        secret["data"]["userData"] = json!(own);
    });
    let sets = ("machine.openshift.io", "machinesets");
    let set = cluster.list(sets, Some(MACHINES)).remove(0);
    let name = set["metadata"]["name"].as_str().unwrap();
    cluster.edit(sets, Some(MACHINES), name, |set| {
        set["spec"]["template"]["spec"]["providerSpec"]["value"]["userDataSecret"] = json!({"name": "gone"});
    });
    house.begin(ProvisioningState::AdminUpdating, renew).await;
    house.complete().await;
    let source = user_data(&house, "worker")["ignition"]["config"]["merge"][0]["source"].clone();
    assert!(source.as_str().unwrap().starts_with("https://10."), "{source}");
    let master = object(&house, SECRETS, Some(MACHINES), "master-user-data");
    assert_eq!(master["data"]["userData"], own.as_str());
}

#[tokio::test]
async fn clusters_from_4_19_on_look_after_the_certificate_themselves() {
    let house = created().await;
    disturb_machine_config(&house);
    let cluster = house.world.cluster(DOMAIN).unwrap();
    let versions = ("config.openshift.io", "clusterversions");
    cluster.edit(versions, None, "version", |version| {
        let first = version["status"]["history"][0].clone();
        let entry = |state: &str, version: &str| {
            let mut entry = first.clone();
            (entry["state"], entry["version"]) = (json!(state), json!(version));
            entry
        };
        version["status"]["history"] = json!([entry("Partial", "4.20.1"), entry("Completed", "4.19.3"), first]);
    });
    let before = certificate(&house);
    house.begin(ProvisioningState::AdminUpdating, renew).await;
    house.complete().await;
    assert_eq!(certificate(&house), before);
    // On its way there it does not yet.
    cluster.edit(versions, None, "version", |version| {
        version["status"]["history"][1]["state"] = json!("Partial");
    });
    house.begin(ProvisioningState::AdminUpdating, renew).await;
    house.complete().await;
    assert_ne!(certificate(&house), before);
}

#[tokio::test]
async fn the_size_of_packets_is_read_from_the_cluster_where_nobody_has_noted_it() {
    for size in [3900, 1500] {
        let house = House::build().await;
        let mut document = house.document();
        document.cluster.properties.network_profile.mtu_size = size;
        house.put(document).await;
        house.complete().await;
        house
            .begin(ProvisioningState::AdminUpdating, |cluster| {
                cluster.properties.network_profile.mtu_size = 0;
            })
            .await;
        house.complete().await;
        assert_eq!(house.stored().await.cluster.properties.network_profile.mtu_size, size);
    }
}
