//! What exists when the world begins.

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::arm::GROUP_KIND;
use crate::arm::authorization::ROLE_ASSIGNMENT;
use crate::arm::id::{key, last};
use crate::arm::roles::{
    CONTRIBUTOR, KEY_VAULT_CERTIFICATES_OFFICER, KEY_VAULT_SECRETS_OFFICER, KEY_VAULT_SECRETS_USER,
    NETWORK_CONTRIBUTOR, OWNER, ROLE_DEFINITION, STORAGE_BLOB_DATA_CONTRIBUTOR,
};
use crate::clock::rfc3339;
use crate::endpoints::{ClusterNetwork, ServicePrincipal};
use crate::planes::graph::new_secret;
use crate::state::{Application, Principal, Resource, State, Subscription};

/// Application id of Azure Red Hat OpenShift's resource provider.
pub const FIRST_PARTY_APP_ID: &str = "f1dd0a37-89c6-4e07-bcd1-ffd3d43d8875";
/// The region everything is in.
pub const LOCATION: &str = "eastus";
pub(crate) const VAULT_RESOURCE: &str = "https://vault.azure.net";
pub(crate) const STORAGE_RESOURCE: &str = "https://storage.azure.com";
/// The audience of the managed-identity data plane.
pub(crate) const IDENTITY_RESOURCE: &str = "https://serviceidentity.azure.net";
pub(crate) const AUTHORIZATION_RESOURCE: &str = "https://authorization.azure.net";

/// Names of what belongs to the provider itself.
pub(crate) const RP_GROUP: &str = "aro-rp";
pub(crate) const GATEWAY_GROUP: &str = "aro-gateway";
pub(crate) const DNS_ZONE: &str = "aro.localhost.test";
pub(crate) const GATEWAY_SERVICE: &str = "gateway-pls-001";
pub(crate) const OIDC_ACCOUNT: &str = "arosimoidc";
pub(crate) const CERTIFICATE_VAULT: &str = "arosim-cls";
pub(crate) const IDENTITY_VAULT: &str = "arosim-msi";
pub(crate) const REGISTRY: &str = "arosimregistry";
/// The AKS cluster in which Hive runs.
pub(crate) const HIVE_CLUSTER: &str = "aro-aks-cluster-001";
pub(crate) const NETWORK_GROUP: &str = "aro-dev";
const VNET: &str = "aro-vnet";

/// What is asked of the seed.
pub(crate) struct Wishes {
    pub(crate) subscriptions: usize,
    pub(crate) service_principals: usize,
    pub(crate) first_party_certificate: String,
}

/// A UUID that depends on nothing but the text.
pub(crate) fn named_uuid(text: &str) -> Uuid {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid()
}

/// What the seed made, read back from the state so that a restart finds the same.
pub(crate) struct Seeded {
    pub(crate) tenant: String,
    pub(crate) subscriptions: Vec<String>,
    pub(crate) rp_subscription: String,
    pub(crate) service_principals: Vec<ServicePrincipal>,
    pub(crate) first_party: ServicePrincipal,
    pub(crate) network: ClusterNetwork,
}

/// Plants what is missing and says what there is.
pub(crate) fn plant(state: &mut State, wishes: &Wishes, now: OffsetDateTime) -> Seeded {
    let tenant = fact(state, "tenant", || Uuid::new_v4().to_string());
    let rp_subscription = fact(state, "rp-subscription", || Uuid::new_v4().to_string());
    let subscriptions: Vec<String> = (0..wishes.subscriptions.max(1))
        .map(|number| fact(state, &format!("subscription-{number}"), || Uuid::new_v4().to_string()))
        .collect();
    let mut seeder = Seeder { state, now };

    seeder.subscription(&rp_subscription, "ARO RP", &tenant);
    for (number, id) in subscriptions.iter().enumerate() {
        seeder.subscription(id, &format!("Local subscription {}", number + 1), &tenant);
    }

    let first_party = seeder.application(FIRST_PARTY_APP_ID, "Azure Red Hat OpenShift RP");
    seeder.certificate(FIRST_PARTY_APP_ID, &wishes.first_party_certificate);
    seeder.assign(
        &format!("/subscriptions/{rp_subscription}"),
        OWNER,
        &first_party.object_id,
    );
    let service_principals: Vec<ServicePrincipal> = (0..wishes.service_principals.max(1))
        .map(|number| {
            let app = fact(seeder.state, &format!("application-{number}"), || {
                Uuid::new_v4().to_string()
            });
            seeder.application(&app, &format!("local-sp-{}", number + 1))
        })
        .collect();
    for subscription in &subscriptions {
        let scope = format!("/subscriptions/{subscription}");
        seeder.assign(&scope, OWNER, &first_party.object_id);
        for (number, principal) in service_principals.iter().enumerate() {
            seeder.assign(
                &scope,
                if number == 0 { OWNER } else { CONTRIBUTOR },
                &principal.object_id,
            );
        }
    }

    let network = seeder.customer_network(&subscriptions[0]);
    for principal in service_principals.iter().chain([&first_party]) {
        seeder.assign(&network.vnet, NETWORK_CONTRIBUTOR, &principal.object_id);
    }
    seeder.provider_resources(&rp_subscription, &first_party.object_id, &tenant);
    Seeded {
        tenant,
        subscriptions,
        rp_subscription,
        service_principals,
        first_party,
        network,
    }
}

