//! Tracing, correlation and metrics of every service. Nothing here ever sees a secret: callers log ids and states.
#![deny(missing_docs)]

mod correlation;
mod exposition;
mod log;
pub mod metrics;
mod statsd;

pub use correlation::Correlation;
pub use exposition::{MetricsConfig, MetricsListener};
pub use log::{LogConfig, LogFormat, LogOutput, TelemetryError, init};
pub use metrics::{Counter, Gauge, GaugeGuard, Histogram, Registry};
pub use statsd::StatsdSink;
