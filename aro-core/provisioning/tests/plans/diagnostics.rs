//! What is found out about a cluster when an operation on it has failed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aro_api::{CloudError, CloudErrorBody, model::ProvisioningState};
use aro_http::CancellationToken;
use aro_provisioning::{Engine, Holding, Outcome, Pace, plans};
use aro_sim::{Effect, Event, FaultRule, Match};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{
    faults::{rule, status},
    house::{House, pace},
};

const DOMAIN: &str = "one.aro.localhost.test";
const MACHINES: (&str, &str) = ("machine.openshift.io", "machines");

fn happen(house: &House, event: Value) {
    let event: Event = serde_json::from_value(event).unwrap();
    house.world.happen(DOMAIN, &event).unwrap();
}

fn about<'a>(error: &'a CloudError, code: &str, target: &str) -> Vec<&'a CloudErrorBody> {
    let wanted = |one: &&CloudErrorBody| one.code.as_str() == code && one.target.contains(target);
    error.details.iter().filter(wanted).collect()
}

fn only<'a>(error: &'a CloudError, code: &str, target: &str) -> &'a str {
    let found = about(error, code, target);
    assert_eq!(found.len(), 1, "{code} {target}: {:#?}", error.details);
    &found[0].message
}

/// A cluster whose next update fails before it asks the cluster anything.
async fn doomed() -> House {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let refused = status(400, "BadRequest", "No.");
    house
        .world
        .add_faults(vec![rule("GET", "Microsoft.Compute/virtualMachines", None, refused)]);
    house.begin(ProvisioningState::Updating, |_| {}).await;
    house
}

#[tokio::test]
async fn a_cluster_that_is_unwell_is_told_with_the_failure() {
    let house = doomed().await;
    let secret = house.world.endpoints().service_principals[1].secret.clone();
    let cluster = house.world.cluster(DOMAIN).unwrap();
    happen(&house, json!({"kind": "nodeNotReady"}));
    let message = format!("asked with {secret} and got no answer");
    happen(
        &house,
        json!({"kind": "operatorDegraded", "operator": "dns", "message": message}),
    );
    let conditions = |one: &mut Value, kind: &str, status: &str, text: &str| {
        one["status"]["conditions"] = json!([{"type": kind, "status": status, "message": text}]);
    };
    cluster.edit(("config.openshift.io", "clusterversions"), None, "version", |one| {
        conditions(one, "Failing", "True", "dns is degraded");
    });
    let ways = (
        ("operator.openshift.io", "ingresscontrollers"),
        Some("openshift-ingress-operator"),
    );
    cluster
        .edit(ways.0, ways.1, "default", |one| {
            conditions(one, "Available", "False", "no router runs")
        })
        .unwrap();
    let machine = cluster.list(MACHINES, Some("openshift-machine-api"))[0]["metadata"]["name"].clone();
    let machine = machine.as_str().unwrap();
    cluster.edit(MACHINES, Some("openshift-machine-api"), machine, |one| {
        one["status"]["phase"] = json!("Failed");
        one["status"]["errorMessage"] = json!("no room for it");
    });
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "aro-operator-master-1", "namespace": "openshift-azure-operator"},
        "spec": {"containers": [{"name": "operator", "image": "operator:1"}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "operator", "ready": false, "restartCount": 2, "image": "", "imageID": "",
            "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "openshift-azure-operator"}});
    let runs = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "aro-operator-worker-1", "namespace": "openshift-azure-operator"},
        "spec": {"nodeName": "n", "containers": [{"name": "operator", "image": "operator:1"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": [{
            "name": "operator", "ready": true, "restartCount": 0, "image": "", "imageID": "", "state": {"running": {}}}]}});
    for object in [namespace, pod, runs] {
        cluster.seed(object).unwrap();
    }

    let error = house.fail().await;
    assert!(error.message.contains("(startMachines)"), "{error}");
    let told = |target: &str| only(&error, "ClusterState", target);
    assert_eq!(told("clusterversion/version"), "Failing=True: dns is degraded");
    assert_eq!(
        told("clusteroperator/dns"),
        "Degraded=True (SyncError): asked with [masked] and got no answer"
    );
    assert!(told("node/").contains("Ready=Unknown (NodeStatusUnknown): Kubelet stopped posting node status."));
    assert_eq!(only(&error, "ClusterState", "nodes"), "5 of 6 are ready");
    assert!(told(&format!("machine/{machine}")).contains("no room for it"));
    assert_eq!(told("ingresscontroller/default"), "Available=False: no router runs");
    assert!(told("pod/aro-operator-master-1").contains("container operator waits: CrashLoopBackOff"));
    // Of one that runs, the end of what it has logged.
    assert!(told("pod/aro-operator-worker-1").contains("starting operator of pod aro-operator-worker-1"));
    let all = serde_json::to_string(&error.body()).unwrap();
    assert!(!all.contains(&secret));
    assert!(about(&error, "NotLearned", "").is_empty(), "{:#?}", error.details);
}

