//! What a cluster holds when its installation has ended.
//!
//! | module | holds |
//! |---|---|
//! | [`subject`] | which cluster it is: read from the installation and from Azure |
//! | [`config`] | version, operators and OpenShift's own settings |
//! | [`machines`] | nodes, machines and their sets and pools |
//! | [`core`] | namespaces, secrets, services, workloads and roles |

mod config;
mod core;
mod machines;
pub(crate) mod subject;

use serde_json::Value;

pub(crate) use self::core::node_metrics;
pub(crate) use config::{OPERATORS, condition, kubelet};
pub(crate) use machines::{NAMESPACE as MACHINES_NAMESPACE, NodeFacts, machine, node};
pub(crate) use subject::Subject;

/// All objects, in an order in which each finds what it needs.
pub(crate) fn objects(subject: &Subject, now: &str) -> Vec<Value> {
    let mut all = core::namespaces();
    all.extend(config::objects(subject, now));
    all.extend(machines::objects(subject, now));
    all.extend(core::objects(subject, now));
    all
}
