//! Deployments and daemon sets: there is no kubelet, so their pods are said to run.

use serde_json::{Value, json};

use super::{DAEMON_SETS, DEPLOYMENTS, Kind, Life, NODES, Next, PODS, PODS_START, name_of, namespace_of};

impl Life {
    pub(super) fn look_at_workloads(&mut self, quietly: bool) {
        for kind in [DEPLOYMENTS, DAEMON_SETS] {
            for object in self.server.list(kind, None) {
                let (namespace, name) = (namespace_of(&object), name_of(&object));
                if object["status"]["observedGeneration"] == object["metadata"]["generation"] {
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

    /// Its pods are replaced by new ones that run, and its status says so.
    pub(super) fn workload(&mut self, kind: Kind, namespace: &str, name: &str) {
        let Some(object) = self.server.get(kind, Some(namespace), name) else {
            return;
        };
        let nodes: Vec<String> = self.server.list(NODES, None).iter().map(name_of).collect();
        let count = if kind == DAEMON_SETS {
            nodes.len()
        } else {
            usize::try_from(object["spec"]["replicas"].as_i64().unwrap_or(1)).unwrap_or(0)
        };
        let uid = object["metadata"]["uid"].clone();
        for pod in self.server.list(PODS, Some(namespace)) {
            let owned = pod["metadata"]["ownerReferences"].as_array();
            if owned.into_iter().flatten().any(|owner| owner["uid"] == uid) {
                self.server.delete(PODS, Some(namespace), &name_of(&pod));
            }
        }
        for number in 0..count {
            let node = nodes.get(number % nodes.len().max(1)).cloned().unwrap_or_default();
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
