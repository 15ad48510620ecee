//! How patient outgoing calls are. All of it is configuration, so that a test over the wire never waits for long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Pace of single calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpPace {
    /// Tries of one call, the first included.
    pub attempts: u32,
    /// Pause before the second try; doubled for each further one.
    #[serde(with = "aro_config::duration")]
    pub base_delay: Duration,
    /// Longest pause, also for a `Retry-After` that asks for more.
    #[serde(with = "aro_config::duration")]
    pub max_delay: Duration,
    /// Part of a pause that is added at random, 0 to 1, so that many callers do not come back together.
    pub jitter: f64,
    /// Time one try may take, the body included.
    #[serde(with = "aro_config::duration")]
    pub try_timeout: Duration,
    /// Calls of one client that may run at the same time.
    pub concurrency: usize,
}

impl Default for HttpPace {
    fn default() -> Self {
        Self {
            attempts: 4,
            base_delay: Duration::from_secs(2),
            max_delay: Duration::from_secs(60),
            jitter: 0.1,
            try_timeout: Duration::from_secs(120),
            concurrency: 64,
        }
    }
}

impl HttpPace {
    /// The pause after try number `attempt` (from 1) failed: what the server asked for, else the doubled base, with
    /// jitter, and never more than the maximum.
    #[must_use]
    pub fn pause(&self, attempt: u32, retry_after: Option<Duration>) -> Duration {
        let wanted =
            retry_after.unwrap_or_else(|| self.base_delay.saturating_mul(1 << attempt.saturating_sub(1).min(16)));
        let jitter = self.jitter.clamp(0.0, 1.0) * random_fraction();
        wanted.min(self.max_delay).mul_f64(1.0 + jitter).min(self.max_delay)
    }
}

/// A number between 0 and 1. Spreading retries needs no better source than the random bits of an id.
fn random_fraction() -> f64 {
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    f64::from((high >> 32) as u32) / f64::from(u32::MAX)
}

/// Pace of long-running operations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LroPace {
    /// Time between polls when the server does not say.
    #[serde(with = "aro_config::duration")]
    pub delay: Duration,
    /// Longest pause, also for a `Retry-After` that asks for more.
    #[serde(with = "aro_config::duration")]
    pub max_delay: Duration,
    /// Time after which the wait is given up; the operation goes on in Azure.
    #[serde(with = "aro_config::duration")]
    pub timeout: Duration,
}

impl Default for LroPace {
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(10),
            max_delay: Duration::from_secs(60),
            timeout: Duration::from_secs(3600),
        }
    }
}

impl LroPace {
    /// The pause before the next poll.
    #[must_use]
    pub fn pause(&self, retry_after: Option<Duration>) -> Duration {
        retry_after.unwrap_or(self.delay).min(self.max_delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_doubles_honours_the_server_and_stays_below_the_maximum() {
        let pace = HttpPace {
            jitter: 0.0,
            ..HttpPace::default()
        };
        assert_eq!(pace.pause(1, None), Duration::from_secs(2));
        assert_eq!(pace.pause(3, None), Duration::from_secs(8));
        assert_eq!(pace.pause(30, None), Duration::from_secs(60));
        assert_eq!(pace.pause(1, Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(pace.pause(1, Some(Duration::from_secs(7000))), Duration::from_secs(60));
        let jittered = HttpPace {
            jitter: 0.5,
            ..HttpPace::default()
        }
        .pause(1, None);
        assert!(jittered >= Duration::from_secs(2) && jittered <= Duration::from_secs(3));
    }

    #[test]
    fn configuration_refuses_unknown_names() {
        assert!(serde_json::from_str::<HttpPace>(r#"{"baseDelay":1}"#).is_err());
        let pace: HttpPace = serde_json::from_str(r#"{"base_delay":"250ms"}"#).unwrap();
        assert_eq!(pace.base_delay, Duration::from_millis(250));
    }
}
