//! What one operation of ours gives to all the calls it makes.

use tokio_util::sync::CancellationToken;

/// Goes with every call of an operation, as a request extension.
#[derive(Debug, Clone, Default)]
pub struct OperationContext {
    /// Sent as `x-ms-correlation-request-id`, so that Azure's logs and ours can be joined.
    pub correlation_id: Option<String>,
    /// Once cancelled, no new call starts: not a first try, not a retry, not a poll.
    pub cancellation: CancellationToken,
}

impl OperationContext {
    /// A context with that correlation id, ended by `cancellation`.
    #[must_use]
    pub fn new(correlation_id: impl Into<String>, cancellation: CancellationToken) -> Self {
        Self {
            correlation_id: Some(correlation_id.into()),
            cancellation,
        }
    }
}

/// Request extension: this call may be repeated although its method is POST.
#[derive(Debug, Clone, Copy)]
pub struct Idempotent;
