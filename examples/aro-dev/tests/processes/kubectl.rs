//! `kubectl` as published, with the kubeconfig that the customer gets, and a cluster as the front door shows it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::estate::{Estate, text};
use crate::process::eventually;

/// Runs `kubectl`; what it printed, or what it complained of.
fn run(folder: &Path, arguments: &[&str], input: Option<&str>) -> Result<String, String> {
    let mut command = Command::new("kubectl");
    command
        .args(arguments)
        .env("KUBECONFIG", folder.join("kubeconfig"))
        .env("HOME", folder)
        .env_remove("HTTPS_PROXY")
        .env_remove("https_proxy")
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    if let Some(input) = input {
        use std::io::Write as _;
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(said(&output.stdout))
    } else {
        Err(format!(
            "kubectl {arguments:?}: {}{}",
            said(&output.stdout),
            said(&output.stderr)
        ))
    }
}

struct Kubectl(PathBuf);

impl Kubectl {
    async fn with(&self, arguments: &[&str], input: Option<&str>) -> Result<String, String> {
        let (folder, input) = (self.0.clone(), input.map(str::to_owned));
        let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
        tokio::task::spawn_blocking(move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            run(&folder, &arguments, input.as_deref())
        })
        .await
        .unwrap()
    }

    async fn says(&self, command: &str, expected: &[&str]) -> String {
        let arguments: Vec<&str> = command.split(' ').collect();
        let output = self
            .with(&arguments, None)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        for part in expected {
            assert!(
                output.contains(part),
                "kubectl {command} does not say {part}:\n{output}"
            );
        }
        output
    }
}

#[tokio::test]
async fn kubectl_works_with_the_kubeconfig_of_the_customer_as_it_is() {
    if Command::new("kubectl").arg("version").arg("--client").output().is_err() {
        println!("skipped: there is no kubectl on this machine");
        return;
    }
    let estate = Estate::start(1, 20.0).await;
    let _frontend = estate.frontend(0, "frontend").await;
    let _worker = estate.worker("worker", &[]);
    estate.create_group().await;
    let created = estate.put(&estate.wish("kubectl", 1)).await;
    assert_eq!(created.status, 201, "{created:?}");
    estate.succeeded(created.operation.as_deref().unwrap()).await;

    // What only the running cluster knows is shown: its machine sets.
    let path = estate.cluster("kubectl");
    let shown = estate.call(Method::GET, &path, None).await.body;
    let status = &shown["properties"]["workerProfilesStatus"];
    assert_eq!(status.as_array().map(Vec::len), Some(3), "{shown:#}");
    assert_eq!(status[0]["vmSize"], "Standard_D4s_v3");
    assert!(!text(&shown["properties"]["ingressProfiles"][0]["ip"]).is_empty());

    let credentials = estate
        .call(Method::POST, &format!("{path}/listAdminCredentials"), None)
        .await;
    let kubeconfig = STANDARD.decode(text(&credentials.body["kubeconfig"])).unwrap();
    let said = String::from_utf8(kubeconfig.clone()).unwrap();
    assert!(said.contains("https://api.kubectl."), "{said}");
    std::fs::write(estate.folder.path().join("kubeconfig"), kubeconfig).unwrap();
    let kubectl = Kubectl(estate.folder.path().to_owned());

    let nodes = kubectl.says("get nodes", &["Ready", "master", "worker", "v1.30"]).await;
    assert_eq!(nodes.lines().count(), 7, "{nodes}");
    kubectl.says("get co", &["kube-apiserver", "True", "AVAILABLE"]).await;
    kubectl.says("get clusterversion", &["4.17.27"]).await;
    kubectl
        .says(
            "get machines,machinesets -n openshift-machine-api",
            &["Running", "Standard_D8s_v3"],
        )
        .await;
    kubectl
        .says("get secrets -A", &["azure-credentials", "pull-secret"])
        .await;
    let operator = "get deployments,replicasets,pods -n openshift-azure-operator";
    kubectl
        .says(
            operator,
            &["aro-operator-master", "aro-operator-worker", "1/1", "Running"],
        )
        .await;
    kubectl
        .says(
            "get clusters.aro.openshift.io cluster -o yaml",
            &["aro.checker.enabled", "kubectl."],
        )
        .await;
    kubectl.says("auth whoami", &["system:admin"]).await;
    let node = nodes
        .lines()
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    kubectl
        .says(
            &format!("describe node {node}"),
            &["Conditions:", "kubelet is posting ready status", "Allocatable:"],
        )
        .await;

    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine", "namespace": "default"}, "data": {"a": "1"}});
    let applied = kubectl
        .with(&["apply", "-f", "-"], Some(&map.to_string()))
        .await
        .unwrap();
    assert!(applied.contains("configmap/mine created"), "{applied}");
    let again = kubectl
        .with(&["apply", "-f", "-"], Some(&map.to_string()))
        .await
        .unwrap();
    assert!(again.contains("unchanged"), "{again}");
    let served = kubectl
        .with(
            &["apply", "--server-side", "--force-conflicts", "-f", "-"],
            Some(&map.to_string()),
        )
        .await
        .unwrap();
    assert!(served.contains("serverside-applied"), "{served}");
    let patch = r#"{"data":{"b":"2"}}"#;
    kubectl
        .with(&["patch", "configmap", "mine", "--type=merge", "-p", patch], None)
        .await
        .unwrap();
    kubectl.says("get configmap mine -o jsonpath={.data.b}", &["2"]).await;
    kubectl.says("delete configmap mine", &["deleted"]).await;

    kubectl
        .says("logs -n openshift-monitoring alertmanager-main-0", &["listening; node"])
        .await;
    kubectl
        .says(
            "exec -n openshift-monitoring prometheus-k8s-0 -- hostname",
            &["prometheus-k8s-0"],
        )
        .await;
    let missing = kubectl
        .with(
            &[
                "exec",
                "-n",
                "openshift-monitoring",
                "prometheus-k8s-0",
                "--",
                "nothing",
            ],
            None,
        )
        .await;
    assert!(
        missing.unwrap_err().contains("127"),
        "the exit code of the command is kubectl's"
    );
    kubectl.says("top nodes", &["2750m", &node]).await;
    kubectl
        .says("top pods -n openshift-monitoring", &["alertmanager-main-0", "35m"])
        .await;

    // Machines follow their set, and kubectl waits for it.
    let sets: Value = serde_json::from_str(
        &kubectl
            .says("get machinesets -n openshift-machine-api -o json", &[])
            .await,
    )
    .unwrap();
    let set = text(&sets["items"][0]["metadata"]["name"]).to_owned();
    kubectl
        .says(
            &format!("scale machineset {set} -n openshift-machine-api --replicas=2"),
            &["scaled"],
        )
        .await;
    kubectl
        .says(
            &format!("wait machineset/{set} -n openshift-machine-api --for=jsonpath={{.status.readyReplicas}}=2 --timeout=60s"),
            &["condition met"],
        )
        .await;
    eventually("the front door counts the new machine", || async {
        let shown = estate.call(Method::GET, &path, None).await.body;
        let counts: i64 = shown["properties"]["workerProfilesStatus"]
            .as_array()?
            .iter()
            .filter_map(|one| one["count"].as_i64())
            .sum();
        (counts == 4).then_some(())
    })
    .await;

    // When the cluster is deleted, nobody answers.
    let deleted = estate.call(Method::DELETE, &path, None).await;
    estate.succeeded(deleted.operation.as_deref().unwrap()).await;
    assert!(kubectl.with(&["get", "nodes"], None).await.is_err());
}
