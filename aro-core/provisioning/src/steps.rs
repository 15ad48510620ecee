//! The bodies of the steps, by what they work on. Each is idempotent: it looks at what is there and makes the rest.

pub(crate) mod base;
pub(crate) mod billing;
pub(crate) mod context;
pub(crate) mod diagnostics;
pub(crate) mod dns;
pub(crate) mod group;
pub(crate) mod identity;
pub(crate) mod install;
pub(crate) mod kubeconfigs;
pub(crate) mod machines;
pub(crate) mod naming;
pub(crate) mod outbound;
pub(crate) mod private_endpoint;
pub(crate) mod removal;
pub(crate) mod roles;
pub(crate) mod subnets;
pub(crate) mod template;
pub(crate) mod validate;
