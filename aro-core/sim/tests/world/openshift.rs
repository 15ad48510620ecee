//! The API servers of clusters that the simulated installer has left.

use std::time::Duration;

use aro_sim::{Event, WorldConfig};
use http::StatusCode;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::client::{Azure, quick, read};

/// How long something may take that takes no time at this pace.
const SOON: Duration = Duration::from_secs(20);

pub fn domain(name: &str) -> String {
    format!("{name}.aro.localhost.test")
}

/// Installs a cluster that works as the second service principal; what the installer says at the end.
pub async fn install(azure: &Azure, name: &str) -> Value {
    let group = format!("/subscriptions/{}/resourceGroups/{name}", azure.subscription);
    azure
        .put(&group, "2021-04-01", json!({"location": "eastus", "managedBy": "/x"}))
        .await;
    let at = azure.world.endpoints().clone();
    let url = format!("{}/{name}", at.installer);
    let request = json!({
        "resourceGroupId": group, "location": "eastus", "infraId": format!("{name}-x"), "domain": name, "version": "4.17.1",
        "masterSubnetId": at.network.master_subnet, "masterVmSize": "Standard_D8s_v5", "workerSubnetId": at.network.worker_subnet,
        "workerVmSize": "Standard_D4s_v5", "workerCount": 3, "zones": ["1", "2", "3"],
        "servicePrincipal": {"clientId": at.service_principals[1].client_id, "clientSecret": at.service_principals[1].secret},
        "workerDiskSizeGb": 256,
    });
    let started = read(azure.http.put(&url).json(&request).send().await.unwrap()).await;
    assert_eq!(started.status, StatusCode::CREATED, "{}", started.body);
    for _ in 0..2000 {
        let last = read(azure.http.get(&url).send().await.unwrap()).await.body;
        if last["status"] != "Running" {
            assert_eq!(last["status"], "Succeeded", "{last}");
            return last;
        }
        tokio::task::yield_now().await;
    }
    panic!("the installation does not end");
}

/// A client as the kubeconfig says, led to the listener.
pub async fn client(azure: &Azure, kubeconfig: &str) -> Client {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig).unwrap();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .unwrap();
    config.tls_server_name = config.cluster_url.host().map(str::to_owned);
    config.cluster_url = azure.world.endpoints().cluster_api.clone().unwrap().parse().unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

pub fn all(client: &Client, group: &str, version: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural);
    Api::all_with(client.clone(), &resource)
}

pub fn machine_sets(client: &Client) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("machine.openshift.io", "v1beta1", "MachineSet");
    let resource = ApiResource::from_gvk_with_plural(&kind, "machinesets");
    Api::namespaced_with(client.clone(), "openshift-machine-api", &resource)
}

/// Looks again and again until it holds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let looking = async {
        let mut pause = tokio::time::interval(Duration::from_millis(5));
        while !holds().await {
            pause.tick().await;
        }
    };
    assert!(tokio::time::timeout(SOON, looking).await.is_ok(), "never: {what}");
}

pub fn condition(object: &DynamicObject, kind: &str) -> String {
    let conditions = object.data["status"]["conditions"].as_array();
    let found = conditions.into_iter().flatten().find(|one| one["type"] == kind);
    found
        .and_then(|one| one["status"].as_str())
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn a_cluster_is_as_its_installer_left_it_and_knows_its_own_clients() {
    let azure = Azure::start().await;
    let (one, two) = (install(&azure, "one").await, install(&azure, "two").await);
    let admin = client(&azure, one["kubeconfig"].as_str().unwrap()).await;

    let nodes = Api::<Node>::all(admin.clone())
        .list(&ListParams::default())
        .await
        .unwrap();
    assert_eq!(nodes.items.len(), 6);
    let operators = all(
        &admin,
        "config.openshift.io",
        "v1",
        "ClusterOperator",
        "clusteroperators",
    );
    let operators = operators.list(&ListParams::default()).await.unwrap().items;
    assert_eq!(operators.len(), 32);
    assert!(operators.iter().all(|one| condition(one, "Available") == "True"));
    let version = all(&admin, "config.openshift.io", "v1", "ClusterVersion", "clusterversions");
    let version = version.get("version").await.unwrap();
    assert_eq!(version.data["status"]["history"][0]["version"], "4.17.1");
    let sets = machine_sets(&admin).list(&ListParams::default()).await.unwrap().items;
    assert_eq!(sets.len(), 3, "one for each zone");
    let value = &sets[0].data["spec"]["template"]["spec"]["providerSpec"]["value"];
    assert_eq!(value["osDisk"]["diskSizeGB"], 256);
    let secret: Api<k8s_openapi::api::core::v1::Secret> = Api::namespaced(admin.clone(), "kube-system");
    let secret = secret.get("azure-credentials").await.unwrap().data.unwrap();
    let own = &azure.world.endpoints().service_principals[1].secret;
    assert_eq!(secret["azure_client_secret"].0, own.as_bytes());

    // The certificate of one cluster's administrator is nobody's at another.
    let mut foreign: Value = serde_json::from_str(one["kubeconfig"].as_str().unwrap()).unwrap();
    let other: Value = serde_json::from_str(two["kubeconfig"].as_str().unwrap()).unwrap();
    foreign["clusters"][0]["cluster"] = other["clusters"][0]["cluster"].clone();
    let stranger = client(&azure, &foreign.to_string()).await;
    assert!(Api::<Node>::all(stranger).list(&ListParams::default()).await.is_err());
    // Without any certificate one is anonymous.
    foreign["users"][0]["user"] = json!({});
    let anonymous = client(&azure, &foreign.to_string()).await;
    let refused = Api::<Node>::all(anonymous)
        .list(&ListParams::default())
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("system:anonymous"), "{refused}");
}

