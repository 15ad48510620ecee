//! What is not as it should be in a cluster, in words for people who have to mend it. Pure functions over objects;
//! [`Question`] reads them.
//!
//! | question | told is |
//! |---|---|
//! | version | what the cluster is becoming, and conditions that keep it from getting there |
//! | operators | every one that is not available, is degraded or still at work |
//! | nodes | every one that is not ready or short of something, and how many are ready |
//! | machines | every one that does not run, with what the cloud says of it |
//! | ingress | every way in that is not available or degraded |
//! | the service's own operator | its pods, and the ends of what they have logged |

use std::fmt;

use futures::{StreamExt as _, stream};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::{
    Api, Client, Resource, ResourceExt as _,
    api::{ListParams, LogParams},
};

use crate::{
    conditions::{Readiness, look::MACHINES, node_ready, operator_available},
    openshift::{ClusterOperator, ClusterVersion, Condition, IngressController, Machine},
    reach::ClusterError,
};

/// The namespace of the service's own operator.
const OWN_OPERATOR: &str = "openshift-azure-operator";
/// Where ways in for applications are described.
const INGRESS: &str = "openshift-ingress-operator";
/// Lines at the end of a pod's log that are read.
const LINES: i64 = 20;
/// Bytes of them that are read at most.
const BYTES: i64 = 8 * 1024;
/// Objects of a kind that are read at most: a broken cluster may hold any number.
const OBJECTS: u32 = 500;
/// Troubles of a kind that are told one by one.
const TOLD: usize = 20;
/// Pods whose logs are read at the same time.
const AT_ONCE: usize = 4;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it is about, as `kubectl` takes it: `clusteroperator/dns`.
    pub about: String,
    /// What is wrong.
    pub text: String,
}

impl Trouble {
    fn of(about: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            text: text.into(),
        }
    }
}

/// What a cluster can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// How its version stands.
    Version,
    /// How its operators stand.
    Operators,
    /// How its nodes stand.
    Nodes,
    /// How its machines stand.
    Machines,
    /// How its ways in stand.
    Ingress,
    /// How the service's own operator stands.
    OwnOperator,
}

impl Question {
    /// All of them; those whose answers matter most come first.
    pub const ALL: [Self; 6] = [
        Self::Version,
        Self::Operators,
        Self::Nodes,
        Self::Machines,
        Self::Ingress,
        Self::OwnOperator,
    ];

    /// Asks. Each question is one call, that about the service's own operator one more for each of its pods.
    ///
    /// # Errors
    /// When the API server refuses, or does not answer.
    pub async fn ask(self, client: &Client) -> Result<Vec<Trouble>, ClusterError> {
        Ok(match self {
            Self::Version => of_version(&Api::all(client.clone()).get("version").await?),
            Self::Operators => of_operators(&list(Api::all(client.clone())).await?),
            Self::Nodes => of_nodes(&list(Api::all(client.clone())).await?),
            Self::Machines => of_machines(&list(Api::namespaced(client.clone(), MACHINES)).await?),
            Self::Ingress => of_ingress(&list(Api::namespaced(client.clone(), INGRESS)).await?),
            Self::OwnOperator => own_operator(client).await?,
        })
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "the cluster version",
            Self::Operators => "cluster operators",
            Self::Nodes => "nodes",
            Self::Machines => "machines",
            Self::Ingress => "ingress controllers",
            Self::OwnOperator => "the service's operator",
        })
    }
}

async fn list<K>(api: Api<K>) -> Result<Vec<K>, ClusterError>
where
    K: Resource + Clone + fmt::Debug + serde::de::DeserializeOwned,
{
    Ok(api.list(&ListParams::default().limit(OBJECTS)).await?.items)
}

async fn own_operator(client: &Client) -> Result<Vec<Trouble>, ClusterError> {
    let api: Api<Pod> = Api::namespaced(client.clone(), OWN_OPERATOR);
    let pods = list(api.clone()).await?;
    let parameters = LogParams {
        tail_lines: Some(LINES),
        limit_bytes: Some(BYTES),
        ..LogParams::default()
    };
    let names: Vec<String> = pods.iter().take(TOLD).map(|pod| pod.name_any()).collect();
    let logs = stream::iter(names).map(|name| {
        let (api, parameters) = (api.clone(), parameters.clone());
        async move {
            let about = format!("log of pod/{name}");
            match api.logs(&name, &parameters).await {
                Ok(log) if log.trim().is_empty() => None,
                Ok(log) => Some(Trouble::of(about, log)),
                // A container that has not started has no log; the pod's state says so.
                Err(kube::Error::Api(status)) if status.code == 400 => None,
                Err(error) => Some(Trouble::of(about, format!("it cannot be read: {error}"))),
            }
        }
    });
    let mut found = of_pods(&pods);
    found.extend(
        logs.buffered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect::<Vec<_>>()
            .await,
    );
    Ok(found)
}

