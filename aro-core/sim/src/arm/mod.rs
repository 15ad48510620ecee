//! Azure Resource Manager.

pub(crate) mod authorization;
pub(crate) mod cx;
pub(crate) mod error;
pub(crate) mod front;
mod groups;

pub(crate) mod id;
pub(crate) mod lifecycle;
mod metadata;
pub(crate) mod operations;
mod providers;
pub(crate) mod references;
mod refusals;
pub(crate) mod registry;
pub(crate) mod relay;
pub(crate) mod resources;
pub(crate) mod roles;
mod shape;
mod subscriptions;
mod tags;
pub(crate) mod types;
pub(crate) use groups::KIND as GROUP_KIND;

pub(crate) mod versions;
pub(crate) mod writing;
