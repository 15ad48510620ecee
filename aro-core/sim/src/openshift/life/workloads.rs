//! Deployments and daemon sets: there is no kubelet, so their pods are said to run. A new generation has new pods; one
//! that goes is replaced.

use serde_json::{Value, json};

use super::{DAEMON_SETS, DEPLOYMENTS, Kind, Life, NODES, Next, PODS, PODS_START, name_of, namespace_of};

impl Life {
    pub(super) fn look_at_workloads(&mut self, quietly: bool) {
        let pods = self.server.list(PODS, None);
        for kind in [DEPLOYMENTS, DAEMON_SETS] {
            for object in self.server.list(kind, None) {
                let (namespace, name) = (namespace_of(&object), name_of(&object));
                if is_observed(&object) {
                    let there = pods.iter().filter(|pod| is_owned(pod, &object)).count();
                    if !quietly && there < self.places(kind, &object).len() {
                        self.soon(PODS_START, Next::Workload(kind, namespace, name));
                    }
                    continue;
                }
                let generation = object["metadata"]["generation"].to_string();
                let uid = object["metadata"]["uid"].to_string();
                if self.is_new(format!("{}/{namespace}/{name}", kind.1), uid + &generation, quietly) {
                    self.soon(PODS_START, Next::Workload(kind, namespace, name));
                }
            }
        }
    }

    /// The nodes on which a workload has its pods, one for each.
    fn places(&self, kind: Kind, object: &Value) -> Vec<String> {
        let selector = object["spec"]["template"]["spec"]["nodeSelector"].as_object();
        let mut nodes: Vec<String> = self
            .server
            .list(NODES, None)
            .iter()
            .filter(|node| {
                let labels = &node["metadata"]["labels"];
                let wanted = selector.into_iter().flatten();
                wanted
                    .into_iter()
                    .all(|(label, value)| labels.get(label) == Some(value))
            })
            .map(name_of)
            .collect();
        if kind != DAEMON_SETS {
            let count = usize::try_from(object["spec"]["replicas"].as_i64().unwrap_or(1)).unwrap_or(0);
            // A pod without a node waits for one; here it is said to run all the same.
            if nodes.is_empty() {
                nodes.push(String::new());
            }
            nodes = nodes.into_iter().cycle().take(count).collect();
        }
        nodes
    }

    /// Its pods are replaced by new ones that run, and its status says so; of a generation that runs already, what is
    /// missing comes back.
    pub(super) fn workload(&mut self, kind: Kind, namespace: &str, name: &str) {
        let Some(object) = self.server.get(kind, Some(namespace), name) else {
            return;
        };
        let mut places = self.places(kind, &object);
        let count = places.len();
        for pod in self.server.list(PODS, Some(namespace)) {
            if !is_owned(&pod, &object) {
                continue;
            }
            let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
            match places.iter().position(|place| place == node) {
                Some(taken) if is_observed(&object) => drop(places.swap_remove(taken)),
                _ => drop(self.server.delete(PODS, Some(namespace), &name_of(&pod))),
            }
        }
        for node in places {
            let pod = self.pod(&object, kind, &node);
            if let Err(status) = self.server.seed(pod) {
                tracing::error!(%status, "a simulated pod could not be made");
            }
        }
        let now = self.now();
        self.server.edit(kind, Some(namespace), name, |object| {
            let generation = object["metadata"]["generation"].clone();
            object["status"] = if kind == DAEMON_SETS {
                json!({
                    "currentNumberScheduled": count, "desiredNumberScheduled": count, "numberAvailable": count,
                    "numberMisscheduled": 0, "numberReady": count, "updatedNumberScheduled": count, "observedGeneration": generation,
                })
            } else {
                let said = |kind: &str, reason: &str| json!({
                    "type": kind, "status": "True", "reason": reason, "message": "", "lastTransitionTime": now, "lastUpdateTime": now,
                });
                json!({
                    "replicas": count, "readyReplicas": count, "availableReplicas": count, "updatedReplicas": count,
                    "observedGeneration": generation,
                    "conditions": [said("Available", "MinimumReplicasAvailable"), said("Progressing", "NewReplicaSetAvailable")],
                })
            };
        });
    }

    fn pod(&self, owner: &Value, kind: Kind, node: &str) -> Value {
        let template = &owner["spec"]["template"];
        let now = self.now();
        let mut metadata = template["metadata"].clone();
        if !metadata.is_object() {
            metadata = json!({});
        }
        let name = format!("{}-{}", name_of(owner), (self.random)());
        metadata["name"] = json!(name);
        metadata["namespace"] = owner["metadata"]["namespace"].clone();
        metadata["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": if kind == DAEMON_SETS { "DaemonSet" } else { "Deployment" },
            "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "controller": true,
        }]);
        let mut spec = template["spec"].clone();
        spec["nodeName"] = json!(node);
        let said = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now});
        let containers: Vec<Value> = spec["containers"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|container| {
                json!({
                    "name": container["name"], "image": container["image"], "imageID": container["image"], "ready": true,
                    "started": true, "restartCount": 0, "state": {"running": {"startedAt": now}}, "lastState": {},
                })
            })
            .collect();
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec,
            "status": {
                "phase": "Running", "startTime": now, "qosClass": "BestEffort", "containerStatuses": containers,
                "conditions": [said("Initialized"), said("Ready"), said("ContainersReady"), said("PodScheduled")],
            },
        })
    }
}

/// Whether the generation runs already.
fn is_observed(object: &Value) -> bool {
    object["status"]["observedGeneration"] == object["metadata"]["generation"]
}

/// Whether a pod belongs to a workload.
fn is_owned(pod: &Value, owner: &Value) -> bool {
    let owners = pod["metadata"]["ownerReferences"].as_array();
    owners
        .into_iter()
        .flatten()
        .any(|one| one["uid"] == owner["metadata"]["uid"])
}
