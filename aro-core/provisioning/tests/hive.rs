//! The installer that hands installations to Hive, against a small API server that remembers what it is told.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use aro_api::Secret;
use aro_http::OperationContext;
use aro_provisioning::{Handover, HiveInstaller, HiveSettings, InstallRequest, InstallState, Installer};
use http::{Method, Request, Response};
use kube::{Client, client::Body};
use serde_json::{Value, json};

const ID: &str = "11111111-2222-4333-8444-555555555555";
const NAMESPACE: &str = "/api/v1/namespaces/aro-11111111-2222-4333-8444-555555555555";
const HIVE: &str = "/apis/hive.openshift.io/v1/namespaces/aro-11111111-2222-4333-8444-555555555555";

/// Objects by their path, and the calls made.
#[derive(Clone, Default)]
struct Server {
    objects: Arc<Mutex<BTreeMap<String, Value>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn answer(&self, method: &Method, path: &str, query: &str, body: &[u8]) -> (u16, Value) {
        let status = |code: u16, reason: &str| {
            (
                code,
                json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": format!("{reason}: {path}"),
                "reason": reason, "code": code}),
            )
        };
        self.calls.lock().unwrap().push(format!("{method} {path}"));
        let mut objects = self.objects.lock().unwrap();
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        match *method {
            Method::GET if path.ends_with("s") && !objects.contains_key(path) => {
                let below = format!("{path}/");
                let items: Vec<&Value> = objects
                    .iter()
                    .filter(|(key, _)| key.starts_with(&below))
                    .map(|(_, one)| one)
                    .collect();
                (
                    200,
                    json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items}),
                )
            }
            Method::GET => objects
                .get(path)
                .map_or_else(|| status(404, "NotFound"), |one| (200, one.clone())),
            Method::POST => {
                let path = format!("{path}/{}", sent["metadata"]["name"].as_str().unwrap());
                if objects.contains_key(&path) {
                    return status(409, "AlreadyExists");
                }
                objects.insert(path, sent.clone());
                (201, sent)
            }
            Method::PATCH => {
                if query.contains("fieldManager=aro-rp") {
                    assert!(query.contains("force=true"), "{query}");
                    objects.insert(path.to_owned(), sent.clone());
                    return (200, sent);
                }
                let Some(object) = objects.get_mut(path) else {
                    return status(404, "NotFound");
                };
                for (name, value) in sent["metadata"]["annotations"].as_object().unwrap() {
                    object["metadata"]["annotations"][name] = value.clone();
                }
                (200, object.clone())
            }
            Method::DELETE => match objects.remove(path) {
                Some(object) => (200, object),
                None => status(404, "NotFound"),
            },
            _ => status(405, "MethodNotAllowed"),
        }
    }

    fn client(&self) -> Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = server.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect_bytes().await.unwrap();
                let query = parts.uri.query().unwrap_or_default();
                let (code, value) = server.answer(&parts.method, parts.uri.path(), query, &body);
                let response = Response::builder()
                    .status(code)
                    .header("content-type", "application/json");
                Ok::<_, Infallible>(response.body(Body::from(value.to_string().into_bytes())).unwrap())
            }
        });
        Client::new(service, "default")
    }

    fn change(&self, path: &str, edit: impl FnOnce(&mut Value)) {
        edit(self.objects.lock().unwrap().get_mut(path).unwrap());
    }

    fn get(&self, path: &str) -> Option<Value> {
        self.objects.lock().unwrap().get(path).cloned()
    }
}

