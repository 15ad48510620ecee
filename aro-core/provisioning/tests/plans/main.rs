//! The plans against a simulated Azure, over the wire.
// A failed expectation in a helper is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calls;
mod cluster;
mod create;
mod delete;
mod diagnostics;
mod faults;
mod figures;
mod hive;
mod house;
mod identities;
mod killed;
mod load_balancer;
mod machine_config;
mod matrix;
mod operator;
mod provider;
mod resume;
mod serving;
mod tokens;
mod update;
mod validation;
mod variants;
