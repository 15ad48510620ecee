//! The machine API's provider for Azure: what it asks Azure for, one thing after the other, for each machine.
//!
//! ```text
//! Provisioning ──► interface ──► virtual machine (its disk comes with it) ──► Provisioned ──► node ──► Running
//!      │                              │ refused                                              │ gone in Azure
//!      │ refused: asked again         └──────────────► Failed ◄──────────────────────────────┘
//! Deleting ──► virtual machine goes ──► disk goes ──► interface goes ──► machine and node are gone
//! ```
//!
//! It reads what there is and takes the next step, so it goes on wherever it was.

use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::cloud::{self, Refusal};
use super::super::seed::{self, MACHINES_NAMESPACE as NAMESPACE, NodeFacts};
use super::estate::{Estate, Instance, Thing};
use super::{Life, MACHINE_STAGE, MACHINES, NODES, Next, RETRY, name_of, nodes};
use crate::arm::id::key;
use crate::entra::token::Claims;

/// Holds a machine until nothing of it is left in Azure.
pub(in super::super) const FINALIZER: &str = "machine.machine.openshift.io";
/// The service account of the machine API's controllers.
const ACCOUNT: &str = "machine-api-controllers";
const COMPUTE: &str = "2021-11-01";
const NETWORK: &str = "2021-02-01";

pub(super) fn is_going(machine: &Value) -> bool {
    machine["status"]["phase"] == "Deleting" || !machine["metadata"]["deletionTimestamp"].is_null()
}

fn phase(machine: &Value) -> &str {
    machine["status"]["phase"].as_str().unwrap_or_default()
}

fn interface_name(machine: &str) -> String {
    format!("{machine}-nic")
}

fn disk_name(machine: &str) -> String {
    format!("{machine}_OSDisk")
}

/// What Azure is to be asked for.
fn spec(machine: &Value) -> &Value {
    &machine["spec"]["providerSpec"]["value"]
}

impl Life {
    /// The next step of every machine.
    pub(super) fn look_at_machines(&mut self, estate: &Estate) {
        for machine in self.server.list(MACHINES, Some(NAMESPACE)) {
            let name = name_of(&machine);
            if self.retries.get(&name).is_some_and(|at| *at > Instant::now()) {
                continue;
            }
            self.retries.remove(&name);
            let instance = estate.instances.get(&name);
            match phase(&machine) {
                _ if is_going(&machine) => self.dismiss(&machine, estate),
                "Failed" => {}
                "" | "Provisioning" => self.create(&machine, estate),
                "Provisioned" if instance.is_some_and(Instance::is_up) => {
                    self.soon(MACHINE_STAGE, Next::Running(name));
                }
                "Provisioned" | "Running" if instance.is_none() => self.lost(&name),
                _ => {}
            }
        }
    }

    fn retry(&mut self, name: &str) {
        self.retries
            .insert(name.to_owned(), Instant::now() + self.pace.scaled(RETRY));
        self.soon(RETRY, Next::Look);
    }

    fn caller(&self, machine: &Value) -> Result<Claims, String> {
        let wanted = &spec(machine)["credentialsSecret"];
        let text = |name: &str, usual: &'static str| wanted[name].as_str().unwrap_or(usual).to_owned();
        let (namespace, name) = (text("namespace", NAMESPACE), text("name", "azure-cloud-credentials"));
        cloud::sign_in(&self.shared, &self.server, (&namespace, &name), ACCOUNT)
    }

    /// The place of something of a machine in its resource group.
    fn place(&self, machine: &Value, kind: &str, name: &str) -> String {
        let group = match spec(machine)["resourceGroup"].as_str() {
            Some(group) if !group.is_empty() => group,
            _ => self.subject.group_name(),
        };
        format!(
            "/subscriptions/{}/resourceGroups/{group}/providers/{kind}/{name}",
            self.subject.subscription
        )
    }