fn fact(state: &mut State, name: &str, make: impl FnOnce() -> String) -> String {
    if let Some(known) = state.facts.get(name).and_then(Value::as_str) {
        return known.to_owned();
    }
    let made = make();
    state.facts.put(name.to_owned(), json!(made));
    made
}

struct Seeder<'a> {
    state: &'a mut State,
    now: OffsetDateTime,
}

impl Seeder<'_> {
    fn subscription(&mut self, id: &str, name: &str, tenant: &str) {
        if self.state.subscriptions.contains(id) {
            return;
        }
        let registered = [
            "microsoft.resources",
            "microsoft.network",
            "microsoft.compute",
            "microsoft.storage",
            "microsoft.authorization",
            "microsoft.managedidentity",
            "microsoft.keyvault",
            "microsoft.containerregistry",
            "microsoft.containerservice",
            "microsoft.features",
        ];
        let mut registrations: std::collections::BTreeMap<String, String> = registered
            .iter()
            .map(|one| ((*one).to_owned(), "Registered".to_owned()))
            .collect();
        // The provider has yet to be told, so registration is under way.
        registrations.insert("microsoft.redhatopenshift".to_owned(), "Registering".to_owned());
        self.state.subscriptions.put(
            id.to_owned(),
            Subscription {
                id: id.to_owned(),
                name: name.to_owned(),
                tenant: tenant.to_owned(),
                registrations,
                features: std::collections::BTreeMap::new(),
                tags: serde_json::Map::new(),
            },
        );
    }

    fn application(&mut self, app_id: &str, name: &str) -> ServicePrincipal {
        if !self.state.applications.contains(app_id) {
            self.state.applications.put(
                app_id.to_owned(),
                Application {
                    app_id: app_id.to_owned(),
                    object_id: Uuid::new_v4().to_string(),
                    name: name.to_owned(),
                    secrets: vec![new_secret(Some("local"), self.now + Duration::days(3650))],
                    certificates: Vec::new(),
                },
            );
            let principal = Principal {
                object_id: Uuid::new_v4().to_string(),
                app_id: app_id.to_owned(),
                name: name.to_owned(),
                kind: "Application".to_owned(),
            };
            self.state.principals.put(principal.object_id.clone(), principal);
        }
        let secret = self
            .state
            .applications
            .get(app_id)
            .and_then(|app| app.secrets.first())
            .map(|one| one.secret.clone());
        let object_id = self
            .state
            .principals
            .values()
            .find(|one| one.app_id == app_id)
            .map(|one| one.object_id.clone());
        ServicePrincipal {
            client_id: app_id.to_owned(),
            secret: secret.unwrap_or_default(),
            object_id: object_id.unwrap_or_default(),
        }
    }

    fn certificate(&mut self, app_id: &str, der_base64: &str) {
        self.state
            .applications
            .change(app_id, |app| app.certificates = vec![der_base64.to_owned()]);
    }

    fn assign(&mut self, scope: &str, role: &str, principal: &str) {
        let name = named_uuid(&format!("{scope}|{role}|{principal}")).to_string();
        let id = format!("{scope}/providers/{ROLE_ASSIGNMENT}/{name}");
        let body = json!({"properties": {
            "roleDefinitionId": format!("/providers/{ROLE_DEFINITION}/{role}"), "principalId": principal,
            "principalType": "ServicePrincipal", "scope": scope,
        }});
        self.resource(&id, ROLE_ASSIGNMENT, None, body);
    }

    fn group(&mut self, subscription: &str, name: &str) -> String {
        let id = format!("/subscriptions/{subscription}/resourceGroups/{name}");
        self.resource(
            &id,
            GROUP_KIND,
            Some(LOCATION),
            json!({"tags": {}, "properties": {"provisioningState": "Succeeded"}}),
        );
        id
    }

    /// Puts a resource unless it was planted before: what was deleted since stays deleted.
    fn resource(&mut self, id: &str, kind: &str, location: Option<&str>, body: Value) {
        let own_key = key(id);
        let fact = format!("planted{own_key}");
        if self.state.facts.contains(&fact) {
            return;
        }
        self.state.facts.put(fact, json!(true));
        let at = rfc3339(self.now);
        let body = match body {
            Value::Object(body) => body,
            _ => Map::new(),
        };
        self.state.resources.put(
            own_key.clone(),
            Resource {
                id: id.to_owned(),
                kind: kind.to_owned(),
                name: last(id).to_owned(),
                location: location.map(str::to_owned),
                body,
                etag: Uuid::new_v4().to_string(),
                created_at: at.clone(),
                changed_at: at,
                operation: None,
                deleting: false,
                refs: Vec::new(),
            },
        );
        if kind != ROLE_ASSIGNMENT {
            crate::arm::references::refresh_references(self.state, &own_key);
        }
    }

    /// A network of the provider: its subnets reach storage accounts directly.
    fn provider_vnet(&mut self, group: &str, name: &str, space: &str, subnet: (&str, &str)) -> String {
        let storage = json!([{"service": "Microsoft.Storage", "locations": ["*"], "provisioningState": "Succeeded"}]);
        self.vnet(group, name, space, &[subnet], &storage)
    }

    fn vnet(&mut self, group: &str, name: &str, space: &str, subnets: &[(&str, &str)], endpoints: &Value) -> String {
        let id = format!("{group}/providers/Microsoft.Network/virtualNetworks/{name}");
        let body = json!({"tags": {}, "properties": {
            "provisioningState": "Succeeded", "resourceGuid": named_uuid(&id).to_string(),
            "addressSpace": {"addressPrefixes": [space]}, "enableDdosProtection": false,
        }});
        self.resource(&id, "Microsoft.Network/virtualNetworks", Some(LOCATION), body);
        for (subnet, prefix) in subnets {
            let body = json!({"properties": {
                "provisioningState": "Succeeded", "addressPrefix": prefix, "delegations": [],
                "privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled",
                "serviceEndpoints": endpoints,
            }});
            self.resource(
                &format!("{id}/subnets/{subnet}"),
                "Microsoft.Network/virtualNetworks/subnets",
                None,
                body,
            );
        }
        id
    }

    /// The registry with the provider's images, and the scope map for those who only pull.
    fn registry(&mut self, group: &str) {
        let id = format!("{group}/providers/Microsoft.ContainerRegistry/registries/{REGISTRY}");
        let at = rfc3339(self.now);
        self.resource(&id, "Microsoft.ContainerRegistry/registries", Some(LOCATION), json!({
            "tags": {}, "sku": {"name": "Premium", "tier": "Premium"}, "properties": {
                "provisioningState": "Succeeded", "loginServer": format!("{REGISTRY}.azurecr.io"), "adminUserEnabled": false,
                "creationDate": at,
            },
        }));
        self.resource(&format!("{id}/scopeMaps/_repositories_pull"), "Microsoft.ContainerRegistry/registries/scopeMaps", None, json!({
            "properties": {
                "provisioningState": "Succeeded", "type": "SystemDefined", "actions": ["repositories/*/content/read"],
                "creationDate": at,
            },
        }));
    }

    /// The AKS cluster in which Hive runs.
    fn hive(&mut self, group: &str) {
        let id = format!("{group}/providers/Microsoft.ContainerService/managedClusters/{HIVE_CLUSTER}");
        self.resource(&id, "Microsoft.ContainerService/managedClusters", Some(LOCATION), json!({
            "tags": {}, "properties": {
                "provisioningState": "Succeeded", "powerState": {"code": "Running"}, "kubernetesVersion": "1.33.0",
                "dnsPrefix": format!("{HIVE_CLUSTER}-dns"), "nodeResourceGroup": format!("MC_{RP_GROUP}_{HIVE_CLUSTER}_{LOCATION}"),
            },
        }));
    }

    fn customer_network(&mut self, subscription: &str) -> ClusterNetwork {
        let group = self.group(subscription, NETWORK_GROUP);
        let vnet = self.vnet(
            &group,
            VNET,
            "10.0.0.0/8",
            &[("master", "10.1.0.0/16"), ("worker", "10.2.0.0/16")],
            &json!([]),
        );
        ClusterNetwork {
            resource_group: NETWORK_GROUP.to_owned(),
            master_subnet: format!("{vnet}/subnets/master"),
            worker_subnet: format!("{vnet}/subnets/worker"),
            vnet,
        }
    }

    /// The provider's zone, its networks and the gateway's private link service.
    fn provider_resources(&mut self, subscription: &str, first_party: &str, tenant: &str) {
        let group = self.group(subscription, RP_GROUP);
        self.provider_vnet(&group, "rp-vnet", "172.16.0.0/16", ("rp-subnet", "172.16.0.0/24"));
        self.provider_vnet(
            &group,
            "rp-pe-vnet-001",
            "172.18.0.0/16",
            ("rp-pe-subnet", "172.18.0.0/16"),
        );
        let zone = format!("{group}/providers/Microsoft.Network/dnsZones/{DNS_ZONE}");
        self.resource(
            &zone,
            "Microsoft.Network/dnsZones",
            Some("global"),
            json!({"tags": {}, "properties": {
                "maxNumberOfRecordSets": 10000, "numberOfRecordSets": 2, "zoneType": "Public",
                "nameServers": ["ns1-01.azure-dns.com.", "ns2-01.azure-dns.net."],
            }}),
        );
        let account = format!("{group}/providers/Microsoft.Storage/storageAccounts/{OIDC_ACCOUNT}");
        self.resource(&account, "Microsoft.Storage/storageAccounts", Some(LOCATION), json!({
            "tags": {}, "sku": {"name": "Standard_LRS", "tier": "Standard"}, "kind": "StorageV2",
            "properties": {"provisioningState": "Succeeded", "allowSharedKeyAccess": true, "minimumTlsVersion": "TLS1_2"},
        }));
        let site = format!("{account}/blobServices/default/containers/$web");
        self.resource(
            &site,
            "Microsoft.Storage/storageAccounts/blobServices/containers",
            None,
            json!({"properties": {
                "publicAccess": "None", "leaseState": "Available", "leaseStatus": "Unlocked",
            }}),
        );
        self.assign(&account, STORAGE_BLOB_DATA_CONTRIBUTOR, first_party);
        self.registry(&group);
        self.hive(&group);
        for (name, roles) in [
            (
                CERTIFICATE_VAULT,
                &[KEY_VAULT_CERTIFICATES_OFFICER, KEY_VAULT_SECRETS_USER][..],
            ),
            (IDENTITY_VAULT, &[KEY_VAULT_SECRETS_OFFICER]),
            ("arosim-svc", &[KEY_VAULT_SECRETS_USER]),
        ] {
            let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/{name}");
            self.resource(
                &vault,
                "Microsoft.KeyVault/vaults",
                Some(LOCATION),
                json!({"tags": {}, "properties": {
                    "provisioningState": "Succeeded", "sku": {"family": "A", "name": "standard"},
                    "enableRbacAuthorization": true, "accessPolicies": [], "tenantId": tenant,
                }}),
            );
            for role in roles {
                self.assign(&vault, role, first_party);
            }
        }

        let gateway = self.group(subscription, GATEWAY_GROUP);
        let vnet = self.provider_vnet(
            &gateway,
            "gateway-vnet",
            "172.20.0.0/16",
            ("gateway-subnet", "172.20.0.0/24"),
        );
        let balancer = format!("{gateway}/providers/Microsoft.Network/loadBalancers/gateway-lb-internal");
        let frontend = format!("{balancer}/frontendIPConfigurations/gateway-frontend");
        let subnet = format!("{vnet}/subnets/gateway-subnet");
        self.resource(&balancer, "Microsoft.Network/loadBalancers", Some(LOCATION), json!({
            "tags": {}, "sku": {"name": "Standard", "tier": "Regional"},
            "properties": {
                "provisioningState": "Succeeded", "backendAddressPools": [], "probes": [], "loadBalancingRules": [],
                "inboundNatRules": [], "inboundNatPools": [], "outboundRules": [],
                "frontendIPConfigurations": [{
                    "name": "gateway-frontend", "id": frontend, "type": "Microsoft.Network/loadBalancers/frontendIPConfigurations",
                    "properties": {
                        "provisioningState": "Succeeded", "privateIPAddress": "172.20.0.200",
                        "privateIPAllocationMethod": "Static", "subnet": {"id": subnet},
                    },
                }],
            },
        }));
        let service = format!("{gateway}/providers/Microsoft.Network/privateLinkServices/{GATEWAY_SERVICE}");
        self.resource(&service, "Microsoft.Network/privateLinkServices", Some(LOCATION), json!({"tags": {}, "properties": {
            "provisioningState": "Succeeded", "alias": format!("{GATEWAY_SERVICE}.{LOCATION}.azure.privatelinkservice"),
            "visibility": {"subscriptions": ["*"]}, "autoApproval": {"subscriptions": []},
            "loadBalancerFrontendIpConfigurations": [{"id": frontend}],
            "ipConfigurations": [{
                "name": "gateway-pls-001-nic", "id": format!("{service}/ipConfigurations/gateway-pls-001-nic"),
                "properties": {
                    "provisioningState": "Succeeded", "privateIPAddress": "172.20.0.201",
                    "privateIPAllocationMethod": "Dynamic", "subnet": {"id": subnet},
                },
            }],
        }}));
    }
}
