//! The resources every cluster starts from, as the resources of one template.

use aro_azure::{authorization, network, storage};
use serde_json::{Value, json};

use crate::{Names, names};

/// What the template depends on.
pub(crate) struct Facts<'a> {
    pub(crate) names: Names<'a>,
    pub(crate) storage_suffix: &'a str,
    pub(crate) location: &'a str,
    pub(crate) group_id: &'a str,
    pub(crate) provider_subscription: &'a str,
    pub(crate) master_subnet: &'a str,
    /// Cluster subnets with a way to storage.
    pub(crate) storage_subnets: &'a [String],
    pub(crate) zones: &'a [String],
    pub(crate) api_is_public: bool,
    pub(crate) ingress_is_public: bool,
    pub(crate) load_balancer: bool,
    /// Names of outbound addresses besides the API server's.
    pub(crate) outbound: &'a [String],
    /// Role assignments: name, role definition id, object id.
    pub(crate) roles: &'a [(String, String, String)],
    /// Principals that the deny assignment spares; `None` makes no such assignment.
    pub(crate) spared: Option<&'a [String]>,
    /// Who reads the cluster's storage account by a role; the keys of both accounts then open nothing.
    pub(crate) blob_reader: Option<&'a str>,
    /// The gateway's private link service.
    pub(crate) gateway: Option<&'a str>,
}

/// All resources.
pub(crate) fn resources(facts: &Facts<'_>) -> Vec<Value> {
    let mut all = storage(&Storage {
        suffix: facts.storage_suffix,
        location: facts.location,
        subnets: facts.storage_subnets,
        shared_keys: facts.blob_reader.is_none(),
        new: true,
    });
    all.extend(facts.blob_reader.map(|reader| blob_role(facts, reader)));
    all.extend(
        facts
            .gateway
            .map(|gateway| gateway_endpoint(&facts.names, facts.location, facts.master_subnet, gateway)),
    );
    all.push(security_group(facts));
    all.push(internal_load_balancer(facts));
    all.push(private_link_service(facts));
    all.extend(facts.roles.iter().map(role_assignment));
    all.extend(facts.spared.map(|spared| deny_assignment(facts.group_id, spared)));
    if facts.load_balancer {
        if facts.api_is_public {
            all.push(public_address(facts, &facts.names.api_address()));
        }
        if facts.ingress_is_public {
            all.push(public_address(facts, &facts.names.ingress_address()));
        }
        all.extend(facts.outbound.iter().map(|name| public_address(facts, name)));
        all.push(public_load_balancer(facts));
    }
    all
}

/// What the storage accounts depend on.
pub(crate) struct Storage<'a> {
    pub(crate) suffix: &'a str,
    pub(crate) location: &'a str,
    /// Subnets from which they can be reached.
    pub(crate) subnets: &'a [String],
    /// Whether their keys open them.
    pub(crate) shared_keys: bool,
    /// Whether they are made, with their containers. How an account encrypts cannot be changed afterwards.
    pub(crate) new: bool,
}

/// The storage accounts of the cluster and of its image registry.
pub(crate) fn storage(facts: &Storage<'_>) -> Vec<Value> {
    let mut all = storage_account(facts, &format!("cluster{}", facts.suffix), &["ignition", "aro"]);
    if !facts.shared_keys {
        // A signature that outlives an hour is noted in the account's log.
        all[0]["properties"]["sasPolicy"] = json!({"sasExpirationPeriod": "0.01:00:00", "expirationAction": "Log"});
    }
    all.extend(storage_account(
        facts,
        &format!("imageregistry{}", facts.suffix),
        &["image-registry"],
    ));
    all
}

