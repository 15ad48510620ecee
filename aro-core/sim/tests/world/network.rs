//! The network provider.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Azure, read};

const V: &str = "2024-05-01";
const NET: &str = "resourceGroups/aro-dev/providers/Microsoft.Network";

fn subnet(azure: &Azure, name: &str) -> String {
    format!(
        "/subscriptions/{}/{NET}/virtualNetworks/aro-vnet/subnets/{name}",
        azure.subscription
    )
}

#[tokio::test]
async fn subnets_stay_inside_and_apart() {
    let azure = Azure::start().await;
    let vnet = azure.get(&format!("{NET}/virtualNetworks/aro-vnet"), V).await.body;
    assert_eq!(vnet["properties"]["subnets"].as_array().unwrap().len(), 2);
    let put = |name: &str, prefix: &str| {
        let path = subnet(&azure, name);
        let request = azure
            .request(Method::PUT, &path, V)
            .json(&json!({"properties": {"addressPrefix": prefix}}));
        async { read(request.send().await.unwrap()).await }
    };
    assert_eq!(put("x", "192.168.0.0/24").await.code(), "NetcfgInvalidSubnet");
    assert_eq!(put("x", "10.1.128.0/24").await.code(), "NetcfgSubnetRangesOverlap");
    assert_eq!(put("x", "10.9.0.1/24").await.code(), "InvalidCIDRNotation");
    let made = put("x", "10.9.0.0/24").await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(azure.finish(&made).await["status"], "Succeeded");
    let unknown = azure
        .put(
            &subnet(&azure, "y"),
            V,
            json!({"properties": {"addressPrefix": "10.10.0.0/24", "colour": "red"}}),
        )
        .await;
    assert_eq!(unknown.code(), "InvalidRequestFormat");
    let dangling = json!({"properties": {"addressPrefix": "10.10.0.0/24", "networkSecurityGroup": {"id": format!("/subscriptions/{}/{NET}/networkSecurityGroups/none", azure.subscription)}}});
    assert_eq!(
        azure.put(&subnet(&azure, "y"), V, dangling).await.code(),
        "InvalidResourceReference"
    );
}

