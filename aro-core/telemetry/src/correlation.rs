//! The identifiers that tie the log lines of one customer request together, across services.

use serde::{Deserialize, Serialize};

/// Identifiers of a request as ARM sends them; empty when absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Correlation {
    /// `x-ms-correlation-request-id`: the same for every service one customer action touches.
    pub correlation_id: String,
    /// `x-ms-client-request-id`: chosen by the customer's client.
    pub client_request_id: String,
    /// The async operation the work belongs to.
    pub operation_id: String,
    /// Ours: one per request.
    pub request_id: String,
}

impl Correlation {
    /// A span that puts the identifiers on every log line inside it, together with the resource it is about.
    pub fn span(&self, resource_id: &str) -> tracing::Span {
        tracing::info_span!(
            "work",
            resource_id,
            correlation_id = %self.correlation_id,
            client_request_id = %self.client_request_id,
            operation_id = %self.operation_id,
            request_id = %self.request_id,
        )
    }
}
