//! Data planes and directory services beside ARM and Entra ID.

mod blob;
mod check_access;
pub(crate) mod graph;
mod identity;
pub(crate) mod installer;
pub(crate) mod sas;
mod vault;

use std::sync::Arc;

use crate::arm::error::ArmError;
use crate::call::{Call, Reply};
use crate::shared::Shared;

/// The listener of the data planes: the first segment says which.
pub(crate) fn answer(shared: &Arc<Shared>, call: &Call) -> Reply {
    let mut segments = call.path.split('/').filter(|part| !part.is_empty());
    let plane = segments.next().unwrap_or_default().to_owned();
    let rest: Vec<&str> = segments.collect();
    match plane.as_str() {
        "blob" => blob::answer(shared, call, &rest),
        "vault" => vault::answer(shared, call, &rest),
        "identity" => identity::answer(shared, call, &rest),
        "check-access" => check_access::answer(shared, call),
        "installer" => installer::answer(shared, call, &rest),
        _ => ArmError::new(404, "ResourceNotFound", format!("There is nothing at {}.", call.path)).reply(),
    }
}
