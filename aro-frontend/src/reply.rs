//! Replies that are no errors.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, ETAG, HeaderName, LOCATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use crate::fault::{Fault, whole_seconds};

pub(crate) static AZURE_ASYNC_OPERATION: HeaderName = HeaderName::from_static("azure-asyncoperation");

/// A reply under construction.
pub(crate) struct Reply(Response);

impl Reply {
    /// A reply with a JSON body that is already written.
    pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Reply {
        let mut reply = Reply::empty(status);
        *reply.0.body_mut() = Body::from(body);
        reply
    }

    /// A reply without a body. It names a content type as the reference does.
    pub(crate) fn empty(status: StatusCode) -> Reply {
        let mut response = status.into_response();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Reply(response)
    }

    /// The version of the document that the reply shows.
    pub(crate) fn etag(self, etag: &str) -> Result<Reply, Fault> {
        self.header(ETAG, &format!("\"{etag}\""))
    }

    /// Where the operation's status can be read, and how often.
    pub(crate) fn operation(self, link: &str, poll: Duration) -> Result<Reply, Fault> {
        Ok(self.header(AZURE_ASYNC_OPERATION.clone(), link)?.retry_after(poll))
    }

    pub(crate) fn location(self, link: &str) -> Result<Reply, Fault> {
        self.header(LOCATION, link)
    }

    pub(crate) fn retry_after(mut self, after: Duration) -> Reply {
        self.0.headers_mut().insert(RETRY_AFTER, whole_seconds(after));
        self
    }

    fn header(mut self, name: HeaderName, value: &str) -> Result<Reply, Fault> {
        let value = HeaderValue::from_str(value)
            .map_err(|_| Fault::Unexpected(format!("the header {name} cannot carry its value")))?;
        self.0.headers_mut().insert(name, value);
        Ok(self)
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        self.0
    }
}
