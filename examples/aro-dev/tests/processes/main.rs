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
mod frontend_killed;
mod kubectl;
mod process;
mod stalled;
mod worker_killed;
mod world_killed;
