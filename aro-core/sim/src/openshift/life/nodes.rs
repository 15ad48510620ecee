//! Nodes and the virtual machines under them.

use serde_json::{Value, json};

use aro_sim_kube::ApiServer;

use super::super::seed;
use super::estate::Estate;
use super::{Life, MACHINES, NODE_GRACE, NODES, Next, name_of, set_condition};

const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// What a kubelet says of itself while it says anything: condition, status, reason, message.
const WELL: [(&str, &str, &str, &str); 4] = [
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    (
        "DiskPressure",
        "False",
        "KubeletHasNoDiskPressure",
        "kubelet has no disk pressure",
    ),
    (
        "PIDPressure",
        "False",
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
    ),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
];

/// The kubelet of a node stops answering, or answers again. False when there is no such node.
pub(in super::super) fn say(server: &ApiServer, name: &str, is_well: bool) -> bool {
    let edited = server.edit(NODES, None, name, |node| {
        for (kind, status, reason, message) in WELL {
            if is_well {
                set_condition(node, kind, status, reason, message);
            } else {
                let message = "Kubelet stopped posting node status.";
                set_condition(node, kind, "Unknown", "NodeStatusUnknown", message);
            }
        }
        let taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
        let mut taints: Vec<Value> = taints.into_iter().filter(|one| one["key"] != UNREACHABLE).collect();
        if !is_well {
            taints.push(json!({"key": UNREACHABLE, "effect": "NoSchedule"}));
            taints.push(json!({"key": UNREACHABLE, "effect": "NoExecute"}));
        }
        match (taints.is_empty(), node["spec"].as_object_mut()) {
            (true, Some(spec)) => drop(spec.remove("taints")),
            (false, Some(spec)) => drop(spec.insert("taints".to_owned(), json!(taints))),
            (_, None) => {}
        }
    });
    edited.is_some()
}

/// Whether a node takes work.
pub(super) fn is_ready(node: &Value) -> bool {
    let conditions = node["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// The state of a machine as its provider writes it: Azure's power state with a capital.
pub(super) fn vm_state(power: &str) -> String {
    let mut letters = power.chars();
    let first = letters
        .next()
        .map(|one| one.to_uppercase().to_string())
        .unwrap_or_default();
    first + letters.as_str()
}

impl Life {
    /// Notices machines that were stopped or started in Azure. `quietly`: the cluster has just come to life, so nothing is
    /// noticed; it is so.
    pub(super) fn look_at_nodes(&mut self, quietly: bool, estate: &Estate) {
        for node in self.server.list(NODES, None) {
            let name = name_of(&node);
            let Some(instance) = estate.instances.get(&name) else {
                continue;
            };
            let power = instance.power.clone();
            if quietly && !instance.is_up() {
                say(&self.server, &name, false);
            }
            let was_known = self.seen.contains_key(&format!("power/{name}"));
            let changed = self.is_new(format!("power/{name}"), power.clone(), quietly);
            // A machine whose node has just come is up, or would not have one.
            if changed && (was_known || power != "running") {
                self.soon(NODE_GRACE, Next::Power(name.clone()));
            }
        }
    }

    /// The node follows its machine's power.
    pub(super) fn follow_power(&mut self, name: &str) {
        let estate = Estate::read(&self.shared, &self.subject);
        let Some(instance) = estate.instances.get(name) else {
            return;
        };
        say(&self.server, name, instance.is_up());
        let state = vm_state(&instance.power);
        self.server
            .edit(MACHINES, Some(seed::MACHINES_NAMESPACE), name, |machine| {
                machine["status"]["providerStatus"]["vmState"] = json!(state);
                machine["metadata"]["annotations"]["machine.openshift.io/instance-state"] = json!(state);
            });
    }
}
