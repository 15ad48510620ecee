//! The operator in the cluster, and the secrets that it and others find there.

use std::collections::BTreeSet;

use aro_api::{
    Secret,
    model::{Cluster, MaintenanceTask, ProvisioningState},
};
use aro_http::CancellationToken;
use aro_provisioning::{
    Outcome,
    plans::{self, Features},
    status,
};
use aro_sim::FaultRule;
use aro_store::Progress;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    cluster::{DOMAIN, created, decoded, object},
    house::{House, OPERATOR_VERSION, image, old_password},
    provider::die_before_recording,
    variants::{OPERATORS, secret_of, with_workload_identities},
};

const NAMESPACE: &str = "openshift-azure-operator";
const DEPLOYMENTS: (&str, &str) = ("apps", "deployments");
const CLUSTERS: (&str, &str) = ("aro.openshift.io", "clusters");
const SECRETS: (&str, &str) = ("", "secrets");
const STARTED_FROM: &str = "checksum/secret-azure-cloud-credentials";

fn cluster(house: &House) -> aro_sim_kube::ApiServer {
    house.world.cluster(DOMAIN).expect("the cluster runs")
}

fn deployment(house: &House, name: &str) -> Value {
    object(house, DEPLOYMENTS, Some(NAMESPACE), name)
}

/// Images of the pods in the operator's namespace.
fn images(house: &House) -> BTreeSet<String> {
    let pods = cluster(house).list(("", "pods"), Some(NAMESPACE));
    assert!(pods.iter().all(|pod| pod["status"]["phase"] == "Running"), "{pods:#?}");
    pods.iter()
        .map(|pod| pod["spec"]["containers"][0]["image"].as_str().unwrap().to_owned())
        .collect()
}

fn refuse(house: &House, method: &str, kind: &str, nth: u64) {
    let rule = json!({
        "match": {"plane": "cluster", "method": method, "type": kind, "nth": nth},
        "effect": {"status": {"status": 403, "code": "Forbidden"}},
    });
    house
        .world
        .add_faults(vec![serde_json::from_value::<FaultRule>(rule).unwrap()]);
}

/// Runs an operation that fails, and ends it; the error.
async fn failed(house: &House, change: impl Fn(&mut Cluster)) -> String {
    house.begin(ProvisioningState::Updating, change).await;
    let leased = house.take().await;
    let Outcome::Failed(error) = house.run(&leased, &CancellationToken::new()).await else {
        panic!("the update succeeds");
    };
    let outcome = aro_store::Outcome::failed(ProvisioningState::Updating, error.body());
    leased.finish(&outcome, |_| {}).await.unwrap();
    house.world.clear_faults();
    error.message
}

async fn updated(house: &House, change: impl Fn(&mut Cluster)) {
    house.begin(ProvisioningState::Updating, change).await;
    house.complete().await;
}

async fn maintained(house: &House, task: MaintenanceTask, change: impl Fn(&mut Cluster)) {
    house
        .begin(ProvisioningState::AdminUpdating, |cluster| {
            cluster.properties.maintenance_task = task.clone();
            change(cluster);
        })
        .await;
    house.complete().await;
}

#[tokio::test]
async fn a_new_cluster_has_the_operator_and_it_knows_its_cluster() {
    let house = created().await;
    for name in ["aro-operator-master", "aro-operator-worker"] {
        let deployment = deployment(&house, name);
        assert_eq!(deployment["metadata"]["labels"]["version"], OPERATOR_VERSION);
        assert_eq!(deployment["status"]["availableReplicas"], 1);
    }
    assert_eq!(
        images(&house),
        [image(house.world.endpoints(), OPERATOR_VERSION)].into()
    );
    let told = object(&house, CLUSTERS, None, "cluster");
    let document = house.stored().await.cluster.properties;
    let spec = &told["spec"];
    assert_eq!(spec["domain"], DOMAIN);
    assert_eq!(spec["infraId"], document.infra_id);
    assert_eq!(spec["ingressIP"], document.ingress_profiles[0].ip);
    assert_eq!(spec["apiIntIP"], document.apiserver_profile.int_ip);
    assert_eq!(
        spec["operatorflags"]["aro.forcereconciliation"], "false",
        "only while it is made"
    );

    // The operator's part of the pull secret goes with the object.
    let kept = object(&house, SECRETS, Some(NAMESPACE), "cluster");
    assert_eq!(kept["metadata"]["ownerReferences"][0]["uid"], told["metadata"]["uid"]);
    let registry = &house.world.endpoints().first_party.registry_server;
    let content: Value = serde_json::from_str(&decoded(&kept, ".dockerconfigjson")).unwrap();
    assert!(content["auths"][registry]["auth"].is_string());
}

