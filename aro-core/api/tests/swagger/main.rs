//! The API descriptions: committed as generated, and equal to the published ones but for what is written down.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod committed;
mod examples;
mod published;

use std::path::PathBuf;

/// The folder of the committed descriptions.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../swagger")
}