fn storage_account(facts: &Storage<'_>, account: &str, containers: &[&str]) -> Vec<Value> {
    let rules: Vec<Value> = facts
        .subnets
        .iter()
        .map(|id| json!({"id": id, "action": "Allow"}))
        .collect();
    let mut resource = json!({
        "type": "Microsoft.Storage/storageAccounts",
        "apiVersion": storage::API_VERSION,
        "name": account,
        "location": facts.location,
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": true,
            "allowBlobPublicAccess": false,
            "allowCrossTenantReplication": false,
            "allowSharedKeyAccess": facts.shared_keys,
            "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny", "virtualNetworkRules": rules},
        },
    });
    if !facts.new {
        return vec![resource];
    }
    let encrypted = json!({"keyType": "Account", "enabled": true});
    resource["properties"]["encryption"] = json!({
        "keySource": "Microsoft.Storage",
        "requireInfrastructureEncryption": true,
        "services": {"blob": encrypted, "file": encrypted, "table": encrypted, "queue": encrypted},
    });
    let mut all = vec![resource];
    all.extend(containers.iter().map(|container| {
        json!({
            "type": "Microsoft.Storage/storageAccounts/blobServices/containers",
            "apiVersion": storage::API_VERSION,
            "name": format!("{account}/default/{container}"),
            "properties": {},
            "dependsOn": [format!("[resourceId('Microsoft.Storage/storageAccounts', '{account}')]")],
        })
    }));
    all
}

/// The right to read and write blobs of the cluster's storage account.
fn blob_role(facts: &Facts<'_>, principal: &str) -> Value {
    let account = format!("cluster{}", facts.storage_suffix);
    let scope = format!(
        "{}/providers/Microsoft.Storage/storageAccounts/{account}",
        facts.group_id
    );
    let role = authorization::STORAGE_BLOB_DATA_CONTRIBUTOR;
    json!({
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": authorization::API_VERSION,
        "name": names::role_assignment(&scope, role, principal),
        "scope": format!("Microsoft.Storage/storageAccounts/{account}"),
        "properties": {
            "roleDefinitionId": format!("[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{role}')]"),
            "principalId": principal,
            "principalType": "ServicePrincipal",
        },
        "dependsOn": [format!("[resourceId('Microsoft.Storage/storageAccounts', '{account}')]")],
    })
}

/// The private endpoint to the gateway, which has to approve it.
pub(crate) fn gateway_endpoint(names: &Names<'_>, location: &str, subnet: &str, gateway: &str) -> Value {
    json!({
        "type": "Microsoft.Network/privateEndpoints",
        "apiVersion": network::API_VERSION,
        "name": names.gateway_endpoint(),
        "location": location,
        "properties": {
            "subnet": {"id": subnet},
            "manualPrivateLinkServiceConnections": [{
                "name": "gateway-plsconnection",
                "properties": {"privateLinkServiceId": gateway},
            }],
        },
    })
}

fn security_group(facts: &Facts<'_>) -> Value {
    let mut rules = Vec::new();
    if facts.api_is_public {
        rules.push(json!({
            "name": "apiserver_in",
            "properties": {
                "protocol": "Tcp",
                "sourcePortRange": "*",
                "destinationPortRange": "6443",
                "sourceAddressPrefix": "*",
                "destinationAddressPrefix": "*",
                "access": "Allow",
                "priority": 120,
                "direction": "Inbound",
            },
        }));
    }
    json!({
        "type": "Microsoft.Network/networkSecurityGroups",
        "apiVersion": network::API_VERSION,
        "name": facts.names.security_group(),
        "location": facts.location,
        "properties": {"securityRules": rules},
    })
}

/// The id of a part of a load balancer, as an expression.
fn part(balancer: &str, list: &str, name: &str) -> Value {
    json!({"id": format!("[resourceId('Microsoft.Network/loadBalancers/{list}', '{balancer}', '{name}')]")})
}

struct Rule<'a> {
    name: &'a str,
    frontend: &'a str,
    pool: &'a str,
    probe: &'a str,
    from: u16,
    to: u16,
    outbound_snat: bool,
}

fn rule(refer: &Refer<'_>, rule: &Rule<'_>) -> Value {
    let mut properties = json!({
        "frontendIPConfiguration": refer("frontendIPConfigurations", rule.frontend),
        "backendAddressPool": refer("backendAddressPools", rule.pool),
        "probe": refer("probes", rule.probe),
        "protocol": "Tcp",
        "loadDistribution": "Default",
        "frontendPort": rule.from,
        "backendPort": rule.to,
        "idleTimeoutInMinutes": 30,
    });
    if !rule.outbound_snat {
        properties["disableOutboundSnat"] = json!(true);
    }
    json!({"name": rule.name, "properties": properties})
}

