//! Planned maintenance: pieces of it for single clusters, and the schedules that make them.

pub(crate) mod manifests;
pub(crate) mod queue;
pub(crate) mod schedules;

use crate::request::Call;

/// How many documents a list shows where the client does not say.
const LIMIT: usize = 100;
/// The most it shows, whatever the client says.
const MOST: usize = 1000;

/// How many documents the client wants. What is no number counts as not said.
fn limit(call: &Call) -> usize {
    call.parameter("limit")
        .and_then(|limit| limit.parse().ok())
        .unwrap_or(LIMIT)
        .clamp(1, MOST)
}
