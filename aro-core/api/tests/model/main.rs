//! The model as a whole, through the public interface.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod canary;
mod dependencies;
mod json_edges;
mod preflight;
mod requests;
mod round_trips;
mod sample;
mod targets;
mod version_names;
