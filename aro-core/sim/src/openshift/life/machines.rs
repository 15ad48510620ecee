//! Machine sets and their machines.

use serde_json::{Value, json};

use super::super::seed::{self, NodeFacts, subject::Vm};
use super::{Life, MACHINE_SETS, MACHINE_STAGE, MACHINES, NODES, Next, POOLS, name_of};

const NAMESPACE: &str = "openshift-machine-api";
const SET: &str = "machine.openshift.io/cluster-api-machineset";

fn is_going(machine: &Value) -> bool {
    machine["status"]["phase"] == "Deleting"
}

impl Life {
    pub(super) fn look_at_machines(&mut self, quietly: bool) {
        if quietly {
            return;
        }
        let machines = self.server.list(MACHINES, Some(NAMESPACE));
        for set in self.server.list(MACHINE_SETS, Some(NAMESPACE)) {
            let name = name_of(&set);
            let wanted = usize::try_from(set["spec"]["replicas"].as_i64().unwrap_or(1)).unwrap_or(0);
            let mut own: Vec<&Value> = machines
                .iter()
                .filter(|one| one["metadata"]["labels"][SET] == name.as_str() && !is_going(one))
                .collect();
            own.sort_by_key(|one| name_of(one));
            for _ in own.len()..wanted {
                self.order(&set, &name);
            }
            for machine in own.iter().skip(wanted) {
                self.dismiss(&name_of(machine));
            }
            self.count(&name);
        }
    }

    /// A new machine of a set.
    fn order(&mut self, set: &Value, set_name: &str) {
        let value = &set["spec"]["template"]["spec"]["providerSpec"]["value"];
        let zone = value["zone"].as_str().unwrap_or_default().to_owned();
        let vm = Vm {
            name: format!("{set_name}-{}", (self.random)()),
            zone,
            address: String::new(),
        };
        let mut machine = seed::machine(
            &self.subject,
            &vm,
            "worker",
            Some(set_name),
            "Provisioning",
            &self.now(),
        );
        machine["spec"]["providerSpec"]["value"] = value.clone();
        machine["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "machine.openshift.io/v1beta1", "kind": "MachineSet", "name": set_name,
            "uid": set["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
        }]);
        if let Err(status) = self.server.seed(machine) {
            tracing::error!(%status, "a simulated machine could not be made");
            return;
        }
        self.soon(MACHINE_STAGE, Next::Provisioned(vm.name));
    }

    fn dismiss(&mut self, name: &str) {
        self.server.edit(MACHINES, Some(NAMESPACE), name, |machine| {
            machine["status"]["phase"] = json!("Deleting");
        });
        self.server.edit(NODES, None, name, |node| {
            node["spec"]["unschedulable"] = json!(true);
        });
        self.soon(MACHINE_STAGE, Next::Removed(name.to_owned()));
    }

    pub(super) fn provisioned(&mut self, name: &str) {
        // Somebody may have dismissed it in between.
        let edited = self.server.edit(MACHINES, Some(NAMESPACE), name, |machine| {
            if !is_going(machine) {
                machine["status"]["phase"] = json!("Provisioned");
            }
        });
        if edited.is_some_and(|machine| !is_going(&machine)) {
            self.soon(MACHINE_STAGE, Next::Running(name.to_owned()));
        }
    }

    pub(super) fn running(&mut self, name: &str) {
        let Some(machine) = self.server.get(MACHINES, Some(NAMESPACE), name) else {
            return;
        };
        if is_going(&machine) {
            return;
        }
        let value = &machine["spec"]["providerSpec"]["value"];
        let address = format!("10.2.{}.{}", 1 + self.counter / 200 % 250, 10 + self.counter % 200);
        let facts = NodeFacts {
            name,
            zone: value["zone"].as_str().unwrap_or_default(),
            address: &address,
            role: "worker",
            size: value["vmSize"].as_str().unwrap_or_default(),
            location: &self.subject.location,
            version: &self.version_now(),
            machine: name,
            provider_id: machine["spec"]["providerID"].as_str().unwrap_or_default().to_owned(),
        };
        for object in [seed::node(&facts, &self.now()), seed::node_metrics(name, &self.now())] {
            if let Err(status) = self.server.seed(object) {
                tracing::error!(%status, "a simulated node could not be made");
            }
        }
        self.server.edit(MACHINES, Some(NAMESPACE), name, |machine| {
            machine["status"]["phase"] = json!("Running");
            machine["status"]["nodeRef"] = json!({"kind": "Node", "name": name});
            machine["status"]["addresses"] = json!([{"type": "InternalIP", "address": address}]);
        });
        let set = machine["metadata"]["labels"][SET]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.count(&set);
    }

    pub(super) fn removed(&mut self, name: &str) {
        let set = self
            .server
            .get(MACHINES, Some(NAMESPACE), name)
            .and_then(|machine| machine["metadata"]["labels"][SET].as_str().map(str::to_owned));
        self.server.delete(MACHINES, Some(NAMESPACE), name);
        self.server.delete(NODES, None, name);
        self.server.delete(("metrics.k8s.io", "nodes"), None, name);
        if let Some(set) = set {
            self.count(&set);
        }
    }

    /// The counts of a set, and of the pool of workers.
    fn count(&mut self, set: &str) {
        let machines = self.server.list(MACHINES, Some(NAMESPACE));
        let of_set = |one: &&Value| one["metadata"]["labels"][SET] == set;
        let all = machines.iter().filter(of_set).count();
        let ready = machines
            .iter()
            .filter(of_set)
            .filter(|one| one["status"]["phase"] == "Running" && self.has_ready_node(&name_of(one)))
            .count();
        self.server.edit(MACHINE_SETS, Some(NAMESPACE), set, |set| {
            let generation = set["metadata"]["generation"].clone();
            let status = &mut set["status"];
            for (name, count) in [
                ("replicas", all),
                ("fullyLabeledReplicas", all),
                ("readyReplicas", ready),
                ("availableReplicas", ready),
            ] {
                status[name] = json!(count);
            }
            status["observedGeneration"] = generation;
        });
        let nodes = self.server.list(NODES, None);
        let workers = nodes
            .iter()
            .filter(|node| {
                node["metadata"]["labels"]
                    .get("node-role.kubernetes.io/worker")
                    .is_some()
            })
            .count();
        self.server.edit(POOLS, None, "worker", |pool| {
            for name in ["machineCount", "readyMachineCount", "updatedMachineCount"] {
                pool["status"][name] = json!(workers);
            }
        });
    }

    fn has_ready_node(&self, name: &str) -> bool {
        let Some(node) = self.server.get(NODES, None, name) else {
            return false;
        };
        let conditions = node["status"]["conditions"].as_array();
        conditions
            .into_iter()
            .flatten()
            .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
    }
}
