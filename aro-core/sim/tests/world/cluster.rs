//! Templates, the installer, and the end of a group with everything in it.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::client::{Azure, quick, read};

const V: &str = "2021-04-01";

async fn managed(azure: &Azure) -> String {
    let made = azure
        .put(
            "resourceGroups/managed",
            V,
            json!({"location": "eastus", "managedBy": "/x"}),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    format!("/subscriptions/{}/resourceGroups/managed", azure.subscription)
}

fn template(resources: Value) -> Value {
    json!({"properties": {"mode": "Incremental", "parameters": {"prefix": {"value": "infra"}}, "template": {
        "$schema": "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
        "parameters": {"prefix": {"type": "string"}}, "resources": resources}}})
}

fn base(azure: &Azure) -> Value {
    let master = &azure.world.endpoints().network.master_subnet;
    let principal = &azure.world.endpoints().service_principals[1].object_id;
    json!([
        {"type": "Microsoft.Network/loadBalancers", "apiVersion": "2020-08-01", "name": "[concat(parameters('prefix'), '-internal')]", "location": "eastus",
            "sku": {"name": "Standard"}, "dependsOn": [],
            "properties": {"frontendIPConfigurations": [{"name": "f", "zones": ["1", "2", "3"], "properties": {"subnet": {"id": master}, "privateIPAllocationMethod": "Dynamic"}}],
                "backendAddressPools": [{"name": "infra"}, {"name": "ssh-0"}, {"name": "ssh-1"}, {"name": "ssh-2"}]}},
        {"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2021-09-01", "name": "clusterabc", "location": "eastus", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}},
        {"type": "Microsoft.Storage/storageAccounts/blobServices/containers", "apiVersion": "2021-09-01", "name": "clusterabc/default/ignition", "properties": {},
            "dependsOn": ["[resourceId('Microsoft.Storage/storageAccounts', 'clusterabc')]"]},
        {"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2020-08-01", "name": "[concat(parameters('prefix'), '-nsg')]", "location": "eastus"},
        {"type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2018-09-01-preview", "name": "[guid(resourceGroup().id, 'sp')]",
            "properties": {"scope": "[resourceGroup().id]", "principalId": principal, "principalType": "ServicePrincipal",
                "roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b24988ac-6180-42a0-ab88-20f7382dd24c')]"}}
    ])
}

#[tokio::test]
async fn a_template_is_deployed_twice_and_refused_when_wrong() {
    let azure = Azure::start().await;
    let group = managed(&azure).await;
    let path = "resourceGroups/managed/providers/Microsoft.Resources/deployments/storage";
    for _ in 0..2 {
        let deployment = azure.make(path, V, template(base(&azure))).await;
        assert_eq!(
            deployment["properties"]["provisioningState"], "Succeeded",
            "{deployment}"
        );
        assert_eq!(deployment["properties"]["outputResources"].as_array().unwrap().len(), 5);
        assert!(deployment["properties"].get("_plan").is_none());
    }
    let listed = azure.get("resourceGroups/managed/resources", V).await.body;
    let kinds: Vec<&str> = listed["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "Microsoft.Network/loadBalancers",
            "Microsoft.Network/networkSecurityGroups",
            "Microsoft.Storage/storageAccounts"
        ]
    );

    let nsg = |depends: Value| json!([{"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2020-08-01", "name": "x", "location": "eastus", "dependsOn": depends}]);
    let unknown = azure
        .put(
            path,
            V,
            template(nsg(json!([
                "[resourceId('Microsoft.Network/networkSecurityGroups', 'none')]"
            ]))),
        )
        .await;
    assert_eq!(
        (unknown.status, unknown.code()),
        (StatusCode::BAD_REQUEST, "InvalidTemplate")
    );
    let circle = azure
        .put(
            path,
            V,
            template(nsg(json!([
                "[resourceId('Microsoft.Network/networkSecurityGroups', 'x')]"
            ]))),
        )
        .await;
    assert!(circle.body["error"]["message"].as_str().unwrap().contains("Circular"));
    let dangling = template(
        json!([{"type": "Microsoft.Network/loadBalancers", "apiVersion": "2020-08-01", "name": "x", "location": "eastus",
        "properties": {"frontendIPConfigurations": [{"name": "f", "properties": {"publicIPAddress": {"id": format!("{group}/providers/Microsoft.Network/publicIPAddresses/none")}}}]}}]),
    );
    let failed = azure.put(path, V, dangling).await;
    let end = azure.finish(&failed).await;
    assert_eq!(
        (end["status"].as_str(), end["error"]["code"].as_str()),
        (Some("Failed"), Some("DeploymentFailed"))
    );
    assert_eq!(end["error"]["details"][0]["code"], "InvalidResourceReference");
}

#[tokio::test(start_paused = false)]
async fn a_deployment_under_way_is_not_overwritten() {
    let mut config = quick();
    config.pace.speed = 0.001;
    let azure = Azure::start_with(config).await;
    managed(&azure).await;
    let path = "resourceGroups/managed/providers/Microsoft.Resources/deployments/storage";
    assert_eq!(
        azure.put(path, V, template(base(&azure))).await.status,
        StatusCode::CREATED
    );
    let again = azure.put(path, V, template(base(&azure))).await;
    assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "DeploymentActive"));
}

