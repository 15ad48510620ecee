//! Hive, found as anybody finds it: the AKS cluster, its administrators' kubeconfig, Kubernetes' API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::client::Azure;

const VERSION: &str = "2024-09-01";

async fn administrator(azure: &Azure, cluster: &str) -> Client {
    let given = azure
        .post(&format!("{cluster}/listClusterAdminCredential"), VERSION, json!({}))
        .await
        .body;
    let text = given["kubeconfigs"][0]["value"].as_str().unwrap();
    let text = STANDARD.decode(text).unwrap();
    let kubeconfig = Kubeconfig::from_yaml(std::str::from_utf8(&text).unwrap()).unwrap();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

fn deployments(client: &Client) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("hive.openshift.io", "v1", "ClusterDeployment");
    Api::namespaced_with(client.clone(), "aro-one", &ApiResource::from_gvk(&kind))
}

fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "hive.openshift.io/v1", "kind": "ClusterDeployment", "metadata": {"name": "cluster"},
        "spec": {
            "clusterName": name, "baseDomain": "", "preserveOnDelete": true,
            "platform": {"azure": {"region": "eastus", "credentialsSecretRef": {"name": "credentials"}}},
            "provisioning": {"releaseImage": "quay.io/release", "installerEnv": [{"name": "ARO_UUID", "value": "one"}]},
        },
    })
}

#[tokio::test]
async fn hive_lives_in_an_aks_cluster_and_takes_what_its_api_documents() {
    let mut azure = Azure::start().await;
    let first_party = azure.world.endpoints().first_party.clone();
    let principal = &first_party.principal;
    azure.token = azure.token_of(&principal.client_id, &principal.secret).await;
    let group = format!(
        "/subscriptions/{}/resourceGroups/{}",
        first_party.subscription, first_party.resource_group
    );
    let all = azure
        .get(
            &format!("{group}/providers/Microsoft.ContainerService/managedClusters"),
            VERSION,
        )
        .await
        .body;
    assert_eq!(all["value"][0]["name"], first_party.hive_cluster);
    let cluster = all["value"][0]["id"].as_str().unwrap().to_owned();

    let client = administrator(&azure, &cluster).await;
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let namespace = serde_json::from_value(json!({"metadata": {"name": "aro-one"}})).unwrap();
    namespaces.create(&PostParams::default(), &namespace).await.unwrap();
    let apply = PatchParams::apply("test").force();
    let of = deployments(&client);
    let mut unknown = deployment("one");
    unknown["spec"]["unknown"] = json!(1);
    let refused = of.patch("cluster", &apply, &Patch::Apply(unknown)).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains(".spec.unknown: field not declared in schema"),
        "{refused}"
    );
    of.patch("cluster", &apply, &Patch::Apply(deployment("one")))
        .await
        .unwrap();
    let condition = |one: &DynamicObject, kind: &str| -> Value {
        let all = one.data["status"]["conditions"].as_array().unwrap();
        all.iter().find(|one| one["type"] == kind).cloned().unwrap()
    };
    let waiting = of.get("cluster").await.unwrap();
    assert_eq!(condition(&waiting, "RequirementsMet")["reason"], "SecretNotFound");
    assert_eq!(condition(&waiting, "ProvisionFailed")["status"], "Unknown");
    // What was asked for stays as it was asked for.
    let refused = of
        .patch("cluster", &apply, &Patch::Apply(deployment("two")))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("immutable"), "{refused}");

    // The installer is given nothing of use, and says so in its log.
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "aro-one");
    let secret = serde_json::from_value(json!({"metadata": {"name": "credentials"}})).unwrap();
    secrets.create(&PostParams::default(), &secret).await.unwrap();
    let failed = of.get("cluster").await.unwrap();
    assert_eq!(condition(&failed, "ProvisionFailed")["reason"], "UnknownError");
    let kind = GroupVersionKind::gvk("hive.openshift.io", "v1", "ClusterProvision");
    let provisions: Api<DynamicObject> = Api::namespaced_with(client.clone(), "aro-one", &ApiResource::from_gvk(&kind));
    let provisions = provisions.list(&ListParams::default()).await.unwrap();
    let log = provisions.items[0].data["spec"]["installLog"].as_str().unwrap();
    assert!(log.contains("99_aro.json is missing"), "{log}");

    // New certificates: the old ones open nothing, at once; what Hive knows stays.
    azure
        .post(&format!("{cluster}/rotateClusterCertificates"), VERSION, json!({}))
        .await;
    assert!(of.get("cluster").await.is_err());
    let fresh = administrator(&azure, &cluster).await;
    assert!(deployments(&fresh).get("cluster").await.is_ok());
    let namespaces: Api<Namespace> = Api::all(fresh);
    namespaces
        .delete("aro-one", &kube::api::DeleteParams::default())
        .await
        .unwrap();
    assert!(namespaces.get_opt("aro-one").await.unwrap().is_none(), "Hive lets go");
    azure.world.shutdown().await;
}
