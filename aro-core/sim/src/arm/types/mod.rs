//! One file for each family of resource types: its rows, and what is peculiar to it.

pub(crate) mod access;
pub(crate) mod compute;
mod computed;
pub(crate) mod deployments;
pub(crate) mod disks;
pub(crate) mod dns;
pub(crate) mod elements;
mod expressions;
pub(crate) mod features;
mod functions;
pub(crate) mod identities;
pub(crate) mod interfaces;
pub(crate) mod ip_prefixes;
pub(crate) mod load_balancers;
mod load_metrics;
pub(crate) mod locks;
pub(crate) mod machines;
pub(crate) mod managed_clusters;
pub(crate) mod network;
pub(crate) mod policies;
pub(crate) mod private_link;
pub(crate) mod public_ips;
pub(crate) mod registries;
pub(crate) mod security_groups;
pub(crate) mod storage;
pub(crate) mod subnets;
pub(crate) mod template;
mod template_plan;
pub(crate) mod vaults;

use serde_json::Value;

use super::cx::Cx;
use super::error::ArmError;
use super::front::ArmCall;
use super::id::ArmPath;
use super::registry::Kind;
use super::roles;
use crate::call::Reply;
use crate::entra::token::Claims;
use crate::state::Resource;

/// A PUT that is being checked.
pub(crate) struct Put<'a, 'b> {
    pub(crate) cx: &'a Cx<'b>,
    pub(crate) path: &'a ArmPath,
    pub(crate) old: Option<&'a Resource>,
    pub(crate) caller: &'a Claims,
}

/// What a type does beyond what all types do.
pub(crate) trait Behaviour: Send + Sync {
    /// Refuses the body, or completes it with what the provider adds.
    fn accept(&self, _put: &Put<'_, '_>, _new: &mut Resource) -> Result<(), ArmError> {
        Ok(())
    }

    /// After the resource is stored: what changes elsewhere.
    fn written(&self, _cx: &mut Cx<'_>, _key: &str) -> Result<(), ArmError> {
        Ok(())
    }

    /// When the resource has become ready.
    fn ready(&self, _cx: &mut Cx<'_>, _key: &str) {}

    /// Refuses a DELETE beyond the general rule of use.
    fn may_delete(&self, _cx: &Cx<'_>, _resource: &Resource) -> Result<(), ArmError> {
        Ok(())
    }

    /// After the resource is gone.
    fn deleted(&self, _cx: &mut Cx<'_>, _key: &str, _resource: &Resource) {}

    /// Adds what is only shown.
    fn view(&self, _cx: &Cx<'_>, _resource: &Resource, _expand: Option<&str>, _body: &mut Value) {}

    /// Whether a list with this `$filter` shows the resource.
    fn listed(&self, _resource: &Resource, _filter: Option<&str>) -> bool {
        true
    }

    /// A POST; `None` when the type has no such action.
    fn action(
        &self,
        _cx: &mut Cx<'_>,
        _arm: &ArmCall<'_>,
        _key: &str,
        _action: &str,
    ) -> Option<Result<Reply, ArmError>> {
        None
    }
}

/// A type about which there is nothing more to say.
pub(crate) struct Nothing;

impl Behaviour for Nothing {}

/// Every row.
pub(super) fn all() -> Vec<&'static Kind> {
    [
        access::KINDS,
        compute::KINDS,
        deployments::KINDS,
        disks::KINDS,
        dns::KINDS,
        identities::KINDS,
        interfaces::KINDS,
        ip_prefixes::KINDS,
        load_balancers::KINDS,
        locks::KINDS,
        machines::KINDS,
        managed_clusters::KINDS,
        network::KINDS,
        policies::KINDS,
        private_link::KINDS,
        public_ips::KINDS,
        registries::KINDS,
        security_groups::KINDS,
        storage::KINDS,
        subnets::KINDS,
        vaults::KINDS,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Paths that are no stored resource: usages, SKUs, permissions, elements of a resource, and the like.
pub(super) fn answer_special(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    roles::answer(cx, arm)
        .or_else(|| access::answer(cx, arm))
        .or_else(|| compute::answer(cx, arm))
        .or_else(|| computed::answer(cx, arm))
        .or_else(|| deployments::answer(cx, arm))
        .or_else(|| disks::answer(cx, arm))
        .or_else(|| dns::answer(cx, arm))
        .or_else(|| storage::answer(cx, arm))
        .or_else(|| network::answer(cx, arm))
        .or_else(|| features::answer(cx, arm))
        .or_else(|| load_metrics::answer(cx, arm))
        .or_else(|| elements::answer(cx, arm))
}
