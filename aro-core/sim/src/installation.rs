//! An installation of OpenShift on the machines of a managed resource group, as an installer goes about it.
//!
//! It makes what a real installer makes there: network interfaces in the pools of the load balancers, virtual machines
//! with their disks, a bootstrap machine that somebody has to remove and what that starts from (`ignition`). At the end
//! its assets by type, the graph, lie in the installation's storage account as `aro/graph`: sealed where the installer
//! was given a key for it.
//!
//! Who asks for it: the simulator's own installer over plain HTTP ([`crate::planes::installer`]), or the image that the
//! simulated Hive runs ([`crate::hive`]).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::{ArmPath, key};
use crate::arm::references;
use crate::arm::registry;
use crate::arm::writing::{self, Conditions};
use crate::clock::rfc3339;
use crate::entra::token::Claims;
use crate::hive::failures::InstallFailure;
use crate::hive::seal::Seal;
use crate::openshift::authorities::Authorities;
use crate::openshift::clusters::Installed;
use crate::openshift::graph;
use crate::seed::{DNS_ZONE, FIRST_PARTY_APP_ID, named_uuid};
use crate::state::{Blob, Effect, Install, Operation, Status, Verb};

/// Stages: name, percent when it begins, share of the whole time in percent.
const STAGES: [(&str, u32, u32); 5] = [
    ("CreatingManifests", 0, 5),
    ("CreatingControlPlane", 5, 35),
    ("WaitingForBootstrap", 40, 25),
    ("CreatingWorkers", 65, 20),
    ("WaitingForClusterOperators", 85, 15),
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    resource_group_id: String,
    infra_id: String,
    domain: String,
    location: String,
    master_subnet_id: String,
    master_vm_size: String,
    worker_subnet_id: String,
    worker_vm_size: String,
    worker_count: u32,
    #[serde(default)]
    worker_disk_size_gb: u64,
    #[serde(default)]
    zones: Vec<String>,
    #[serde(default)]
    storage_account: String,
}

/// What an installer is given beside the request.
#[derive(Default)]
pub(crate) struct Given {
    /// Seals the graph.
    pub(crate) seal: Option<Seal>,
    /// How it is to end, on order.
    pub(crate) failure: Option<InstallFailure>,
}

/// Begins an installation under that id; what was there under it is forgotten.
pub(crate) fn begin(cx: &mut Cx<'_>, id: &str, request: Value, given: Given) -> Result<(), ArmError> {
    let invalid = |text: String| {
        ArmError::bad(
            "InvalidRequestContent",
            format!("The request content was invalid: '{text}'."),
        )
    };
    let parsed = Request::deserialize(&request).map_err(|error| invalid(error.to_string()))?;
    if parsed.infra_id.is_empty() || parsed.domain.is_empty() {
        return Err(invalid("infraId and domain must not be empty".to_owned()));
    }
    if !cx.state.resources.contains(&key(&parsed.resource_group_id)) {
        return Err(ArmError::new(
            404,
            "ResourceGroupNotFound",
            format!("Resource group '{}' could not be found.", parsed.resource_group_id),
        ));
    }
    let install = Install {
        request,
        stage: STAGES[0].0.to_owned(),
        percent: 0,
        status: Status::Running,
        error: None,
        kubeconfig: None,
        kubeadmin_password: None,
        graph: None,
        started_at: rfc3339(cx.now),
        created: Vec::new(),
        seal: given.seal,
        failure: given.failure,
        operation: String::new(),
    };
    cx.state.installs.put(id.to_owned(), install);
    let operation = cx.begin(
        id,
        Verb::Action,
        share(cx.facts.pace.install, 0),
        Effect::Install { next: 1 },
    );
    cx.state.installs.change(id, |one| one.operation = operation);
    Ok(())
}

fn share(whole: Duration, stage: usize) -> Duration {
    whole * STAGES[stage].2 / 100
}