#[tokio::test]
async fn maintenance_rolls_out_a_version_tells_the_flags_last_and_leaves_what_others_wrote() {
    let house = created().await;
    let server = cluster(&house);
    server.edit(DEPLOYMENTS, Some(NAMESPACE), "aro-operator-master", |one| {
        one["metadata"]["annotations"]["customer"] = json!("kept");
    });
    server.edit(("", "namespaces"), None, NAMESPACE, |one| {
        one["metadata"]["annotations"]["openshift.io/sa.scc.mcs"] = json!("s0:c1,c2");
    });
    server.edit(CLUSTERS, None, "cluster", |one| {
        one["spec"]["operatorflags"]["aro.engineers.own"] = json!("yes");
        one["status"] =
            json!({"operatorVersion": OPERATOR_VERSION, "conditions": [{"type": "MachineValid", "status": "True"}]});
    });
    // The flags come after the version: where that does not come, the flags do not either.
    refuse(&house, "GET", "pods", 1);
    house
        .begin(ProvisioningState::AdminUpdating, |cluster| {
            let properties = &mut cluster.properties;
            properties.maintenance_task = MaintenanceTask::OperatorUpdate;
            properties.operator_version = "release-2".to_owned();
            let flags = properties.operator_flags.as_map_mut();
            flags.insert("aro.checker.enabled".to_owned(), "false".to_owned());
        })
        .await;
    let leased = house.take().await;
    let Outcome::Failed(error) = house.run(&leased, &CancellationToken::new()).await else {
        panic!("maintenance succeeds");
    };
    assert!(error.message.contains("operatorRunsDesiredVersion"), "{error}");
    let outcome = aro_store::Outcome::failed(ProvisioningState::AdminUpdating, error.body());
    leased.finish(&outcome, |_| {}).await.unwrap();
    house.world.clear_faults();
    let told = object(&house, CLUSTERS, None, "cluster");
    assert_ne!(told["spec"]["operatorflags"]["aro.checker.enabled"], "false");

    maintained(&house, MaintenanceTask::OperatorUpdate, |_| {}).await;
    assert_eq!(images(&house), [image(house.world.endpoints(), "release-2")].into());
    let told = object(&house, CLUSTERS, None, "cluster");
    assert_eq!(told["spec"]["operatorflags"]["aro.checker.enabled"], "false");
    assert_eq!(told["spec"]["operatorflags"]["aro.engineers.own"], "yes");
    assert_eq!(told["status"]["conditions"][0]["type"], "MachineValid");
    let master = deployment(&house, "aro-operator-master");
    assert_eq!(master["metadata"]["annotations"]["customer"], "kept");
    assert_eq!(master["metadata"]["labels"]["version"], "release-2");
    let namespace = object(&house, ("", "namespaces"), None, NAMESPACE);
    assert_eq!(
        namespace["metadata"]["annotations"]["openshift.io/sa.scc.mcs"],
        "s0:c1,c2"
    );

    // Flags alone roll nothing out.
    let before = master["metadata"]["generation"].clone();
    maintained(&house, MaintenanceTask::SyncClusterObject, |cluster| {
        let flags = cluster.properties.operator_flags.as_map_mut();
        flags.insert("aro.checker.enabled".to_owned(), "true".to_owned());
    })
    .await;
    let told = object(&house, CLUSTERS, None, "cluster");
    assert_eq!(told["spec"]["operatorflags"]["aro.checker.enabled"], "true");
    assert_eq!(
        deployment(&house, "aro-operator-master")["metadata"]["generation"],
        before
    );
}

