//! Reading from clusters that answer, that are slow, that fail, that answer half, and that are not there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use aro_api::{
    Secret, SecretBytes,
    model::{Cluster, IngressProfile, ServicePrincipalProfile, Visibility},
    secret::InTheClear,
};
use aro_cluster::{
    DialSettings, Reach, ReachPace,
    enrich::{Enrichment, Part},
};
use aro_sim_kube::{ApiServer, Fault, User};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
/// The time that a request allows for all of its clusters.
const BUDGET: Duration = Duration::from_secs(2);

/// API servers at one address, which end with the test.
struct Served {
    server: ApiServer,
    address: SocketAddr,
    stop: CancellationToken,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn definition(group: &str, version: &str, kind: &str, plural: &str, scope: &str) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": scope,
            "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": kind.to_lowercase()},
            "versions": [{"name": version, "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
        },
    })
}

async fn serve() -> Served {
    let server = ApiServer::builder().token("service", User::admin()).build();
    for object in [
        definition(
            "config.openshift.io",
            "v1",
            "ClusterVersion",
            "clusterversions",
            "Cluster",
        ),
        definition(
            "operator.openshift.io",
            "v1",
            "IngressController",
            "ingresscontrollers",
            "Namespaced",
        ),
        definition(
            "machine.openshift.io",
            "v1beta1",
            "MachineSet",
            "machinesets",
            "Namespaced",
        ),
        json!({"apiVersion": "config.openshift.io/v1", "kind": "ClusterVersion", "metadata": {"name": "version"},
            "status": {"desired": {"version": "4.17.9"}}}),
        json!({"apiVersion": "operator.openshift.io/v1", "kind": "IngressController",
            "metadata": {"name": "default", "namespace": "openshift-ingress-operator"}, "spec": {}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "router-default", "namespace": "openshift-ingress",
            "labels": {"app": "router", "ingresscontroller.operator.openshift.io/owning-ingresscontroller": "default"}},
            "spec": {"ports": [{"port": 443}]}, "status": {"loadBalancer": {"ingress": [{"ip": "20.1.2.3"}]}}}),
        json!({"apiVersion": "machine.openshift.io/v1beta1", "kind": "MachineSet",
            "metadata": {"name": "worker-1", "namespace": "openshift-machine-api"},
            "spec": {"replicas": 3, "template": {"spec": {"providerSpec": {"value": {
                "vmSize": "Standard_D4s_v3", "osDisk": {"diskSizeGB": 128}, "networkResourceGroup": "net", "vnet": "v",
                "subnet": "worker"}}}}},
            "status": {"readyReplicas": 3}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "azure-credentials", "namespace": "kube-system"},
            "data": {"azure_client_id": "bmV3LWlk", "azure_client_secret": "bmV3LXNlY3JldA=="}}),
    ] {
        server.seed(object).unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(aro_sim_kube::serve(server.clone(), listener, None, stop.clone()));
    Served { server, address, stop }
}

/// As every cluster's kubeconfig has one; without it, those of the machine would be read for each.
fn authority() -> &'static str {
    static AUTHORITY: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        STANDARD.encode(params.self_signed(&key).unwrap().pem())
    });
    &AUTHORITY
}

fn cluster(name: &str) -> Cluster {
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "a",
        "clusters": [{"name": "a", "cluster": {
            "server": format!("http://api-int.{name}.example:6443"), "certificate-authority-data": authority()}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "users": [{"name": "a", "user": {"token": "service"}}],
    });
    let mut cluster = Cluster {
        id: format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/p/t/{name}"),
        ..Cluster::default()
    };
    let properties = &mut cluster.properties;
    properties.cluster_profile.version = "4.17.0".to_owned();
    properties.aro_service_kubeconfig = SecretBytes::new(kubeconfig.to_string());
    properties.service_principal_profile = Some(ServicePrincipalProfile {
        client_id: "old-id".to_owned(),
        client_secret: Secret::new("old-secret"),
        ..ServicePrincipalProfile::default()
    });
    properties.ingress_profiles = vec![IngressProfile {
        name: "default".to_owned(),
        visibility: Visibility::Public,
        ..IngressProfile::default()
    }]
    .into();
    cluster
}

type Told = Arc<Mutex<Vec<(Part, String)>>>;

fn enrichment(address: SocketAddr) -> (Enrichment, Told) {
    let dial = DialSettings { address: Some(address) };
    let told = Told::default();
    let heard = told.clone();
    let enrichment =
        Enrichment::new(Reach::new(dial.dial(), ReachPace::default())).reporting(Box::new(move |part, error| {
            heard.lock().unwrap().push((part, error.to_string()))
        }));
    (enrichment, told)
}

