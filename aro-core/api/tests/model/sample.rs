//! Clusters to test with.

use std::collections::BTreeMap;

use aro_api::model::{Cluster, OpenShiftVersion, PlatformWorkloadIdentityRole, PlatformWorkloadIdentityRoleSet};
use aro_api::request::{Method, PutOrPatch, RpFacts, Secrets};
use aro_api::resource::{Mut, Node};
use aro_api::secret::{InTheClear, Secret, SecretBytes};
use aro_api::{ApiVersion, stored};
use serde_json::{Value, json};
use time::macros::datetime;

pub const ID: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/Group/providers/\
                      Microsoft.RedHatOpenShift/openShiftClusters/Sample";

fn id(group: &str, rest: &str) -> String {
    format!("/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/{group}{rest}")
}

/// The body that creates the sample cluster with a service principal.
pub fn body() -> Value {
    let subnet = |name: &str| {
        id(
            "net",
            &format!("/providers/Microsoft.Network/virtualNetworks/vnet/subnets/{name}"),
        )
    };
    json!({
        "location": "eastus",
        "tags": {"team": "blue"},
        "properties": {
            "clusterProfile": {
                "pullSecret": "{\"auths\":{}}",
                "domain": "sample",
                "version": "4.16.30",
                "resourceGroupId": id("Managed", ""),
                "fipsValidatedModules": "Disabled",
            },
            "servicePrincipalProfile": {
                "clientId": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
                "clientSecret": "not a secret",
            },
            "networkProfile": {
                "podCidr": "10.128.0.0/14",
                "serviceCidr": "172.30.0.0/16",
                "softwareDefinedNetwork": "OVNKubernetes",
                "outboundType": "Loadbalancer",
                "preconfiguredNSG": "Disabled",
                "loadBalancerProfile": {"managedOutboundIps": {"count": 1}},
            },
            "masterProfile": {
                "vmSize": "Standard_D8s_v3",
                "subnetId": subnet("Master"),
                "encryptionAtHost": "Disabled",
            },
            "workerProfiles": [{
                "name": "worker",
                "vmSize": "Standard_D4s_v3",
                "diskSizeGB": 128,
                "subnetId": subnet("Worker"),
                "count": 3,
                "encryptionAtHost": "Disabled",
            }],
            "apiserverProfile": {"visibility": "Public"},
            "ingressProfiles": [{"name": "default", "visibility": "Public"}],
        },
    })
}

/// The operator of the sample cluster with workload identities.
const OPERATOR: [&str; 1] = ["ingress"];

/// The body that creates the sample cluster with workload identities.
pub fn workload_identity_body() -> Value {
    body_with_operators(&OPERATOR)
}

/// As [`workload_identity_body`], with the identities of these operators.
pub fn body_with_operators(operators: &[&str]) -> Value {
    let mut body = body();
    let identity = |name: &str| {
        id(
            "ids",
            &format!("/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"),
        )
    };
    body["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": {identity("cluster"): {}}});
    let properties = body["properties"].as_object_mut().unwrap();
    properties.remove("servicePrincipalProfile");
    let identities = operators
        .iter()
        .map(|name| ((*name).to_owned(), json!({"resourceId": identity(name)})));
    properties.insert(
        "platformWorkloadIdentityProfile".to_owned(),
        json!({"platformWorkloadIdentities": identities.collect::<serde_json::Map<_, _>>()}),
    );
    body
}

pub const FACTS: RpFacts<'static> = RpFacts {
    location: "eastus",
    domain: "eastus.example.io",
    require_d2s_workers: false,
    commit: "build",
    gateway_enabled: true,
};

/// The catalogue.
pub struct Catalogue {
    versions: Vec<OpenShiftVersion>,
    role_sets: Vec<PlatformWorkloadIdentityRoleSet>,
}

impl Catalogue {
    pub fn new() -> Self {
        Self::with_operators(&OPERATOR)
    }