#[tokio::test]
async fn a_restart_of_the_operator_is_not_lost_with_a_worker() {
    let house = created().await;
    updated(&house, |_| {}).await;
    let started_from = |house: &House| {
        let master = deployment(house, "aro-operator-master");
        master["spec"]["template"]["metadata"]["annotations"][STARTED_FROM]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = started_from(&house);
    let generation = deployment(&house, "aro-operator-master")["metadata"]["generation"].clone();
    updated(&house, |_| {}).await;
    assert_eq!(
        deployment(&house, "aro-operator-master")["metadata"]["generation"],
        generation,
        "nothing has changed"
    );

    // The worker dies when all secrets are written, and the next one takes the step before for done.
    let principal = house.world.endpoints().service_principals[0].clone();
    house
        .begin(ProvisioningState::Updating, |cluster| {
            let profile = cluster.properties.service_principal_profile.as_mut().unwrap();
            profile.client_id.clone_from(&principal.client_id);
            profile.client_secret = Secret::new(principal.secret.clone());
            profile.sp_object_id = String::new();
        })
        .await;
    let leased = die_before_recording(&house, "cloudProviderCredentials").await;
    assert_eq!(started_from(&house), first);
    let outcome = house.run(&leased, &CancellationToken::new()).await;
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    leased.finish(&aro_store::Outcome::succeeded(), |_| {}).await.unwrap();
    assert_ne!(started_from(&house), first);
    let credentials = object(&house, SECRETS, Some(NAMESPACE), "azure-cloud-credentials");
    assert_eq!(decoded(&credentials, "azure_client_id"), principal.client_id);
}

#[tokio::test]
async fn the_credentials_operator_starts_anew_also_after_a_failure_in_between() {
    let house = created().await;
    let server = cluster(&house);
    let pods = || {
        let all = server.list(("", "pods"), Some("openshift-cloud-credential-operator"));
        all.iter()
            .filter(|pod| pod["metadata"]["labels"]["app"] == "cloud-credential-operator")
            .count()
    };
    assert_eq!(pods(), 1);
    refuse(&house, "DELETE", "pods", 1);
    let principal = house.world.endpoints().service_principals[0].clone();
    let error = failed(&house, |cluster| {
        let profile = cluster.properties.service_principal_profile.as_mut().unwrap();
        profile.client_id.clone_from(&principal.client_id);
        profile.client_secret = Secret::new(principal.secret.clone());
        profile.sp_object_id = String::new();
    })
    .await;
    assert!(error.contains("(clusterCredentials)"), "{error}");
    let written = object(&house, SECRETS, Some("kube-system"), "azure-credentials");
    assert_eq!(decoded(&written, "azure_client_id"), principal.client_id);
    assert_eq!(pods(), 1);
    updated(&house, |_| {}).await;
    assert_eq!(pods(), 0, "there is no controller that makes them again");
    let written = object(&house, SECRETS, Some("kube-system"), "azure-credentials");
    assert!(written["metadata"].get("annotations").is_none(), "{written}");
}

/// The entries of the cluster's pull secret.
fn entries(house: &House) -> Value {
    let secret = object(house, SECRETS, Some("openshift-config"), "pull-secret");
    assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
    let content: Value = serde_json::from_str(&decoded(&secret, ".dockerconfigjson")).unwrap();
    content["auths"].clone()
}

/// What the document says of the service's registry: its name, and the entry in a pull secret.
async fn wanted(house: &House) -> (String, Value) {
    let document = house.stored().await;
    let profile = document.cluster.properties.registry_profiles[0].clone();
    let password = profile.password.open(house.store.sealer(), &document.id).unwrap();
    let auth = STANDARD.encode(format!("{}:{}", profile.username, password.as_str()));
    (profile.name, json!({"auth": auth}))
}

#[tokio::test]
async fn a_new_password_reaches_the_cluster_also_after_a_failure_and_other_entries_stay() {
    let house = created().await;
    let (registry, first) = wanted(&house).await;
    assert_eq!(entries(&house)[&registry], first, "the installer brings it");
    let own = json!({"auth": "eDp5", "email": "me@customer.example"});
    let content = json!({"auths": {"customer.example": own, &registry: first}}).to_string();
    cluster(&house).edit(SECRETS, Some("openshift-config"), "pull-secret", |secret| {
        secret["data"][".dockerconfigjson"] = json!(STANDARD.encode(&content));
    });
    // The first secret that is written is the operator's, the second the cluster's.
    refuse(&house, "PATCH", "secrets", 2);
    let error = failed(&house, old_password).await;
    assert!(error.contains("(clusterPullSecret)"), "{error}");
    let (_, second) = wanted(&house).await;
    assert_ne!(second, first);
    assert_eq!(entries(&house)[&registry], first);

    updated(&house, |_| {}).await;
    assert_eq!(wanted(&house).await.1, second, "no further one was made");
    assert_eq!(
        entries(&house),
        json!({"customer.example": own, registry.as_str(): second})
    );
    let kept = object(&house, SECRETS, Some(NAMESPACE), "cluster");
    let kept_content: Value = serde_json::from_str(&decoded(&kept, ".dockerconfigjson")).unwrap();
    assert_eq!(kept_content["auths"][&registry], second);
    assert_eq!(kept["metadata"]["ownerReferences"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_pull_secret_that_cannot_be_changed_is_made_anew_without_losing_entries_at_any_point() {
    let house = created().await;
    let (registry, entry) = wanted(&house).await;
    let whole = json!({"customer.example": {"auth": "eDp5"}, registry.as_str(): entry});
    let server = cluster(&house);
    // Each call in between fails once: the copy, the removal, the new one, the removal of the copy, its mark.
    for (method, nth) in [("DELETE", 1), ("POST", 1), ("DELETE", 2)] {
        let content = STANDARD.encode(json!({"auths": {"customer.example": {"auth": "eDp5"}}}).to_string());
        server.delete(SECRETS, Some("openshift-config"), "pull-secret");
        server
            .seed(
                json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {".dockerconfigjson": content},
                "metadata": {"namespace": "openshift-config", "name": "pull-secret"}}),
            )
            .unwrap();
        refuse(&house, method, "secrets", nth);
        let error = failed(&house, |_| {}).await;
        assert!(error.contains("(clusterPullSecret)"), "{method} {nth}: {error}");
        updated(&house, |_| {}).await;
        assert_eq!(entries(&house), whole, "{method} {nth}");
        let left = server.list(SECRETS, Some("openshift-config"));
        let named = |secret: &&Value| secret["metadata"]["name"].as_str().unwrap().starts_with("pull-secret");
        assert_eq!(left.iter().filter(named).count(), 1, "{method} {nth}: the copy is gone");
    }
    // One that is gone comes back with what the service knows.
    server.delete(SECRETS, Some("openshift-config"), "pull-secret");
    updated(&house, |_| {}).await;
    assert_eq!(entries(&house), json!({registry.as_str(): entry}));
}

#[tokio::test]
async fn operators_find_their_identities_as_the_installation_left_them_and_an_update_brings_them_back() {
    let house = House::build().await;
    house.put(with_workload_identities(&house).await).await;
    house.complete().await;
    let document = house.stored().await;
    let issuer = document.cluster.properties.cluster_profile.oidc_issuer.clone().unwrap();
    let authentication = object(&house, ("config.openshift.io", "authentications"), None, "cluster");
    assert_eq!(authentication["spec"]["serviceAccountIssuer"], issuer);
    let secret = |operator: &str| {
        let place = secret_of(operator);
        object(&house, SECRETS, Some(&place.namespace), &place.name)["data"].clone()
    };
    let installed: Vec<Value> = OPERATORS.iter().map(|operator| secret(operator)).collect();
    let profile = document.cluster.properties.platform_workload_identity_profile.unwrap();
    for (operator, data) in OPERATORS.iter().zip(&installed) {
        let identity = profile.platform_workload_identities.get(operator).unwrap();
        assert_eq!(
            data["azure_client_id"],
            STANDARD.encode(&identity.client_id),
            "{operator}"
        );
    }
    let server = cluster(&house);
    let gone = secret_of("ingress");
    server.delete(SECRETS, Some(&gone.namespace), &gone.name);
    let changed = secret_of("aro-operator");
    server.edit(SECRETS, Some(&changed.namespace), &changed.name, |secret| {
        secret["data"]["azure_client_id"] = json!(STANDARD.encode("another"));
    });
    updated(&house, |_| {}).await;
    let repaired: Vec<Value> = OPERATORS.iter().map(|operator| secret(operator)).collect();
    assert_eq!(repaired, installed);
    assert_eq!(
        deployment(&house, "aro-operator-master")["status"]["availableReplicas"],
        1
    );
}

#[tokio::test]
async fn without_an_operator_the_plans_have_no_step_about_it_and_the_record_says_so() {
    let house = House::build().await;
    let mut document = house.document();
    let about = |features: Features, document: &aro_store::ClusterDocument| {
        let plans = [
            plans::create(document, features),
            plans::update(document, features),
            plans::admin_update(document, features),
        ];
        let ids: Vec<&str> = plans
            .iter()
            .flat_map(|plan| plan.steps.iter().map(|step| step.id))
            .collect();
        let about = ["perator", "credentialsRequest", "credentialsTaken", "syncClusterObject"];
        let others = ["disableOperatorHub", "operatorsSettled"];
        ids.into_iter()
            .filter(|id| about.iter().any(|part| id.contains(part)) && !others.contains(id))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let without = Features { operator: false };
    assert_eq!(about(without, &document), Vec::<String>::new());
    assert_eq!(about(Features::default(), &document).len(), 12);
    let ingress = std::mem::take(&mut document.cluster.properties.ingress_profiles);
    assert_eq!(
        about(Features::default(), &document),
        ["credentialsRequest", "credentialsTaken"]
    );
    document.cluster.properties.ingress_profiles = ingress;

    for features in [Features::default(), without] {
        let plan = plans::create(&document, features);
        document.progress = Some(Progress {
            plan: plan.name.to_owned(),
            plan_hash: plan.hash(),
            ..Progress::default()
        });
        assert_eq!(status(&document).unwrap().total, plan.steps.len());
    }
}