#[tokio::test]
async fn a_cluster_is_installed_and_its_group_goes() {
    let azure = Azure::start().await;
    let group = managed(&azure).await;
    azure
        .make(
            "resourceGroups/managed/providers/Microsoft.Resources/deployments/storage",
            V,
            template(base(&azure)),
        )
        .await;
    let at = azure.world.endpoints().clone();
    let url = format!("{}/0a", at.installer);
    let request = json!({"clusterResourceId": "/c", "resourceGroupId": group, "location": "eastus", "infraId": "infra", "domain": "one", "version": "4.17.1",
        "masterSubnetId": at.network.master_subnet, "masterVmSize": "Standard_D8s_v5", "workerSubnetId": at.network.worker_subnet,
        "workerVmSize": "Standard_D4s_v5", "workerCount": 3, "zones": ["1", "2", "3"], "storageAccount": "clusterabc"});
    let started = read(azure.http.put(&url).json(&request).send().await.unwrap()).await;
    assert_eq!(
        (started.status, &started.body["status"]),
        (StatusCode::CREATED, &json!("Running"))
    );
    let mut last = Value::Null;
    for _ in 0..2000 {
        last = read(azure.http.get(&url).send().await.unwrap()).await.body;
        if last["status"] != "Running" {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(last["status"], "Succeeded", "{last}");
    assert!(last["kubeconfig"].as_str().unwrap().contains("https://api-int.one."));
    assert!(last["graph"]["*tls.AdminKubeConfigSignerCertKey"]["KeyRaw"].is_string());
    assert_eq!(last["kubeadminPassword"].as_str().unwrap().len(), 23);
    let machines = azure
        .get(
            "resourceGroups/managed/providers/Microsoft.Compute/virtualMachines",
            "2024-07-01",
        )
        .await
        .body;
    assert_eq!(machines["value"].as_array().unwrap().len(), 7);
    let pool = format!("{group}/providers/Microsoft.Network/loadBalancers/infra-internal/backendAddressPools/infra");
    let pool = azure.get(&pool, "2024-05-01").await.body;
    assert_eq!(
        pool["properties"]["backendIPConfigurations"].as_array().unwrap().len(),
        4
    );

    // The bootstrap machine goes in the order Azure asks for.
    let compute = "resourceGroups/managed/providers/Microsoft.Compute";
    let disk = format!("{compute}/disks/infra-bootstrap_OSDisk");
    assert_eq!(azure.delete(&disk, "2024-03-02").await.status, StatusCode::CONFLICT);
    let nic = "resourceGroups/managed/providers/Microsoft.Network/networkInterfaces/infra-bootstrap-nic";
    assert_eq!(azure.delete(nic, "2024-05-01").await.code(), "NicInUse");
    let vm = format!("{compute}/virtualMachines/infra-bootstrap");
    let view = azure.get(&format!("{vm}/instanceView"), "2024-07-01").await.body;
    assert_eq!(view["statuses"][1]["code"], "PowerState/running");
    let stopped = azure.post(&format!("{vm}/deallocate"), "2024-07-01", json!({})).await;
    assert_eq!(azure.finish(&stopped).await["status"], "Succeeded");
    let view = azure.get(&format!("{vm}/instanceView"), "2024-07-01").await.body;
    assert_eq!(view["statuses"][1]["code"], "PowerState/deallocated");
    azure.unmake(&vm, "2024-07-01").await;
    azure.unmake(&disk, "2024-03-02").await;
    azure.unmake(nic, "2024-05-01").await;

    // A security group that a customer's subnet uses holds the whole group back.
    let mut worker = azure.get(&at.network.worker_subnet, "2024-05-01").await.body;
    worker["properties"]["networkSecurityGroup"] =
        json!({"id": format!("{group}/providers/Microsoft.Network/networkSecurityGroups/infra-nsg")});
    azure.make(&at.network.worker_subnet, "2024-05-01", worker).await;
    let blocked = azure.delete("resourceGroups/managed", V).await;
    let end = azure.finish(&blocked).await;
    assert_eq!(end["status"], "Failed");
    assert_eq!(end["body"]["error"]["code"], "ResourceGroupDeletionBlocked");
    let mut worker = azure.get(&at.network.worker_subnet, "2024-05-01").await.body;
    worker["properties"]
        .as_object_mut()
        .unwrap()
        .remove("networkSecurityGroup");
    azure.make(&at.network.worker_subnet, "2024-05-01", worker).await;
    azure.unmake("resourceGroups/managed", V).await;
    assert!(azure.world.resource_ids(&group).is_empty());
    assert_eq!(azure.http.delete(&url).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(
        azure.http.get(&url).send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn things_take_the_time_the_pace_gives_them() {
    let mut config = quick();
    config.pace.speed = 0.001;
    let azure = Azure::start_with(config).await;
    let nsg = "resourceGroups/aro-dev/providers/Microsoft.Network/networkSecurityGroups/slow";
    let made = azure.put(nsg, "2024-05-01", json!({"location": "eastus"})).await;
    assert_eq!(made.body["properties"]["provisioningState"], "Creating");
    let status = read(
        azure
            .http
            .get(made.header("azure-asyncoperation").unwrap())
            .bearer_auth(&azure.token)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(status.body["status"], "InProgress");
    let busy = azure.put(nsg, "2024-05-01", json!({"location": "eastus"})).await;
    assert_eq!(busy.code(), "AnotherOperationInProgress");
    assert!(
        azure
            .world
            .wait_until_held("none", Duration::from_millis(1))
            .await
            .eq(&false)
    );
}
