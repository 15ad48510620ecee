//! What is logged of every request: that it came, how it was answered, and for what customers wait for how that counts.
//! The names of the fields are those that dashboards and alerts know.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use http::header::USER_AGENT;
use http::{Method, StatusCode, Version};

use super::correlation::text;
use crate::auth::Caller;

/// How much of the body has been read; who reads it counts it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadBytes(Arc<AtomicU64>);

impl ReadBytes {
    pub(crate) fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A request as it came.
pub(crate) struct Arrived {
    pub(super) method: Method,
    /// In lower case, as everything is compared.
    pub(super) path: String,
    pub(super) remote: String,
    pub(super) user_agent: String,
    proto: Version,
}

impl Arrived {
    pub(super) fn of(request: &Request) -> Arrived {
        let peer = request.extensions().get::<Caller>().and_then(|caller| caller.peer);
        Arrived {
            method: request.method().clone(),
            path: printable(request.uri().path()),
            remote: peer.map(|peer| peer.to_string()).unwrap_or_default(),
            user_agent: printable(&text(request.headers(), USER_AGENT.as_str())),
            proto: request.version(),
        }
    }

    pub(super) fn log(&self) {
        tracing::info!(
            target: "access",
            request_method = %self.method,
            request_path = self.path,
            request_proto = ?self.proto,
            request_remote_addr = self.remote,
            request_user_agent = self.user_agent,
            "read request"
        );
    }
}

/// How it was answered.
pub(super) struct Sent {
    pub(super) status: StatusCode,
    pub(super) read: u64,
    pub(super) written: u64,
    pub(super) seconds: f64,
}

impl Sent {
    pub(super) fn log(&self, arrived: &Arrived) {
        tracing::info!(
            target: "access",
            request_method = %arrived.method,
            request_path = arrived.path,
            request_proto = ?arrived.proto,
            request_remote_addr = arrived.remote,
            request_user_agent = arrived.user_agent,
            body_read_bytes = self.read,
            body_written_bytes = self.written,
            duration = self.seconds,
            response_status_code = self.status.as_u16(),
            "sent response"
        );
    }

    /// The record by which the quality of the service is counted; `details` is what went wrong.
    pub(super) fn log_outcome(&self, arrived: &Arrived, details: &str) {
        let result = match self.status.as_u16() {
            200..300 => "Success",
            ..500 => "UserError",
            _ => "InternalServerError",
        };
        tracing::info!(
            target: "access",
            LOGKIND = "frontendqos",
            operationType = %arrived.method,
            resultType = result,
            errorDetails = printable(details),
            "outcome"
        );
    }
}

/// What a path in lower case is about, as far as it says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct About<'p> {
    pub(super) subscription: Option<&'p str>,
    pub(super) resource_group: Option<&'p str>,
    pub(super) name: Option<&'p str>,
    /// The resource type, `namespace/type`.
    pub(super) kind: Option<&'p str>,
    /// The id of the resource, without what follows it.
    pub(super) id: Option<&'p str>,
}

impl<'p> About<'p> {
    pub(super) fn of(path: &'p str) -> About<'p> {
        let path = path.strip_prefix("/admin").unwrap_or(path);
        // Where each part begins, so that what lies between two of them can be taken out whole.
        let starts: Vec<usize> = path.match_indices('/').map(|(at, _)| at + 1).collect();
        let part = |number: usize| {
            let start = *starts.get(number)?;
            let end = starts.get(number + 1).map_or(path.len(), |next| next - 1);
            path.get(start..end).filter(|part| !part.is_empty())
        };
        let mut about = About::default();
        if part(0) != Some("subscriptions") {
            return about;
        }
        about.subscription = part(1);
        if part(2) != Some("resourcegroups") {
            return about;
        }
        about.resource_group = part(3);
        if let (Some("providers"), Some(_), Some(_), Some(name)) = (part(4), part(5), part(6), part(7)) {
            let end_of_name = starts[7] + name.len();
            about.kind = path.get(starts[5]..starts[7] - 1);
            about.name = Some(name);
            about.id = path.get(..end_of_name);
        }
        about
    }
}

/// Without the characters with which a client could forge a log line.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_it_is_about() {
        let id = "/subscriptions/s/resourcegroups/g/providers/n/t/c";
        let whole = About {
            subscription: Some("s"),
            resource_group: Some("g"),
            name: Some("c"),
            kind: Some("n/t"),
            id: Some(id),
        };
        assert_eq!(About::of(id), whole);
        assert_eq!(About::of(&format!("/admin{id}/skus")), whole);
        let group = About::of("/subscriptions/s/resourcegroups/g/providers/n/t");
        assert_eq!((group.resource_group, group.name, group.id), (Some("g"), None, None));
        assert_eq!(About::of("/subscriptions/s/providers/n/t").subscription, Some("s"));
        for none in ["/", "", "/admin", "/providers/n/operations", "/subscriptions"] {
            assert_eq!(About::of(none), About::default(), "{none}");
        }
    }
}
