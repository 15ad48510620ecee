//! Private link services, private endpoints and the connections between them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Behaviour, Put, interfaces, network, subnets};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::{key, last};
use crate::arm::registry::{Dialect, Flow, Kind, network_name, never_in_use};
use crate::arm::resources;
use crate::clock::rfc3339;
use crate::state::Resource;

pub(crate) const SERVICE: &str = "Microsoft.Network/privateLinkServices";
pub(crate) const CONNECTION: &str = "Microsoft.Network/privateLinkServices/privateEndpointConnections";
pub(crate) const ENDPOINT: &str = "Microsoft.Network/privateEndpoints";

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: SERVICE,
        dialect: Dialect::Network,
        shape: "extendedLocation{*} properties!{ loadBalancerFrontendIpConfigurations[]{id!@ *} \
                ipConfigurations[]{ id~ etag~ type~ name! properties!{ privateIPAddress privateIPAllocationMethod \
                privateIPAddressVersion primary subnet!{id!@ *} provisioningState~ } } \
                visibility{subscriptions[]} autoApproval{subscriptions[]} fqdns[] enableProxyProtocol destinationIPAddress accessMode \
                networkInterfaces~ privateEndpointConnections~ alias~ provisioningState~ }",
        located: true,
        valid_name: network_name,
        put: Flow::Watched,
        delete: Flow::Watched,
        put_time: Duration::from_millis(100),
        delete_time: Duration::from_millis(80),
        etag: true,
        in_use: service_in_use,
        behaviour: &Services,
    },
    Kind {
        name: CONNECTION,
        dialect: Dialect::Network,
        shape: "properties!{ privateLinkServiceConnectionState{status description actionsRequired} privateEndpoint~ \
                linkIdentifier~ privateEndpointLocation~ provisioningState~ }",
        located: false,
        valid_name: network_name,
        put: Flow::Now,
        delete: Flow::Watched,
        put_time: Duration::ZERO,
        delete_time: Duration::from_millis(40),
        etag: true,
        in_use: never_in_use,
        behaviour: &Connections,
    },
    Kind {
        name: ENDPOINT,
        dialect: Dialect::Network,
        shape: "extendedLocation{*} properties!{ subnet!{id!@ *} \
                privateLinkServiceConnections[]{ id~ etag~ type~ name! properties!{ privateLinkServiceId! groupIds[] requestMessage \
                    privateLinkServiceConnectionState{*} provisioningState~ } } \
                manualPrivateLinkServiceConnections[]{ id~ etag~ type~ name! properties!{ privateLinkServiceId! groupIds[] requestMessage \
                    privateLinkServiceConnectionState{*} provisioningState~ } } \
                customNetworkInterfaceName ipConfigurations[]{*} applicationSecurityGroups[]{id} customDnsConfigs[]{*} ipVersionType \
                networkInterfaces~ provisioningState~ }",
        located: true,
        valid_name: network_name,
        put: Flow::Watched,
        delete: Flow::Watched,
        put_time: Duration::from_millis(120),
        delete_time: Duration::from_millis(80),
        etag: true,
        in_use: never_in_use,
        behaviour: &PrivateEndpoints,
    },
];

fn service_in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    let endpoints: Vec<&str> = users
        .iter()
        .map(String::as_str)
        .filter(|user| key(user).contains("/privateendpoints/"))
        .collect();
    (!endpoints.is_empty()).then(|| {
        ArmError::bad(
            "PrivateLinkServiceWithPrivateEndpointConnectionsCannotBeDeleted",
            format!(
                "PrivateLinkService {} cannot be deleted because it has private endpoint connections from {}.",
                resource.id,
                endpoints.join(", ")
            ),
        )
    })
}

struct Services;

impl Behaviour for Services {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let id = new.id.clone();
        let old = put
            .old
            .and_then(|old| old.property("ipConfigurations").cloned())
            .unwrap_or_default();
        let items = new
            .properties_mut()
            .get_mut("ipConfigurations")
            .and_then(Value::as_array_mut);
        let mut given = Vec::new();
        for item in items.into_iter().flatten() {
            let name = item["name"].as_str().unwrap_or_default().to_owned();
            let subnet = item["properties"]["subnet"]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let policies = put.cx.state.resources.get(&key(&subnet));
            let policies = policies.and_then(|one| one.property_text("privateLinkServiceNetworkPolicies"));
            if !policies.is_some_and(|one| one.eq_ignore_ascii_case("Disabled")) {
                return Err(ArmError::bad(
                    "PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled",
                    format!(
                        "Private link service {id} cannot be created in a subnet {subnet} since it has private link service \
                         network policies enabled. Please visit aka.ms/plspolicy for more information."
                    ),
                ));
            }
            let before = old
                .as_array()
                .into_iter()
                .flatten()
                .find(|one| one["name"] == json!(name));
            let address = match before.and_then(|one| one["properties"]["privateIPAddress"].as_str()) {
                Some(address) => address.to_owned(),
                None => {
                    let address = subnets::allocate(put.cx.state, &subnet, &given)?;
                    given.push(address);
                    address.to_string()
                }
            };
            item["id"] = json!(format!("{id}/ipConfigurations/{name}"));
            item["properties"]["privateIPAddress"] = json!(address);
            item["properties"]["privateIPAllocationMethod"] = json!("Dynamic");
            item["properties"]["provisioningState"] = json!("Succeeded");
        }
        let alias = put
            .old
            .and_then(|old| old.property("alias").cloned())
            .unwrap_or_else(|| {
                let location = new.location.as_deref().unwrap_or_default();
                json!(format!(
                    "{}.{}.{location}.azure.privatelinkservice",
                    new.name,
                    uuid::Uuid::new_v4()
                ))
            });
        network::default(new.properties_mut(), "visibility", json!({"subscriptions": []}));
        network::default(new.properties_mut(), "autoApproval", json!({"subscriptions": []}));
        new.properties_mut().insert("alias".to_owned(), alias);
        Ok(())
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, _expand: Option<&str>, body: &mut Value) {
        let prefix = format!("{}/privateendpointconnections/", key(&resource.id));
        let connections: Vec<Value> = cx
            .state
            .resources
            .under(&prefix)
            .map(|(_, one)| resources::view(cx, one, None))
            .collect();
        body["properties"]["privateEndpointConnections"] = json!(connections);
        body["properties"]["networkInterfaces"] = json!([]);
    }
}