    /// A catalogue whose role set has a role for each of these operators.
    pub fn with_operators(operators: &[&str]) -> Self {
        let mut version = OpenShiftVersion::default();
        version.properties.version = "4.16.30".to_owned();
        version.properties.enabled = true;
        version.properties.default = true;
        let mut role_set = PlatformWorkloadIdentityRoleSet::default();
        role_set.properties.openshift_version = "4.16".to_owned();
        let roles = operators.iter().map(|name| PlatformWorkloadIdentityRole {
            operator_name: (*name).to_owned(),
            ..Default::default()
        });
        role_set.properties.platform_workload_identity_roles = roles.collect();
        Self {
            versions: vec![version],
            role_sets: vec![role_set],
        }
    }

    pub fn request<'a>(&'a self, version: ApiVersion, method: Method, body: &'a [u8]) -> PutOrPatch<'a> {
        PutOrPatch {
            version,
            method,
            path: ID,
            body,
            now: datetime!(2026-01-02 03:04:05 UTC),
            system_data: None,
            identity_url: Some("https://identity.example/"),
            home_tenant_id: Some("tenant"),
            rp: &FACTS,
            versions: &self.versions,
            role_sets: &self.role_sets,
            secrets: Some(Secrets {
                sealer: &InTheClear,
                document: "document",
            }),
        }
    }
}

/// A cluster of which every member is there, with a text that says its path, and an unknown member in every object.
/// The words of closed enumerations stay.
pub fn full() -> Cluster {
    let mut cluster = Cluster::default();
    fill_node(&mut cluster, "");
    cluster
}

fn fill_node(node: &mut dyn Node, path: &str) {
    for (number, field) in node.shape().fields.iter().enumerate() {
        if !field.request_only {
            fill(node.get_mut(number), &format!("{path}/{}", field.stored));
        }
    }
    let unknown = serde_json::value::RawValue::from_string(format!("{{\"at\": \"{path}\", \"n\": 1.50}}")).unwrap();
    node.extra_mut().insert("fromTheFuture".to_owned(), unknown);
}

fn fill(value: Mut<'_>, path: &str) {
    match value {
        Mut::Str(text) => *text = path.to_owned(),
        Mut::OptStr(text) => *text = Some(path.to_owned()),
        Mut::Int(number) => *number = 7,
        Mut::OptInt(number) => *number = Some(7),
        Mut::Bool(truth) => *truth = true,
        Mut::Time(time) => *time = Some(datetime!(2026-01-02 03:04:05.6 UTC)),
        Mut::Word(word) => {
            word.set_word(path);
        }
        Mut::Secret(secret) => *secret = Secret::new(format!("canary {path}")),
        Mut::OptSecret(secret) => *secret = Some(Secret::new(format!("canary {path}"))),
        Mut::SecretBytes(secret) => *secret = SecretBytes::new(format!("canary {path}").into_bytes()),
        Mut::Struct(node) => fill_node(node, path),
        Mut::OptStruct(node) => fill_node(node.node_mut(), path),
        Mut::List(list) => {
            fill(list.at_mut(0), &format!("{path}/0"));
            fill(list.at_mut(1), &format!("{path}/1"));
        }
        Mut::Map(map) => {
            fill(map.fresh("k1".to_owned()), &format!("{path}/k1"));
            fill(map.fresh("k2".to_owned()), &format!("{path}/k2"));
        }
        Mut::Opaque(_) => {}
    }
}

/// All secrets of [`full`], by path.
pub fn canaries() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(
        &serde_json::from_str(&stored::to_string(&full(), &InTheClear, "d").unwrap()).unwrap(),
        "",
        &mut found,
    );
    found
}

fn collect(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, value)| collect(value, &format!("{path}/{name}"), found));
        }
        Value::Array(elements) => {
            elements
                .iter()
                .enumerate()
                .for_each(|(index, value)| collect(value, &format!("{path}/{index}"), found));
        }
        Value::String(text) if text.starts_with("canary ") || text.starts_with("Y2FuYXJ5") => {
            found.insert(path.to_owned(), text.clone());
        }
        _ => {}
    }
}
