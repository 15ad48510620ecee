//! What goes wrong in a handler, and what the client reads about it.

use std::time::Duration;

use aro_api::{CloudError, Code};
use aro_store::StoreError;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, RETRY_AFTER};

/// A request that is not served as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Fault {
    /// The client's mistake, or a state that does not allow what it wants.
    #[error("{0}")]
    Refused(CloudError),
    /// The client can try again later.
    #[error("{error} (retry after {after:?})")]
    TryLater { error: CloudError, after: Duration },
    /// Another request was faster; this one starts over.
    #[error("the document was changed by another request")]
    Overtaken,
    /// A defect or damage on our side. The text is for the log.
    #[error("{0}")]
    Unexpected(String),
}

impl From<CloudError> for Fault {
    fn from(error: CloudError) -> Fault {
        Fault::Refused(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        match error {
            StoreError::PreconditionFailed { .. } => Fault::Overtaken,
            StoreError::Unavailable {
                retry_after,
                ref reason,
            } => {
                tracing::error!(reason, "the store is unavailable");
                Fault::unavailable(retry_after)
            }
            // Reading it again later can help where an operator repairs the row; other documents are not affected.
            StoreError::Corrupt { .. } => {
                tracing::error!(%error, "a stored document cannot be read");
                Fault::unavailable(Duration::from_secs(60))
            }
            other => Fault::Unexpected(other.to_string()),
        }
    }
}

impl Fault {
    fn unavailable(after: Duration) -> Fault {
        Fault::TryLater {
            error: CloudError::new(
                503,
                Code::INTERNAL_SERVER_ERROR,
                "",
                "The service cannot reach its data at the moment. Nothing is wrong with the request: send it again \
                 after the time that the Retry-After header tells.",
            ),
            after,
        }
    }

    /// The reply after the last attempt lost its race, too.
    pub(crate) fn still_overtaken(after: Duration) -> Fault {
        Fault::TryLater {
            error: CloudError::new(
                409,
                Code::REQUEST_NOT_ALLOWED,
                "",
                "The resource was changed by other requests while this one was being served. Read the resource again \
                 and, if the request still makes sense, send it again after the time that the Retry-After header \
                 tells.",
            ),
            after,
        }
    }

    pub(crate) fn busy(after: Duration) -> Fault {
        Fault::TryLater {
            error: CloudError::new(
                503,
                Code::INTERNAL_SERVER_ERROR,
                "",
                "The service has more requests to answer than it can at the moment. Nothing was done: send the request \
                 again after the time that the Retry-After header tells.",
            ),
            after,
        }
    }

    pub(crate) fn too_slow(after: Duration) -> Fault {
        Fault::TryLater {
            error: CloudError::new(
                503,
                Code::INTERNAL_SERVER_ERROR,
                "",
                "The service could not answer in time. Whether the request took effect is not known: read the \
                 resource, and send the request again if it did not.",
            ),
            after,
        }
    }

    /// The reply; `request_id` is what the client can name when it asks for help.
    pub(crate) fn reply(&self, request_id: &str) -> Response {
        match self {
            Fault::Refused(error) => {
                tracing::info!(%error, "refused");
                reply_with(error)
            }
            Fault::TryLater { error, after } => {
                tracing::warn!(%error, "the client is asked to try later");
                let mut reply = reply_with(error);
                reply.headers_mut().insert(RETRY_AFTER, whole_seconds(*after));
                reply
            }
            Fault::Overtaken => reply_with(&unexpected(request_id)),
            Fault::Unexpected(reason) => {
                tracing::error!(reason, "the request could not be served");
                reply_with(&unexpected(request_id))
            }
        }
    }
}

/// The one error that does not tell its cause: the text may hold what the client must not see.
pub(crate) fn unexpected(request_id: &str) -> CloudError {
    CloudError::new(
        500,
        Code::INTERNAL_SERVER_ERROR,
        "",
        format!(
            "The service could not serve the request because of a fault on its side. Read the resource to see whether \
             the request took effect, and try again; if it fails again, open a support request that names the request \
             id {request_id}."
        ),
    )
}

fn reply_with(error: &CloudError) -> Response {
    let status = http::StatusCode::from_u16(error.status_code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        [(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        error.body_json(),
    )
        .into_response()
}

/// `Retry-After` counts whole seconds; less than one would mean at once.
pub(crate) fn whole_seconds(duration: Duration) -> HeaderValue {
    HeaderValue::from(duration.as_secs().max(1))
}

/// A fault that still waits for its request id, which the correlation layer knows.
#[derive(Clone)]
pub(crate) struct Unanswered(pub(crate) Fault);

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Unanswered(self));
        response
    }
}
