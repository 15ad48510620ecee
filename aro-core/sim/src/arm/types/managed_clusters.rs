//! AKS clusters: who may administer one, and new certificates for it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Behaviour, Put};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::registry::{Dialect, Flow, Kind, never_in_use};
use crate::call::Reply;
use crate::hive;
use crate::seed::HIVE_CLUSTER;
use crate::state::Resource;

pub(super) const KINDS: &[Kind] = &[Kind {
    name: "Microsoft.ContainerService/managedClusters",
    dialect: Dialect::Plain,
    shape: "sku{name tier} identity{*} kind extendedLocation{*} properties!{ dnsPrefix fqdn~ provisioningState~ powerState~ * }",
    located: true,
    valid_name: cluster_name,
    put: Flow::Watched,
    delete: Flow::Watched,
    put_time: Duration::from_millis(600),
    delete_time: Duration::from_millis(600),
    etag: false,
    in_use: never_in_use,
    behaviour: &ManagedClusters,
}];

/// 1 to 63 letters, digits, `-` and `_`, with a letter or digit at both ends.
fn cluster_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
}

struct ManagedClusters;

impl Behaviour for ManagedClusters {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        if put.old.is_some() || new.name.eq_ignore_ascii_case(HIVE_CLUSTER) {
            return Ok(());
        }
        Err(ArmError::bad(
            "NotSupported",
            format!("This world has one AKS cluster, {HIVE_CLUSTER}; it makes no others."),
        ))
    }

    fn action(
        &self,
        cx: &mut Cx<'_>,
        _arm: &ArmCall<'_>,
        _own_key: &str,
        action: &str,
    ) -> Option<Result<Reply, ArmError>> {
        match action.to_lowercase().as_str() {
            "listclusteradmincredential" => Some(credential(cx)),
            "rotateclustercertificates" => Some(rotate(cx)),
            _ => None,
        }
    }
}

fn credential(cx: &mut Cx<'_>) -> Result<Reply, ArmError> {
    let port = cx.facts.cluster_port.unwrap_or_default();
    let config = hive::kubeconfig(cx.state, port, cx.now).map_err(internal)?;
    let entry: Value = json!({"name": "clusterAdmin", "value": STANDARD.encode(config.to_string())});
    Ok(Reply::json(200, &json!({"kubeconfigs": [entry]})))
}

/// Done when answered: what takes AKS half an hour is of no interest here.
fn rotate(cx: &mut Cx<'_>) -> Result<Reply, ArmError> {
    hive::rotate(cx.state, cx.now).map_err(internal)?;
    Ok(Reply::empty(204))
}

fn internal(error: String) -> ArmError {
    ArmError::new(500, "InternalServerError", error)
}
