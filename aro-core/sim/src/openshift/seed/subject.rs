//! Which cluster it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::arm::id::{key, last};
use crate::installation::full_domain;
use crate::seed::{DNS_ZONE, named_uuid};
use crate::state::{Resource, State};

/// A machine as Azure has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vm {
    pub(crate) name: String,
    pub(crate) zone: String,
    pub(crate) size: String,
    pub(crate) address: String,
}

/// The service principal as which the cluster works.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Principal {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// The cluster.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) domain: String,
    pub(crate) infra_id: String,
    pub(crate) location: String,
    pub(crate) version: String,
    /// The image of the release that was installed.
    pub(crate) release_image: String,
    pub(crate) tenant: String,
    pub(crate) subscription: String,
    /// Resource id of the managed resource group.
    pub(crate) group: String,
    pub(crate) master_subnet: String,
    pub(crate) worker_subnet: String,
    pub(crate) master_size: String,
    pub(crate) worker_size: String,
    pub(crate) worker_disk: i64,
    pub(crate) encryption_at_host: bool,
    pub(crate) disk_encryption_set: String,
    pub(crate) pod_cidr: String,
    pub(crate) service_cidr: String,
    pub(crate) pull_secret: String,
    pub(crate) principal: Option<Principal>,
    pub(crate) storage_account: String,
    pub(crate) masters: Vec<Vm>,
    pub(crate) workers: Vec<Vm>,
    /// Whether machines leave the network through a load balancer; not so where a route of the customer's leads out.
    pub(crate) has_public_load_balancer: bool,
    pub(crate) ingress_address: String,
    pub(crate) ingress_is_internal: bool,
    /// The API server's address inside the network.
    pub(crate) internal_address: String,
    /// Size of packets on the nodes' network; 0 where nobody has said.
    pub(crate) mtu: i64,
    id: Option<Uuid>,
    /// What the installer was given besides its own manifests, by file name.
    pub(crate) manifests: BTreeMap<String, String>,
}

/// What the installer was told, as far as the cluster remembers it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    resource_group_id: String,
    infra_id: String,
    domain: String,
    location: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    release_image: String,
    master_subnet_id: String,
    master_vm_size: String,
    worker_subnet_id: String,
    worker_vm_size: String,
    #[serde(default)]
    storage_account: String,
    #[serde(default)]
    worker_disk_size_gb: i64,
    #[serde(default)]
    worker_encryption_at_host: bool,
    #[serde(default)]
    worker_disk_encryption_set_id: String,
    #[serde(default)]
    pod_cidr: String,
    #[serde(default)]
    service_cidr: String,
    #[serde(default)]
    pull_secret: String,
    #[serde(default)]
    service_principal: Option<Principal>,
    #[serde(default)]
    mtu_size: i64,
    /// The name of the installation, which becomes the cluster's id.
    #[serde(default)]
    installation: String,
    #[serde(default)]
    manifests: BTreeMap<String, String>,
}

fn or(text: String, usual: &str) -> String {
    if text.is_empty() { usual.to_owned() } else { text }
}