/// The next stage begins, or the installation ends.
pub(crate) fn step(cx: &mut Cx<'_>, operation: &Operation, next: usize) {
    let id = operation.target.clone();
    let still = |one: &&Install| one.status == Status::Running && one.operation == operation.id;
    let Some(install) = cx.state.installs.get(&id).filter(still).cloned() else {
        // Forgotten in between, perhaps begun anew.
        cx.state.end(&operation.id, cx.now, None);
        return;
    };
    let raw = install.request;
    let Ok(request) = serde_json::from_value::<Request>(raw.clone()) else {
        cx.state.end(&operation.id, cx.now, None);
        return;
    };
    let made = match next {
        1 => match install.failure {
            Some(failure) => Err(failure.error(&request.storage_account)),
            None => control_plane(cx, &request),
        },
        3 => workers(cx, &request),
        _ => Ok(Vec::new()),
    };
    match made {
        Err(error) => {
            let body = error.body();
            cx.state.installs.change(&id, |one| {
                one.status = Status::Failed;
                one.error = Some(body.clone());
            });
            cx.state.end(&operation.id, cx.now, Some(body));
        }
        Ok(made) if next < STAGES.len() => {
            cx.state.installs.change(&id, |one| {
                one.stage = STAGES[next].0.to_owned();
                one.percent = STAGES[next].1;
                one.created.extend(made);
            });
            let due = cx.now + cx.facts.pace.scaled(share(cx.facts.pace.install, next));
            cx.state
                .postpone(&operation.id, due, Effect::Install { next: next + 1 });
        }
        Ok(_) => match leave(cx, &request, install.seal.as_ref()) {
            Ok(left) => {
                cx.state.installs.change(&id, |one| {
                    one.stage = "Installed".to_owned();
                    one.percent = 100;
                    one.status = Status::Succeeded;
                    one.kubeconfig = Some(left.kubeconfig);
                    one.kubeadmin_password = Some(left.password);
                    one.graph = Some(left.graph);
                });
                let mut told = raw;
                told["installation"] = json!(id);
                let installed = Installed {
                    request: told,
                    authorities: left.authorities,
                    installed_at: rfc3339(cx.now),
                };
                cx.state
                    .clusters
                    .put(full_domain(&request.domain).to_lowercase(), installed);
                cx.state.end(&operation.id, cx.now, None);
            }
            Err(error) => {
                let error = ArmError::new(500, "InternalServerError", error).body();
                cx.state.installs.change(&id, |one| {
                    one.status = Status::Failed;
                    one.error = Some(error.clone());
                });
                cx.state.end(&operation.id, cx.now, Some(error));
            }
        },
    }
}

/// GiB of the disks of the control plane, and of workers for which nobody says.
const MASTER_DISK: u64 = 1024;
const WORKER_DISK: u64 = 128;

/// A machine to be made.
struct Machine<'a> {
    name: String,
    interface: String,
    disk: String,
    /// Of the disk, in GiB.
    disk_size: u64,
    subnet: &'a str,
    size: &'a str,
    zone: Option<&'a String>,
    pools: Vec<String>,
}

fn control_plane(cx: &mut Cx<'_>, request: &Request) -> Result<Vec<String>, ArmError> {
    let infra = &request.infra_id;
    let mut machines: Vec<Machine<'_>> = (0..3)
        .map(|number| Machine {
            name: format!("{infra}-master-{number}"),
            interface: format!("{infra}-master{number}-nic"),
            disk: format!("{infra}-master-{number}_OSDisk"),
            disk_size: MASTER_DISK,
            subnet: &request.master_subnet_id,
            size: &request.master_vm_size,
            zone: zone(request, number),
            pools: pools(cx, request, &[infra.clone(), format!("ssh-{number}")]),
        })
        .collect();
    machines.push(Machine {
        name: format!("{infra}-bootstrap"),
        interface: format!("{infra}-bootstrap-nic"),
        disk: format!("{infra}-bootstrap_OSDisk"),
        disk_size: MASTER_DISK,
        subnet: &request.master_subnet_id,
        size: &request.master_vm_size,
        zone: zone(request, 0),
        pools: pools(cx, request, std::slice::from_ref(infra)),
    });
    ignition(cx, request);
    make(cx, request, machines)
}