fn probe(name: &str, protocol: &str, port: u16, path: Option<&str>) -> Value {
    let mut properties = json!({"protocol": protocol, "port": port, "intervalInSeconds": 5, "numberOfProbes": 2});
    if let Some(path) = path {
        properties["requestPath"] = json!(path);
    }
    json!({"name": name, "properties": properties})
}

pub(crate) const INTERNAL_FRONTEND: &str = "internal-lb-ip-v4";

/// Says how one part of a load balancer refers to another: list and name.
pub(crate) type Refer<'a> = dyn Fn(&str, &str) -> Value + 'a;

/// What the internal load balancer consists of besides its frontend.
pub(crate) struct InternalParts {
    pub(crate) pools: Vec<Value>,
    pub(crate) probes: Vec<Value>,
    pub(crate) rules: Vec<Value>,
}

/// The API server for the cluster's own machines, their configuration, and SSH to each control plane machine.
pub(crate) fn internal_parts(main: &str, refer: &Refer<'_>) -> InternalParts {
    let ssh = |index: u16| Rule {
        name: ["ssh-0", "ssh-1", "ssh-2"][usize::from(index)],
        frontend: INTERNAL_FRONTEND,
        pool: ["ssh-0", "ssh-1", "ssh-2"][usize::from(index)],
        probe: "ssh",
        from: 2200 + index,
        to: 22,
        outbound_snat: false,
    };
    let frontend = INTERNAL_FRONTEND;
    let rules = [
        Rule {
            name: "api-internal-v4",
            frontend,
            pool: main,
            probe: "api-internal-probe",
            from: 6443,
            to: 6443,
            outbound_snat: false,
        },
        Rule {
            name: "sint-v4",
            frontend,
            pool: main,
            probe: "sint-probe",
            from: 22623,
            to: 22623,
            outbound_snat: true,
        },
        ssh(0),
        ssh(1),
        ssh(2),
    ];
    InternalParts {
        pools: [main, "ssh-0", "ssh-1", "ssh-2"]
            .map(|name| json!({"name": name}))
            .to_vec(),
        probes: vec![
            probe("api-internal-probe", "Https", 6443, Some("/readyz")),
            probe("sint-probe", "Https", 22623, Some("/healthz")),
            probe("ssh", "Tcp", 22, None),
        ],
        rules: rules.iter().map(|one| rule(refer, one)).collect(),
    }
}

fn internal_load_balancer(facts: &Facts<'_>) -> Value {
    let balancer = facts.names.internal_load_balancer();
    let parts = internal_parts(facts.names.infra_id, &|list, name| part(&balancer, list, name));
    json!({
        "type": "Microsoft.Network/loadBalancers",
        "apiVersion": network::API_VERSION,
        "name": balancer,
        "location": facts.location,
        "sku": {"name": "Standard"},
        "properties": {
            "frontendIPConfigurations": [{
                "name": INTERNAL_FRONTEND,
                "properties": {"privateIPAllocationMethod": "Dynamic", "subnet": {"id": facts.master_subnet}},
                "zones": facts.zones,
            }],
            "backendAddressPools": parts.pools,
            "loadBalancingRules": parts.rules,
            "probes": parts.probes,
        },
    })
}

fn private_link_service(facts: &Facts<'_>) -> Value {
    let name = facts.names.private_link_service();
    let balancer = facts.names.internal_load_balancer();
    let provider = json!({"subscriptions": [facts.provider_subscription]});
    json!({
        "type": "Microsoft.Network/privateLinkServices",
        "apiVersion": network::API_VERSION,
        "name": name,
        "location": facts.location,
        "properties": {
            "loadBalancerFrontendIpConfigurations": [part(&balancer, "frontendIPConfigurations", INTERNAL_FRONTEND)],
            "ipConfigurations": [{
                "name": format!("{name}-nic"),
                "properties": {"subnet": {"id": facts.master_subnet}},
            }],
            "visibility": provider,
            "autoApproval": provider,
        },
        "dependsOn": [format!("[resourceId('Microsoft.Network/loadBalancers', '{balancer}')]")],
    })
}

fn role_assignment((name, role, principal): &(String, String, String)) -> Value {
    json!({
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": authorization::API_VERSION,
        "name": name,
        "properties": {
            "scope": "[resourceGroup().id]",
            "roleDefinitionId": role,
            "principalId": principal,
            "principalType": "ServicePrincipal",
        },
    })
}

