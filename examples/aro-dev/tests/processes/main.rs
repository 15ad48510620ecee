//! The services as processes of their own: killed, stalled, many at once, and searched for secrets.
//!
//! The programs of the other packages are looked for next to this test; `cargo test --workspace` builds them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod canary;
mod crowd;
mod estate;
// The same as of the tests of the plans: where figures are kept is said once.
#[path = "../../../../aro-core/provisioning/tests/plans/figures.rs"]
mod figures;
mod frontend_killed;
mod kubectl;
mod process;
mod stalled;
mod steps;
mod worker_killed;
mod world_killed;
