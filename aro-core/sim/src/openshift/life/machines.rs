//! Machine sets and their machines.

use serde_json::{Value, json};

use super::super::seed::{self, MACHINES_NAMESPACE as NAMESPACE, subject::Vm};
use super::machine::{FINALIZER, is_going};
use super::{Life, MACHINE_SETS, MACHINES, NODES, POOLS, name_of, nodes};

pub(super) const SET: &str = "machine.openshift.io/cluster-api-machineset";
const DELETE_FIRST: &str = "machine.openshift.io/delete-machine";

impl Life {
    /// As many machines as their sets want.
    pub(super) fn look_at_sets(&mut self) {
        let machines = self.server.list(MACHINES, Some(NAMESPACE));
        for set in self.server.list(MACHINE_SETS, Some(NAMESPACE)) {
            let name = name_of(&set);
            if !set["metadata"]["deletionTimestamp"].is_null() {
                continue;
            }
            let wanted = usize::try_from(set["spec"]["replicas"].as_i64().unwrap_or(1)).unwrap_or(0);
            let mut own: Vec<&Value> = machines
                .iter()
                .filter(|one| one["metadata"]["labels"][SET] == name.as_str() && !is_going(one))
                .collect();
            // The first stay: what is marked goes first, then what has failed, then what does not run yet.
            own.sort_by_key(|one| {
                let is_marked = !one["metadata"]["annotations"][DELETE_FIRST].is_null();
                let phase = one["status"]["phase"].as_str().unwrap_or_default();
                (is_marked, phase == "Failed", phase != "Running", name_of(one))
            });
            for _ in own.len()..wanted {
                self.order(&set, &name);
            }
            for machine in own.iter().skip(wanted) {
                // It goes when its provider has taken everything away.
                self.server.delete(MACHINES, Some(NAMESPACE), &name_of(machine));
            }
        }
    }

    /// A new machine of a set. Its provider asks Azure for it.
    fn order(&mut self, set: &Value, set_name: &str) {
        let template = &set["spec"]["template"];
        let value = &template["spec"]["providerSpec"]["value"];
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let vm = Vm {
            name: format!("{set_name}-{}", (self.random)()),
            zone: text("zone"),
            size: text("vmSize"),
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
        if let Some(labels) = template["metadata"]["labels"].as_object() {
            for (label, text) in labels {
                machine["metadata"]["labels"][label] = text.clone();
            }
        }
        machine["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "machine.openshift.io/v1beta1", "kind": "MachineSet", "name": set_name,
            "uid": set["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
        }]);
        machine["metadata"]["finalizers"] = json!([FINALIZER]);
        machine["spec"] = template["spec"].clone();
        machine["status"] = json!({"phase": "Provisioning", "lastUpdated": self.now()});
        if let Err(status) = self.server.seed(machine) {
            tracing::error!(%status, "a simulated machine could not be made");
        }
    }

    /// The counts of all sets, and of the pools.
    pub(super) fn count(&mut self) {
        let machines = self.server.list(MACHINES, Some(NAMESPACE));
        let all_nodes = self.server.list(NODES, None);
        let is_ready = |name: &str| {
            all_nodes
                .iter()
                .any(|node| name_of(node) == name && nodes::is_ready(node))
        };
        for set in self.server.list(MACHINE_SETS, Some(NAMESPACE)) {
            let name = name_of(&set);
            let own = || {
                machines
                    .iter()
                    .filter(|one| one["metadata"]["labels"][SET] == name.as_str())
            };
            let ready = own()
                .filter(|one| one["status"]["phase"] == "Running" && is_ready(&name_of(one)))
                .count();
            self.server.edit(MACHINE_SETS, Some(NAMESPACE), &name, |set| {
                let generation = set["metadata"]["generation"].clone();
                let status = &mut set["status"];
                for (name, count) in [
                    ("replicas", own().count()),
                    ("fullyLabeledReplicas", own().count()),
                    ("readyReplicas", ready),
                    ("availableReplicas", ready),
                ] {
                    status[name] = json!(count);
                }
                status["observedGeneration"] = generation;
            });
        }
        for role in ["master", "worker"] {
            let label = format!("node-role.kubernetes.io/{role}");
            let own: Vec<&Value> = all_nodes
                .iter()
                .filter(|node| node["metadata"]["labels"].get(&label).is_some())
                .collect();
            let ready = own.iter().filter(|node| nodes::is_ready(node)).count();
            self.server.edit(POOLS, None, role, |pool| {
                pool["status"]["machineCount"] = json!(own.len());
                pool["status"]["updatedMachineCount"] = json!(own.len());
                pool["status"]["readyMachineCount"] = json!(ready);
                pool["status"]["unavailableMachineCount"] = json!(own.len() - ready);
            });
        }
    }
}