    /// What is missing of a machine is asked for.
    fn create(&mut self, machine: &Value, estate: &Estate) {
        let name = name_of(machine);
        match estate.instances.get(&name) {
            Some(instance) if instance.thing.state == "Succeeded" => return self.provisioned(&name, instance),
            Some(instance) if instance.thing.state == "Failed" => {
                let text = format!("vm {name} has unexpected 'Failed' provisioning state");
                return self.fail(&name, "CreateError", &text);
            }
            Some(_) => return,
            None => {}
        }
        let nic = interface_name(&name);
        match estate.interfaces.get(&nic) {
            Some(Thing { state, .. }) if state == "Succeeded" => {
                if let Err(refusal) = self.ask_for_machine(machine, &nic) {
                    let text = match refusal {
                        Ask::Refused(refusal) => format!(
                            "failure sending request for machine {name}: cannot create vm: \
                             compute.VirtualMachinesClient#CreateOrUpdate: Failure sending request: {refusal}"
                        ),
                        Ask::Before(text) => {
                            return self.not_created(&name, &format!("failed to create vm {name}: {text}"));
                        }
                    };
                    self.fail(&name, "InvalidConfiguration", &text);
                }
            }
            Some(_) => {}
            None => {
                if let Err(refusal) = self.ask_for_interface(machine, &nic) {
                    let why = match refusal {
                        Ask::Refused(refusal) => format!(
                            "unable to create VM network interface: network.InterfacesClient#CreateOrUpdate: {refusal}"
                        ),
                        Ask::Before(text) => text,
                    };
                    self.not_created(&name, &format!("failed to create nic {nic} for machine {name}: {why}"));
                }
            }
        }
    }

    fn ask(
        &self,
        machine: &Value,
        method: Method,
        path: &str,
        version: &str,
        body: Option<&Value>,
    ) -> Result<Value, Ask> {
        let caller = self.caller(machine).map_err(Ask::Before)?;
        cloud::ask(&self.shared, &caller, method, path, version, body).map_err(Ask::Refused)
    }

