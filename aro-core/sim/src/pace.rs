//! How long things take.

use std::collections::BTreeMap;
use std::time::Duration;

/// The pace of the world: each kind of work has a base duration, divided by `speed`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// 1.0 makes a whole cluster take a few seconds; 1000.0 makes everything take no time worth mentioning; 0.001 is
    /// about the real Azure. Zero, negative and not-a-number mean 1.0.
    pub speed: f64,
    /// Base duration of the simulated OpenShift install.
    pub install: Duration,
    /// Base duration of the roll-out of an operator of a simulated OpenShift whose settings have changed.
    pub roll_out: Duration,
    /// Base durations of PUT and DELETE that differ from the usual ones, by resource type in lower case, for example
    /// `microsoft.network/loadbalancers`.
    pub types: BTreeMap<String, Duration>,
    /// The `Retry-After` that long-running operations answer with, in whole seconds; absent when `None`.
    pub retry_after: Option<u32>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            speed: 1.0,
            install: Duration::from_millis(2000),
            roll_out: Duration::from_millis(800),
            types: BTreeMap::new(),
            retry_after: None,
        }
    }
}

impl Pace {
    /// The base duration of a type, unless it is set otherwise.
    pub(crate) fn base_of(&self, kind: &str, usual: Duration) -> Duration {
        if self.types.is_empty() {
            return usual;
        }
        self.types.get(&kind.to_lowercase()).copied().unwrap_or(usual)
    }

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
