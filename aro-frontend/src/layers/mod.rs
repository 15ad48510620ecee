//! What every request passes through before its handler, each in its own file. [`crate::router()`] puts them in order.

pub(crate) mod access;
pub(crate) mod api_version;
pub(crate) mod audit;
pub(crate) mod authentication;
pub(crate) mod body;
pub(crate) mod correlation;
pub(crate) mod deadline;
pub(crate) mod metrics;
pub(crate) mod panic;
pub(crate) mod parameters;
pub(crate) mod path;
pub(crate) mod shedding;
pub(crate) mod system_data;
