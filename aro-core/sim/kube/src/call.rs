//! One request on its way through the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use serde_json::Value;

use crate::auth::User;
use crate::negotiate::Form;
use crate::query::Query;
use crate::registry::{Resource, Subresource};
use crate::types::Typed;
use crate::webhooks::Hooks;

/// What answers are made of.
pub type Body = axum::body::Body;

/// A request whose caller is known.
pub(crate) struct Call {
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) user: User,
    pub(crate) form: Form,
    pub(crate) hooks: Hooks,
    /// What the client is warned of, whatever becomes of the request.
    warnings: Mutex<Vec<String>>,
}

/// What a request is about.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) resource: Arc<Resource>,
    pub(crate) version: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) subresource: Option<Subresource>,
    /// The path behind a proxy.
    pub(crate) rest: Vec<String>,
}

impl Target {
    pub(crate) fn typed(&self) -> Typed<'_> {
        Typed {
            resource: &self.resource,
            version: &self.version,
        }
    }

    pub(crate) fn key(&self) -> String {
        crate::storage::key(self.namespace.as_deref(), &self.name)
    }

    /// The start of the keys in scope.
    pub(crate) fn prefix(&self) -> String {
        self.namespace
            .as_ref()
            .map(|namespace| format!("{namespace}/"))
            .unwrap_or_default()
    }
}

/// An answer before it is given the form asked for.
pub(crate) enum Reply {
    /// An object of the resource, or of a subresource.
    Object {
        code: u16,
        object: Value,
        warnings: Vec<String>,
    },
    /// A list of the resource, whole objects inside.
    List { list: Value },
    /// An answer that is made already.
    Made(Response<Body>),
}

impl Reply {
    pub(crate) fn object(code: u16, object: Value) -> Self {
        Self::Object {
            code,
            object,
            warnings: Vec::new(),
        }
    }
}

impl Call {
    pub(crate) fn new(query: Query, headers: HeaderMap, body: Bytes, user: User, form: Form) -> Self {
        Self {
            query,
            headers,
            body,
            user,
            form,
            hooks: Hooks::new(),
            warnings: Mutex::default(),
        }
    }

    /// A new attempt at the request begins: nothing was said yet.
    pub(crate) fn begin(&self) {
        self.warnings().clear();
        self.hooks.begin();
    }

    fn warnings(&self) -> MutexGuard<'_, Vec<String>> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what the client is to be warned of.
    pub(crate) fn warn(&self, warnings: Vec<String>) {
        self.warnings().extend(warnings);
    }

    /// What was noted.
    pub(crate) fn warned(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings())
    }

    pub(crate) fn header(&self, name: http::header::HeaderName) -> Option<&str> {
        self.headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    }

    /// The media type of the body, without parameters.
    pub(crate) fn media(&self) -> &str {
        self.header(http::header::CONTENT_TYPE)
            .and_then(|value| value.split(';').next())
            .map(str::trim)
            .unwrap_or_default()
    }

    /// The name under which changes are tracked: stated, or from the start of `User-Agent`.
    pub(crate) fn manager(&self, stated: Option<&str>) -> String {
        if let Some(stated) = stated {
            return stated.to_owned();
        }
        let agent = self.header(http::header::USER_AGENT).unwrap_or_default();
        let first = agent.split('/').next().unwrap_or_default();
        let name: String = first.chars().filter(|c| !c.is_control()).take(128).collect();
        if name.is_empty() { "unknown".to_owned() } else { name }
    }
}