fn workers(cx: &mut Cx<'_>, request: &Request) -> Result<Vec<String>, ArmError> {
    let machines: Vec<Machine<'_>> = (0..request.worker_count)
        .map(|number| {
            let zone = zone(request, number as usize);
            let text = zone.map_or("", String::as_str);
            let suffix = named_uuid(&format!("{}-worker-{number}", request.infra_id))
                .simple()
                .to_string();
            let name = format!(
                "{}-worker-{}{text}-{}",
                request.infra_id,
                request.location,
                &suffix[..5]
            );
            Machine {
                interface: format!("{name}-nic"),
                disk: format!("{name}_OSDisk"),
                disk_size: match request.worker_disk_size_gb {
                    0 => WORKER_DISK,
                    size => size,
                },
                name,
                subnet: &request.worker_subnet_id,
                size: &request.worker_vm_size,
                zone,
                pools: public_pool(cx, request),
            }
        })
        .collect();
    make(cx, request, machines)
}

fn zone(request: &Request, number: usize) -> Option<&String> {
    (!request.zones.is_empty()).then(|| &request.zones[number % request.zones.len()])
}

/// Pools of the internal load balancer by name, and the one of the public load balancer; those that exist.
fn pools(cx: &Cx<'_>, request: &Request, names: &[String]) -> Vec<String> {
    let internal = format!(
        "{}/providers/Microsoft.Network/loadBalancers/{}-internal",
        request.resource_group_id, request.infra_id
    );
    let mut all: Vec<String> = names
        .iter()
        .map(|name| format!("{internal}/backendAddressPools/{name}"))
        .collect();
    all.retain(|id| references::exists(cx.state, &key(id)));
    all.extend(public_pool(cx, request));
    all
}

fn public_pool(cx: &Cx<'_>, request: &Request) -> Vec<String> {
    let infra = &request.infra_id;
    let id = format!(
        "{}/providers/Microsoft.Network/loadBalancers/{infra}/backendAddressPools/{infra}",
        request.resource_group_id
    );
    if references::exists(cx.state, &key(&id)) {
        vec![id]
    } else {
        Vec::new()
    }
}

fn make(cx: &mut Cx<'_>, request: &Request, machines: Vec<Machine<'_>>) -> Result<Vec<String>, ArmError> {
    let group = &request.resource_group_id;
    let mut made = Vec::new();
    for machine in machines {
        let interface = format!(
            "{group}/providers/Microsoft.Network/networkInterfaces/{}",
            machine.interface
        );
        let pools: Vec<Value> = machine.pools.iter().map(|id| json!({"id": id})).collect();
        let body = json!({
            "location": request.location,
            "properties": {
                "enableAcceleratedNetworking": true,
                "ipConfigurations": [{"name": "pipConfig", "properties": {
                    "subnet": {"id": machine.subnet}, "loadBalancerBackendAddressPools": pools, "primary": true,
                }}],
            },
        });
        put(cx, &interface, body)?;
        let id = format!("{group}/providers/Microsoft.Compute/virtualMachines/{}", machine.name);
        let mut body = json!({
            "location": request.location,
            "tags": {format!("kubernetes.io_cluster.{}", request.infra_id): "owned"},
            "properties": {
                "hardwareProfile": {"vmSize": machine.size},
                "storageProfile": {
                    "imageReference": {"publisher": "azureopenshift", "offer": "aro4", "sku": "aro", "version": "latest"},
                    "osDisk": {
                        "name": machine.disk, "createOption": "FromImage", "osType": "Linux", "diskSizeGB": machine.disk_size, "caching": "ReadWrite",
                        "managedDisk": {"storageAccountType": "Premium_LRS"},
                    },
                },
                "osProfile": {"computerName": machine.name, "adminUsername": "core", "linuxConfiguration": {"disablePasswordAuthentication": true}},
                "networkProfile": {"networkInterfaces": [{"id": interface}]},
                "diagnosticsProfile": {"bootDiagnostics": {"enabled": true}},
            },
        });
        if let Some(zone) = machine.zone {
            body["zones"] = json!([zone]);
        }
        put(cx, &id, body)?;
        made.extend([
            interface,
            id,
            format!("{group}/providers/Microsoft.Compute/disks/{}", machine.disk),
        ]);
    }
    Ok(made)
}

