//! The model as a whole, through the public interface.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod canary;
mod requests;
mod round_trips;
mod sample;
mod version_names;