impl Subject {
    /// Reads what the installer was told and what Azure has.
    pub(crate) fn read(state: &State, request: &Value, tenant: &str) -> Result<Self, serde_json::Error> {
        let told = Told::deserialize(request)?;
        let (masters, workers) = machines(state, &told);
        let (ingress_address, ingress_is_internal) = ingress(state, &told);
        let load_balancer = format!(
            "{}/providers/microsoft.network/loadbalancers/{}",
            key(&told.resource_group_id),
            told.infra_id.to_lowercase()
        );
        let internal_address = internal_address(state, &told);
        let version = or(told.version, "4.17.0");
        Ok(Self {
            release_image: or(told.release_image, &Self::release(&version)),
            domain: full_domain(&told.domain),
            subscription: told.resource_group_id.split('/').nth(2).unwrap_or_default().to_owned(),
            tenant: tenant.to_owned(),
            version,
            worker_disk: if told.worker_disk_size_gb > 0 {
                told.worker_disk_size_gb
            } else {
                128
            },
            pod_cidr: or(told.pod_cidr, "10.128.0.0/14"),
            service_cidr: or(told.service_cidr, "172.30.0.0/16"),
            pull_secret: or(told.pull_secret, r#"{"auths":{}}"#),
            group: told.resource_group_id,
            infra_id: told.infra_id,
            location: told.location,
            master_subnet: told.master_subnet_id,
            worker_subnet: told.worker_subnet_id,
            master_size: told.master_vm_size,
            worker_size: told.worker_vm_size,
            encryption_at_host: told.worker_encryption_at_host,
            disk_encryption_set: told.worker_disk_encryption_set_id,
            principal: told.service_principal,
            manifests: told.manifests,
            storage_account: told.storage_account,
            masters,
            workers,
            has_public_load_balancer: state.resources.contains(&load_balancer),
            ingress_address,
            ingress_is_internal,
            internal_address,
            mtu: told.mtu_size,
            id: Uuid::parse_str(&told.installation).ok(),
        })
    }

    /// The managed resource group's name.
    pub(crate) fn group_name(&self) -> &str {
        last(&self.group)
    }

    /// A UUID that belongs to this cluster and that name.
    pub(crate) fn uuid(&self, name: &str) -> String {
        named_uuid(&format!("{}|{}|{name}", self.group, self.infra_id)).to_string()
    }

    /// The cluster's own id: the name of its installation, where that is a UUID.
    pub(crate) fn cluster_id(&self) -> String {
        self.id.map_or_else(|| self.uuid("cluster"), |id| id.to_string())
    }

    /// The release's image.
    pub(crate) fn release(version: &str) -> String {
        format!("quay.io/openshift-release-dev/ocp-release:{version}-x86_64")
    }
}

/// Control plane and workers among the machines of the group, by name; the bootstrap machine is neither.
fn machines(state: &State, told: &Told) -> (Vec<Vm>, Vec<Vm>) {
    let group = key(&told.resource_group_id);
    let prefix = format!("{group}/providers/microsoft.compute/virtualmachines/");
    let (mut masters, mut workers) = (Vec::new(), Vec::new());
    for (_, machine) in state.resources.under(&prefix) {
        let vm = Vm {
            name: machine.name.clone(),
            zone: zone(machine),
            size: machine
                .property("hardwareProfile")
                .and_then(|one| one["vmSize"].as_str())
                .unwrap_or_default()
                .to_owned(),
            address: address(state, machine.property("networkProfile")),
        };
        match machine.name.strip_prefix(&format!("{}-", told.infra_id)) {
            Some(rest) if rest.starts_with("master") => masters.push(vm),
            Some("bootstrap") | None => {}
            // Machine sets of the customer have names of their own.
            Some(_) => workers.push(vm),
        }
    }
    (masters, workers)
}

/// The availability zone of a machine; empty where it is in none.
pub(crate) fn zone(machine: &Resource) -> String {
    let zones = machine.body.get("zones");
    zones.and_then(|zones| zones[0].as_str()).unwrap_or_default().to_owned()
}

/// The address of the first interface of a machine.
pub(crate) fn address(state: &State, profile: Option<&Value>) -> String {
    let interface = profile.and_then(|profile| profile["networkInterfaces"][0]["id"].as_str());
    interface
        .and_then(|id| state.resources.get(&key(id)))
        .and_then(|interface| interface.property("ipConfigurations"))
        .and_then(|all| all[0]["properties"]["privateIPAddress"].as_str())
        .unwrap_or_default()
        .to_owned()
}

/// The address of the load balancer inside the network.
fn internal_address(state: &State, told: &Told) -> String {
    let balancer = format!(
        "{}/providers/microsoft.network/loadbalancers/{}-internal",
        key(&told.resource_group_id),
        told.infra_id.to_lowercase()
    );
    state
        .resources
        .get(&balancer)
        .and_then(|one| one.property("frontendIPConfigurations"))
        .and_then(|all| all[0]["properties"]["privateIPAddress"].as_str())
        .unwrap_or_default()
        .to_owned()
}

/// The address of the router, and whether it is inside the network: where the domain's applications point, or the
/// public address that was made for it.
fn ingress(state: &State, told: &Told) -> (String, bool) {
    let public = format!(
        "{}/providers/microsoft.network/publicipaddresses/{}-default-v4",
        key(&told.resource_group_id),
        told.infra_id.to_lowercase()
    );
    let public = state
        .resources
        .get(&public)
        .and_then(|one| one.property_text("ipAddress"));
    if let Some(public) = public {
        return (public.to_owned(), false);
    }
    let prefix = told
        .domain
        .strip_suffix(&format!(".{DNS_ZONE}"))
        .unwrap_or(&told.domain);
    let record = format!("/dnszones/{DNS_ZONE}/a/*.apps.{}", prefix.to_lowercase());
    let known = state
        .resources
        .iter()
        .find(|(key, _)| key.ends_with(&record))
        .and_then(|(_, one)| one.property("ARecords")?[0]["ipv4Address"].as_str());
    (known.unwrap_or_default().to_owned(), true)
}