#[tokio::test]
async fn machines_follow_their_sets_and_an_upgrade_takes_its_time() {
    let mut config = quick();
    config.pace.speed = 50.0;
    let azure = Azure::start_with(config).await;
    let installed = install(&azure, "one").await;
    let admin = client(&azure, installed["kubeconfig"].as_str().unwrap()).await;
    let sets = machine_sets(&admin);
    let name = sets.list(&ListParams::default()).await.unwrap().items[0]
        .metadata
        .name
        .clone()
        .unwrap();
    let nodes = Api::<Node>::all(admin.clone());
    let count = || async { nodes.list(&ListParams::default()).await.unwrap().items.len() };
    for (replicas, expected) in [(3, 8), (0, 5)] {
        let change = json!({"spec": {"replicas": replicas}});
        sets.patch(&name, &PatchParams::default(), &Patch::Merge(&change))
            .await
            .unwrap();
        eventually("nodes follow", || async { count().await == expected }).await;
        eventually("the set counts them", || async {
            let set = sets.get(&name).await.unwrap();
            set.data["status"]["readyReplicas"] == replicas && set.data["status"]["replicas"] == replicas
        })
        .await;
    }

    let versions = all(&admin, "config.openshift.io", "v1", "ClusterVersion", "clusterversions");
    let change = json!({"spec": {"desiredUpdate": {"version": "4.17.2"}}});
    versions
        .patch("version", &PatchParams::default(), &Patch::Merge(&change))
        .await
        .unwrap();
    eventually("the upgrade begins", || async {
        condition(&versions.get("version").await.unwrap(), "Progressing") == "True"
    })
    .await;
    eventually("the upgrade ends", || async {
        condition(&versions.get("version").await.unwrap(), "Progressing") == "False"
    })
    .await;
    let version = versions.get("version").await.unwrap();
    assert_eq!(version.data["status"]["history"][0]["state"], "Completed");
    assert_eq!(version.data["status"]["history"][0]["version"], "4.17.2");
    assert_eq!(version.data["status"]["history"][1]["version"], "4.17.1");
    let operators = all(
        &admin,
        "config.openshift.io",
        "v1",
        "ClusterOperator",
        "clusteroperators",
    );
    let dns = operators.get("dns").await.unwrap();
    assert_eq!(dns.data["status"]["versions"][0]["version"], "4.17.2");
}

