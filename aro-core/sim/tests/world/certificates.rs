//! Certificates that are handed to a cluster: who shows them, and what happens when they are of no use.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::{ConfigMap, Node, Pod, Secret};
use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

use crate::client::{Azure, quick};
use crate::openshift::{all, client, condition, domain, eventually, install};

/// A public authority of this test.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::from_ca_cert_pem(&pem, key).unwrap(),
            pem,
        }
    }

    /// A secret with a certificate for that host.
    fn secret(&self, name: &str, host: &str) -> Secret {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([host.to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &self.issuer).unwrap().pem();
        serde_json::from_value(json!({
            "metadata": {"name": name}, "type": "kubernetes.io/tls",
            "data": {"tls.crt": STANDARD.encode(certificate), "tls.key": STANDARD.encode(key.serialize_pem())},
        }))
        .unwrap()
    }
}

/// Whether the API server is believed under a name by somebody who trusts that authority only.
async fn believed(azure: &Azure, kubeconfig: &Value, host: &str, authority: Option<&str>) -> bool {
    let mut config = kubeconfig.clone();
    let cluster = &mut config["clusters"][0]["cluster"];
    cluster["server"] = json!(format!("https://{host}:6443"));
    if let Some(authority) = authority {
        cluster["certificate-authority-data"] = json!(STANDARD.encode(authority));
    }
    let client = client(azure, &config.to_string()).await;
    Api::<Node>::all(client).list(&ListParams::default()).await.is_ok()
}

struct Operators(Api<DynamicObject>);

impl Operators {
    fn of(client: &Client) -> Self {
        Self(all(
            client,
            "config.openshift.io",
            "v1",
            "ClusterOperator",
            "clusteroperators",
        ))
    }

    async fn reach(&self, name: &str, kind: &str, status: &str) {
        eventually(&format!("{name} {kind}={status}"), || async {
            condition(&self.0.get(name).await.unwrap(), kind) == status
        })
        .await;
    }
}

async fn merge(api: &Api<DynamicObject>, name: &str, change: Value) {
    api.patch(name, &PatchParams::default(), &Patch::Merge(&change))
        .await
        .unwrap();
}

/// Names a secret's certificate for a host.
fn named(secret: &str, host: &str) -> Value {
    json!({"spec": {"servingCerts": {"namedCertificates": [
        {"names": [host], "servingCertificate": {"name": secret}}]}}})
}

#[tokio::test]
async fn a_named_certificate_is_not_shown_before_it_is_rolled_out() {
    let mut config = quick();
    // Longer than this test, however slow the machine.
    config.pace.roll_out = Duration::from_secs(3600).mul_f64(config.pace.speed);
    let azure = Azure::start_with(config).await;
    let installed = install(&azure, "one").await;
    let kubeconfig: Value = serde_json::from_str(installed["kubeconfig"].as_str().unwrap()).unwrap();
    let admin = client(&azure, &kubeconfig.to_string()).await;
    let (api, authority) = (format!("api.{}", domain("one")), Authority::new());
    let secrets: Api<Secret> = Api::namespaced(admin.clone(), "openshift-config");
    let secret = authority.secret("public", &api);
    secrets.create(&Default::default(), &secret).await.unwrap();
    let servers = all(&admin, "config.openshift.io", "v1", "APIServer", "apiservers");
    merge(&servers, "cluster", named("public", &api)).await;
    Operators::of(&admin)
        .reach("kube-apiserver", "Progressing", "True")
        .await;
    assert!(!believed(&azure, &kubeconfig, &api, Some(&authority.pem)).await);
    assert!(believed(&azure, &kubeconfig, &api, None).await);
}