    fn ask_for_interface(&self, machine: &Value, nic: &str) -> Result<(), Ask> {
        let spec = spec(machine);
        let text = |name: &str| spec[name].as_str().unwrap_or_default();
        let mut pools: Vec<Value> = Vec::new();
        for balancer in ["publicLoadBalancer", "internalLoadBalancer"] {
            let balancer = text(balancer);
            if balancer.is_empty() {
                continue;
            }
            let path = self.place(machine, "Microsoft.Network/loadBalancers", balancer);
            let found = self.ask(machine, Method::GET, &path, NETWORK, None)?;
            pools.push(json!({"id": found["properties"]["backendAddressPools"][0]["id"]}));
        }
        let subnet = format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/virtualNetworks/{}/subnets/{}",
            self.subject.subscription,
            text("networkResourceGroup"),
            text("vnet"),
            text("subnet")
        );
        let body = json!({
            "location": text("location"),
            "properties": {
                "enableAcceleratedNetworking": spec["acceleratedNetworking"].as_bool().unwrap_or(false),
                "ipConfigurations": [{"name": "pipConfig", "properties": {
                    "subnet": {"id": subnet}, "privateIPAllocationMethod": "Dynamic", "loadBalancerBackendAddressPools": pools,
                }}],
            },
        });
        let path = self.place(machine, "Microsoft.Network/networkInterfaces", nic);
        self.ask(machine, Method::PUT, &path, NETWORK, Some(&body)).map(drop)
    }

    fn ask_for_machine(&self, machine: &Value, nic: &str) -> Result<(), Ask> {
        let (name, spec) = (name_of(machine), spec(machine));
        let text = |name: &str| spec[name].as_str().unwrap_or_default();
        let image = &spec["image"];
        let reference = match image["resourceID"].as_str() {
            Some(id) if !id.is_empty() => json!({"id": format!("/subscriptions/{}{id}", self.subject.subscription)}),
            _ => {
                json!({"publisher": image["publisher"], "offer": image["offer"], "sku": image["sku"], "version": image["version"]})
            }
        };
        let disk = &spec["osDisk"];
        let mut managed = json!({"storageAccountType": disk["managedDisk"]["storageAccountType"]});
        if let Some(set) = disk["managedDisk"]
            .get("diskEncryptionSet")
            .filter(|set| set["id"].is_string())
        {
            managed["diskEncryptionSet"] = set.clone();
        }
        let mut tags = json!({format!("kubernetes.io_cluster.{}", self.subject.infra_id): "owned"});
        for (tag, value) in spec["tags"].as_object().into_iter().flatten() {
            tags[tag] = value.clone();
        }
        let mut body = json!({
            "location": text("location"), "tags": tags,
            "properties": {
                "hardwareProfile": {"vmSize": text("vmSize")},
                "storageProfile": {
                    "imageReference": reference,
                    "osDisk": {"name": disk_name(&name), "osType": disk["osType"], "createOption": "FromImage",
                        "diskSizeGB": disk["diskSizeGB"], "managedDisk": managed},
                },
                "osProfile": {"computerName": name, "adminUsername": "capi",
                    "linuxConfiguration": {"disablePasswordAuthentication": true}},
                "networkProfile": {"networkInterfaces": [{
                    "id": self.place(machine, "Microsoft.Network/networkInterfaces", nic), "properties": {"primary": true}}]},
            },
        });
        if spec["securityProfile"]["encryptionAtHost"] == true {
            body["properties"]["securityProfile"] = json!({"encryptionAtHost": true});
        }
        if !text("zone").is_empty() {
            body["zones"] = json!([text("zone")]);
        }
        let path = self.place(machine, "Microsoft.Compute/virtualMachines", &name);
        self.ask(machine, Method::PUT, &path, COMPUTE, Some(&body)).map(drop)
    }

    /// It could not be asked for; it will be again.
    fn not_created(&mut self, name: &str, text: &str) {
        self.server
            .edit(MACHINES, Some(NAMESPACE), name, |machine| said(machine, false, text));
        self.retry(name);
    }

    /// It will not be.
    fn fail(&mut self, name: &str, reason: &str, text: &str) {
        self.server.edit(MACHINES, Some(NAMESPACE), name, |machine| {
            said(machine, false, text);
            machine["status"]["phase"] = json!("Failed");
            machine["status"]["errorReason"] = json!(reason);
            machine["status"]["errorMessage"] = json!(text);
        });
    }

    /// Somebody has deleted its virtual machine; its node goes with it, the machine stays for people to see.
    fn lost(&mut self, name: &str) {
        self.server.edit(MACHINES, Some(NAMESPACE), name, |machine| {
            machine["status"]["phase"] = json!("Failed");
            machine["status"]["errorReason"] = json!("UpdateError");
            machine["status"]["errorMessage"] = json!("Can't find created instance.");
        });
        self.without_node(name);
    }

    fn provisioned(&mut self, name: &str, instance: &Instance) {
        let id = instance.id.clone();
        let (state, address) = (nodes::vm_state(&instance.power), instance.address.clone());
        let location = self.subject.location.clone();
        self.server.edit(MACHINES, Some(NAMESPACE), name, |machine| {
            said(machine, true, "machine successfully created");
            let (size, zone) = (spec(machine)["vmSize"].clone(), spec(machine)["zone"].clone());
            machine["spec"]["providerID"] = json!(format!("azure://{id}"));
            let status = &mut machine["status"];
            status["phase"] = json!("Provisioned");
            status["addresses"] = json!([{"type": "Hostname", "address": name}, {"type": "InternalDNS", "address": name},
                {"type": "InternalIP", "address": address}]);
            status["providerStatus"]["vmId"] = json!(id);
            status["providerStatus"]["vmState"] = json!(state);
            let metadata = &mut machine["metadata"];
            metadata["annotations"]["machine.openshift.io/instance-state"] = json!(state);
            metadata["labels"]["machine.openshift.io/instance-type"] = size;
            metadata["labels"]["machine.openshift.io/region"] = json!(location);
            metadata["labels"]["machine.openshift.io/zone"] = zone;
        });
    }

    /// The kubelet of a machine that has started reports its node.
    pub(super) fn running(&mut self, name: &str) {
        let Some(machine) = self.server.get(MACHINES, Some(NAMESPACE), name) else {
            return;
        };
        let estate = Estate::read(&self.shared, &self.subject);
        let up = estate.instances.get(name).filter(|one| one.is_up());
        let (Some(instance), false, "Provisioned") = (up, is_going(&machine), phase(&machine)) else {
            return;
        };
        let facts = NodeFacts {
            name,
            zone: spec(&machine)["zone"].as_str().unwrap_or_default(),
            address: &instance.address,
            role: "worker",
            size: spec(&machine)["vmSize"].as_str().unwrap_or_default(),
            location: &self.subject.location,
            version: &self.version_now(),
            machine: name,
            provider_id: machine["spec"]["providerID"].as_str().unwrap_or_default().to_owned(),
        };
        let mut node = seed::node(&facts, &self.now());
        for (label, text) in machine["spec"]["metadata"]["labels"].as_object().into_iter().flatten() {
            node["metadata"]["labels"][label] = text.clone();
        }
        for object in [node, seed::node_metrics(name, &self.now())] {
            if let Err(status) = self.server.seed(object) {
                tracing::error!(%status, "a simulated node could not be made");
            }
        }
        self.seen.insert(format!("power/{name}"), instance.power.clone());
        self.server.edit(MACHINES, Some(NAMESPACE), name, |machine| {
            machine["status"]["phase"] = json!("Running");
            machine["status"]["nodeRef"] = json!({"kind": "Node", "name": name});
        });
    }

    /// What is left of a machine goes, one after the other.
    fn dismiss(&mut self, machine: &Value, estate: &Estate) {
        let name = name_of(machine);
        if phase(machine) != "Deleting" {
            self.server.edit(MACHINES, Some(NAMESPACE), &name, |machine| {
                machine["status"]["phase"] = json!("Deleting");
            });
            self.server.edit(NODES, None, &name, |node| {
                node["spec"]["unschedulable"] = json!(true);
            });
        }
        let (nic, disk) = (interface_name(&name), disk_name(&name));
        let left = [
            (
                "Microsoft.Compute/virtualMachines",
                &name,
                estate.instances.get(&name).map(|one| &one.thing),
                COMPUTE,
            ),
            ("Microsoft.Compute/disks", &disk, estate.disks.get(&disk), "2021-12-01"),
            (
                "Microsoft.Network/networkInterfaces",
                &nic,
                estate.interfaces.get(&nic),
                NETWORK,
            ),
        ];
        for (kind, of, thing, version) in left {
            let Some(thing) = thing else { continue };
            if thing.going || thing.busy {
                return;
            }
            let path = self.place(machine, kind, of);
            if let Err(refusal) = self.ask(machine, Method::DELETE, &path, version, None) {
                let text = match refusal {
                    Ask::Refused(refusal) => refusal.to_string(),
                    Ask::Before(text) => text,
                };
                tracing::debug!(
                    machine = name,
                    kind,
                    text,
                    "a simulated machine could not be taken away yet"
                );
                self.server.edit(MACHINES, Some(NAMESPACE), &name, |machine| {
                    machine["status"]["errorReason"] = json!("DeleteError");
                    machine["status"]["errorMessage"] = json!(format!("failed to delete {kind} {of}: {text}"));
                });
                self.retry(&name);
                return;
            }
            if self.still_has(kind, of) {
                return;
            }
        }
        self.without_node(&name);
        self.server.edit(MACHINES, Some(NAMESPACE), &name, |machine| {
            machine["metadata"]["finalizers"] = json!([]);
        });
        self.server.delete(MACHINES, Some(NAMESPACE), &name);
    }

    /// Whether it is there at this moment.
    fn still_has(&self, kind: &str, name: &str) -> bool {
        let id = key(&format!("{}/providers/{kind}/{name}", self.subject.group));
        self.shared.state().resources.contains(&id)
    }

    fn without_node(&mut self, name: &str) {
        self.server.delete(NODES, None, name);
        self.server.delete(("metrics.k8s.io", "nodes"), None, name);
        self.seen.remove(&format!("power/{name}"));
    }
}

/// Why something was not done.
enum Ask {
    /// Azure refused it.
    Refused(Refusal),
    /// It was never asked.
    Before(String),
}

/// What the provider says about its creation.
fn said(machine: &mut Value, is_created: bool, text: &str) {
    let (status, reason) = if is_created {
        ("True", "MachineCreationSucceeded")
    } else {
        ("False", "MachineCreationFailed")
    };
    // The same once more changes nothing: it would wake whoever watches.
    let known = &machine["status"]["providerStatus"]["conditions"][0];
    if known["status"] == status && known["message"] == text {
        return;
    }
    let condition = seed::condition("MachineCreated", status, reason, text, &super::now());
    machine["status"]["providerStatus"]["conditions"] = json!([condition]);
}