struct Connections;

impl Behaviour for Connections {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let Some(old) = put.old else {
            return Err(ArmError::new(
                404,
                "PrivateEndpointConnectionNotFound",
                format!(
                    "Private endpoint connection {} does not exist; only a private endpoint makes one.",
                    put.path.text
                ),
            ));
        };
        for name in ["privateEndpoint", "linkIdentifier", "_connection"] {
            if let Some(value) = old.property(name) {
                new.properties_mut().insert(name.to_owned(), value.clone());
            }
        }
        if new.property("privateLinkServiceConnectionState").is_none()
            && let Some(state) = old.property("privateLinkServiceConnectionState")
        {
            new.properties_mut()
                .insert("privateLinkServiceConnectionState".to_owned(), state.clone());
        }
        Ok(())
    }

    fn written(&self, cx: &mut Cx<'_>, own_key: &str) -> Result<(), ArmError> {
        let Some(connection) = cx.state.resources.get(own_key) else {
            return Ok(());
        };
        let endpoint = connection
            .property("privateEndpoint")
            .and_then(|one| one["id"].as_str())
            .map(key);
        let state = connection.property("privateLinkServiceConnectionState").cloned();
        let service = own_key
            .split("/privateendpointconnections/")
            .next()
            .unwrap_or_default()
            .to_owned();
        if let (Some(endpoint), Some(state)) = (endpoint, state) {
            cx.state
                .resources
                .change(&endpoint, |one| set_state(one, &service, &state));
        }
        Ok(())
    }
}

fn set_state(endpoint: &mut Resource, service: &str, state: &Value) {
    for list in ["privateLinkServiceConnections", "manualPrivateLinkServiceConnections"] {
        let items = endpoint.properties_mut().get_mut(list).and_then(Value::as_array_mut);
        for item in items.into_iter().flatten() {
            if item["properties"]["privateLinkServiceId"]
                .as_str()
                .is_some_and(|id| key(id) == service)
            {
                item["properties"]["privateLinkServiceConnectionState"] = state.clone();
            }
        }
    }
}

struct PrivateEndpoints;

impl Behaviour for PrivateEndpoints {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let id = new.id.clone();
        let subscription = put.path.subscription.clone().unwrap_or_default();
        let mut targets = 0;
        for list in ["privateLinkServiceConnections", "manualPrivateLinkServiceConnections"] {
            let items = new.properties_mut().entry(list).or_insert(json!([]));
            for item in items.as_array_mut().into_iter().flatten() {
                targets += 1;
                let name = item["name"].as_str().unwrap_or_default().to_owned();
                let service = item["properties"]["privateLinkServiceId"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                let Some(found) = put.cx.state.resources.get(&key(&service)) else {
                    return Err(ArmError::bad(
                        "InvalidResourceReference",
                        format!(
                            "Resource {service} referenced by resource {id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region."
                        ),
                    ));
                };
                let approved = list == "privateLinkServiceConnections" || auto_approved(found, &subscription);
                item["id"] = json!(format!("{id}/{list}/{name}"));
                item["type"] = json!(format!("{ENDPOINT}/{list}"));
                item["properties"]["provisioningState"] = json!("Succeeded");
                item["properties"]["privateLinkServiceConnectionState"] = connection_state(approved);
            }
        }
        if targets != 1 {
            return Err(ArmError::bad(
                "PrivateEndpointMustHaveExactlyOneConnection",
                format!("Private endpoint {id} must have exactly one private link service connection."),
            ));
        }
        if put.old.is_some_and(|old| {
            old.property("subnet").and_then(|one| one["id"].as_str()).map(key)
                != new.property("subnet").and_then(|one| one["id"].as_str()).map(key)
        }) {
            return Err(ArmError::bad(
                "PrivateEndpointSubnetCannotBeChanged",
                format!("The subnet of private endpoint {id} cannot be changed."),
            ));
        }
        let name = new
            .property_text("customNetworkInterfaceName")
            .filter(|name| !name.is_empty())
            .map_or_else(|| format!("{}.nic.{}", new.name, uuid::Uuid::new_v4()), str::to_owned);
        let interface = put.old.and_then(|old| old.property_text("_interface")).map_or_else(
            || format!("{}/providers/{}/{name}", put.path.scope, interfaces::NIC),
            str::to_owned,
        );
        new.properties_mut().insert("_interface".to_owned(), json!(interface));
        network::default(new.properties_mut(), "customDnsConfigs", json!([]));
        Ok(())
    }