#[tokio::test]
async fn the_api_server_shows_a_named_certificate_for_its_name_only() {
    let azure = Azure::start().await;
    let installed = install(&azure, "one").await;
    let kubeconfig: Value = serde_json::from_str(installed["kubeconfig"].as_str().unwrap()).unwrap();
    let admin = client(&azure, &kubeconfig.to_string()).await;
    let (api, internal) = (format!("api.{}", domain("one")), format!("api-int.{}", domain("one")));
    let authority = Authority::new();
    assert!(believed(&azure, &kubeconfig, &api, None).await, "its own at first");

    let secrets: Api<Secret> = Api::namespaced(admin.clone(), "openshift-config");
    secrets
        .create(&Default::default(), &authority.secret("public", &api))
        .await
        .unwrap();
    let operators = Operators::of(&admin);
    let servers = all(&admin, "config.openshift.io", "v1", "APIServer", "apiservers");
    merge(&servers, "cluster", named("public", &api)).await;
    eventually("the named one is shown", || {
        believed(&azure, &kubeconfig, &api, Some(&authority.pem))
    })
    .await;
    assert!(!believed(&azure, &kubeconfig, &api, None).await);
    assert!(
        believed(&azure, &kubeconfig, &internal, None).await,
        "inside nothing changes"
    );

    // One that is not there, and one whose key is another's: the operator says so, and shows what it has.
    let mut mixed = authority.secret("mixed", &api);
    let other = authority.secret("other", &api).data.unwrap();
    mixed
        .data
        .as_mut()
        .unwrap()
        .insert("tls.key".to_owned(), other["tls.key"].clone());
    secrets.create(&Default::default(), &mixed).await.unwrap();
    for (secret, host) in [("missing", api.as_str()), ("mixed", &api), ("public", &internal)] {
        merge(&servers, "cluster", named(secret, host)).await;
        operators.reach("kube-apiserver", "Degraded", "True").await;
        assert!(
            believed(&azure, &kubeconfig, &api, Some(&authority.pem)).await,
            "{secret} for {host}"
        );
        merge(&servers, "cluster", named("public", &api)).await;
        operators.reach("kube-apiserver", "Degraded", "False").await;
        operators.reach("kube-apiserver", "Progressing", "False").await;
    }

    // A renewed certificate is taken from its secret without a roll-out.
    let renewed = Authority::new();
    let fresh = renewed.secret("public", &api);
    secrets
        .patch("public", &PatchParams::default(), &Patch::Merge(&fresh))
        .await
        .unwrap();
    eventually("the renewed one is shown", || {
        believed(&azure, &kubeconfig, &api, Some(&renewed.pem))
    })
    .await;
    merge(&servers, "cluster", json!({"spec": {"servingCerts": null}})).await;
    eventually("its own is back", || believed(&azure, &kubeconfig, &api, None)).await;
}

#[tokio::test]
async fn the_router_shows_what_it_is_given_and_publishes_it() {
    let azure = Azure::start().await;
    let installed = install(&azure, "one").await;
    let admin = client(&azure, installed["kubeconfig"].as_str().unwrap()).await;
    let operators = Operators::of(&admin);
    let published: Api<ConfigMap> = Api::namespaced(admin.clone(), "openshift-config-managed");
    let published = || async {
        let bundle = published.get("default-ingress-cert").await.unwrap().data.unwrap();
        bundle["ca-bundle.crt"].clone()
    };
    let secrets: Api<Secret> = Api::namespaced(admin.clone(), "openshift-ingress");
    let certificate = |secret: Secret| String::from_utf8(secret.data.unwrap()["tls.crt"].0.clone()).unwrap();
    let own = certificate(secrets.get("router-certs-default").await.unwrap());
    assert_eq!(published().await, own);

    let kind = kube::core::GroupVersionKind::gvk("operator.openshift.io", "v1", "IngressController");
    let resource = kube::core::ApiResource::from_gvk_with_plural(&kind, "ingresscontrollers");
    let controllers = Api::namespaced_with(admin.clone(), "openshift-ingress-operator", &resource);
    let named = json!({"spec": {"defaultCertificate": {"name": "public"}}});
    merge(&controllers, "default", named).await;
    operators.reach("ingress", "Degraded", "True").await;
    assert_eq!(published().await, own);
    let public = Authority::new().secret("public", &format!("*.apps.{}", domain("one")));
    secrets.create(&Default::default(), &public).await.unwrap();
    operators.reach("ingress", "Degraded", "False").await;
    operators.reach("ingress", "Progressing", "False").await;
    assert_eq!(published().await, certificate(public));
}

#[tokio::test]
async fn machine_config_servers_that_are_deleted_come_back() {
    let azure = Azure::start().await;
    let installed = install(&azure, "one").await;
    let admin = client(&azure, installed["kubeconfig"].as_str().unwrap()).await;
    let namespace = "openshift-machine-config-operator";
    let secrets: Api<Secret> = Api::namespaced(admin.clone(), namespace);
    let secret = secrets.get("machine-config-server-tls").await.unwrap().data.unwrap();
    assert!(secret["tls.crt"].0.starts_with(b"-----BEGIN CERTIFICATE"));
    let pods: Api<Pod> = Api::namespaced(admin, namespace);
    let every = ListParams::default().labels("k8s-app=machine-config-server");
    let names = || async {
        let pods = pods.list(&every).await.unwrap().items;
        let mut names: Vec<String> = pods.into_iter().filter_map(|pod| pod.metadata.name).collect();
        names.sort();
        names
    };
    let before = names().await;
    assert_eq!(before.len(), 3);
    pods.delete(&before[0], &DeleteParams::default()).await.unwrap();
    eventually("one comes back", || async {
        let now = names().await;
        now.len() == 3 && !now.contains(&before[0]) && before[1..].iter().all(|one| now.contains(one))
    })
    .await;
    pods.delete_collection(&DeleteParams::default(), &every).await.unwrap();
    eventually("all come back", || async {
        let now = names().await;
        now.len() == 3 && before.iter().all(|one| !now.contains(one))
    })
    .await;
}
