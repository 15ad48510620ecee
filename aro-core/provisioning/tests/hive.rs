//! The installer that hands installations to Hive, against a simulated API server.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use aro_api::Secret;
use aro_http::OperationContext;
use aro_provisioning::{Handover, HiveInstaller, HiveSettings, InstallRequest, InstallState, Installer};
use aro_sim_kube::{ApiServer, Fault};
use kube::Client;
use serde_json::{Value, json};

const ID: &str = "11111111-2222-4333-8444-555555555555";
const NAMESPACE: &str = "aro-11111111-2222-4333-8444-555555555555";
const DEPLOYMENTS: (&str, &str) = ("hive.openshift.io", "clusterdeployments");

/// An API server that knows Hive's kinds. Nobody acts on them but the test.
fn server() -> ApiServer {
    let server = ApiServer::default();
    for (kind, plural) in [
        ("ClusterDeployment", "clusterdeployments"),
        ("ClusterProvision", "clusterprovisions"),
    ] {
        let any = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        server
            .seed(json!({
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": format!("{plural}.hive.openshift.io")},
                "spec": {
                    "group": "hive.openshift.io",
                    "scope": "Namespaced",
                    "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
                    "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": any}}],
                },
            }))
            .unwrap();
    }
    server
}

fn deployment(server: &ApiServer) -> Value {
    server.get(DEPLOYMENTS, Some(NAMESPACE), "cluster").unwrap()
}

/// Plays Hive.
fn hive_writes(server: &ApiServer, change: impl FnOnce(&mut Value)) {
    server.edit(DEPLOYMENTS, Some(NAMESPACE), "cluster", change).unwrap();
}

fn request() -> InstallRequest {
    InstallRequest {
        cluster_resource_id:
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.RedHatOpenShift/openShiftClusters/one".to_owned(),
        domain: "one.example".to_owned(),
        handover: Some(Handover {
            name: "one".to_owned(),
            subscription_id: "99999999-0000-4000-8000-000000000000".to_owned(),
            cluster: Secret::new("{}"),
            correlation: aro_api::model::CorrelationData {
                correlation_id: "correlation-1".to_owned(),
                ..Default::default()
            },
            ..Handover::default()
        }),
        ..InstallRequest::default()
    }
}

fn hive(server: &ApiServer, adopt: bool) -> HiveInstaller {
    let settings = HiveSettings {
        adopt,
        ..HiveSettings::default()
    };
    HiveInstaller::with_client(settings, Client::new(server.clone(), "default"))
}

async fn state(hive: &HiveInstaller) -> Option<InstallState> {
    hive.state(ID, &OperationContext::default()).await.unwrap()
}

#[tokio::test]
async fn an_installation_is_started_watched_and_forgotten() {
    let (server, context) = (server(), OperationContext::default());
    let hive = hive(&server, false);
    assert!(state(&hive).await.is_none());
    hive.start(ID, &request(), &context).await.unwrap();
    let first = server.revision();
    // The namespace of an attempt whose end was not written down is as good, and what is as it should be is not changed.
    hive.start(ID, &request(), &context).await.unwrap();
    assert_eq!(server.revision(), first);
    let secrets = server.list(("", "secrets"), Some(NAMESPACE));
    let names: Vec<&str> = secrets
        .iter()
        .map(|one| one["metadata"]["name"].as_str().unwrap())
        .collect();
    let expected = [
        "aro-env-secret",
        "aro-installconfig",
        "aro-pullsecret",
        "cluster-manifests-secret",
        "cluster-service-principal-secret",
    ];
    assert_eq!(names, expected);
    let written: Vec<String> = server
        .requests()
        .into_iter()
        .filter(|request| request.verb == "patch")
        .map(|request| request.path)
        .collect();
    assert!(
        written[5].ends_with("/clusterdeployments/cluster"),
        "it comes after what it refers to: {written:?}"
    );

    assert!(matches!(
        state(&hive).await,
        Some(InstallState::Running { percent: 5, .. })
    ));
    hive_writes(&server, |one| {
        one["status"] = json!({"conditions": [
            {"type": "ProvisionFailed", "status": "Unknown", "reason": "Initialized"},
            {"type": "Provisioned", "status": "False", "reason": "Provisioning"}]});
    });
    let running = state(&hive).await;
    assert!(
        matches!(&running, Some(InstallState::Running { stage, .. }) if stage == "Provisioning"),
        "{running:?}"
    );
    hive_writes(&server, |one| {
        one["spec"]["installed"] = json!(true);
        one["spec"]["clusterMetadata"] = json!({"infraID": "one-abcde"});
    });
    assert!(matches!(state(&hive).await, Some(InstallState::Succeeded(None))));

    let fields =
        || deployment(&server)["metadata"]["annotations"]["hive.openshift.io/additional-log-fields"].to_string();
    assert!(fields().contains("correlation-1"));
    hive.settle(ID, &context).await.unwrap();
    assert!(!fields().contains("correlation") && fields().contains("openShiftClusters/one"));
    assert_eq!(
        deployment(&server)["spec"]["clusterMetadata"]["infraID"],
        "one-abcde",
        "what Hive writes stays"
    );

    hive.forget(ID, &context).await.unwrap();
    hive.forget(ID, &context).await.unwrap();
    assert!(
        server
            .get(("", "namespaces"), None, NAMESPACE)
            .is_none_or(|one| one["metadata"]["deletionTimestamp"].is_string())
    );
}

