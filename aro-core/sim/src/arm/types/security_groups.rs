//! Network security groups, with the subnets and interfaces they are attached to.

use crate::arm::references;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Behaviour, Put};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::key;
use crate::arm::registry::{Dialect, Flow, Kind, network_name};
use crate::state::Resource;

pub(crate) const NSG: &str = "Microsoft.Network/networkSecurityGroups";

const RULE: &str = "properties{ flushConnection securityRules[]{ id~ etag~ type~ name! properties!{ description protocol! sourcePortRange \
    destinationPortRange sourceAddressPrefix sourceAddressPrefixes[] destinationAddressPrefix \
    destinationAddressPrefixes[] sourcePortRanges[] destinationPortRanges[] sourceApplicationSecurityGroups[]{id} \
    destinationApplicationSecurityGroups[]{id} access! priority! direction! provisioningState~ } } \
    defaultSecurityRules~ networkInterfaces~ subnets~ flowLogs~ resourceGuid~ provisioningState~ }";

pub(super) const KINDS: &[Kind] = &[Kind {
    name: NSG,
    dialect: Dialect::Network,
    shape: RULE,
    located: true,
    valid_name: network_name,
    put: Flow::Watched,
    delete: Flow::Watched,
    put_time: Duration::from_millis(60),
    delete_time: Duration::from_millis(60),
    etag: true,
    in_use,
    behaviour: &SecurityGroups,
}];

fn in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    Some(ArmError::bad(
        "InUseNetworkSecurityGroupCannotBeDeleted",
        format!(
            "Network security group {} cannot be deleted because it is in use by the following resources: {}. In order \
             to delete the Network security group, remove the association with the resource(s). To learn how to do this, \
             see aka.ms/deletensg.",
            resource.id,
            users.join(", ")
        ),
    ))
}

struct SecurityGroups;

impl Behaviour for SecurityGroups {
    fn accept(&self, _put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let id = new.id.clone();
        let rules = new.properties_mut().entry("securityRules").or_insert(json!([]));
        let mut seen: Vec<(i64, String)> = Vec::new();
        for rule in rules.as_array_mut().into_iter().flatten() {
            let name = rule["name"].as_str().unwrap_or_default().to_owned();
            let properties = &rule["properties"];
            let priority = properties["priority"].as_i64().unwrap_or_default();
            if !(100..=4096).contains(&priority) {
                return Err(ArmError::bad(
                    "SecurityRuleInvalidPriority",
                    format!(
                        "Security rule {name} has an invalid priority {priority}. Priority must be between 100 and 4096."
                    ),
                ));
            }
            let direction = properties["direction"].as_str().unwrap_or_default().to_lowercase();
            if seen.contains(&(priority, direction.clone())) {
                return Err(ArmError::bad(
                    "SecurityRuleConflict",
                    format!(
                        "Security rule {name} conflicts with another rule: rules cannot have the same Priority and Direction."
                    ),
                ));
            }
            seen.push((priority, direction));
            rule["id"] = json!(format!("{id}/securityRules/{name}"));
            rule["type"] = json!(format!("{NSG}/securityRules"));
            rule["properties"]["provisioningState"] = json!("Succeeded");
        }
        Ok(())
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, _expand: Option<&str>, body: &mut Value) {
        let own_key = key(&resource.id);
        let (mut subnets, mut interfaces) = (Vec::new(), Vec::new());
        for (_, user) in references::users(cx.state, &own_key) {
            if user.kind == super::subnets::SUBNET {
                subnets.push(json!({"id": user.id}));
            } else if user.kind == super::interfaces::NIC {
                interfaces.push(json!({"id": user.id}));
            }
        }
        for (name, value) in [("subnets", subnets), ("networkInterfaces", interfaces)] {
            if !value.is_empty() {
                body["properties"][name] = json!(value);
            }
        }
        body["properties"]["defaultSecurityRules"] = json!([
            default_rule(
                &resource.id,
                "AllowVnetInBound",
                65000,
                "Inbound",
                "Allow",
                "VirtualNetwork"
            ),
            default_rule(
                &resource.id,
                "AllowAzureLoadBalancerInBound",
                65001,
                "Inbound",
                "Allow",
                "AzureLoadBalancer"
            ),
            default_rule(&resource.id, "DenyAllInBound", 65500, "Inbound", "Deny", "*"),
            default_rule(
                &resource.id,
                "AllowVnetOutBound",
                65000,
                "Outbound",
                "Allow",
                "VirtualNetwork"
            ),
            default_rule(&resource.id, "AllowInternetOutBound", 65001, "Outbound", "Allow", "*"),
            default_rule(&resource.id, "DenyAllOutBound", 65500, "Outbound", "Deny", "*"),
        ]);
    }
}

fn default_rule(id: &str, name: &str, priority: u32, direction: &str, access: &str, source: &str) -> Value {
    json!({
        "id": format!("{id}/defaultSecurityRules/{name}"), "name": name, "type": format!("{NSG}/defaultSecurityRules"),
        "properties": {
            "provisioningState": "Succeeded", "protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*",
            "sourceAddressPrefix": source, "destinationAddressPrefix": "*", "access": access, "priority": priority,
            "direction": direction,
        },
    })
}
