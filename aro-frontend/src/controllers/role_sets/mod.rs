//! Which identities an OpenShift minor version needs, and which roles each of them.

pub(crate) mod get;
pub(crate) mod list;