#[tokio::test]
async fn a_failed_installation_says_what_azure_said() {
    let (server, context) = (server(), OperationContext::default());
    let hive = hive(&server, false);
    hive.start(ID, &request(), &context).await.unwrap();
    hive_writes(&server, |one| {
        one["status"] = json!({"conditions": [{"type": "ProvisionFailed", "status": "True",
            "reason": "AzureRequestDisallowedByPolicy", "message": "m"}]});
    });
    // Without a log the reason is told alone.
    let told = |state: Option<InstallState>| match state {
        Some(InstallState::Failed { code, message }) => (code, message),
        other => panic!("{other:?}"),
    };
    let (code, message) = told(state(&hive).await);
    assert_eq!(
        (code.as_str(), message.as_str()),
        (
            "AzureRequestDisallowedByPolicy",
            "A policy forbids a resource of the cluster."
        )
    );
    for (attempt, name) in [(1, "Old"), (10, "New"), (9, "Older")] {
        let log = format!("level=error msg={{\"code\":\"InvalidTemplateDeployment\",\"message\":\"{name}.\"}}");
        let provision = json!({"apiVersion": "hive.openshift.io/v1", "kind": "ClusterProvision",
            "metadata": {"name": format!("p-{attempt}"), "namespace": NAMESPACE}, "spec": {"attempt": attempt, "installLog": log}});
        server.seed(provision).unwrap();
    }
    assert!(
        told(state(&hive).await)
            .1
            .ends_with("Azure said InvalidTemplateDeployment: New.")
    );
    let facts = hive.facts(ID, &context).await.unwrap();
    assert_eq!(
        facts,
        [(
            "ClusterDeployment condition ProvisionFailed".to_owned(),
            "True (AzureRequestDisallowedByPolicy): m".to_owned()
        )]
    );
}

#[tokio::test]
async fn a_namespace_on_its_way_out_is_waited_for() {
    let (server, context) = (server(), OperationContext::default());
    let hive = hive(&server, false);
    hive.start(ID, &request(), &context).await.unwrap();
    // Somebody still has work with it.
    let held = json!(["example.com/busy"]);
    server
        .edit(("", "namespaces"), None, NAMESPACE, |one| {
            one["metadata"]["finalizers"] = held
        })
        .unwrap();
    hive.forget(ID, &context).await.unwrap();
    let error = hive.start(ID, &request(), &context).await.unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().contains("still being deleted"),
        "{error}"
    );
}

#[tokio::test]
async fn a_cluster_is_adopted_where_that_is_wanted() {
    let (server, context) = (server(), OperationContext::default());
    let not = hive(&server, false);
    not.adopt(ID, &request(), &context).await.unwrap();
    assert_eq!(not.not_adopted(ID, &context).await.unwrap(), None);
    assert_eq!(server.request_count(), 0);

    let hive = hive(&server, true);
    let why = async || hive.not_adopted(ID, &context).await.unwrap();
    assert_eq!(why().await.as_deref(), Some("Hive does not know the cluster"));
    hive.adopt(ID, &request(), &context).await.unwrap();
    assert_eq!(why().await.as_deref(), Some("Hive has not looked at the cluster yet"));
    let says = |conditions: Value| hive_writes(&server, |one| one["status"] = json!({"conditions": conditions}));
    says(
        json!([{"type": "Provisioned", "status": "True"}, {"type": "Unreachable", "status": "True", "reason": "R", "message": "m"}]),
    );
    assert_eq!(why().await.as_deref(), Some("Hive says Unreachable is True (R): m"));
    says(json!([{"type": "Provisioned", "status": "True"}, {"type": "Unreachable", "status": "False"}]));
    assert_eq!(why().await, None);
    assert!(matches!(state(&hive).await, Some(InstallState::Succeeded(None))));
}

#[tokio::test]
async fn trouble_of_the_api_server_is_told_apart_from_its_refusals() {
    let (server, context) = (server(), OperationContext::default());
    let hive = hive(&server, false);
    for (code, retryable) in [(429, true), (503, true), (500, true), (403, false), (422, false)] {
        let refuse = move |_: &aro_sim_kube::FaultRequest<'_>| {
            Some(Fault::Refuse {
                code,
                retry_after: None,
            })
        };
        let fault = server.fault(refuse);
        let error = hive.start(ID, &request(), &context).await.unwrap_err();
        assert_eq!(error.is_retryable(), retryable, "{code}: {error}");
        drop(fault);
    }
    hive.start(ID, &request(), &context).await.unwrap();
}

#[tokio::test]
async fn an_unusable_kubeconfig_names_the_file() {
    let file = std::path::PathBuf::from("/does/not/exist");
    let error = HiveInstaller::new(HiveSettings::default(), std::sync::Arc::new(file))
        .forget(ID, &OperationContext::default())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("/does/not/exist") && !error.is_retryable(),
        "{error}"
    );
}
