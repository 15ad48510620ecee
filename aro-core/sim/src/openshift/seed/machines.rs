//! Nodes, machines and their sets and pools.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::config::{condition, kubelet};
use super::subject::{Subject, Vm};
use crate::arm::id::last;
use crate::openshift::life::FINALIZER;

pub(crate) const NAMESPACE: &str = "openshift-machine-api";

/// The resource group of a subnet's network.
pub(super) fn vnet_group(subnet: &str) -> &str {
    subnet.split('/').nth(4).unwrap_or_default()
}

fn vnet(subnet: &str) -> &str {
    subnet.split('/').nth(8).unwrap_or_default()
}

/// What Azure is asked for a machine of that role in that zone.
pub(crate) fn provider_spec(of: &Subject, role: &str, zone: &str) -> Value {
    let is_master = role == "master";
    let subnet = if is_master {
        &of.master_subnet
    } else {
        &of.worker_subnet
    };
    let mut disk = json!({
        "diskSizeGB": if is_master { 1024 } else { of.worker_disk }, "osType": "Linux", "diskSettings": {},
        "managedDisk": {"storageAccountType": "Premium_LRS", "securityProfile": {"securityProfile": {}}},
    });
    if !is_master && !of.disk_encryption_set.is_empty() {
        disk["managedDisk"]["diskEncryptionSet"] = json!({"id": of.disk_encryption_set});
    }
    let mut spec = json!({
        "apiVersion": "machine.openshift.io/v1beta1", "kind": "AzureMachineProviderSpec",
        "location": of.location, "vmSize": if is_master { &of.master_size } else { &of.worker_size },
        "image": {"publisher": "azureopenshift", "offer": "aro4", "sku": "aro_417", "version": "417.94.20240701", "resourceID": ""},
        "osDisk": disk, "networkResourceGroup": vnet_group(subnet), "vnet": vnet(subnet), "subnet": last(subnet),
        "resourceGroup": of.group_name(), "publicIP": false, "zone": zone, "managedIdentity": "",
        "publicLoadBalancer": if of.has_public_load_balancer { of.infra_id.as_str() } else { "" }, "acceleratedNetworking": true,
        "credentialsSecret": {"name": "azure-cloud-credentials", "namespace": NAMESPACE},
        "userDataSecret": {"name": format!("{role}-user-data")},
    });
    if is_master {
        spec["internalLoadBalancer"] = json!(format!("{}-internal", of.infra_id));
    } else if of.encryption_at_host {
        spec["securityProfile"] = json!({"encryptionAtHost": true});
    }
    spec
}

/// What a node is known by.
pub(crate) struct NodeFacts<'a> {
    pub(crate) name: &'a str,
    pub(crate) zone: &'a str,
    pub(crate) address: &'a str,
    pub(crate) role: &'a str,
    pub(crate) size: &'a str,
    pub(crate) location: &'a str,
    pub(crate) version: &'a str,
    pub(crate) machine: &'a str,
    pub(crate) provider_id: String,
}

