//! The client over the wire: against a whole resource provider and a simulated Azure in another process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod house;
mod life;
mod raw;
mod refused;
mod scripted;
