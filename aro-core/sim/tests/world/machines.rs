//! Machines of a cluster are virtual machines in Azure.

use aro_sim::WorldConfig;
use http::StatusCode;
use k8s_openapi::api::core::v1::Node;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::client::{Azure, quick};
use crate::openshift::{client, eventually, install, machine_sets};

const COMPUTE: &str = "2024-07-01";
const NETWORK: &str = "2024-05-01";
const GROUP: &str = "resourceGroups/one";

fn paced() -> WorldConfig {
    let mut config = quick();
    config.pace.speed = 50.0;
    config
}

fn machines(client: &Client) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("machine.openshift.io", "v1beta1", "Machine");
    let resource = ApiResource::from_gvk_with_plural(&kind, "machines");
    Api::namespaced_with(client.clone(), "openshift-machine-api", &resource)
}

/// A cluster behind a public load balancer.
async fn cluster(azure: &Azure) -> Client {
    let group = format!("/subscriptions/{}/{GROUP}", azure.subscription);
    azure
        .put(&group, "2021-04-01", json!({"location": "eastus", "managedBy": "/x"}))
        .await;
    let net = format!("{group}/providers/Microsoft.Network");
    let standard = json!({"name": "Standard"});
    let address = json!({"location": "eastus", "sku": standard, "properties": {"publicIPAllocationMethod": "Static"}});
    let address = azure
        .make(&format!("{net}/publicIPAddresses/ip"), NETWORK, address)
        .await;
    let balancer = json!({"location": "eastus", "sku": standard, "properties": {
        "frontendIPConfigurations": [{"name": "public", "properties": {"publicIPAddress": {"id": address["id"]}}}],
        "backendAddressPools": [{"name": "one-x"}],
    }});
    azure
        .make(&format!("{net}/loadBalancers/one-x"), NETWORK, balancer)
        .await;
    let installed = install(azure, "one").await;
    client(azure, installed["kubeconfig"].as_str().unwrap()).await
}

async fn scale(admin: &Client, replicas: i64) -> String {
    let sets = machine_sets(admin);
    let name = sets.list(&ListParams::default()).await.unwrap().items[0].name_any();
    let change = json!({"spec": {"replicas": replicas}});
    sets.patch(&name, &PatchParams::default(), &Patch::Merge(&change))
        .await
        .unwrap();
    name
}

/// Machines of a set, in order of names.
async fn of_set(admin: &Client, set: &str) -> Vec<DynamicObject> {
    let label = format!("machine.openshift.io/cluster-api-machineset={set}");
    let list = machines(admin).list(&ListParams::default().labels(&label)).await;
    list.unwrap().items
}

fn phase(machine: &DynamicObject) -> &str {
    machine.data["status"]["phase"].as_str().unwrap_or_default()
}

async fn running(admin: &Client, set: &str, count: usize) {
    eventually("the machines run", || async {
        let all = of_set(admin, set).await;
        all.len() == count && all.iter().all(|one| phase(one) == "Running")
    })
    .await;
}

