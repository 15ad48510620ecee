//! How patient the engine is. All of it is configuration, so that a test over the wire never waits for long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Pace of steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// How often one step may be started, over all workers that try. Conditions only read and are not counted.
    pub attempts: u32,
    /// Pause before the second attempt of a step; doubled for each further one.
    #[serde(with = "aro_config::duration")]
    pub retry_delay: Duration,
    /// Longest pause between attempts.
    #[serde(with = "aro_config::duration")]
    pub max_retry_delay: Duration,
    /// Pause between two looks at a condition.
    #[serde(with = "aro_config::duration")]
    pub condition_poll: Duration,
    /// Pause between two looks at what comes within a minute in a cluster: a definition is established, a new kind is known.
    #[serde(with = "aro_config::duration")]
    pub cluster_poll: Duration,
    /// Pause before a step is tried again that Azure has refused for want of rights it was just given.
    #[serde(with = "aro_config::duration")]
    pub authorization_poll: Duration,
    /// How long rights may take to be known everywhere in Azure.
    #[serde(with = "aro_config::duration")]
    pub authorization_window: Duration,
    /// Longest time for gathering facts after a failure.
    #[serde(with = "aro_config::duration")]
    pub diagnostics: Duration,
    /// How long the record of a deleted cluster stays visible to the gateway, marked as such, before it is gone.
    #[serde(with = "aro_config::duration")]
    pub gateway_farewell: Duration,
    /// How often a write of the record is repeated while the store is busy.
    pub store_attempts: u32,
    /// Pause before such a write is repeated, unless the store says.
    #[serde(with = "aro_config::duration")]
    pub store_delay: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            attempts: 5,
            retry_delay: Duration::from_secs(5),
            max_retry_delay: Duration::from_secs(60),
            condition_poll: Duration::from_secs(10),
            cluster_poll: Duration::from_secs(1),
            authorization_poll: Duration::from_secs(30),
            authorization_window: Duration::from_secs(600),
            diagnostics: Duration::from_secs(120),
            gateway_farewell: Duration::from_secs(60),
            store_attempts: 8,
            store_delay: Duration::from_millis(500),
        }
    }
}

impl Pace {
    /// The pause before attempt number `next` (from 2), or what the service asked for, up to the maximum.
    pub(crate) fn pause_before(&self, next: u32, asked: Option<Duration>) -> Duration {
        let doubled = self.retry_delay.saturating_mul(1 << next.saturating_sub(2).min(16));
        asked.unwrap_or(doubled).min(self.max_retry_delay)
    }
}
