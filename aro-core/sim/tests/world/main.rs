//! The world as a client sees it: over the wire, with nothing but its certificate authority and a secret.

// Not all of this is inside test functions, which is where the lints allow it.
#![allow(clippy::unwrap_used)]

mod access;
mod certificates;
mod client;
mod cluster;
mod directory;
mod faults;
mod groups;
mod hive;
mod identity;
mod machines;
mod network;
mod openshift;
mod proxy;
mod relay;
mod storage;
mod vaults;
mod workloads;