/// A node that takes work.
pub(crate) fn node(of: &NodeFacts<'_>, now: &str) -> Value {
    let NodeFacts {
        name,
        zone,
        address,
        role,
        size,
        location,
        version,
        machine,
        provider_id,
    } = of;
    let said = |kind: &str, status: &str, reason: &str, message: &str| {
        let mut condition = condition(kind, status, reason, message, now);
        condition["lastHeartbeatTime"] = json!(now);
        condition
    };
    let taints = if *role == "master" {
        json!([{"key": "node-role.kubernetes.io/master", "effect": "NoSchedule"}])
    } else {
        json!(null)
    };
    let mut labels = json!({
        "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": size, "node.openshift.io/os_id": "rhcos",
        "topology.kubernetes.io/region": location,
        "topology.kubernetes.io/zone": if zone.is_empty() { "0".to_owned() } else { format!("{location}-{zone}") },
    });
    labels[format!("node-role.kubernetes.io/{role}")] = json!("");
    if *role == "master" {
        labels["node-role.kubernetes.io/control-plane"] = json!("");
    }
    let rendered = rendered(role);
    let resources = json!({"cpu": "8", "memory": "32855840Ki", "pods": "250", "ephemeral-storage": "133682156Ki"});
    let kubelet = kubelet(version);
    let mut spec = json!({"providerID": provider_id});
    if !taints.is_null() {
        spec["taints"] = taints;
    }
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {
            "machine.openshift.io/machine": format!("{NAMESPACE}/{machine}"),
            "machineconfiguration.openshift.io/currentConfig": rendered,
            "machineconfiguration.openshift.io/desiredConfig": rendered,
            "machineconfiguration.openshift.io/state": "Done",
        }},
        "spec": spec,
        "status": {
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "capacity": resources, "allocatable": resources,
            "conditions": [
                said("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                said("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                said("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                said("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ],
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "kernelVersion": "5.14.0-427.el9_4.x86_64",
                "osImage": "Red Hat Enterprise Linux CoreOS", "containerRuntimeVersion": "cri-o://1.30.0",
                "kubeletVersion": kubelet, "kubeProxyVersion": kubelet, "bootID": "", "machineID": "", "systemUUID": "",
            },
        },
    })
}

fn rendered(role: &str) -> String {
    format!("rendered-{role}-4d1e8e2f0c3a5b697887a6b5c4d3e2f1")
}

/// A machine with its node.
pub(crate) fn machine(of: &Subject, vm: &Vm, role: &str, set: Option<&str>, phase: &str, now: &str) -> Value {
    let mut labels = json!({
        "machine.openshift.io/cluster-api-cluster": of.infra_id,
        "machine.openshift.io/cluster-api-machine-role": role, "machine.openshift.io/cluster-api-machine-type": role,
        "machine.openshift.io/instance-type": vm.size, "machine.openshift.io/region": of.location,
        "machine.openshift.io/zone": vm.zone,
    });
    if let Some(set) = set {
        labels["machine.openshift.io/cluster-api-machineset"] = json!(set);
    }
    let mut status = json!({
        "phase": phase, "lastUpdated": now,
        "addresses": [{"type": "InternalIP", "address": vm.address}, {"type": "Hostname", "address": vm.name}],
        "providerStatus": {"vmId": provider_id(of, &vm.name).trim_start_matches("azure://"), "vmState": "Running", "conditions": [
            condition("MachineCreated", "True", "MachineCreationSucceeded", "machine successfully created", now)]},
    });
    if phase == "Running" {
        status["nodeRef"] = json!({"kind": "Node", "name": vm.name});
    }
    json!({
        "apiVersion": "machine.openshift.io/v1beta1", "kind": "Machine",
        "metadata": {"name": vm.name, "namespace": NAMESPACE, "labels": labels, "finalizers": [FINALIZER],
            "annotations": {"machine.openshift.io/instance-state": "Running"}},
        "spec": {"providerID": provider_id(of, &vm.name), "metadata": {}, "providerSpec": {"value": provider_spec(of, role, &vm.zone)}},
        "status": status,
    })
}

/// The id of a machine in Azure, as Kubernetes writes it.
pub(crate) fn provider_id(of: &Subject, name: &str) -> String {
    format!(
        "azure://{}/providers/Microsoft.Compute/virtualMachines/{name}",
        of.group
    )
}

fn set(of: &Subject, name: &str, vm: &Vm, count: usize) -> Value {
    let mut value = provider_spec(of, "worker", &vm.zone);
    value["vmSize"] = json!(vm.size);
    let labels = json!({"machine.openshift.io/cluster-api-cluster": of.infra_id, "machine.openshift.io/cluster-api-machineset": name});
    let mut template_labels = labels.clone();
    template_labels["machine.openshift.io/cluster-api-machine-role"] = json!("worker");
    template_labels["machine.openshift.io/cluster-api-machine-type"] = json!("worker");
    json!({
        "apiVersion": "machine.openshift.io/v1beta1", "kind": "MachineSet",
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": set_uid(of, name), "labels": {
            "machine.openshift.io/cluster-api-cluster": of.infra_id,
            "machine.openshift.io/cluster-api-machine-role": "worker", "machine.openshift.io/cluster-api-machine-type": "worker"}},
        "spec": {
            "replicas": count, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": template_labels}, "spec": {
                "metadata": {}, "providerSpec": {"value": value}}},
        },
        "status": {"replicas": count, "fullyLabeledReplicas": count, "readyReplicas": count, "availableReplicas": count, "observedGeneration": 1},
    })
}

