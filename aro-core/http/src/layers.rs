//! The layers of a client's stack, outermost first. `client.rs` puts them together.

mod auth;
mod cancel;
mod correlation;
mod retry;
mod throttle;
mod timeout;
mod trace;

pub(crate) use auth::AuthLayer;
pub(crate) use cancel::CancelLayer;
pub(crate) use correlation::{CorrelationLayer, Sent, USER_AGENT};
pub(crate) use retry::RetryPolicy;
pub(crate) use throttle::ThrottleLayer;
pub(crate) use timeout::TimeoutLayer;
pub(crate) use trace::TraceLayer;
