//! Tracing, correlation and metrics of every service.