async fn in_pool(azure: &Azure) -> usize {
    let path = format!("{GROUP}/providers/Microsoft.Network/loadBalancers/one-x");
    let balancer = azure.get(&path, NETWORK).await.body;
    let pool = &balancer["properties"]["backendAddressPools"][0]["properties"];
    pool["backendIPConfigurations"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn a_set_that_grows_has_machines_made_in_azure_and_gives_them_back() {
    let azure = Azure::start_with(paced()).await;
    let admin = cluster(&azure).await;
    let (before, last) = (in_pool(&azure).await, azure.world.calls(0).last().unwrap().number);
    let set = scale(&admin, 3).await;
    running(&admin, &set, 3).await;

    let compute = format!("{GROUP}/providers/Microsoft.Compute");
    let all = of_set(&admin, &set).await;
    for machine in &all {
        let name = machine.name_any();
        let vm = azure.get(&format!("{compute}/virtualMachines/{name}"), COMPUTE).await;
        assert_eq!(vm.status, StatusCode::OK, "{name}");
        assert_eq!(vm.body["tags"]["kubernetes.io_cluster.one-x"], "owned");
        let id = vm.body["id"].as_str().unwrap();
        assert_eq!(machine.data["spec"]["providerID"], json!(format!("azure://{id}")));
        assert_eq!(machine.data["status"]["providerStatus"]["vmId"], json!(id));
        assert_eq!(
            vm.body["zones"][0],
            machine.data["spec"]["providerSpec"]["value"]["zone"]
        );
        let disk = azure
            .get(&format!("{compute}/disks/{name}_OSDisk"), "2023-04-02")
            .await
            .body;
        assert_eq!(disk["properties"]["diskSizeGB"], 256);
        assert_eq!(disk["tags"]["kubernetes.io_cluster.one-x"], "owned");
        let nic = format!("{GROUP}/providers/Microsoft.Network/networkInterfaces/{name}-nic");
        let nic = azure.get(&nic, NETWORK).await.body;
        let address = &nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"];
        let node = Api::<Node>::all(admin.clone()).get(&name).await.unwrap();
        let addresses = node.status.unwrap().addresses.unwrap();
        assert!(
            addresses.iter().any(|one| json!(one.address) == *address),
            "{addresses:?} {address}"
        );
    }
    assert_eq!(
        in_pool(&azure).await,
        before + 2,
        "they leave the network through the load balancer"
    );
    // It was the cluster that asked, as the principal it works as.
    let cluster = &azure.world.endpoints().service_principals[1].client_id;
    let asked = azure.world.calls(last);
    let puts: Vec<_> = asked
        .iter()
        .filter(|call| call.method == "PUT" && call.resource_type == "Microsoft.Compute/virtualMachines")
        .collect();
    assert_eq!(puts.len(), 2);
    assert!(
        puts.iter().all(|call| call.app_id.as_ref() == Some(cluster)),
        "{puts:?}"
    );

    // A machine that somebody deletes is replaced; its own resources are given back.
    let gone = all[0].name_any();
    machines(&admin).delete(&gone, &Default::default()).await.unwrap();
    eventually("another machine runs", || async {
        let all = of_set(&admin, &set).await;
        all.len() == 3 && all.iter().all(|one| one.name_any() != gone && phase(one) == "Running")
    })
    .await;
    let left = |name: &str| {
        let ids = azure
            .world
            .resource_ids(&format!("/subscriptions/{}/{GROUP}", azure.subscription));
        ids.iter().filter(|id| id.contains(name)).count()
    };
    assert_eq!(left(&gone), 0);

    scale(&admin, 0).await;
    eventually("nothing is left of the set", || async { left(&format!("{set}-")) == 0 }).await;
    assert!(of_set(&admin, &set).await.is_empty());
    assert_eq!(in_pool(&azure).await, before - 1);

    azure.unmake(GROUP, "2021-04-01").await;
    assert_eq!(left(""), 0);
}

#[tokio::test]
async fn a_machine_for_which_azure_has_no_room_fails_and_says_why() {
    let azure = Azure::start_with(paced()).await;
    let admin = cluster(&azure).await;
    let limit = |cores: u64| {
        let inspect = &azure.world.endpoints().inspect_url;
        let url = format!("{inspect}/limits/{}/standardDSv5Family", azure.subscription);
        azure.http.put(url).json(&cores).send()
    };
    // Four machines with eight cores and three with four are there.
    assert_eq!(limit(44).await.unwrap().status(), StatusCode::NO_CONTENT);
    let set = scale(&admin, 2).await;
    let failed = || async {
        let all = of_set(&admin, &set).await;
        all.into_iter().find(|one| phase(one) == "Failed")
    };
    eventually("the machine fails", || async { failed().await.is_some() }).await;
    let machine = failed().await.unwrap();
    let said = machine.data["status"]["providerStatus"]["conditions"][0]["message"]
        .as_str()
        .unwrap();
    assert!(
        said.contains("exceeding approved standardDSv5Family Cores quota"),
        "{said}"
    );
    assert_eq!(machine.data["status"]["errorMessage"], json!(said));
    let path = "/api/v1/namespaces/openshift-monitoring/services/alertmanager-main:9093/proxy/api/v2/alerts";
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    let alerts: Value = admin.request(request).await.unwrap();
    let fires = |one: &Value| {
        one["labels"]["alertname"] == "MachineWithNoRunningPhase" && one["labels"]["name"] == machine.name_any()
    };
    assert!(alerts.as_array().unwrap().iter().any(fires), "{alerts}");
    assert!(said.contains("Current Limit: 44, Current Usage: 44"), "{said}");
    // The interface that was made for it goes with it.
    let nic = format!(
        "{GROUP}/providers/Microsoft.Network/networkInterfaces/{}-nic",
        machine.name_any()
    );
    assert_eq!(azure.get(&nic, NETWORK).await.status, StatusCode::OK);
    scale(&admin, 1).await;
    eventually("the failed machine goes first", || async {
        of_set(&admin, &set).await.len() == 1
    })
    .await;
    assert_eq!(phase(&of_set(&admin, &set).await[0]), "Running");
    assert_eq!(azure.get(&nic, NETWORK).await.status, StatusCode::NOT_FOUND);

    // A size that cannot be had, on order.
    assert_eq!(limit(1000).await.unwrap().status(), StatusCode::NO_CONTENT);
    let rule = json!({"match": {"plane": "arm", "method": "PUT", "type": "Microsoft.Compute/virtualMachines"}, "times": 1,
        "effect": {"status": {"status": 409, "code": "SkuNotAvailable", "message": "The requested size is not available."}}});
    azure.world.add_faults(vec![serde_json::from_value(rule).unwrap()]);
    scale(&admin, 2).await;
    eventually("the machine fails", || async { failed().await.is_some() }).await;
    let machine = failed().await.unwrap();
    let said = machine.data["status"]["errorMessage"].as_str().unwrap().to_owned();
    assert!(said.contains("SkuNotAvailable"), "{said}");
    // The next one can be had.
    machines(&admin)
        .delete(&machine.name_any(), &Default::default())
        .await
        .unwrap();
    running(&admin, &set, 2).await;
}

#[tokio::test]
async fn a_machine_that_is_stopped_in_azure_makes_its_node_not_ready() {
    let azure = Azure::start_with(paced()).await;
    let admin = cluster(&azure).await;
    let set = machine_sets(&admin).list(&ListParams::default()).await.unwrap().items[0].name_any();
    let name = of_set(&admin, &set).await[0].name_any();
    let nodes = Api::<Node>::all(admin.clone());
    let ready = || async {
        let conditions = nodes.get(&name).await.unwrap().status.unwrap().conditions.unwrap();
        conditions.into_iter().find(|one| one.type_ == "Ready").unwrap().status
    };
    let ready_replicas =
        || async { machine_sets(&admin).get(&set).await.unwrap().data["status"]["readyReplicas"].clone() };
    let vm = format!("{GROUP}/providers/Microsoft.Compute/virtualMachines/{name}");
    for (action, expected, replicas, state) in [
        ("deallocate", "Unknown", 0, "Deallocated"),
        ("start", "True", 1, "Running"),
    ] {
        let answer = azure.post(&format!("{vm}/{action}"), COMPUTE, json!({})).await;
        azure.finish(&answer).await;
        eventually("the node follows its machine", || async { ready().await == expected }).await;
        eventually("the set counts", || async { ready_replicas().await == json!(replicas) }).await;
        let machine = machines(&admin).get(&name).await.unwrap();
        assert_eq!(machine.data["status"]["providerStatus"]["vmState"], state);
        let tainted = nodes.get(&name).await.unwrap().spec.unwrap().taints.is_some();
        assert_eq!(tainted, action == "deallocate");
    }
    // What is deleted in Azure does not come back: the machine has failed, its node is gone.
    azure.unmake(&vm, COMPUTE).await;
    eventually("the machine has failed", || async {
        phase(&machines(&admin).get(&name).await.unwrap()) == "Failed"
    })
    .await;
    let machine = machines(&admin).get(&name).await.unwrap();
    assert_eq!(machine.data["status"]["errorMessage"], "Can't find created instance.");
    assert!(nodes.get_opt(&name).await.unwrap().is_none());
}

#[tokio::test]
async fn machines_are_made_with_the_rights_of_the_cluster() {
    let azure = Azure::start_with(paced()).await;
    let admin = cluster(&azure).await;
    let group = format!("/subscriptions/{}/{GROUP}", azure.subscription);
    // Everybody is denied writing interfaces, as the provider does for whom the cluster does not work as.
    let at = azure.world.endpoints().clone();
    let first = azure
        .token_of(&at.first_party.principal.client_id, &at.first_party.principal.secret)
        .await;
    let name = uuid::Uuid::new_v4();
    let denial = format!("{group}/providers/Microsoft.Authorization/denyAssignments/{name}");
    let body = json!({"properties": {
        "denyAssignmentName": "test", "permissions": [{"actions": ["Microsoft.Network/networkInterfaces/write"], "notActions": []}],
        "scope": group, "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
        "excludePrincipals": [], "isSystemProtected": true}});
    let version = "2018-07-01-preview";
    let url = format!("{}{denial}?api-version={version}", at.arm);
    let made = azure
        .http
        .put(&url)
        .bearer_auth(&first)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert!(made.status().is_success(), "{}", made.text().await.unwrap());

    let set = scale(&admin, 2).await;
    let waiting = || async {
        let all = of_set(&admin, &set).await;
        let one = all.into_iter().find(|one| phase(one) != "Running");
        one.map(|one| one.data["status"]["providerStatus"]["conditions"][0]["message"].clone())
    };
    eventually("the cluster is told", || async {
        waiting().await.is_some_and(|said| {
            said.as_str()
                .is_some_and(|said| said.contains("DenyAssignmentAuthorizationFailed"))
        })
    })
    .await;
    let gone = azure.http.delete(&url).bearer_auth(&first).send().await.unwrap();
    assert!(gone.status().is_success());
    // It asks again by itself.
    running(&admin, &set, 2).await;

    // Credentials that are wrong are told as Entra ID tells them.
    let secrets: Api<k8s_openapi::api::core::v1::Secret> = Api::namespaced(admin.clone(), "kube-system");
    let wrong: Value = json!({"stringData": {"azure_client_secret": "wrong"}});
    secrets
        .patch("azure-credentials", &PatchParams::default(), &Patch::Merge(&wrong))
        .await
        .unwrap();
    scale(&admin, 3).await;
    eventually("the cluster is told", || async {
        waiting()
            .await
            .is_some_and(|said| said.as_str().is_some_and(|said| said.contains("AADSTS7000215")))
    })
    .await;
}
