//! What Azure has of a cluster's machines at a moment.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::super::clusters::QUORUM;
use super::super::seed::Subject;
use super::super::seed::subject::address;
use crate::arm::id::key;
use crate::shared::Shared;
use crate::state::Resource;

/// A thing in the managed resource group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thing {
    /// Something is being done to it.
    pub(super) busy: bool,
    /// It is being deleted.
    pub(super) going: bool,
    /// Its provisioning state.
    pub(super) state: String,
}

/// A virtual machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) thing: Thing,
    pub(super) id: String,
    /// Azure's word: `running`, `stopped`, `deallocated`.
    pub(super) power: String,
    pub(super) address: String,
}

/// All of it, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Estate {
    pub(super) instances: BTreeMap<String, Instance>,
    pub(super) disks: BTreeMap<String, Thing>,
    pub(super) interfaces: BTreeMap<String, Thing>,
    /// When Azure will have changed by itself.
    pub(super) next: Option<OffsetDateTime>,
    /// Enough of the control plane runs for controllers to act.
    pub(super) has_quorum: bool,
}

fn thing(one: &Resource) -> Thing {
    Thing {
        busy: one.operation.is_some(),
        going: one.deleting,
        state: one.property_text("provisioningState").unwrap_or("Succeeded").to_owned(),
    }
}

impl Estate {
    pub(super) fn read(shared: &Shared, of: &Subject) -> Self {
        let state = shared.state();
        let group = key(&of.group);
        let below = |kind: &str| format!("{group}/providers/{kind}/");
        let things = |kind: &str| -> BTreeMap<String, Thing> {
            let all = state.resources.rows_under(&below(kind));
            all.into_iter().map(|one| (one.name.clone(), thing(one))).collect()
        };
        let instances: BTreeMap<String, Instance> = state
            .resources
            .rows_under(&below("microsoft.compute/virtualmachines"))
            .into_iter()
            .map(|one| {
                let instance = Instance {
                    thing: thing(one),
                    id: one.id.clone(),
                    power: one.property_text("_power").unwrap_or("running").to_owned(),
                    address: address(&state, one.property("networkProfile")),
                };
                (one.name.clone(), instance)
            })
            .collect();
        let masters = format!("{}-master", of.infra_id);
        let up = instances
            .iter()
            .filter(|(name, one)| name.starts_with(&masters) && one.is_up())
            .count();
        Self {
            has_quorum: up >= QUORUM,
            disks: things("microsoft.compute/disks"),
            interfaces: things("microsoft.network/networkinterfaces"),
            next: state.next_due(&format!("{group}/")),
            instances,
        }
    }
}

impl Instance {
    pub(super) fn is_up(&self) -> bool {
        self.power == "running"
    }
}