fn request() -> InstallRequest {
    InstallRequest {
        cluster_resource_id:
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.RedHatOpenShift/openShiftClusters/one".to_owned(),
        domain: "one.example".to_owned(),
        handover: Some(Handover {
            name: "one".to_owned(),
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

fn hive(server: &Server, adopt: bool) -> HiveInstaller {
    let settings = HiveSettings {
        adopt,
        ..HiveSettings::default()
    };
    HiveInstaller::with_client(settings, server.client())
}

async fn state(hive: &HiveInstaller) -> Option<InstallState> {
    hive.state(ID, &OperationContext::default()).await.unwrap()
}

#[tokio::test]
async fn an_installation_is_started_watched_and_forgotten() {
    let (server, context) = (Server::default(), OperationContext::default());
    let hive = hive(&server, false);
    let deployment = format!("{HIVE}/clusterdeployments/cluster");
    assert!(state(&hive).await.is_none());
    hive.start(ID, &request(), &context).await.unwrap();
    // The namespace of an attempt whose end was not written down is as good.
    hive.start(ID, &request(), &context).await.unwrap();
    let names: Vec<String> = server.objects.lock().unwrap().keys().cloned().collect();
    let secrets = [
        "aro-env-secret",
        "aro-installconfig",
        "aro-pullsecret",
        "cluster-manifests-secret",
        "cluster-service-principal-secret",
    ];
    let mut expected = vec![NAMESPACE.to_owned()];
    expected.extend(secrets.map(|name| format!("{NAMESPACE}/secrets/{name}")));
    expected.push(deployment.clone());
    assert_eq!(names, expected);
    let calls = server.calls.lock().unwrap().clone();
    assert_eq!(
        calls.last().unwrap(),
        &format!("PATCH {deployment}"),
        "it comes after what it refers to"
    );

    assert!(matches!(
        state(&hive).await,
        Some(InstallState::Running { percent: 5, .. })
    ));
    server.change(&deployment, |one| {
        one["status"] = json!({"conditions": [
            {"type": "ProvisionFailed", "status": "Unknown", "reason": "Initialized"},
            {"type": "Provisioned", "status": "False", "reason": "Provisioning"}]});
    });
    let running = state(&hive).await;
    assert!(
        matches!(&running, Some(InstallState::Running { stage, .. }) if stage == "Provisioning"),
        "{running:?}"
    );
    server.change(&deployment, |one| one["spec"]["installed"] = json!(true));
    assert!(matches!(state(&hive).await, Some(InstallState::Succeeded(None))));

    let fields = |server: &Server| {
        server.get(&deployment).unwrap()["metadata"]["annotations"]["hive.openshift.io/additional-log-fields"]
            .to_string()
    };
    assert!(fields(&server).contains("correlation-1"));
    hive.settle(ID, &context).await.unwrap();
    assert!(!fields(&server).contains("correlation") && fields(&server).contains("openShiftClusters/one"));

    hive.forget(ID, &context).await.unwrap();
    hive.forget(ID, &context).await.unwrap();
    assert!(server.get(NAMESPACE).is_none());
}

#[tokio::test]
async fn a_failed_installation_says_what_azure_said() {
    let (server, context) = (Server::default(), OperationContext::default());
    let hive = hive(&server, false);
    hive.start(ID, &request(), &context).await.unwrap();
    server.change(&format!("{HIVE}/clusterdeployments/cluster"), |one| {
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
            "metadata": {"name": format!("p-{attempt}")}, "spec": {"attempt": attempt, "installLog": log}});
        server
            .objects
            .lock()
            .unwrap()
            .insert(format!("{HIVE}/clusterprovisions/p-{attempt}"), provision);
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
    let (server, context) = (Server::default(), OperationContext::default());
    let hive = hive(&server, false);
    hive.start(ID, &request(), &context).await.unwrap();
    server.change(NAMESPACE, |one| {
        one["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z")
    });
    let error = hive.start(ID, &request(), &context).await.unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().contains("still being deleted"),
        "{error}"
    );
}

#[tokio::test]
async fn a_cluster_is_adopted_where_that_is_wanted() {
    let (server, context) = (Server::default(), OperationContext::default());
    let not = hive(&server, false);
    not.adopt(ID, &request(), &context).await.unwrap();
    assert_eq!(not.not_adopted(ID, &context).await.unwrap(), None);
    assert!(server.calls.lock().unwrap().is_empty());

    let hive = hive(&server, true);
    let why = async || hive.not_adopted(ID, &context).await.unwrap();
    assert_eq!(why().await.as_deref(), Some("Hive does not know the cluster"));
    hive.adopt(ID, &request(), &context).await.unwrap();
    assert_eq!(why().await.as_deref(), Some("Hive has not looked at the cluster yet"));
    let deployment = format!("{HIVE}/clusterdeployments/cluster");
    let says = |conditions: Value| server.change(&deployment, |one| one["status"] = json!({"conditions": conditions}));
    says(
        json!([{"type": "Provisioned", "status": "True"}, {"type": "Unreachable", "status": "True", "reason": "R", "message": "m"}]),
    );
    assert_eq!(why().await.as_deref(), Some("Hive says Unreachable is True (R): m"));
    says(json!([{"type": "Provisioned", "status": "True"}, {"type": "Unreachable", "status": "False"}]));
    assert_eq!(why().await, None);
    assert!(matches!(state(&hive).await, Some(InstallState::Succeeded(None))));
}

#[tokio::test]
async fn an_unusable_kubeconfig_names_the_file() {
    let settings = HiveSettings {
        kubeconfig: "/does/not/exist".into(),
        ..HiveSettings::default()
    };
    let error = HiveInstaller::new(settings)
        .forget(ID, &OperationContext::default())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("/does/not/exist") && !error.is_retryable(),
        "{error}"
    );
}
