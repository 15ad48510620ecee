//! How long things take.

use std::time::Duration;

/// The pace of the world: each kind of work has a base duration, divided by `speed`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// 1.0 makes a whole cluster take a few seconds; 1000.0 makes everything take no time worth mentioning; 0.001 is
    /// about the real Azure. Zero, negative and not-a-number mean 1.0.
    pub speed: f64,
    /// Base duration of the simulated OpenShift install.
    pub install: Duration,
    /// The `Retry-After` that long-running operations answer with, in whole seconds; absent when `None`.
    pub retry_after: Option<u32>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            speed: 1.0,
            install: Duration::from_millis(2000),
            retry_after: None,
        }
    }
}

impl Pace {
    /// `base` at this pace.
    pub(crate) fn scaled(&self, base: Duration) -> Duration {
        let speed = if self.speed.is_finite() && self.speed > 0.0 {
            self.speed
        } else {
            1.0
        };
        base.div_f64(speed.max(1e-6))
    }
}
