//! `Status`: what a refused request is answered with.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

pub use crate::schema::Cause;

/// A refusal. [`Status::body`] is the object sent.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code} {message}")]
pub struct Status {
    /// HTTP status.
    pub code: u16,
    /// Machine-readable reason; none for an internal error without one.
    pub reason: Option<Cow<'static, str>>,
    /// What the client reads.
    pub message: String,
    /// `details`.
    pub details: Option<Value>,
    /// `Retry-After`, seconds.
    pub retry_after: Option<u32>,
    /// `metadata.continue`: where an expired list may go on.
    pub continue_token: Option<String>,
    /// Sent as text instead of an object.
    pub plain: bool,
}

/// Plural name and group of a resource, or kind and group, as messages spell them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Qualified<'a> {
    pub(crate) name: &'a str,
    pub(crate) group: &'a str,
}

impl std::fmt::Display for Qualified<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        Ok(())
    }
}

impl Qualified<'_> {
    fn details(&self, name: &str) -> Map<String, Value> {
        let mut details = Map::new();
        if !name.is_empty() {
            details.insert("name".to_owned(), Value::from(name));
        }
        if !self.group.is_empty() {
            details.insert("group".to_owned(), Value::from(self.group));
        }
        if !self.name.is_empty() {
            details.insert("kind".to_owned(), Value::from(self.name));
        }
        details
    }
}

impl Status {
    /// A refusal without details.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason: (!reason.is_empty()).then_some(Cow::Borrowed(reason)),
            message: message.into(),
            details: None,
            retry_after: None,
            continue_token: None,
            plain: false,
        }
    }

    fn with(mut self, details: Map<String, Value>) -> Self {
        self.details = Some(Value::Object(details));
        self
    }

    /// `404 page not found`, as text: no such path.
    pub(crate) fn no_page() -> Self {
        Self {
            plain: true,
            ..Self::new(404, "NotFound", "404 page not found\n")
        }
    }

    /// A known group without the resource asked for.
    pub(crate) fn no_resource() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource").with(Map::new())
    }

    /// A known group without the version asked for.
    pub(crate) fn no_resource_version() -> Self {
        Self::no_resource()
    }

    pub(crate) fn not_found(what: Qualified<'_>, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{what} \"{name}\" not found")).with(what.details(name))
    }

    pub(crate) fn already_exists(what: Qualified<'_>, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{what} \"{name}\" already exists")).with(what.details(name))
    }

    pub(crate) fn conflict(what: Qualified<'_>, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {what} \"{name}\": {why}");
        Self::new(409, "Conflict", message).with(what.details(name))
    }

    pub(crate) fn modified(what: Qualified<'_>, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(what, name, why)
    }

    pub(crate) fn forbidden(what: Qualified<'_>, name: &str, why: &str) -> Self {
        let message = if name.is_empty() {
            format!("{what} is forbidden: {why}")
        } else {
            format!("{what} \"{name}\" is forbidden: {why}")
        };
        Self::new(403, "Forbidden", message).with(what.details(name))
    }

    /// 422: the causes are in the message too, each text once.
    pub(crate) fn invalid(kind: Qualified<'_>, name: &str, causes: &[Cause]) -> Self {
        let mut texts: Vec<String> = Vec::new();
        for cause in causes {
            let text = format!("{}: {}", cause.field, cause.message);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let joined = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let mut details = kind.details(name);
        let causes: Vec<Value> = causes.iter().map(Cause::to_value).collect();
        details.insert("causes".to_owned(), Value::Array(causes));
        Self::new(422, "Invalid", format!("{kind} \"{name}\" is invalid: {joined}")).with(details)
    }

    /// 422 of query parameters and delete bodies: `DeleteOptions.meta.k8s.io "" is invalid: …`.
    pub(crate) fn invalid_options(kind: &'static str, causes: &[Cause]) -> Self {
        let kind = Qualified {
            name: kind,
            group: "meta.k8s.io",
        };
        Self::invalid(kind, "", causes)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message).with(Map::new())
    }

    pub(crate) fn method_not_supported(what: Qualified<'_>, action: &str) -> Self {
        let message = format!("{action} is not supported on resources of kind \"{what}\"");
        Self::new(405, "MethodNotAllowed", message).with(what.details(""))
    }

    pub(crate) fn unsupported_media(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(415, "UnsupportedMediaType", message)
    }

    pub(crate) fn not_acceptable(accepted: &[&str]) -> Self {
        let message = format!("only the following media types are accepted: {}", accepted.join(", "));
        Self::new(406, "NotAcceptable", message)
    }

    pub(crate) fn expired(message: &str) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 504: a revision that does not exist yet.
    pub(crate) fn future_revision(wanted: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
        let mut status = Self::new(504, "Timeout", message);
        status.details = Some(json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        }));
        status.retry_after = Some(1);
        status
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// The object sent.
    pub fn body(&self) -> Value {
        let mut body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "code": self.code});
        if !self.message.is_empty() {
            body["message"] = Value::from(self.message.clone());
        }
        if let Some(token) = &self.continue_token {
            body["metadata"]["continue"] = Value::from(token.clone());
        }
        if let Some(reason) = &self.reason {
            body["reason"] = Value::from(reason.as_ref());
        }
        if let Some(details) = &self.details {
            body["details"] = details.clone();
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_said_twice_is_shown_once_and_counted_twice() {
        let cause = Cause::forbidden("a", "no");
        let kind = Qualified {
            name: "Deployment",
            group: "apps",
        };
        let status = Status::invalid(kind, "d", &[cause.clone(), cause]);
        assert_eq!(status.message, "Deployment.apps \"d\" is invalid: a: Forbidden: no");
        assert_eq!(status.body()["details"]["causes"].as_array().unwrap().len(), 2);
    }
}
