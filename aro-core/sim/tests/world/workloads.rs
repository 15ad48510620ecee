//! Deployments in a cluster, and the credentials that their pods wait for.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Namespace, Pod, Secret};
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};

use crate::client::Azure;
use crate::openshift::{client, condition, eventually, install};

const NAMESPACE: &str = "mine";
const REVISION: &str = "deployment.kubernetes.io/revision";

fn deployment(image: &str) -> Deployment {
    let variable =
        json!({"name": "ID", "valueFrom": {"secretKeyRef": {"name": "credentials", "key": "azure_client_id"}}});
    serde_json::from_value(json!({
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "nodeSelector": {"node-role.kubernetes.io/worker": ""},
                "containers": [{"name": "web", "image": image, "env": [variable]}],
            }},
        },
    }))
    .unwrap()
}

#[tokio::test]
async fn pods_wait_for_credentials_and_a_new_template_has_new_pods() {
    let azure = Azure::start().await;
    let installed = install(&azure, "one").await;
    let admin = client(&azure, installed["kubeconfig"].as_str().unwrap()).await;
    let kind = GroupVersionKind::gvk("cloudcredential.openshift.io", "v1", "CredentialsRequest");
    let kind = ApiResource::from_gvk(&kind);
    let operator = "openshift-cloud-credential-operator";
    let requests: Api<DynamicObject> = Api::namespaced_with(admin.clone(), operator, &kind);
    let request: DynamicObject = serde_json::from_value(json!({
        "apiVersion": "cloudcredential.openshift.io/v1", "kind": "CredentialsRequest", "metadata": {"name": "mine"},
        "spec": {"secretRef": {"namespace": NAMESPACE, "name": "credentials"}},
    }))
    .unwrap();
    requests.create(&Default::default(), &request).await.unwrap();
    eventually("the request waits for its namespace", || async {
        let request = requests.get("mine").await.unwrap();
        condition(&request, "MissingTargetNamespace") == "True" && request.data["status"]["provisioned"] == false
    })
    .await;

    // The credentials come with the namespace.
    let namespaces: Api<Namespace> = Api::all(admin.clone());
    let namespace: Namespace = serde_json::from_value(json!({"metadata": {"name": NAMESPACE}})).unwrap();
    namespaces.create(&Default::default(), &namespace).await.unwrap();
    let secrets: Api<Secret> = Api::namespaced(admin.clone(), NAMESPACE);
    let there = || async { secrets.get_opt("credentials").await.unwrap() };
    eventually("credentials", || async { there().await.is_some() }).await;
    let root = Api::<Secret>::namespaced(admin.clone(), "kube-system");
    assert_eq!(
        there().await.unwrap().data,
        root.get("azure-credentials").await.unwrap().data
    );

    let deployments: Api<Deployment> = Api::namespaced(admin.clone(), NAMESPACE);
    let pods: Api<Pod> = Api::namespaced(admin.clone(), NAMESPACE);
    let sets: Api<ReplicaSet> = Api::namespaced(admin, NAMESPACE);
    deployments
        .create(&Default::default(), &deployment("a/web:1"))
        .await
        .unwrap();
    let listed = || async {
        let all = pods.list(&ListParams::default().labels("app=web")).await.unwrap().items;
        let of = |pod: &Pod| {
            let spec = pod.spec.as_ref().unwrap();
            let phase = pod.status.as_ref().and_then(|status| status.phase.clone());
            (spec.containers[0].image.clone().unwrap(), phase.unwrap_or_default())
        };
        all.iter().map(of).collect::<Vec<_>>()
    };
    let running = |image: &'static str| {
        let listed = &listed;
        move || async move { listed().await == vec![(image.to_owned(), "Running".to_owned()); 2] }
    };
    eventually("two pods", running("a/web:1")).await;

    // Another image: other pods, another replica set; the older one stays, without pods.
    let change = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "a/web:2"}]}}}});
    let parameters = PatchParams::default();
    deployments
        .patch("web", &parameters, &Patch::Strategic(&change))
        .await
        .unwrap();
    eventually("two other pods", running("a/web:2")).await;
    eventually("a status that says so", || async {
        let status = deployments.get("web").await.unwrap().status.unwrap_or_default();
        (status.updated_replicas, status.available_replicas, status.replicas) == (Some(2), Some(2), Some(2))
    })
    .await;
    let mut known: Vec<(String, i32)> = sets
        .list(&ListParams::default())
        .await
        .unwrap()
        .items
        .into_iter()
        .map(|set| {
            (
                set.metadata.annotations.unwrap()[REVISION].clone(),
                set.spec.unwrap().replicas.unwrap(),
            )
        })
        .collect();
    known.sort();
    assert_eq!(known, [("1".to_owned(), 0), ("2".to_owned(), 2)]);

    // A pod that goes is replaced.
    let first = pods.list(&ListParams::default()).await.unwrap().items.remove(0);
    let first = first.metadata.name.unwrap();
    pods.delete(&first, &DeleteParams::default()).await.unwrap();
    eventually("another pod", running("a/web:2")).await;
    assert!(pods.get_opt(&first).await.unwrap().is_none());

    // Pods that need what is not there wait, say for what, and run when it comes.
    let missing = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "a/web:3", "env": [
        {"name": "ID", "valueFrom": {"secretKeyRef": {"name": "later", "key": "id"}}}]}]}}}});
    deployments
        .patch("web", &parameters, &Patch::Strategic(&missing))
        .await
        .unwrap();
    let waiting = || async {
        let all = pods.list(&ListParams::default()).await.unwrap().items;
        let said = all
            .iter()
            .filter_map(|pod| serde_json::to_value(pod.status.as_ref()?).ok())
            .filter(|status: &Value| {
                let waiting = &status["containerStatuses"][0]["state"]["waiting"];
                waiting["reason"] == "CreateContainerConfigError" && waiting["message"] == "secret \"later\" not found"
            });
        said.count() == 2 && all.len() == 4
    };
    eventually("the new ones wait and the old ones run", waiting).await;
    let later = serde_json::from_value(json!({"metadata": {"name": "later"}, "stringData": {"id": "x"}})).unwrap();
    secrets.create(&Default::default(), &later).await.unwrap();
    eventually("two pods of the third image", running("a/web:3")).await;
}