fn pool(role: &str, count: usize, now: &str) -> [Value; 2] {
    let said = |kind: &str, status: &str| condition(kind, status, "", "", now);
    let source = json!([{"apiVersion": "machineconfiguration.openshift.io/v1", "kind": "MachineConfig", "name": format!("00-{role}")}]);
    let config = json!({
        "apiVersion": "machineconfiguration.openshift.io/v1", "kind": "MachineConfig",
        "metadata": {"name": format!("00-{role}"), "labels": {"machineconfiguration.openshift.io/role": role}},
        "spec": {"config": {"ignition": {"version": "3.4.0"}}, "kernelArguments": [], "osImageURL": ""},
    });
    let pool = json!({
        "apiVersion": "machineconfiguration.openshift.io/v1", "kind": "MachineConfigPool",
        "metadata": {"name": role, "labels": {"machineconfiguration.openshift.io/mco-built-in": "",
            format!("pools.operator.machineconfiguration.openshift.io/{role}"): ""}},
        "spec": {
            "machineConfigSelector": {"matchLabels": {"machineconfiguration.openshift.io/role": role}},
            "nodeSelector": {"matchLabels": {format!("node-role.kubernetes.io/{role}"): ""}}, "paused": false,
            "configuration": {"name": rendered(role), "source": source},
        },
        "status": {
            "configuration": {"name": rendered(role), "source": source}, "observedGeneration": 1,
            "machineCount": count, "readyMachineCount": count, "updatedMachineCount": count,
            "unavailableMachineCount": 0, "degradedMachineCount": 0,
            "conditions": [said("Updated", "True"), said("Updating", "False"), said("Degraded", "False"),
                said("NodeDegraded", "False"), said("RenderDegraded", "False")],
        },
    });
    [config, pool]
}

/// The set that a machine belongs to: its machines are called after it.
fn set_of(vm: &Vm) -> &str {
    vm.name.rsplit_once('-').map_or(vm.name.as_str(), |(set, _)| set)
}

fn set_uid(of: &Subject, name: &str) -> String {
    of.uuid(&format!("machineset/{name}"))
}

/// Everything about machines.
pub(super) fn objects(of: &Subject, now: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut sets: BTreeMap<&str, (&Vm, usize)> = BTreeMap::new();
    for (vms, role) in [(&of.masters, "master"), (&of.workers, "worker")] {
        for vm in vms {
            let name = (role == "worker").then(|| set_of(vm));
            let mut made = machine(of, vm, role, name, "Running", now);
            if let Some(name) = name {
                sets.entry(name).or_insert((vm, 0)).1 += 1;
                made["metadata"]["ownerReferences"] = json!([{
                    "apiVersion": "machine.openshift.io/v1beta1", "kind": "MachineSet", "name": name,
                    "uid": set_uid(of, name), "controller": true, "blockOwnerDeletion": true,
                }]);
            }
            all.push(made);
            let facts = NodeFacts {
                name: &vm.name,
                zone: &vm.zone,
                address: &vm.address,
                role,
                size: &vm.size,
                location: &of.location,
                version: &of.version,
                machine: &vm.name,
                provider_id: provider_id(of, &vm.name),
            };
            all.push(node(&facts, now));
        }
        all.extend(pool(role, vms.len(), now));
    }
    all.extend(sets.into_iter().map(|(name, (vm, count))| set(of, name, vm, count)));
    all.push(json!({
        "apiVersion": "machine.openshift.io/v1", "kind": "ControlPlaneMachineSet",
        "metadata": {"name": "cluster", "namespace": NAMESPACE},
        "spec": {"state": "Inactive", "replicas": 3, "strategy": {"type": "RollingUpdate"}},
        "status": {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "observedGeneration": 1},
    }));
    all
}
