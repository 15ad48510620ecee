//! What a cluster holds when its installation has ended.
//!
//! | module | holds |
//! |---|---|
//! | [`subject`] | which cluster it is: read from the installation and from Azure |
//! | [`config`] | version, operators and OpenShift's own settings |
//! | [`machines`] | nodes, machines and their sets and pools |
//! | [`machine_config`] | user data, the machine config server, machine configs |
//! | [`certificates`] | the router's certificate |
//! | [`core`] | namespaces, secrets, services, workloads and roles |

mod certificates;
mod config;
mod core;
mod machine_config;
mod machines;
pub(crate) mod subject;

use serde_json::Value;
use time::OffsetDateTime;

use super::authorities::Authorities;
use crate::clock::rfc3339;

pub(crate) use self::core::node_metrics;
pub(crate) use certificates::{INGRESS_NAMESPACE, ROUTER_CERTIFICATE, published};
pub(crate) use config::{OPERATORS, condition, kubelet};
pub(crate) use machines::{NAMESPACE as MACHINES_NAMESPACE, NodeFacts, machine, node};
pub(crate) use subject::Subject;

/// The manifests that somebody gave to the installer, as objects, namespaces first.
pub(crate) fn manifests(subject: &Subject) -> Result<Vec<Value>, String> {
    let mut all = Vec::new();
    for (file, text) in &subject.manifests {
        let object: Value = serde_json::from_str(text).map_err(|error| format!("manifest {file}: {error}"))?;
        all.push(object);
    }
    all.sort_by_key(|object| object["kind"] != "Namespace");
    Ok(all)
}

/// All objects, in an order in which each finds what it needs.
pub(crate) fn objects(
    subject: &Subject,
    authorities: &Authorities,
    now: OffsetDateTime,
) -> Result<Vec<Value>, rcgen::Error> {
    let at = seconds(now);
    let mut all = core::namespaces();
    all.extend(config::objects(subject, &at));
    all.extend(machines::objects(subject, &at));
    all.extend(machine_config::objects(subject, authorities, now, &at)?);
    all.extend(certificates::objects(subject, now)?);
    all.extend(core::objects(subject, &at));
    Ok(all)
}

/// The time as objects have it: without fractions of a second.
pub(crate) fn seconds(time: OffsetDateTime) -> String {
    let text = rfc3339(time);
    match text.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => text,
    }
}
