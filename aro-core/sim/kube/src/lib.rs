//! A Kubernetes API server in memory.

pub mod crd;
pub mod managed_fields;
pub mod patch;
pub mod schema;
