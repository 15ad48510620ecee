//! Whether a cluster is as it should be. Pure functions over objects that somebody has read; [`look`] reads them.
//!
//! | what | holds when |
//! |---|---|
//! | an operator is available | `Available=True`, `Progressing=False`, and `Degraded=False` where it says so |
//! | operators have settled | [`SETTLED`] are all available |
//! | the version is complete | `Available=True` |
//! | workers are ready | two machines with the worker's label run, and two nodes with it are `Ready=True` |
//! | a deployment is ready | available, updated and all replicas are as many as wanted, and its controller has seen it |

pub mod look;

use k8s_openapi::api::{apps::v1::Deployment, core::v1::Node};
use serde_json::Value;

use crate::openshift::{ClusterOperator, ClusterVersion, Condition, Machine};

/// The operators that a change of the cluster touches.
pub const SETTLED: [&str; 5] = [
    "kube-controller-manager",
    "kube-apiserver",
    "kube-scheduler",
    "console",
    "authentication",
];
/// How many workers a cluster cannot do without.
pub const MINIMUM_WORKERS: usize = 2;
/// The label of a node that is a worker.
pub const WORKER_NODE: &str = "node-role.kubernetes.io/worker";

/// How something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// As it should be.
    Ready,
    /// Not yet.
    NotYet {
        /// Why, for people.
        reason: String,
    },
    /// It will never be, unless somebody changes something.
    Never {
        /// Why, for people.
        reason: String,
    },
}

impl Readiness {
    /// Not yet, for that reason.
    #[must_use]
    pub fn not_yet(reason: impl Into<String>) -> Self {
        Self::NotYet { reason: reason.into() }
    }

    /// Whether it is as it should be.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready)
    }
}

fn status<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.r#type == kind)
}

/// What is wrong when `kind` is not as expected; `None` when it is.
fn unlike(conditions: &[Condition], kind: &str, expected: &str, required: bool) -> Option<String> {
    match status(conditions, kind) {
        None if required => Some(format!("it does not say whether it is {kind}")),
        None => None,
        Some(found) if found.status == expected => None,
        Some(found) if found.message.is_empty() => Some(format!("{kind}={}", found.status)),
        Some(found) => Some(format!("{kind}={}: {}", found.status, found.message)),
    }
}

/// Whether an operator is available and at rest.
#[must_use]
pub fn operator_available(operator: &ClusterOperator) -> Readiness {
    let conditions = &operator.status.conditions;
    let name = operator.metadata.name.as_deref().unwrap_or_default();
    let wrong = unlike(conditions, "Available", "True", true)
        .or_else(|| unlike(conditions, "Progressing", "False", true))
        .or_else(|| unlike(conditions, "Degraded", "False", false));
    match wrong {
        None => Readiness::Ready,
        Some(wrong) => Readiness::not_yet(format!("cluster operator {name}: {wrong}")),
    }
}

/// Whether the operators that a change touches are at rest again.
#[must_use]
pub fn operators_settled(operators: &[ClusterOperator]) -> Readiness {
    for name in SETTLED {
        let known = operators.iter().find(|one| one.metadata.name.as_deref() == Some(name));
        let Some(operator) = known else {
            return Readiness::not_yet(format!("there is no cluster operator {name}"));
        };
        let readiness = operator_available(operator);
        if !readiness.is_ready() {
            return readiness;
        }
    }
    Readiness::Ready
}

/// Whether the version is complete.
#[must_use]
pub fn version_complete(version: &ClusterVersion) -> Readiness {
    match unlike(&version.status.conditions, "Available", "True", true) {
        None => Readiness::Ready,
        Some(wrong) => Readiness::not_yet(format!("cluster version: {wrong}")),
    }
}

/// Texts by which Azure says that there is no room for a machine.
const NO_ROOM: [&str; 4] = [
    "SkuNotAvailable",
    "QuotaExceeded",
    "ZonalAllocationFailed",
    "AllocationFailed",
];