#[tokio::test]
async fn a_cluster_that_is_well_has_nothing_to_tell() {
    let house = doomed().await;
    let error = house.fail().await;
    let troubles: Vec<_> = about(&error, "ClusterState", "");
    // A simulated cluster need not have the service's operator.
    let other: Vec<_> = troubles.iter().filter(|one| !one.target.contains("pod")).collect();
    assert!(other.is_empty(), "{other:#?}");
}

/// Runs the update that is doomed, with that long for gathering facts.
async fn fail_within(house: &House, limit: Duration) -> (CloudError, Duration) {
    let leased = house.take().await;
    let plan = plans::running(&leased.document(), Default::default()).unwrap();
    let pace = Pace {
        diagnostics: limit,
        ..pace()
    };
    let begun = Instant::now();
    let engine = Engine::new(pace, Arc::new(OffsetDateTime::now_utc));
    let environment = house.environment();
    let outcome = engine
        .run(&plan, &leased, &environment, &CancellationToken::new())
        .await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}");
    };
    let took = begun.elapsed();
    let failed = aro_store::Outcome::failed(ProvisioningState::Updating, error.body());
    leased.finish(&failed, |_| {}).await.unwrap();
    (error, took)
}

#[tokio::test]
async fn an_api_server_that_hangs_or_half_answers_does_not_hold_up_the_rest() {
    let house = doomed().await;
    happen(
        &house,
        json!({"kind": "operatorDegraded", "operator": "dns", "message": "no answer"}),
    );
    let held = house.world.add_faults(vec![rule("GET", "nodes", None, Effect::Hold)]);
    let limit = Duration::from_secs(2);
    let (error, took) = fail_within(&house, limit).await;
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(error.message.contains("(startMachines)"), "{error}");
    assert_eq!(
        only(&error, "ClusterState", "clusteroperator/dns"),
        "Degraded=True (SyncError): no answer"
    );
    assert_eq!(
        only(&error, "NotLearned", "nodes"),
        "Nothing could be learned: no answer within 2 s"
    );
    house.world.release_fault(&held[0], false);

    // Some of it is refused.
    house.world.clear_faults();
    let no = |code: u16| status(code, "BadRequest", "No.");
    let machines = || rule("GET", "Microsoft.Compute/virtualMachines", None, no(400));
    let operators = rule("GET", "config.openshift.io/clusteroperators", None, no(403));
    house.world.add_faults(vec![machines(), operators]);
    house.begin(ProvisioningState::Updating, |_| {}).await;
    let (error, _) = fail_within(&house, limit).await;
    assert!(about(&error, "ClusterState", "clusteroperator").is_empty());
    let silent = only(&error, "NotLearned", "");
    assert!(silent.contains("refused on order"), "{:#?}", error.details);

    // Nothing answers at all: the failure is told all the same, within the time.
    house.world.clear_faults();
    let hang = FaultRule {
        id: None,
        matches: Match {
            plane: Some("cluster".to_owned()),
            ..Match::default()
        },
        effect: Effect::Hold,
        times: None,
    };
    house.world.add_faults(vec![machines(), hang]);
    house.begin(ProvisioningState::Updating, |_| {}).await;
    let (error, took) = fail_within(&house, Duration::from_secs(1)).await;
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert_eq!(about(&error, "NotLearned", "").len(), 6, "{:#?}", error.details);
}

#[tokio::test]
async fn a_failed_installation_tells_how_its_load_balancer_was_reached() {
    let house = House::build().await;
    let refused = status(400, "BadRequest", "No.");
    house
        .world
        .add_faults(vec![rule("DELETE", "Microsoft.Compute/virtualMachines", None, refused)]);
    house.put(house.document()).await;
    let error = house.fail().await;
    let health = about(&error, "LoadBalancerHealth", "-internal port 6443");
    let texts: Vec<&str> = health.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(texts.len(), 2, "{:#?}", error.details);
    for (metric, text) in ["VipAvailability", "DipAvailability"].iter().zip(texts) {
        assert!(text.starts_with(&format!("{metric}: 100 % at last")), "{text}");
    }
}