    fn written(&self, cx: &mut Cx<'_>, own_key: &str) -> Result<(), ArmError> {
        let Some(endpoint) = cx.state.resources.get(own_key).cloned() else {
            return Ok(());
        };
        let interface = endpoint.property_text("_interface").unwrap_or_default().to_owned();
        if !cx.state.resources.contains(&key(&interface)) {
            let subnet = endpoint
                .property("subnet")
                .and_then(|one| one["id"].as_str())
                .unwrap_or_default()
                .to_owned();
            interfaces::create_for_endpoint(cx, &interface, &endpoint, &subnet)?;
        }
        for list in ["privateLinkServiceConnections", "manualPrivateLinkServiceConnections"] {
            for item in endpoint.property(list).and_then(Value::as_array).into_iter().flatten() {
                connect(cx, &endpoint, item);
            }
        }
        Ok(())
    }

    fn deleted(&self, cx: &mut Cx<'_>, own_key: &str, resource: &Resource) {
        if let Some(interface) = resource.property_text("_interface") {
            resources::remove(cx, &key(interface));
        }
        let connections: Vec<String> = cx
            .state
            .resources
            .iter()
            .filter(|(_, one)| one.kind == CONNECTION)
            .filter(|(_, one)| {
                one.property("privateEndpoint")
                    .and_then(|one| one["id"].as_str())
                    .is_some_and(|id| key(id) == own_key)
            })
            .map(|(key, _)| key.clone())
            .collect();
        for connection in connections {
            resources::remove(cx, &connection);
        }
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, expand: Option<&str>, body: &mut Value) {
        let Some(interface) = resource.property_text("_interface") else {
            return;
        };
        let full = expand.is_some_and(|text| text.to_lowercase().contains("networkinterfaces"));
        let shown = cx.state.resources.get(&key(interface)).filter(|_| full);
        body["properties"]["networkInterfaces"] = match shown {
            Some(shown) => json!([resources::view(cx, shown, None)]),
            None => json!([{"id": interface}]),
        };
    }
}

fn auto_approved(service: &Resource, subscription: &str) -> bool {
    let list = service
        .property("autoApproval")
        .and_then(|one| one["subscriptions"].as_array());
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|one| one == "*" || one.eq_ignore_ascii_case(subscription))
}

fn connection_state(approved: bool) -> Value {
    if approved {
        json!({"status": "Approved", "description": "Auto-approved", "actionsRequired": "None"})
    } else {
        json!({"status": "Pending", "description": "Awaiting approval", "actionsRequired": "None"})
    }
}

/// The service's side of a connection.
fn connect(cx: &mut Cx<'_>, endpoint: &Resource, item: &Value) {
    let service_id = item["properties"]["privateLinkServiceId"].as_str().unwrap_or_default();
    let Some(service) = cx.state.resources.get(&key(service_id)).cloned() else {
        return;
    };
    let own_key = key(&endpoint.id);
    let prefix = format!("{}/privateendpointconnections/", key(service_id));
    let known = cx.state.resources.under(&prefix).any(|(_, one)| {
        one.property("privateEndpoint")
            .and_then(|one| one["id"].as_str())
            .is_some_and(|id| key(id) == own_key)
    });
    if known {
        return;
    }
    let number = cx
        .state
        .facts
        .get("next-link-identifier")
        .and_then(Value::as_u64)
        .unwrap_or(536_870_913);
    cx.state.facts.put("next-link-identifier".to_owned(), json!(number + 1));
    let name = format!("{}.{}", last(&endpoint.id), uuid::Uuid::new_v4());
    let id = format!("{}/privateEndpointConnections/{name}", service.id);
    let at = rfc3339(cx.now);
    let mut connection = Resource {
        id: id.clone(),
        kind: CONNECTION.to_owned(),
        name,
        location: None,
        body: serde_json::Map::new(),
        etag: uuid::Uuid::new_v4().to_string(),
        created_at: at.clone(),
        changed_at: at,
        operation: None,
        deleting: false,
        refs: Vec::new(),
    };
    let properties = connection.properties_mut();
    properties.insert("provisioningState".to_owned(), json!("Succeeded"));
    properties.insert("privateEndpoint".to_owned(), json!({"id": endpoint.id}));
    properties.insert("linkIdentifier".to_owned(), json!(number.to_string()));
    properties.insert(
        "privateLinkServiceConnectionState".to_owned(),
        item["properties"]["privateLinkServiceConnectionState"].clone(),
    );
    cx.state.resources.put(key(&id), connection);
}