/// The first few, and how many more there are.
fn told(kind: &str, mut all: Vec<Trouble>) -> Vec<Trouble> {
    let more = all.len().saturating_sub(TOLD);
    all.truncate(TOLD);
    if more > 0 {
        all.push(Trouble::of(kind, format!("and {more} more")));
    }
    all
}

/// A condition as people read it: `Degraded=True (SyncError): no answer`.
fn in_words(condition: &Condition) -> String {
    let mut text = format!("{}={}", condition.r#type, condition.status);
    if !condition.reason.is_empty() {
        text.push_str(&format!(" ({})", condition.reason));
    }
    if !condition.message.is_empty() {
        text.push_str(": ");
        text.push_str(&condition.message);
    }
    text
}

/// Conditions that are not as expected: name and expected status.
fn unlike(conditions: &[Condition], expected: &[(&str, &str)]) -> Vec<String> {
    let is_wrong = |condition: &&Condition| {
        expected
            .iter()
            .any(|(kind, status)| condition.r#type == *kind && condition.status != *status)
    };
    conditions.iter().filter(is_wrong).map(in_words).collect()
}

/// What keeps the version from being complete.
#[must_use]
pub fn of_version(version: &ClusterVersion) -> Vec<Trouble> {
    let status = &version.status;
    let wrong = unlike(
        &status.conditions,
        &[("Available", "True"), ("Failing", "False"), ("Progressing", "False")],
    );
    let mut parts = Vec::new();
    if status.conditions.is_empty() {
        parts.push("it does not say how it stands".to_owned());
    }
    parts.extend(wrong);
    let unfinished = status.history.first().filter(|entry| entry.state != "Completed");
    if let Some(entry) = unfinished {
        parts.push(format!("version {} is {}", entry.version, entry.state));
    }
    if parts.is_empty() {
        Vec::new()
    } else {
        vec![Trouble::of("clusterversion/version", parts.join("; "))]
    }
}

/// Operators that are not available, degraded or at work.
#[must_use]
pub fn of_operators(operators: &[ClusterOperator]) -> Vec<Trouble> {
    if operators.is_empty() {
        return vec![Trouble::of("clusteroperators", "there are none")];
    }
    let expected = [("Available", "True"), ("Degraded", "False"), ("Progressing", "False")];
    let mut all: Vec<(bool, Trouble)> = operators
        .iter()
        .filter_map(|operator| {
            let wrong = match (
                unlike(&operator.status.conditions, &expected),
                operator_available(operator),
            ) {
                (wrong, _) if !wrong.is_empty() => wrong.join("; "),
                (_, Readiness::NotYet { reason } | Readiness::Never { reason }) => reason,
                (_, Readiness::Ready) => return None,
            };
            let only_busy = wrong.starts_with("Progressing=");
            Some((
                only_busy,
                Trouble::of(format!("clusteroperator/{}", operator.name_any()), wrong),
            ))
        })
        .collect();
    // What is broken comes before what is merely at work.
    all.sort_by_key(|(only_busy, _)| *only_busy);
    told("clusteroperators", all.into_iter().map(|(_, one)| one).collect())
}

/// Nodes that are not ready, or short of something.
#[must_use]
pub fn of_nodes(nodes: &[Node]) -> Vec<Trouble> {
    let ready = nodes.iter().filter(|node| node_ready(node)).count();
    let mut all: Vec<Trouble> = Vec::new();
    for node in nodes {
        let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
        let wrong: Vec<String> = conditions
            .into_iter()
            .flatten()
            .filter(|one| one.status != if one.type_ == "Ready" { "True" } else { "False" })
            // A kubelet that says nothing leaves all the rest unknown.
            .filter(|one| one.type_ == "Ready" || one.status == "True")
            .map(|one| {
                in_words(&Condition {
                    r#type: one.type_.clone(),
                    status: one.status.clone(),
                    reason: one.reason.clone().unwrap_or_default(),
                    message: one.message.clone().unwrap_or_default(),
                })
            })
            .collect();
        if !wrong.is_empty() {
            all.push(Trouble::of(format!("node/{}", node.name_any()), wrong.join("; ")));
        } else if !node_ready(node) {
            all.push(Trouble::of(
                format!("node/{}", node.name_any()),
                "it does not say whether it is ready",
            ));
        }
    }
    if ready == nodes.len() && ready > 0 {
        return all;
    }
    let mut found = vec![Trouble::of("nodes", format!("{ready} of {} are ready", nodes.len()))];
    found.extend(told("nodes", all));
    found
}

/// Machines that do not run, with what the cloud says of them.
#[must_use]
pub fn of_machines(machines: &[Machine]) -> Vec<Trouble> {
    let all = machines
        .iter()
        .filter(|machine| machine.status.phase != "Running")
        .map(|machine| {
            let status = &machine.status;
            let said = status.provider_status["conditions"].as_array();
            let said = said
                .into_iter()
                .flatten()
                .filter(|condition| condition["status"] != "True")
                .filter_map(|condition| condition["message"].as_str());
            let mut parts = vec![match status.phase.as_str() {
                "" => "nobody has looked at it yet".to_owned(),
                phase => format!("phase {phase}"),
            }];
            for text in std::iter::once(status.error_message.as_str()).chain(said) {
                if !text.is_empty() && !parts.iter().any(|known| known == text) {
                    parts.push(text.to_owned());
                }
            }
            Trouble::of(format!("machine/{}", machine.name_any()), parts.join("; "))
        });
    told("machines", all.collect())
}

/// Ways in that are not available, or degraded.
#[must_use]
pub fn of_ingress(controllers: &[IngressController]) -> Vec<Trouble> {
    if controllers.is_empty() {
        return vec![Trouble::of("ingresscontrollers", "there are none")];
    }
    let expected = [
        ("Available", "True"),
        ("Degraded", "False"),
        ("Admitted", "True"),
        ("LoadBalancerReady", "True"),
        ("DNSReady", "True"),
    ];
    let all = controllers.iter().filter_map(|controller| {
        let wrong = unlike(&controller.status.conditions, &expected);
        let about = format!("ingresscontroller/{}", controller.name_any());
        (!wrong.is_empty()).then(|| Trouble::of(about, wrong.join("; ")))
    });
    told("ingresscontrollers", all.collect())
}

/// Pods of the service's own operator that do not do their work.
#[must_use]
pub fn of_pods(pods: &[Pod]) -> Vec<Trouble> {
    if pods.is_empty() {
        return vec![Trouble::of(format!("pods of {OWN_OPERATOR}"), "there are none")];
    }
    let all = pods.iter().filter_map(|pod| {
        let status = pod.status.clone().unwrap_or_default();
        let ready = status.conditions.iter().flatten();
        let is_ready = ready.clone().any(|one| one.type_ == "Ready" && one.status == "True");
        let phase = status.phase.unwrap_or_default();
        if is_ready || phase == "Succeeded" {
            return None;
        }
        let mut parts = vec![format!("phase {phase}")];
        for container in status.container_statuses.iter().flatten() {
            let waiting = container.state.as_ref().and_then(|state| state.waiting.as_ref());
            if let Some(waiting) = waiting {
                let reason = waiting.reason.clone().unwrap_or_default();
                let message = waiting.message.clone().unwrap_or_default();
                parts.push(
                    format!("container {} waits: {reason} {message}", container.name)
                        .trim_end()
                        .to_owned(),
                );
            }
            if container.restart_count > 0 {
                parts.push(format!(
                    "container {} was started anew {} times",
                    container.name, container.restart_count
                ));
            }
        }
        Some(Trouble::of(format!("pod/{}", pod.name_any()), parts.join("; ")))
    });
    told("pods", all.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn texts(found: Vec<Trouble>) -> Vec<String> {
        found
            .into_iter()
            .map(|one| format!("{}: {}", one.about, one.text))
            .collect()
    }

    #[test]
    fn a_version_tells_what_keeps_it_from_being_complete() {
        let version = |conditions: Value, state: &str| -> ClusterVersion {
            from_value(
                json!({"metadata": {"name": "version"}, "status": {"conditions": conditions,
                "history": [{"state": state, "version": "4.17.2"}]}}),
            )
            .unwrap()
        };
        let good = json!([{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "False"}]);
        assert!(of_version(&version(good, "Completed")).is_empty());
        let bad = json!([{"type": "Available", "status": "True"},
            {"type": "Failing", "status": "True", "reason": "ClusterOperatorDegraded", "message": "dns is degraded"}]);
        assert_eq!(
            texts(of_version(&version(bad, "Partial"))),
            [
                "clusterversion/version: Failing=True (ClusterOperatorDegraded): dns is degraded; version 4.17.2 is Partial"
            ]
        );
    }

    #[test]
    fn operators_that_are_broken_come_before_those_at_work() {
        let operator = |name: &str, available: &str, progressing: &str| -> ClusterOperator {
            from_value(json!({"metadata": {"name": name}, "status": {"conditions": [
                {"type": "Available", "status": available}, {"type": "Progressing", "status": progressing}]}}))
            .unwrap()
        };
        let all = [
            operator("a", "True", "True"),
            operator("b", "True", "False"),
            operator("c", "False", "False"),
        ];
        let mut told = texts(of_operators(&all));
        told.push(texts(of_operators(&[from_value(json!({"metadata": {"name": "d"}})).unwrap()])).remove(0));
        assert_eq!(
            told,
            [
                "clusteroperator/c: Available=False",
                "clusteroperator/a: Progressing=True",
                "clusteroperator/d: cluster operator d: it does not say whether it is Available"
            ]
        );
    }

    #[test]
    fn nodes_are_counted_and_the_unwell_are_told_up_to_a_limit() {
        let node = |name: &str, ready: &str| -> Node {
            from_value(json!({"metadata": {"name": name}, "status": {"conditions": [
                {"type": "DiskPressure", "status": "False"},
                {"type": "Ready", "status": ready, "reason": "NodeStatusUnknown", "message": "Kubelet stopped."}]}}))
            .unwrap()
        };
        assert!(of_nodes(&[node("a", "True")]).is_empty());
        assert_eq!(
            texts(of_nodes(&[node("a", "True"), node("b", "Unknown")])),
            [
                "nodes: 1 of 2 are ready",
                "node/b: Ready=Unknown (NodeStatusUnknown): Kubelet stopped."
            ]
        );
        let many: Vec<Node> = (0..30).map(|number| node(&format!("n{number}"), "False")).collect();
        let told = texts(of_nodes(&many));
        assert_eq!((told.len(), told.last().unwrap().as_str()), (22, "nodes: and 10 more"));
        assert_eq!(texts(of_nodes(&[])), ["nodes: 0 of 0 are ready"]);
    }

    #[test]
    fn machines_tell_what_the_cloud_says_once() {
        let machine = |phase: &str, error: &str, said: &str| -> Machine {
            from_value(
                json!({"metadata": {"name": "m"}, "status": {"phase": phase, "errorMessage": error,
                "providerStatus": {"conditions": [{"status": "False", "message": said}]}}}),
            )
            .unwrap()
        };
        assert!(of_machines(&[machine("Running", "", "old")]).is_empty());
        assert_eq!(
            texts(of_machines(&[
                machine("Failed", "no quota", "no quota"),
                machine("", "", "")
            ])),
            [
                "machine/m: phase Failed; no quota",
                "machine/m: nobody has looked at it yet"
            ]
        );
    }

    #[test]
    fn pods_and_ways_in_tell_what_they_wait_for() {
        let pod: Pod = from_value(
            json!({"metadata": {"name": "p"}, "status": {"phase": "Pending", "containerStatuses": [{
            "name": "c", "image": "", "imageID": "", "ready": false, "restartCount": 3,
            "state": {"waiting": {"reason": "ImagePullBackOff", "message": "denied"}}}]}}),
        )
        .unwrap();
        assert_eq!(
            texts(of_pods(&[pod])),
            ["pod/p: phase Pending; container c waits: ImagePullBackOff denied; container c was started anew 3 times"]
        );
        assert_eq!(
            texts(of_pods(&[])),
            ["pods of openshift-azure-operator: there are none"]
        );
        let way: IngressController = from_value(json!({"metadata": {"name": "default"}, "status": {"conditions": [
            {"type": "Available", "status": "True"}, {"type": "Degraded", "status": "True", "message": "no address"}]}}))
        .unwrap();
        assert_eq!(
            texts(of_ingress(&[way])),
            ["ingresscontroller/default: Degraded=True: no address"]
        );
    }
}
