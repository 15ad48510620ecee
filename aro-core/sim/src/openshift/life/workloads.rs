//! Deployments and daemon sets. There is no kubelet: pods are said to run, when nothing that they need is missing.
//!
//! ```text
//! deployment changed ─► replica set of the template, with pods that wait ─► they run ─► pods of older sets go
//!                       status: seen, not yet available                      status: available
//! ```

use serde_json::{Value, json};

use super::{
    DAEMON_SETS, DEPLOYMENTS, Kind, Life, NODES, Next, PODS, PODS_START, REPLICA_SETS, SECRETS, name_of, namespace_of,
};

/// Which replica set of its deployment one is.
const REVISION: &str = "deployment.kubernetes.io/revision";
/// Tells the pods of one template from those of another.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// A name for a template. FNV-1a in the letters that Kubernetes uses: it only has to differ.
fn template_hash(template: &Value) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in template.to_string().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut text = String::new();
    for _ in 0..10 {
        let index = usize::try_from(hash % LETTERS.len() as u64).unwrap_or_default();
        text.push(char::from(LETTERS[index]));
        hash /= LETTERS.len() as u64;
    }
    text
}

fn is_owned(object: &Value, uid: &Value) -> bool {
    let owners = object["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().any(|owner| owner["uid"] == *uid)
}

fn owner(of: &Value, kind: &str) -> Value {
    json!([{
        "apiVersion": "apps/v1", "kind": kind, "name": of["metadata"]["name"], "uid": of["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true,
    }])
}

/// Whether the generation is being worked on, or runs.
fn is_observed(object: &Value) -> bool {
    object["status"]["observedGeneration"] == object["metadata"]["generation"]
}

/// The name of the replica set of the template that a deployment has now.
fn set_name(deployment: &Value) -> String {
    format!(
        "{}-{}",
        name_of(deployment),
        template_hash(&deployment["spec"]["template"])
    )
}

fn replicas(object: &Value) -> usize {
    usize::try_from(object["spec"]["replicas"].as_i64().unwrap_or(1)).unwrap_or(0)
}

impl Life {
    pub(super) fn look_at_workloads(&mut self, quietly: bool) {
        for kind in [DEPLOYMENTS, DAEMON_SETS] {
            for object in self.server.list(kind, None) {
                let (namespace, name) = (namespace_of(&object), name_of(&object));
                if is_observed(&object) {
                    if !quietly && self.lacks_pods(kind, &object) {
                        self.soon(PODS_START, Next::Workload(kind, namespace, name));
                    }
                    continue;
                }
                let generation = object["metadata"]["generation"].to_string();
                let uid = object["metadata"]["uid"].to_string();
                if self.is_new(format!("{}/{namespace}/{name}", kind.1), uid + &generation, quietly) {
                    if kind == DEPLOYMENTS {
                        self.begin_roll_out(&object);
                    }
                    self.soon(PODS_START, Next::Workload(kind, namespace, name));
                }
            }
        }
    }

    /// Whether pods of a workload have gone, or wait for what is there now.
    fn lacks_pods(&self, kind: Kind, object: &Value) -> bool {
        let (owner, wanted) = if kind == DAEMON_SETS {
            (Some(object.clone()), self.nodes_for(object).len())
        } else {
            let name = set_name(object);
            let set = self.server.get(REPLICA_SETS, Some(&namespace_of(object)), &name);
            (set, replicas(object))
        };
        let there = owner.map_or(0, |owner| {
            let pods = self.pods_of(&owner);
            pods.iter().filter(|pod| pod["status"]["phase"] == "Running").count()
        });
        there < wanted && (kind == DAEMON_SETS || self.obstacle(object).is_ok())
    }

    /// The nodes on which a workload may have pods.
    fn nodes_for(&self, owner: &Value) -> Vec<String> {
        let selector = owner["spec"]["template"]["spec"]["nodeSelector"].as_object();
        let fits = |node: &&Value| {
            let labels = &node["metadata"]["labels"];
            let mut wanted = selector.into_iter().flatten();
            wanted.all(|(name, value)| labels.get(name) == Some(value))
        };
        self.server.list(NODES, None).iter().filter(fits).map(name_of).collect()
    }

    /// The replica sets of a deployment.
    fn replica_sets(&self, deployment: &Value) -> Vec<Value> {
        let mut all = self.server.list(REPLICA_SETS, Some(&namespace_of(deployment)));
        all.retain(|set| is_owned(set, &deployment["metadata"]["uid"]));
        all
    }

    fn pods_of(&self, owner: &Value) -> Vec<Value> {
        let mut all = self.server.list(PODS, Some(&namespace_of(owner)));
        all.retain(|pod| is_owned(pod, &owner["metadata"]["uid"]));
        all
    }

    /// The replica set of the template that the deployment has now, made where it is missing; its pods begin to wait.
    fn begin_roll_out(&mut self, deployment: &Value) {
        let (namespace, name) = (namespace_of(deployment), name_of(deployment));
        let template = &deployment["spec"]["template"];
        let hash = template_hash(template);
        let set_name = set_name(deployment);
        let sets = self.replica_sets(deployment);
        let revision_of = |set: &Value| set["metadata"]["annotations"][REVISION].as_str()?.parse::<u64>().ok();
        let newest = sets.iter().filter_map(revision_of).max().unwrap_or(0);
        let known = sets.iter().find(|set| name_of(set) == set_name);
        let revision = match known.and_then(revision_of) {
            Some(own) if own == newest => own,
            _ => newest + 1,
        };
        let count = replicas(deployment);
        let set = match known {
            Some(_) => self.server.edit(REPLICA_SETS, Some(&namespace), &set_name, |set| {
                set["spec"]["replicas"] = json!(count);
                set["metadata"]["annotations"][REVISION] = json!(revision.to_string());
            }),
            None => {
                let mut template = template.clone();
                template["metadata"]["labels"][TEMPLATE_HASH] = json!(hash);
                let mut selector = deployment["spec"]["selector"].clone();
                selector["matchLabels"][TEMPLATE_HASH] = json!(hash);
                let made = json!({
                    "apiVersion": "apps/v1", "kind": "ReplicaSet",
                    "metadata": {
                        "namespace": namespace, "name": set_name, "labels": template["metadata"]["labels"],
                        "annotations": {REVISION: revision.to_string()}, "ownerReferences": owner(deployment, "Deployment"),
                    },
                    "spec": {"replicas": count, "selector": selector, "template": template},
                });
                self.seeded(made)
            }
        };
        let Some(set) = set else { return };
        let pods = self.pods_of(&set).len();
        for _ in pods..count {
            let pod = self.pod(&set, "ReplicaSet", None);
            self.seeded(pod);
        }
        let old: usize = sets
            .iter()
            .filter(|one| name_of(one) != set_name)
            .map(|one| self.pods_of(one).len())
            .sum();
        let now = self.now();
        self.server.edit(DEPLOYMENTS, Some(&namespace), &name, |object| {
            object["metadata"]["annotations"][REVISION] = json!(revision.to_string());
            let generation = object["metadata"]["generation"].clone();
            object["status"] = json!({
                "observedGeneration": generation, "replicas": old + count, "updatedReplicas": count,
                "readyReplicas": old, "availableReplicas": old, "unavailableReplicas": count,
                "conditions": conditions(old > 0, "ReplicaSetUpdated", &now),
            });
        });
    }

    fn seeded(&self, object: Value) -> Option<Value> {
        let made = self.server.seed(object);
        if let Err(status) = &made {
            tracing::error!(%status, "a part of a simulated workload could not be made");
        }
        made.ok()
    }

    /// Its pods run, if they can, and its status says so.
    pub(super) fn workload(&mut self, kind: Kind, namespace: &str, name: &str) {
        let Some(object) = self.server.get(kind, Some(namespace), name) else {
            return;
        };
        if kind == DAEMON_SETS {
            self.daemon_set(&object);
        } else if let Err(reason) = self.deployment(&object) {
            tracing::debug!(namespace, name, reason, "a simulated pod waits");
        }
    }

    fn deployment(&mut self, object: &Value) -> Result<(), String> {
        let (namespace, name) = (namespace_of(object), name_of(object));
        let set_name = set_name(object);
        let count = replicas(object);
        let sets = self.replica_sets(object);
        let Some(set) = sets.iter().find(|set| name_of(set) == set_name) else {
            return Ok(());
        };
        let nodes = match self.obstacle(object) {
            Ok(nodes) => nodes,
            Err((reason, message)) => {
                for pod in self.pods_of(set) {
                    self.wait(&pod, reason, &message);
                }
                return Err(message);
            }
        };
        let mut places: Vec<&String> = nodes.iter().cycle().take(count).collect();
        for pod in self.pods_of(set) {
            let taken = match pod["spec"]["nodeName"].as_str() {
                Some(node) => places.iter().position(|place| *place == node),
                None => (!places.is_empty()).then_some(0),
            };
            match taken {
                Some(taken) => {
                    let node = places.swap_remove(taken);
                    if pod["status"]["phase"] != "Running" {
                        self.run(&pod, node);
                    }
                }
                None => drop(self.server.delete(PODS, Some(&namespace), &name_of(&pod))),
            }
        }
        for node in places {
            let pod = self.pod(set, "ReplicaSet", Some(node));
            self.seeded(pod);
        }
        for old in sets.iter().filter(|one| name_of(one) != set_name) {
            for pod in self.pods_of(old) {
                self.server.delete(PODS, Some(&namespace), &name_of(&pod));
            }
            self.server.edit(REPLICA_SETS, Some(&namespace), &name_of(old), |old| {
                old["spec"]["replicas"] = json!(0);
                old["status"] = json!({"replicas": 0, "observedGeneration": old["metadata"]["generation"]});
            });
        }
        self.server.edit(REPLICA_SETS, Some(&namespace), &set_name, |set| {
            set["status"] = json!({
                "replicas": count, "fullyLabeledReplicas": count, "readyReplicas": count, "availableReplicas": count,
                "observedGeneration": set["metadata"]["generation"],
            });
        });
        let now = self.now();
        self.server.edit(DEPLOYMENTS, Some(&namespace), &name, |object| {
            let generation = object["metadata"]["generation"].clone();
            object["status"] = json!({
                "replicas": count, "readyReplicas": count, "availableReplicas": count, "updatedReplicas": count,
                "observedGeneration": generation, "conditions": conditions(true, "NewReplicaSetAvailable", &now),
            });
        });
        Ok(())
    }

    /// Nodes for the pods of a template; or why they do not run: reason and message, as Kubernetes says them.
    fn obstacle(&self, owner: &Value) -> Result<Vec<String>, (&'static str, String)> {
        let spec = &owner["spec"]["template"]["spec"];
        let nodes = self.nodes_for(owner);
        if nodes.is_empty() {
            let all = self.server.list(NODES, None).len();
            let message = format!("0/{all} nodes are available: node(s) didn't match Pod's node affinity/selector");
            return Err(("Unschedulable", message));
        }
        let variables = spec["containers"].as_array().into_iter().flatten();
        let variables = variables.flat_map(|container| container["env"].as_array().into_iter().flatten());
        for reference in variables.map(|variable| &variable["valueFrom"]["secretKeyRef"]) {
            let (Some(name), Some(key)) = (reference["name"].as_str(), reference["key"].as_str()) else {
                continue;
            };
            if reference["optional"] == true {
                continue;
            }
            match self.server.get(SECRETS, Some(&namespace_of(owner)), name) {
                None => return Err(("CreateContainerConfigError", format!("secret \"{name}\" not found"))),
                Some(secret) if secret["data"].get(key).is_none() => {
                    let message = format!("couldn't find key {key} in Secret {}/{name}", namespace_of(owner));
                    return Err(("CreateContainerConfigError", message));
                }
                Some(_) => {}
            }
        }
        Ok(nodes)
    }

    /// A pod that does not run says why.
    fn wait(&self, pod: &Value, reason: &str, message: &str) {
        self.server.edit(PODS, Some(&namespace_of(pod)), &name_of(pod), |pod| {
            if pod["status"]["phase"] == "Running" {
                return;
            }
            let containers: Vec<Value> = containers(pod)
                .map(|(name, image)| {
                    json!({
                        "name": name, "image": image, "imageID": "", "ready": false, "started": false, "restartCount": 0,
                        "state": {"waiting": {"reason": reason, "message": message}}, "lastState": {},
                    })
                })
                .collect();
            pod["status"]["containerStatuses"] = json!(containers);
        });
    }

    fn run(&self, pod: &Value, node: &str) {
        let now = self.now();
        self.server.edit(PODS, Some(&namespace_of(pod)), &name_of(pod), |pod| {
            pod["spec"]["nodeName"] = json!(node);
            pod["status"] = running(pod, &now);
        });
    }

    /// Of a new generation all pods are new; of one that runs already, what is missing comes back.
    fn daemon_set(&self, object: &Value) {
        let (namespace, name) = (namespace_of(object), name_of(object));
        let mut places = self.nodes_for(object);
        let count = places.len();
        for pod in self.pods_of(object) {
            let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
            match places.iter().position(|place| place == node) {
                Some(taken) if is_observed(object) => drop(places.swap_remove(taken)),
                _ => drop(self.server.delete(PODS, Some(&namespace), &name_of(&pod))),
            }
        }
        for node in &places {
            let pod = self.pod(object, "DaemonSet", Some(node));
            self.seeded(pod);
        }
        self.server.edit(DAEMON_SETS, Some(&namespace), &name, |object| {
            let generation = object["metadata"]["generation"].clone();
            object["status"] = json!({
                "currentNumberScheduled": count, "desiredNumberScheduled": count, "numberAvailable": count,
                "numberMisscheduled": 0, "numberReady": count, "updatedNumberScheduled": count, "observedGeneration": generation,
            });
        });
    }

    /// A pod of a template: it runs on that node, or waits for one.
    fn pod(&self, of: &Value, kind: &str, node: Option<&str>) -> Value {
        let template = &of["spec"]["template"];
        let now = self.now();
        let mut metadata = template["metadata"].clone();
        if !metadata.is_object() {
            metadata = json!({});
        }
        metadata["name"] = json!(format!("{}-{}", name_of(of), (self.random)()));
        metadata["namespace"] = of["metadata"]["namespace"].clone();
        metadata["ownerReferences"] = owner(of, kind);
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]});
        pod["status"] = match node {
            Some(node) => {
                pod["spec"]["nodeName"] = json!(node);
                running(&pod, &now)
            }
            None => json!({"phase": "Pending", "qosClass": "Burstable"}),
        };
        pod
    }
}

/// Names and images of a pod's containers.
fn containers(pod: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let all = pod["spec"]["containers"].as_array().into_iter().flatten();
    all.map(|container| (&container["name"], &container["image"]))
}

fn running(pod: &Value, now: &str) -> Value {
    let said = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now});
    let containers: Vec<Value> = containers(pod)
        .map(|(name, image)| {
            json!({
                "name": name, "image": image, "imageID": image, "ready": true, "started": true, "restartCount": 0,
                "state": {"running": {"startedAt": now}}, "lastState": {},
            })
        })
        .collect();
    json!({
        "phase": "Running", "startTime": now, "qosClass": "Burstable", "containerStatuses": containers,
        "conditions": [said("Initialized"), said("Ready"), said("ContainersReady"), said("PodScheduled")],
    })
}

fn conditions(available: bool, progress: &str, now: &str) -> Value {
    let said = |kind: &str, status: &str, reason: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": "", "lastTransitionTime": now, "lastUpdateTime": now,
        })
    };
    let (status, reason) = if available {
        ("True", "MinimumReplicasAvailable")
    } else {
        ("False", "MinimumReplicasUnavailable")
    };
    json!([said("Available", status, reason), said("Progressing", "True", progress)])
}