#[tokio::test]
async fn settings_roll_out_workloads_run_and_events_happen() {
    let mut config = quick();
    config.pace.speed = 20.0;
    let azure = Azure::start_with(config).await;
    let installed = install(&azure, "one").await;
    let admin = client(&azure, installed["kubeconfig"].as_str().unwrap()).await;
    let operators = all(
        &admin,
        "config.openshift.io",
        "v1",
        "ClusterOperator",
        "clusteroperators",
    );

    let servers = all(&admin, "config.openshift.io", "v1", "APIServer", "apiservers");
    let change = json!({"spec": {"servingCerts": {"namedCertificates": []}}});
    servers
        .patch("cluster", &PatchParams::default(), &Patch::Merge(&change))
        .await
        .unwrap();
    for state in ["True", "False"] {
        eventually("the API server rolls out", || async {
            condition(&operators.get("kube-apiserver").await.unwrap(), "Progressing") == state
        })
        .await;
    }

    let deployments: Api<k8s_openapi::api::apps::v1::Deployment> =
        Api::namespaced(admin.clone(), "openshift-operators");
    let deployment = serde_json::from_value(json!({
        "metadata": {"name": "web"}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}},
    }))
    .unwrap();
    deployments.create(&Default::default(), &deployment).await.unwrap();
    eventually("the deployment is ready", || async {
        let status = deployments.get("web").await.unwrap().status.unwrap_or_default();
        status.available_replicas == Some(2)
    })
    .await;
    let pods: Api<Pod> = Api::namespaced(admin.clone(), "openshift-operators");
    assert_eq!(
        pods.list(&ListParams::default().labels("app=web"))
            .await
            .unwrap()
            .items
            .len(),
        2
    );

    let world = &azure.world;
    let event = |event: Value| serde_json::from_value::<Event>(event).unwrap();
    world
        .happen(&domain("one"), &event(json!({"kind": "nodeNotReady"})))
        .unwrap();
    let nodes = Api::<Node>::all(admin.clone())
        .list(&ListParams::default())
        .await
        .unwrap()
        .items;
    let unwell = |node: &&Node| {
        let conditions = node.status.as_ref().unwrap().conditions.as_ref().unwrap();
        conditions
            .iter()
            .any(|one| one.type_ == "Ready" && one.status != "True")
    };
    assert_eq!(nodes.iter().filter(unwell).count(), 1);
    let degraded = event(json!({"kind": "operatorDegraded", "operator": "dns", "message": "no answer"}));
    // The same over the wire.
    let url = format!("{}/clusters/{}/events", world.endpoints().inspect_url, domain("one"));
    let body = json!({"kind": "operatorDegraded", "operator": "dns", "message": "no answer"});
    let answer = azure.http.post(&url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(condition(&operators.get("dns").await.unwrap(), "Degraded"), "True");
    assert!(
        world.happen(&domain("two"), &degraded).is_err(),
        "there is no such cluster"
    );
    let expiring =
        json!({"kind": "certificateExpiring", "namespace": "openshift-ingress", "secret": "router", "days": 3});
    world.happen(&domain("one"), &event(expiring)).unwrap();
    let secrets: Api<k8s_openapi::api::core::v1::Secret> = Api::namespaced(admin.clone(), "openshift-ingress");
    assert!(
        secrets
            .get("router")
            .await
            .unwrap()
            .data
            .unwrap()
            .contains_key("tls.crt")
    );

    // Alerts, by the port of a pod as the monitor asks, and measurements, by the proxy of a service.
    let monitoring: Api<Pod> = Api::namespaced(admin.clone(), "openshift-monitoring");
    let mut forwarded = monitoring.portforward("alertmanager-main-0", &[9093]).await.unwrap();
    let stream = forwarded.take_stream(9093).unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake::<_, http_body_util::Empty<bytes::Bytes>>(io)
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("/api/v2/alerts")
        .header("host", "alerts")
        .body(Default::default())
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let body = http_body_util::BodyExt::collect(answer.into_body())
        .await
        .unwrap()
        .to_bytes();
    let alerts: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(alerts[0]["labels"]["alertname"], "Watchdog");
    let about = |alert: &str, label: &str| {
        let mut all = alerts.as_array().unwrap().iter().map(|one| &one["labels"]);
        let found = all.find(|labels| labels["alertname"] == alert);
        found.map(|labels| labels[label].as_str().unwrap().to_owned())
    };
    assert_eq!(about("ClusterOperatorDegraded", "name").as_deref(), Some("dns"));
    assert!(about("KubeNodeNotReady", "node").is_some());
    assert_eq!(about("MachineWithNoRunningPhase", "name"), None);
    let path = "/api/v1/namespaces/openshift-monitoring/services/prometheus-k8s:9091/proxy/api/v1/query?query=node_cpu_seconds_total";
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    let series: Value = admin.request(request).await.unwrap();
    assert_eq!(series["data"]["result"].as_array().unwrap().len(), 6, "{series}");
}

