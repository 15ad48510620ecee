//! Data planes and directory services beside ARM and Entra ID.

pub(crate) mod graph;
pub(crate) mod installer;

use std::sync::Arc;

use crate::arm::error::ArmError;
use crate::call::{Call, Reply};
use crate::shared::Shared;

/// The listener of the data planes: the first segment says which.
pub(crate) fn answer(_shared: &Arc<Shared>, call: &Call) -> Reply {
    ArmError::new(404, "ResourceNotFound", format!("There is nothing at {}.", call.path)).reply()
}