/// Whether enough workers run. `machines` are those with the worker's label.
#[must_use]
pub fn workers_ready(machines: &[Machine], nodes: &[Node]) -> Readiness {
    let running = machines.iter().filter(|one| one.status.phase == "Running").count();
    if running < MINIMUM_WORKERS {
        if let Some(text) = machines.iter().find_map(no_room) {
            return Readiness::Never { reason: text };
        }
        return Readiness::not_yet(format!("{running} of {MINIMUM_WORKERS} worker machines are running"));
    }
    let ready = nodes.iter().filter(|node| is_worker(node) && node_ready(node)).count();
    if ready < MINIMUM_WORKERS {
        return Readiness::not_yet(format!("{ready} of {MINIMUM_WORKERS} worker nodes are ready"));
    }
    Readiness::Ready
}

/// Why the cloud has no room for a machine that has failed.
fn no_room(machine: &Machine) -> Option<String> {
    if machine.status.phase != "Failed" {
        return None;
    }
    let said = machine.status.provider_status["conditions"].as_array();
    let texts = said
        .into_iter()
        .flatten()
        .filter_map(|condition| condition["message"].as_str())
        .chain([machine.status.error_message.as_str()]);
    texts
        .into_iter()
        .find(|text| NO_ROOM.iter().any(|code| text.contains(code)))
        .map(str::to_owned)
}

fn is_worker(node: &Node) -> bool {
    node.metadata
        .labels
        .as_ref()
        .is_some_and(|labels| labels.contains_key(WORKER_NODE))
}

