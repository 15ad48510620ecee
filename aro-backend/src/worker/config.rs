//! How a worker behaves: all of it configuration, so that tests over the wire never wait for long.

use std::time::Duration;

use aro_config::{ConfigError, duration};
use serde::{Deserialize, Serialize};

/// Settings of a worker. `Default` is what the service uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerConfig {
    /// What is taken from the queue, and how often.
    pub queue: QueueConfig,
    /// How long the right to work on a document lasts.
    pub lease: LeaseConfig,
}

/// What is taken from the queue, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueConfig {
    /// Documents worked on at the same time, clusters and subscriptions together.
    pub concurrency: usize,
    /// The pause before looking again when there was nothing to do.
    #[serde(with = "duration")]
    pub poll_interval: Duration,
    /// How often a document may be taken from the queue before it fails without further work.
    pub attempts: u32,
    /// The pause before the clusters of a deleted subscription are looked at again.
    #[serde(with = "duration")]
    pub subscription_retry: Duration,
    /// For how long running work may go on after the service was asked to stop. What is then unfinished is cancelled,
    /// and another worker goes on at once.
    #[serde(with = "duration")]
    pub grace: Duration,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            concurrency: 100,
            poll_interval: Duration::from_secs(10),
            attempts: 5,
            subscription_retry: Duration::from_secs(600),
            grace: Duration::from_secs(30),
        }
    }
}

/// How long the right to work on a document lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeaseConfig {
    /// Life of a lease. A worker that dies is replaced after this time.
    #[serde(with = "duration")]
    pub ttl: Duration,
    /// How often a lease is renewed.
    #[serde(with = "duration")]
    pub renew_interval: Duration,
    /// The pause before a renewal that failed is tried again.
    #[serde(with = "duration")]
    pub renew_retry: Duration,
    /// The end of a lease that is not used: work is cancelled when less than this is left.
    #[serde(with = "duration")]
    pub margin: Duration,
}

impl Default for LeaseConfig {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(60),
            renew_interval: Duration::from_secs(10),
            renew_retry: Duration::from_secs(2),
            margin: Duration::from_secs(15),
        }
    }
}

impl WorkerConfig {
    /// Checks what one setting demands of another.
    ///
    /// # Errors
    /// A sentence that names the settings and how they have to relate.
    pub fn check(&self) -> Result<(), ConfigError> {
        let (queue, lease) = (&self.queue, &self.lease);
        if queue.concurrency == 0 || queue.attempts == 0 {
            return Err(ConfigError::invalid(
                "queue.concurrency and queue.attempts must be at least 1",
            ));
        }
        if queue.poll_interval.is_zero() || lease.renew_retry.is_zero() || lease.renew_interval.is_zero() {
            return Err(ConfigError::invalid(
                "queue.poll_interval, lease.renew_interval and lease.renew_retry must be above 0",
            ));
        }
        if lease.renew_interval + lease.renew_retry + lease.margin >= lease.ttl {
            return Err(ConfigError::invalid(
                "lease.ttl must be longer than lease.renew_interval, lease.renew_retry and lease.margin together, or no \
                 failed renewal could ever be repeated",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold_together_and_nonsense_does_not() {
        WorkerConfig::default().check().unwrap();
        let mut wrong = WorkerConfig::default();
        wrong.lease.ttl = Duration::from_secs(20);
        assert!(wrong.check().unwrap_err().to_string().contains("lease.ttl"));
        let mut wrong = WorkerConfig::default();
        wrong.queue.concurrency = 0;
        assert!(wrong.check().is_err());
    }
}