/// What everybody may still do in the managed resource group: look at disks and routes, take snapshots, watch, tag.
const STILL_ALLOWED: [&str; 9] = [
    "Microsoft.Compute/disks/beginGetAccess/action",
    "Microsoft.Compute/disks/endGetAccess/action",
    "Microsoft.Compute/snapshots/*",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Network/networkInterfaces/effectiveRouteTable/action",
    "Microsoft.Network/networkSecurityGroups/join/action",
    "Microsoft.Resources/tags/*",
    "Microsoft.PolicyInsights/remediations/*",
    "Microsoft.Support/*",
];

/// Nobody changes what the service looks after, but for those who are spared.
pub(crate) fn deny_assignment(group_id: &str, spared: &[String]) -> Value {
    let spared: Vec<Value> = spared
        .iter()
        .map(|id| json!({"id": id, "type": "ServicePrincipal"}))
        .collect();
    let name = names::deny_assignment(group_id);
    json!({
        "type": "Microsoft.Authorization/denyAssignments",
        "apiVersion": authorization::DENY_ASSIGNMENTS_API_VERSION,
        "name": name,
        "properties": {
            "denyAssignmentName": name,
            "description": "The resources of the cluster are managed by the Azure Red Hat OpenShift service.",
            "permissions": [{
                "actions": ["*/action", "*/delete", "*/write"],
                "notActions": STILL_ALLOWED,
            }],
            "scope": group_id,
            "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
            "excludePrincipals": spared,
            "isSystemProtected": true,
        },
    })
}

fn public_address(facts: &Facts<'_>, name: &str) -> Value {
    json!({
        "type": "Microsoft.Network/publicIPAddresses",
        "apiVersion": network::API_VERSION,
        "name": name,
        "location": facts.location,
        "sku": {"name": "Standard"},
        "zones": facts.zones,
        "properties": {"publicIPAllocationMethod": "Static"},
    })
}

fn public_load_balancer(facts: &Facts<'_>) -> Value {
    let balancer = facts.names.public_load_balancer();
    let api_frontend = "public-lb-ip-v4";
    let mut addresses: Vec<(String, String)> = Vec::new();
    let (mut rules, mut probes) = (Vec::new(), Vec::new());
    if facts.api_is_public {
        addresses.push((api_frontend.to_owned(), facts.names.api_address()));
        let api = Rule {
            name: "api-internal-v4",
            frontend: api_frontend,
            pool: &balancer,
            probe: "api-internal-probe",
            from: 6443,
            to: 6443,
            outbound_snat: false,
        };
        rules.push(rule(&|list, name| part(&balancer, list, name), &api));
        probes.push(probe("api-internal-probe", "Https", 6443, Some("/readyz")));
    }
    addresses.extend(facts.outbound.iter().map(|name| (name.clone(), name.clone())));
    let id =
        |name: &str| json!({"id": format!("{}/providers/Microsoft.Network/publicIPAddresses/{name}", facts.group_id)});
    let frontends: Vec<Value> = addresses
        .iter()
        .map(|(name, address)| json!({"name": name, "properties": {"publicIPAddress": id(address)}}))
        .collect();
    let outbound: Vec<Value> = addresses
        .iter()
        .map(|(name, _)| part(&balancer, "frontendIPConfigurations", name))
        .collect();
    let depends: Vec<String> = addresses
        .iter()
        .map(|(_, address)| format!("[resourceId('Microsoft.Network/publicIPAddresses', '{address}')]"))
        .collect();
    json!({
        "type": "Microsoft.Network/loadBalancers",
        "apiVersion": network::API_VERSION,
        "name": balancer,
        "location": facts.location,
        "sku": {"name": "Standard"},
        "properties": {
            "frontendIPConfigurations": frontends,
            "backendAddressPools": [{"name": balancer}],
            // Written even when empty: without them Azure adds rules for ports 80 and 443.
            "loadBalancingRules": rules,
            "probes": probes,
            "outboundRules": [{
                "name": "outbound-rule-v4",
                "properties": {
                    "frontendIPConfigurations": outbound,
                    "backendAddressPool": part(&balancer, "backendAddressPools", &balancer),
                    "protocol": "All",
                    "idleTimeoutInMinutes": 30,
                },
            }],
        },
        "dependsOn": depends,
    })
}