fn put(cx: &mut Cx<'_>, id: &str, body: Value) -> Result<(), ArmError> {
    let path = ArmPath::parse(id);
    let kind = registry::find(&path)?;
    let caller = installer_identity(cx);
    match writing::put(cx, &path, kind, body, &Conditions::default(), &caller) {
        Ok(_) => Ok(()),
        // Made by an earlier attempt and still being made.
        Err(error) if error.message.contains("retry later") => Ok(()),
        Err(error) => Err(error),
    }
}

/// The installer works as the provider's application.
fn installer_identity(cx: &Cx<'_>) -> Claims {
    let at = &cx.facts.endpoints;
    Claims {
        aud: at.arm_audience.clone(),
        iss: String::new(),
        iat: 0,
        nbf: 0,
        exp: 0,
        appid: FIRST_PARTY_APP_ID.to_owned(),
        appidacr: "2".to_owned(),
        idp: String::new(),
        idtyp: "app".to_owned(),
        oid: at.first_party.principal.object_id.clone(),
        sub: at.first_party.principal.object_id.clone(),
        tid: at.tenant.clone(),
        uti: String::new(),
        ver: "1.0".to_owned(),
        roles: Vec::new(),
    }
}

/// What the bootstrap machine starts from, if the installation has an account with the container.
fn ignition(cx: &mut Cx<'_>, request: &Request) {
    blob(
        cx,
        request,
        "ignition",
        "bootstrap.ign",
        br#"{"ignition":{"version":"3.2.0"}}"#,
    );
}

/// Writes a blob, if the installation has an account with the container.
fn blob(cx: &mut Cx<'_>, request: &Request, container: &str, name: &str, content: &[u8]) {
    let account = request.storage_account.to_lowercase();
    let id = format!(
        "{}/providers/microsoft.storage/storageaccounts/{account}/blobservices/default/containers/{container}",
        key(&request.resource_group_id)
    );
    if cx.state.resources.contains(&id) {
        let blob = Blob {
            content_base64: STANDARD.encode(content),
            content_type: "application/json".to_owned(),
            etag: format!("\"{}\"", Uuid::new_v4().simple()),
            changed_at: rfc3339(cx.now),
        };
        cx.state.blobs.put(format!("{account}/{container}/{name}"), blob);
    }
}

/// What a finished installation leaves behind.
struct Left {
    kubeconfig: String,
    password: String,
    graph: Value,
    authorities: Authorities,
}

fn leave(cx: &mut Cx<'_>, request: &Request, seal: Option<&Seal>) -> Result<Left, String> {
    let domain = full_domain(&request.domain);
    let unmade = |error: rcgen::Error| format!("making certificates: {error}");
    let authorities = Authorities::make(&domain, cx.now).map_err(unmade)?;
    let admin = authorities.client("system:admin", Some("system:masters"), cx.now);
    let admin = admin.map_err(unmade)?;
    let password = password();
    let subject = graph::Subject {
        domain: &domain,
        location: &request.location,
        password: &password,
        admin: &admin,
    };
    let kubeconfig = graph::kubeconfig(&authorities, &subject).to_string();
    let graph = graph::graph(&authorities, &subject);
    let kept = match seal {
        Some(seal) => seal.close(graph.to_string().as_bytes())?,
        None => graph.to_string(),
    };
    blob(cx, request, "aro", "graph", kept.as_bytes());
    Ok(Left {
        kubeconfig,
        password,
        graph,
        authorities,
    })
}

/// The whole domain: one label lies in the provider's zone.
pub(crate) fn full_domain(domain: &str) -> String {
    if domain.contains('.') {
        domain.to_owned()
    } else {
        format!("{domain}.{DNS_ZONE}")
    }
}

/// Four groups of five, as installers print it.
fn password() -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHIJKLMNPQRSTUVWXYZ23456789";
    let random = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    let letters: String = random
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
        .collect();
    format!(
        "{}-{}-{}-{}",
        &letters[..5],
        &letters[5..10],
        &letters[10..15],
        &letters[15..20]
    )
}