/// Whether a node takes work.
#[must_use]
pub fn node_ready(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Whether a deployment runs as it should.
#[must_use]
pub fn deployment_ready(deployment: &Deployment) -> Readiness {
    let name = deployment.metadata.name.as_deref().unwrap_or_default();
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let Some(status) = &deployment.status else {
        return Readiness::not_yet(format!("deployment {name} has not been looked at yet"));
    };
    if status.observed_generation != deployment.metadata.generation {
        return Readiness::not_yet(format!("deployment {name} has not been looked at yet"));
    }
    let counts = [status.available_replicas, status.updated_replicas, status.replicas];
    if counts.iter().all(|count| count.unwrap_or(0) == wanted) {
        Readiness::Ready
    } else {
        let ready = status.available_replicas.unwrap_or(0);
        Readiness::not_yet(format!(
            "{ready} of {wanted} replicas of deployment {name} are available"
        ))
    }
}

/// Whether a request for credentials was looked at by the cluster within the given seconds before `now`.
///
/// # Errors
/// When the object does not say when, in a way that can be read.
pub fn credentials_reconciled(
    request: &Value,
    now: time::OffsetDateTime,
    within: time::Duration,
) -> Result<Readiness, String> {
    let Some(at) = request.pointer("/status/lastSyncTimestamp") else {
        return Err("the CredentialsRequest does not say when it was last reconciled".to_owned());
    };
    let parsed = at
        .as_str()
        .and_then(|text| time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok());
    let Some(at) = parsed else {
        return Err(format!(
            "the CredentialsRequest was last reconciled at {at}, which is no time"
        ));
    };
    Ok(if now - at < within {
        Readiness::Ready
    } else {
        Readiness::not_yet("the cluster has not taken the new credentials yet")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn operator(name: &str, conditions: &[(&str, &str)]) -> ClusterOperator {
        let conditions: Vec<Value> = conditions
            .iter()
            .map(|(kind, status)| json!({"type": kind, "status": status}))
            .collect();
        from_value(json!({"metadata": {"name": name}, "status": {"conditions": conditions}})).unwrap()
    }

    #[test]
    fn an_operator_is_available_when_it_says_so_and_is_at_rest() {
        let table: [(&[(&str, &str)], bool); 6] = [
            (
                &[("Available", "True"), ("Progressing", "False"), ("Degraded", "False")],
                true,
            ),
            (&[("Available", "True"), ("Progressing", "False")], true),
            (
                &[("Available", "True"), ("Progressing", "False"), ("Degraded", "True")],
                false,
            ),
            (
                &[("Available", "True"), ("Progressing", "True"), ("Degraded", "False")],
                false,
            ),
            (&[("Available", "False"), ("Progressing", "False")], false),
            (&[], false),
        ];
        for (conditions, expected) in table {
            let found = operator_available(&operator("console", conditions));
            assert_eq!(found.is_ready(), expected, "{conditions:?}: {found:?}");
        }
    }

    #[test]
    fn settled_means_all_of_them() {
        let good = [("Available", "True"), ("Progressing", "False")];
        let mut all: Vec<_> = SETTLED.map(|name| operator(name, &good)).into();
        assert!(operators_settled(&all).is_ready());
        all[1] = operator("kube-apiserver", &[("Available", "True"), ("Progressing", "True")]);
        let Readiness::NotYet { reason } = operators_settled(&all) else {
            panic!()
        };
        assert_eq!(reason, "cluster operator kube-apiserver: Progressing=True");
        all.remove(4);
        all[1] = operator("kube-apiserver", &good);
        assert!(!operators_settled(&all).is_ready());
    }

    fn machine(phase: &str, said: &str) -> Machine {
        from_value(json!({"metadata": {"name": "m"}, "status": {
            "phase": phase, "providerStatus": {"conditions": [{"message": said}]},
        }}))
        .unwrap()
    }

    fn node(label: &str, ready: &str) -> Node {
        from_value(json!({"metadata": {"labels": {label: ""}}, "status": {
            "conditions": [{"type": "Ready", "status": ready}],
        }}))
        .unwrap()
    }

    #[test]
    fn two_workers_must_run_and_be_ready() {
        let running = [
            machine("Running", ""),
            machine("Running", ""),
            machine("Provisioned", ""),
        ];
        let nodes = [node(WORKER_NODE, "True"), node(WORKER_NODE, "True")];
        assert!(workers_ready(&running, &nodes).is_ready());
        let other = [
            node(WORKER_NODE, "True"),
            node("node-role.kubernetes.io/master", "True"),
        ];
        assert!(!workers_ready(&running, &other).is_ready());
        let unwell = [node(WORKER_NODE, "True"), node(WORKER_NODE, "Unknown")];
        assert!(!workers_ready(&running, &unwell).is_ready());
        assert!(!workers_ready(&running[1..], &nodes).is_ready());
    }

    #[test]
    fn no_room_for_workers_ends_the_wait_but_not_while_enough_run() {
        let full = machine("Failed", "code SkuNotAvailable: not in this region");
        let Readiness::Never { reason } = workers_ready(&[machine("Running", ""), full.clone()], &[]) else {
            panic!()
        };
        assert!(reason.contains("SkuNotAvailable"));
        let enough = [machine("Running", ""), machine("Running", ""), full];
        assert!(matches!(workers_ready(&enough, &[]), Readiness::NotYet { .. }));
        assert!(matches!(
            workers_ready(&[machine("Failed", "something else")], &[]),
            Readiness::NotYet { .. }
        ));
    }

    #[test]
    fn a_deployment_is_ready_when_all_counts_agree_and_it_was_looked_at() {
        let deployment = |spec: Value, status: Value| -> Deployment {
            from_value(json!({
                "metadata": {"name": "d", "generation": 2},
                "spec": {"replicas": spec, "selector": {}, "template": {}}, "status": status,
            }))
            .unwrap()
        };
        let counts = |count: i32, seen: i64| json!({"replicas": count, "updatedReplicas": count, "availableReplicas": count, "observedGeneration": seen});
        assert!(deployment_ready(&deployment(json!(3), counts(3, 2))).is_ready());
        assert!(deployment_ready(&deployment(Value::Null, counts(1, 2))).is_ready());
        assert!(!deployment_ready(&deployment(json!(3), counts(3, 1))).is_ready());
        assert!(!deployment_ready(&deployment(json!(3), counts(2, 2))).is_ready());
        let surplus = json!({"replicas": 4, "updatedReplicas": 3, "availableReplicas": 3, "observedGeneration": 2});
        assert!(!deployment_ready(&deployment(json!(3), surplus)).is_ready());
    }
}