#[tokio::test]
async fn a_security_group_in_use_stays() {
    let azure = Azure::start().await;
    let nsg = format!("{NET}/networkSecurityGroups/nsg");
    let rule = json!({"name": "apiserver_in", "properties": {"protocol": "Tcp", "sourcePortRange": "*", "destinationPortRange": "6443",
        "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "access": "Allow", "priority": 120, "direction": "Inbound"}});
    let made = azure
        .make(
            &nsg,
            V,
            json!({"location": "eastus", "properties": {"securityRules": [rule]}}),
        )
        .await;
    let id = made["id"].as_str().unwrap().to_owned();
    // Read, change, write: what the read shows is accepted back.
    let mut master = azure.get(&subnet(&azure, "master"), V).await.body;
    master["properties"]["networkSecurityGroup"] = json!({"id": id});
    azure.make(&subnet(&azure, "master"), V, master).await;
    let seen = azure.get(&nsg, V).await.body;
    assert_eq!(seen["properties"]["subnets"][0]["id"], json!(subnet(&azure, "master")));
    let refused = azure.delete(&nsg, V).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::BAD_REQUEST, "InUseNetworkSecurityGroupCannotBeDeleted")
    );
    let mut master = azure.get(&subnet(&azure, "master"), V).await.body;
    master["properties"]
        .as_object_mut()
        .unwrap()
        .remove("networkSecurityGroup");
    azure.make(&subnet(&azure, "master"), V, master).await;
    azure.unmake(&nsg, V).await;
    assert_eq!(azure.delete(&nsg, V).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_load_balancer_with_its_addresses() {
    let azure = Azure::start().await;
    let ip_path = format!("{NET}/publicIPAddresses/ip");
    let ip = azure.make(&ip_path, V, json!({"location": "eastus", "sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}})).await;
    assert!(ip["properties"]["ipAddress"].as_str().unwrap().starts_with("20."));
    let lb_path = format!("{NET}/loadBalancers/lb");
    let lb_id = format!("/subscriptions/{}/{lb_path}", azure.subscription);
    let body = json!({"location": "eastus", "sku": {"name": "Standard"}, "properties": {
        "frontendIPConfigurations": [
            {"name": "public", "properties": {"publicIPAddress": {"id": ip["id"]}}},
            {"name": "internal", "properties": {"privateIPAllocationMethod": "Dynamic", "subnet": {"id": subnet(&azure, "master")}}},
        ],
        "backendAddressPools": [{"name": "pool"}],
        "probes": [{"name": "probe", "properties": {"protocol": "Https", "port": 6443, "requestPath": "/readyz", "intervalInSeconds": 5, "numberOfProbes": 2}}],
        "loadBalancingRules": [{"name": "rule", "properties": {"protocol": "Tcp", "frontendPort": 6443, "backendPort": 6443,
            "frontendIPConfiguration": {"id": format!("{lb_id}/frontendIPConfigurations/public")},
            "backendAddressPool": {"id": format!("{lb_id}/backendAddressPools/pool")}, "probe": {"id": format!("{lb_id}/probes/probe")}}}],
        "outboundRules": [{"name": "out", "properties": {"protocol": "All", "idleTimeoutInMinutes": 30,
            "backendAddressPool": {"id": format!("{lb_id}/backendAddressPools/pool")},
            "frontendIPConfigurations": [{"id": format!("{lb_id}/frontendIPConfigurations/public")}]}}],
    }});
    let mut wrong = body.clone();
    wrong["properties"]["loadBalancingRules"][0]["properties"]["probe"]["id"] = json!(format!("{lb_id}/probes/none"));
    assert_eq!(azure.put(&lb_path, V, wrong).await.code(), "InvalidResourceReference");
    let lb = azure.make(&lb_path, V, body).await;
    let frontends = &lb["properties"]["frontendIPConfigurations"];
    assert_eq!(
        frontends[0]["properties"]["outboundRules"][0]["id"],
        json!(format!("{lb_id}/outboundRules/out"))
    );
    assert_eq!(
        frontends[0]["properties"]["loadBalancingRules"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(frontends[1]["properties"]["privateIPAddress"], "10.1.0.4");
    let refused = azure.delete(&ip_path, V).await;
    assert_eq!(refused.code(), "PublicIPAddressCannotBeDeleted");
    let refused = azure.delete(&subnet(&azure, "master"), V).await;
    assert_eq!(refused.code(), "InUseSubnetCannotBeDeleted");
    let subnet = azure
        .get(&format!("{}?$expand=ipConfigurations", subnet(&azure, "master")), V)
        .await
        .body;
    assert_eq!(
        subnet["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"],
        "10.1.0.4"
    );
    // What was read can be written back.
    azure.make(&lb_path, V, lb).await;
    azure.unmake(&lb_path, V).await;
    azure.unmake(&ip_path, V).await;
}

#[tokio::test]
async fn a_private_endpoint_reaches_a_private_link_service() {
    let azure = Azure::start().await;
    let lb_path = format!("{NET}/loadBalancers/lb");
    let lb = azure
        .make(
            &lb_path,
            V,
            json!({"location": "eastus", "sku": {"name": "Standard"}, "properties": {
        "frontendIPConfigurations": [{"name": "f", "properties": {"subnet": {"id": subnet(&azure, "master")}}}]}}),
        )
        .await;
    let service_path = format!("{NET}/privateLinkServices/pls");
    let service = json!({"location": "eastus", "properties": {
        "loadBalancerFrontendIpConfigurations": [{"id": lb["properties"]["frontendIPConfigurations"][0]["id"]}],
        "ipConfigurations": [{"name": "nic", "properties": {"subnet": {"id": subnet(&azure, "master")}}}],
        "visibility": {"subscriptions": [azure.subscription]}, "autoApproval": {"subscriptions": [azure.subscription]}}});
    let refused = azure.put(&service_path, V, service.clone()).await;
    assert_eq!(
        refused.code(),
        "PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled"
    );
    let mut master = azure.get(&subnet(&azure, "master"), V).await.body;
    master["properties"]["privateLinkServiceNetworkPolicies"] = json!("Disabled");
    azure.make(&subnet(&azure, "master"), V, master).await;
    let service = azure.make(&service_path, V, service).await;
    assert_eq!(
        azure.delete(&lb_path, V).await.code(),
        "CannotDeleteLoadBalancerWithPrivateLinkService"
    );

    let endpoint_path = format!("{NET}/privateEndpoints/pe");
    let endpoint = azure.make(&endpoint_path, V, json!({"location": "eastus", "properties": {
        "subnet": {"id": subnet(&azure, "worker")},
        "manualPrivateLinkServiceConnections": [{"name": "c", "properties": {"privateLinkServiceId": service["id"]}}]}})).await;
    let state = &endpoint["properties"]["manualPrivateLinkServiceConnections"][0]["properties"]["privateLinkServiceConnectionState"]
        ["status"];
    assert_eq!(state, "Approved");
    let expanded = azure
        .get(&format!("{endpoint_path}?$expand=networkInterfaces"), V)
        .await
        .body;
    let address = &expanded["properties"]["networkInterfaces"][0]["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"];
    assert_eq!(address, "10.2.0.4");
    let service = azure.get(&service_path, V).await.body;
    let connection = &service["properties"]["privateEndpointConnections"][0];
    assert!(
        connection["properties"]["linkIdentifier"]
            .as_str()
            .unwrap()
            .parse::<u64>()
            .is_ok()
    );
    assert_eq!(
        azure.delete(&service_path, V).await.code(),
        "PrivateLinkServiceWithPrivateEndpointConnectionsCannotBeDeleted"
    );
    azure.unmake(&endpoint_path, V).await;
    azure.unmake(&service_path, V).await;
    azure.unmake(&lb_path, V).await;
    let left: Vec<String> = azure
        .world
        .resource_ids(&format!("/subscriptions/{}/resourceGroups/aro-dev", azure.subscription));
    assert!(
        left.iter()
            .all(|id| !id.contains("privateEndpoints") && !id.contains("networkInterfaces")),
        "{left:?}"
    );
}

#[tokio::test]
async fn usages_count() {
    let azure = Azure::start().await;
    let usages = azure
        .get("providers/Microsoft.Network/locations/eastus/usages", V)
        .await
        .body;
    let ips = usages["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"]["value"] == "PublicIPAddresses")
        .cloned();
    assert_eq!(ips.unwrap_or(Value::Null)["currentValue"], 0);
}

#[tokio::test]
async fn zones_of_a_frontend_are_for_ever() {
    let azure = Azure::start().await;
    let balancer = format!("{NET}/loadBalancers/zonal");
    let body = |zones: Value| {
        json!({"location": "eastus", "sku": {"name": "Standard"}, "properties": {"frontendIPConfigurations": [{
            "name": "one", "zones": zones, "properties": {"subnet": {"id": subnet(&azure, "master")}}}]}})
    };
    azure.make(&balancer, V, body(json!(["1", "2"]))).await;
    let other = azure.put(&balancer, V, body(json!([]))).await;
    assert_eq!(other.code(), "ResourceAvailabilityZonesCannotBeModified");
    azure.make(&balancer, V, body(json!(["1", "2"]))).await;
}

#[tokio::test]
async fn a_load_balancer_is_measured_by_the_machines_behind_it() {
    let azure = Azure::start().await;
    let id = |path: &str| format!("/subscriptions/{}/{path}", azure.subscription);
    let balancer = format!("{NET}/loadBalancers/measured");
    let below = |kind: &str, name: &str| json!({"id": format!("{}/{kind}/{name}", id(&balancer))});
    let rule = |port: u16| {
        json!({"name": port.to_string(), "properties": {"protocol": "Tcp", "frontendPort": port, "backendPort": port,
            "frontendIPConfiguration": below("frontendIPConfigurations", "f"), "backendAddressPool": below("backendAddressPools", "p")}})
    };
    let body = json!({"location": "eastus", "sku": {"name": "Standard"}, "properties": {
        "frontendIPConfigurations": [{"name": "f", "properties": {"subnet": {"id": subnet(&azure, "master")}}}],
        "backendAddressPools": [{"name": "p"}], "loadBalancingRules": [rule(6443), rule(22623)]}});
    azure.make(&balancer, V, body).await;
    for number in 0..2 {
        let nic = format!("{NET}/networkInterfaces/measured-{number}");
        let body = json!({"location": "eastus", "properties": {"ipConfigurations": [{"name": "c", "properties": {
            "subnet": {"id": subnet(&azure, "master")}, "loadBalancerBackendAddressPools": [below("backendAddressPools", "p")]}}]}});
        azure.make(&nic, V, body).await;
        let machine = json!({"location": "eastus", "properties": {"hardwareProfile": {"vmSize": "Standard_D8s_v3"},
            "storageProfile": {"osDisk": {"createOption": "FromImage"}}, "networkProfile": {"networkInterfaces": [{"id": id(&nic)}]}}});
        azure.make(&vm(number), "2024-07-01", machine).await;
    }
    fn vm(number: usize) -> String {
        let group = NET.split("/providers/").next().unwrap();
        format!("{group}/providers/Microsoft.Compute/virtualMachines/measured-{number}")
    }
    let measured = |metric: &'static str| {
        let query = format!("metricnames={metric}&aggregation=Average&$filter=FrontendPort%20eq%20'*'");
        let path = format!("{balancer}/providers/Microsoft.Insights/metrics?{query}");
        let azure = &azure;
        async move {
            let answer = azure.get(&path, "2018-01-01").await;
            let series = answer.body["value"][0]["timeseries"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let one = |series: &Value| {
                let port = series["metadatavalues"][0]["value"].as_str().unwrap().to_owned();
                (
                    port,
                    series["data"].as_array().unwrap().last().unwrap()["average"].clone(),
                )
            };
            (answer.code().to_owned(), series.iter().map(one).collect::<Vec<_>>())
        }
    };
    let expected = |value: u64| vec![("6443".to_owned(), json!(value)), ("22623".to_owned(), json!(value))];
    for (stopped, vip, dip) in [(0, 100, 100), (1, 100, 50), (2, 0, 0)] {
        if stopped > 0 {
            let answer = azure
                .post(&format!("{}/deallocate", vm(stopped - 1)), "2024-07-01", json!({}))
                .await;
            azure.finish(&answer).await;
        }
        assert_eq!(measured("VipAvailability").await.1, expected(vip), "{stopped}");
        assert_eq!(measured("DipAvailability").await.1, expected(dip), "{stopped}");
    }
    assert_eq!(measured("Nonsense").await.0, "BadRequest");
}
