//! Management locks: what they are, and what they refuse.

use std::time::Duration;

use serde_json::Value;

use super::{Behaviour, Put};
use crate::arm::authorization::assignments_above;
use crate::arm::error::ArmError;
use crate::arm::registry::{Dialect, Flow, Kind, any_name, never_in_use};
use crate::state::{Resource, State};

pub(crate) const LOCK: &str = "Microsoft.Authorization/locks";

pub(super) const KINDS: &[Kind] = &[Kind {
    name: LOCK,
    dialect: Dialect::Plain,
    shape: "properties!{ level! notes owners[]{applicationId} }",
    located: false,
    valid_name: any_name,
    put: Flow::Now,
    delete: Flow::Now,
    put_time: Duration::ZERO,
    delete_time: Duration::ZERO,
    etag: false,
    in_use: never_in_use,
    behaviour: &Locks,
}];

struct Locks;

impl Behaviour for Locks {
    fn accept(&self, _put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let level = new.property_text("level").unwrap_or_default().to_owned();
        let Some(known) = ["CanNotDelete", "ReadOnly"]
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(&level))
        else {
            return Err(ArmError::bad(
                "InvalidLockLevel",
                format!("The lock level '{level}' is invalid. The valid levels are 'CanNotDelete' and 'ReadOnly'."),
            ));
        };
        let properties = new.properties_mut();
        properties.remove("provisioningState");
        properties.insert("level".to_owned(), Value::from(known));
        Ok(())
    }
}

/// Refuses a write of what is read-only.
pub(crate) fn may_write(state: &State, kind: &str, own_key: &str) -> Result<(), ArmError> {
    let read_only = |lock: &&Resource| lock.property_text("level") == Some("ReadOnly");
    if kind == LOCK {
        return Ok(());
    }
    match assignments_above(state, LOCK, own_key).find(read_only) {
        Some(lock) => Err(locked("write", own_key, lock)),
        None => Ok(()),
    }
}

/// Refuses a deletion at a place that is locked, or has something locked below it.
pub(crate) fn may_delete(state: &State, kind: &str, own_key: &str) -> Result<(), ArmError> {
    if kind == LOCK {
        return Ok(());
    }
    let below = format!("{own_key}/");
    let inside = || {
        state
            .resources
            .under(&below)
            .map(|(_, one)| one)
            .find(|one| one.kind == LOCK)
    };
    match assignments_above(state, LOCK, own_key).next().or_else(inside) {
        Some(lock) => Err(locked("delete", own_key, lock)),
        None => Ok(()),
    }
}

fn locked(verb: &str, scope: &str, lock: &Resource) -> ArmError {
    let at = lock.id.rfind("/providers/").map_or("", |at| &lock.id[..at]);
    ArmError::new(
        409,
        "ScopeLocked",
        format!(
            "The scope '{scope}' cannot perform {verb} operation because following scope(s) are locked: '{at}'. Please \
             remove the lock and try again."
        ),
    )
}
