//! The time of the simulated world.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Wall time at the start plus what tokio's clock has counted since: it never jumps back, and a test that pauses
/// tokio's clock pauses the world.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    started_at: OffsetDateTime,
    origin: tokio::time::Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            started_at: OffsetDateTime::now_utc(),
            origin: tokio::time::Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.started_at + self.origin.elapsed()
    }

    pub(crate) fn now_text(&self) -> String {
        rfc3339(self.now())
    }
}

/// RFC 3339 in UTC. A date outside the years RFC 3339 knows becomes the epoch, which no clock of ours reaches.
pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    at.format(&Rfc3339)
        .unwrap_or_else(|_| "1970-01-01T00:00:00Z".to_owned())
}