/// What a request does: it waits no longer than the budget.
async fn within(enrichment: &Enrichment, clusters: &mut [Cluster], budget: Duration) -> Duration {
    let began = Instant::now();
    let reading = clusters
        .iter_mut()
        .map(|cluster| async { enrichment.enrich(&InTheClear, &cluster.id.clone(), cluster).await });
    drop(tokio::time::timeout(budget, futures::future::join_all(reading)).await);
    began.elapsed()
}

#[tokio::test]
async fn all_parts_of_a_cluster_that_answers_are_shown() {
    let served = serve().await;
    let (enrichment, told) = enrichment(served.address);
    let mut clusters = [cluster("one")];
    within(&enrichment, &mut clusters, BUDGET * 10).await;
    assert_eq!(told.lock().unwrap().as_slice(), []);
    let properties = &clusters[0].properties;
    assert_eq!(properties.cluster_profile.version, "4.17.9");
    assert_eq!(properties.ingress_profiles[0].ip, "20.1.2.3");
    let worker = &properties.worker_profiles_status[0];
    assert_eq!(
        (worker.name.as_str(), worker.count, worker.vm_size.as_str()),
        ("worker-1", 3, "Standard_D4s_v3")
    );
    assert!(
        worker
            .subnet_id
            .starts_with(&format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/net/"))
    );
    let principal = properties.service_principal_profile.as_ref().unwrap();
    assert_eq!(
        (principal.client_id.as_str(), principal.client_secret.plain()),
        ("new-id", Some("new-secret"))
    );
}

#[tokio::test]
async fn a_part_that_fails_or_hangs_leaves_what_is_stored_and_the_others_are_shown() {
    let served = serve().await;
    let (enrichment, told) = enrichment(served.address);
    let _fails = served.server.fault(|request| {
        (request.resource == "machinesets").then_some(Fault::Refuse {
            code: 403,
            retry_after: None,
        })
    });
    let _hangs = served
        .server
        .fault(|request| (request.resource == "secrets").then_some(Fault::Delay(Duration::from_secs(600))));
    let mut clusters = [cluster("half")];
    let took = within(&enrichment, &mut clusters, BUDGET).await;
    assert!(took < BUDGET + Duration::from_secs(1), "{took:?}");
    let properties = &clusters[0].properties;
    assert_eq!(properties.cluster_profile.version, "4.17.9");
    assert_eq!(properties.ingress_profiles[0].ip, "20.1.2.3");
    assert!(properties.worker_profiles_status.is_none());
    let principal = properties.service_principal_profile.as_ref().unwrap();
    assert_eq!(
        (principal.client_id.as_str(), principal.client_secret.plain()),
        ("old-id", Some("old-secret"))
    );
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, Part::Machines);
}

#[tokio::test]
async fn a_cluster_that_is_not_there_or_never_speaks_stays_as_it_is_stored() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (enrichment_silent, _) = enrichment(silent.local_addr().unwrap());
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (enrichment_gone, told) = enrichment(gone);
    let mut clusters = [cluster("silent")];
    let short = Duration::from_millis(200);
    let took = within(&enrichment_silent, &mut clusters, short).await;
    assert!(took >= short && took < short + Duration::from_secs(1), "{took:?}");
    assert_eq!(clusters[0], cluster("silent"));
    let mut clusters = [cluster("gone")];
    within(&enrichment_gone, &mut clusters, BUDGET).await;
    assert_eq!(clusters[0], cluster("gone"));
    assert_eq!(told.lock().unwrap().len(), 4, "each part says so");
    let mut none = Cluster::default();
    enrichment_gone.enrich(&InTheClear, "none", &mut none).await;
    assert_eq!(
        told.lock().unwrap()[4],
        (Part::All, "the cluster has no kubeconfig yet".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_clusters_are_read_within_the_time_of_one_request() {
    let (served, slow) = (serve().await, serve().await);
    let _slow = slow.server.fault(|_| Some(Fault::Delay(Duration::from_secs(600))));
    // Every tenth does not answer in time.
    let (quick, _) = enrichment(served.address);
    let (late, _) = enrichment(slow.address);
    let mut answering: Vec<Cluster> = (0..90).map(|number| cluster(&format!("c{number}"))).collect();
    let mut hanging: Vec<Cluster> = (0..10).map(|number| cluster(&format!("h{number}"))).collect();
    let budget = Duration::from_secs(10);
    let began = Instant::now();
    let (first, late) = tokio::join!(
        within(&quick, &mut answering, budget),
        within(&late, &mut hanging, Duration::from_secs(3))
    );
    println!("90 clusters answered after {first:?}; 10 that hang were given up after {late:?}");
    assert!(began.elapsed() < budget);
    assert!(
        answering
            .iter()
            .all(|one| one.properties.cluster_profile.version == "4.17.9")
    );
    assert!(
        hanging
            .iter()
            .all(|one| one.properties.cluster_profile.version == "4.17.0")
    );
    // Connections are kept: the second time nobody is greeted anew.
    let again = within(&quick, &mut answering, budget).await;
    println!("and again after {again:?}");
}