#[tokio::test]
async fn a_cluster_goes_with_its_machines_and_outlives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let config = || WorldConfig {
        data_dir: Some(directory.path().to_owned()),
        ..quick()
    };
    let azure = Azure::start_with(config()).await;
    let installed = install(&azure, "one").await;
    let kubeconfig = installed["kubeconfig"].as_str().unwrap();
    let nodes = Api::<Node>::all(client(&azure, kubeconfig).await);
    nodes.list(&ListParams::default()).await.unwrap();
    azure.world.shutdown().await;

    let azure = Azure::start_with(config()).await;
    let nodes = Api::<Node>::all(client(&azure, kubeconfig).await);
    assert_eq!(
        nodes.list(&ListParams::default()).await.unwrap().items.len(),
        6,
        "the same authorities"
    );

    // Two of three machines of the control plane stop: nobody answers. They start: it is there again.
    let compute = "resourceGroups/one/providers/Microsoft.Compute/virtualMachines";
    for action in ["deallocate", "start"] {
        for number in 0..2 {
            let path = format!("{compute}/one-x-master-{number}/{action}");
            let answer = azure.post(&path, "2024-07-01", json!({})).await;
            azure.finish(&answer).await;
        }
        let answers = Api::<Node>::all(client(&azure, kubeconfig).await)
            .list(&ListParams::default())
            .await
            .is_ok();
        assert_eq!(answers, action == "start");
    }

    let gone = azure.delete("resourceGroups/one", "2021-04-01").await;
    azure.finish(&gone).await;
    let nodes = Api::<Node>::all(client(&azure, kubeconfig).await);
    assert!(nodes.list(&ListParams::default()).await.is_err());
    assert!(azure.world.cluster(&domain("one")).is_none());
}

#[tokio::test]
async fn calls_to_clusters_are_recorded_and_fail_on_order() {
    let azure = Azure::start().await;
    let installed = install(&azure, "one").await;
    let admin = client(&azure, installed["kubeconfig"].as_str().unwrap()).await;
    let nodes = Api::<Node>::all(admin);
    nodes.list(&ListParams::default()).await.unwrap();
    let call = azure.world.calls(0).pop().unwrap();
    assert_eq!(
        (
            call.plane.as_str(),
            call.method.as_str(),
            call.resource_type.as_str(),
            call.status
        ),
        ("cluster", "GET", "nodes", Some(200))
    );
    for effect in [
        json!({"status": {"status": 503, "code": "ServiceUnavailable"}}),
        json!("reset-before-effect"),
        json!("effect-done-but-reply-lost"),
    ] {
        let rule = json!({"id": "f", "match": {"plane": "cluster", "type": "nodes"}, "effect": effect, "times": 1});
        azure.world.add_faults(vec![serde_json::from_value(rule).unwrap()]);
        assert!(nodes.list(&ListParams::default()).await.is_err());
        nodes.list(&ListParams::default()).await.unwrap();
    }
}

/// Resident memory of this process in kB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// What a hundred clusters cost. Run with `ARO_TEST_ALL=1` and `--nocapture` for the figures.
#[tokio::test]
async fn a_hundred_clusters_live_side_by_side() {
    if std::env::var_os("ARO_TEST_ALL").is_none() {
        println!("skipped: set ARO_TEST_ALL=1");
        return;
    }
    let azure = Azure::start().await;
    let mut kubeconfigs = Vec::new();
    for number in 0..100 {
        let installed = install(&azure, &format!("c{number}")).await;
        kubeconfigs.push(installed["kubeconfig"].as_str().unwrap().to_owned());
    }
    let (before, began) = (resident(), std::time::Instant::now());
    for kubeconfig in &kubeconfigs {
        let nodes = Api::<Node>::all(client(&azure, kubeconfig).await);
        assert_eq!(nodes.list(&ListParams::default()).await.unwrap().items.len(), 6);
    }
    let took = began.elapsed();
    let after = resident();
    println!(
        "100 clusters: {} kB each, brought to life in {:?} each",
        (after - before) / 100,
        took / 100
    );
    let ticks = || std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let used = |stat: &str| -> u64 {
        stat.split_whitespace()
            .skip(13)
            .take(2)
            .filter_map(|text| text.parse::<u64>().ok())
            .sum()
    };
    let idle = used(&ticks());
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("idle for 5 s: {} clock ticks of processor time", used(&ticks()) - idle);
    assert!((after - before) / 100 < 8 * 1024, "more than 8 MB each");
}
