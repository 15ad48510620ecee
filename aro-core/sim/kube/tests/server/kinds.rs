//! Kinds beside those of the recorded conversations: what is refused, filled in, allocated and shown.

use aro_sim_kube::{ApiServer, Controllers};
use http::Request;
use serde_json::{Value, json};

use crate::{client, send};

async fn post(server: &ApiServer, path: &str, body: Value) -> Value {
    send(server, "POST", path, "application/json", Some(&body)).await.1
}

async fn patch(server: &ApiServer, path: &str, body: Value) -> Value {
    send(server, "PATCH", path, "application/merge-patch+json", Some(&body))
        .await
        .1
}

fn alone() -> ApiServer {
    ApiServer::builder().controllers(Controllers::NONE).build()
}

fn of(api_version: &str, kind: &str, rest: Value) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}});
    for (name, value) in rest.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

#[tokio::test]
async fn what_is_wrong_is_said_as_a_real_server_says_it() {
    let server = alone();
    let namespaced = |group: &str, plural: &str| format!("/{group}/namespaces/default/{plural}");
    let cases = [
        (
            namespaced("api/v1", "persistentvolumeclaims"),
            of("v1", "PersistentVolumeClaim", json!({"spec": {}})),
            "[spec.accessModes: Required value: at least 1 access mode is required, spec.resources[storage]: Required value]",
        ),
        (
            "/api/v1/persistentvolumes".to_owned(),
            of(
                "v1",
                "PersistentVolume",
                json!({"spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["Some"]}}),
            ),
            "[spec.accessModes: Unsupported value: \"Some\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \
             \"ReadWriteOnce\", \"ReadWriteOncePod\", spec: Required value: must specify a volume type]",
        ),
        (
            "/apis/storage.k8s.io/v1/storageclasses".to_owned(),
            of(
                "storage.k8s.io/v1",
                "StorageClass",
                json!({"volumeBindingMode": "Later"}),
            ),
            "[provisioner: Required value, volumeBindingMode: Unsupported value: \"Later\": supported values: \
             \"Immediate\", \"WaitForFirstConsumer\"]",
        ),
        (
            namespaced("apis/autoscaling/v2", "horizontalpodautoscalers"),
            of(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                json!({"spec": {"minReplicas": 3, "maxReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "d"}}}),
            ),
            "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`",
        ),
        (
            namespaced("apis/policy/v1", "poddisruptionbudgets"),
            of(
                "policy/v1",
                "PodDisruptionBudget",
                json!({"spec": {"minAvailable": 1, "maxUnavailable": 1}}),
            ),
            "spec: Invalid value: {\"MinAvailable\":1,\"Selector\":null,\"MaxUnavailable\":1,\
             \"UnhealthyPodEvictionPolicy\":null}: minAvailable and maxUnavailable cannot be both set",
        ),
        (
            namespaced("apis/networking.k8s.io/v1", "networkpolicies"),
            of(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                json!({"spec": {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {
                    "cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}}]}]}}),
            ),
            "spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`",
        ),
        (
            namespaced("api/v1", "endpoints"),
            of(
                "v1",
                "Endpoints",
                json!({"subsets": [{"addresses": [{"ip": "127.0.0.1"}], "ports": [{"port": 0}]}]}),
            ),
            "[subsets[0].addresses[0].ip: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, \
             ::1/128), subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive]",
        ),
        (
            "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations".to_owned(),
            of(
                "admissionregistration.k8s.io/v1",
                "ValidatingWebhookConfiguration",
                json!({"webhooks": [{"name": "short", "clientConfig": {"url": "http://h/x"}, "sideEffects": "Some",
                    "admissionReviewVersions": ["v1"]}]}),
            ),
            "[webhooks[0].name: Invalid value: \"short\": should be a domain with at least three segments separated by \
             dots, webhooks[0].sideEffects: Unsupported value: \"Some\": supported values: \"None\", \"NoneOnDryRun\", \
             webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired \
             format: https://host[/path]]",
        ),
        (
            "/apis/scheduling.k8s.io/v1/priorityclasses".to_owned(),
            of("scheduling.k8s.io/v1", "PriorityClass", json!({"value": 1_000_000_001})),
            "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
        ),
    ];
    for (path, body, wanted) in cases {
        let refused = post(&server, &path, body).await;
        let message = refused["message"].as_str().unwrap_or_default();
        assert!(message.ends_with(&format!("is invalid: {wanted}")), "{path}: {message}");
        assert_eq!(refused["code"], 422, "{path}");
    }
}

#[tokio::test]
async fn what_may_not_change_is_named() {
    let server = alone();
    let path = "/apis/storage.k8s.io/v1/storageclasses";
    post(
        &server,
        path,
        of(
            "storage.k8s.io/v1",
            "StorageClass",
            json!({"provisioner": "a.example.com"}),
        ),
    )
    .await;
    let refused = patch(
        &server,
        &format!("{path}/x"),
        json!({"provisioner": "b", "volumeBindingMode": "WaitForFirstConsumer"}),
    )
    .await;
    assert_eq!(
        refused["message"],
        "StorageClass.storage.k8s.io \"x\" is invalid: [provisioner: Forbidden: updates to provisioner are forbidden., \
         volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable]"
    );
}

#[tokio::test]
async fn services_get_addresses_and_ports_of_their_own_and_give_them_back() {
    let server = alone();
    let path = "/api/v1/namespaces/default/services";
    let service = |name: &str, spec: Value| {
        let mut service = of("v1", "Service", json!({"spec": spec}));
        service["metadata"]["name"] = Value::from(name);
        service
    };
    let wanted = json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30_080}]});
    let first = post(&server, path, service("a", wanted.clone())).await;
    let address = first["spec"]["clusterIP"].clone();
    assert!(address.as_str().unwrap().starts_with("172.30."));

    let refused = post(&server, path, service("b", wanted.clone())).await;
    assert_eq!(
        refused["message"],
        "Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"
    );
    let refused = post(
        &server,
        path,
        service("b", json!({"clusterIP": address, "ports": [{"port": 80}]})),
    )
    .await;
    let message = refused["message"].as_str().unwrap();
    assert!(message.ends_with("provided IP is already allocated"), "{message}");
    let one = format!("{path}/a");
    let refused = patch(&server, &one, json!({"spec": {"clusterIP": "172.30.99.99"}})).await;
    assert_eq!(
        refused["message"],
        "Service \"a\" is invalid: spec.clusterIPs[0]: Invalid value: [\"172.30.99.99\"]: may not change once set"
    );

    // A service that is reached from inside only has no port on the nodes.
    let inside = patch(&server, &one, json!({"spec": {"type": "ClusterIP"}})).await;
    assert_eq!(
        inside["spec"]["ports"],
        json!([{"port": 80, "protocol": "TCP", "targetPort": 80}])
    );
    assert_eq!(
        (&inside["spec"]["clusterIP"], &inside["spec"]["externalTrafficPolicy"]),
        (&address, &Value::Null)
    );
    assert_eq!(
        post(&server, path, service("b", wanted)).await["spec"]["ports"][0]["nodePort"],
        30_080
    );
}

#[tokio::test]
async fn rarer_kinds_have_their_columns() {
    let server = alone();
    let row = async |path: &str, body: Value| {
        let created = post(&server, path, body).await;
        assert!(created["metadata"]["uid"].is_string(), "{created}");
        let request = Request::get(format!("{path}/x"))
            .header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
            .body(Vec::new().into())
            .unwrap();
        let response = client(&server).send(request).await.unwrap();
        let bytes = http_body_util::BodyExt::collect(response.into_body()).await.unwrap();
        let table: Value = serde_json::from_slice(&bytes.to_bytes()).unwrap();
        let columns = table["columnDefinitions"].as_array().unwrap();
        let cells = table["rows"][0]["cells"].as_array().unwrap();
        let shown: Vec<String> = columns
            .iter()
            .zip(cells)
            .map(|(column, cell)| {
                format!(
                    "{}={}",
                    column["name"].as_str().unwrap(),
                    cell.as_str().map_or(cell.to_string(), str::to_owned)
                )
            })
            .collect();
        shown.join(" ")
    };
    let scaler = json!({"spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "d"}}});
    assert_eq!(
        row(
            "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
            of("autoscaling/v2", "HorizontalPodAutoscaler", scaler)
        )
        .await,
        "Name=x Reference=Deployment/d Targets=cpu: <unknown>/80% MinPods=1 MaxPods=3 Replicas=0 Age=0s"
    );
    let mut class = of(
        "storage.k8s.io/v1",
        "StorageClass",
        json!({"provisioner": "p.example.com"}),
    );
    class["metadata"]["annotations"] = json!({"storageclass.kubernetes.io/is-default-class": "true"});
    assert_eq!(
        row("/apis/storage.k8s.io/v1/storageclasses", class).await,
        "Name=x (default) Provisioner=p.example.com ReclaimPolicy=Delete VolumeBindingMode=Immediate \
         AllowVolumeExpansion=false Age=0s"
    );
    let driver = of(
        "storage.k8s.io/v1",
        "CSIDriver",
        json!({"spec": {"attachRequired": false}}),
    );
    assert_eq!(
        row("/apis/storage.k8s.io/v1/csidrivers", driver).await,
        "Name=x AttachRequired=false PodInfoOnMount=false StorageCapacity=false TokenRequests=<unset> \
         RequiresRepublish=false Modes=Persistent Age=0s"
    );
}

#[tokio::test]
async fn older_clients_find_all_schemas_in_one_document() {
    let server = alone();
    let (_, document) = send(&server, "GET", "/openapi/v2", "application/json", None).await;
    let pods = &document["paths"]["/api/v1/namespaces/{namespace}/pods"];
    assert_eq!(pods["post"]["x-kubernetes-group-version-kind"]["kind"], "Pod");
    let definitions = document["definitions"].as_object().unwrap();
    for reference in document.to_string().split("\"$ref\":\"").skip(1) {
        let name = reference
            .split('"')
            .next()
            .unwrap()
            .strip_prefix("#/definitions/")
            .unwrap();
        assert!(definitions.contains_key(name), "{name}");
    }
    assert!(definitions.len() > 400, "{}", definitions.len());
}
