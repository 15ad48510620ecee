//! Where tokens come from when Python gives them.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aro_client::{AzureError, FailureKind, TokenSource};
use azure_core::credentials::Secret;
use pyo3::prelude::*;
use tokio::sync::Mutex;

/// A token is asked for again this long before it expires.
const MARGIN: Duration = Duration::from_secs(300);

/// A Python callable that takes a scope and returns a token: a text, or an object with `token` and `expires_on`.
pub(crate) struct Callable {
    callable: Py<PyAny>,
    cached: Mutex<Option<Cached>>,
}

struct Cached {
    scope: String,
    token: Secret,
    expires_on: SystemTime,
}

impl Callable {
    pub(crate) fn new(callable: Py<PyAny>) -> Self {
        Self {
            callable,
            cached: Mutex::new(None),
        }
    }
}

impl fmt::Debug for Callable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callable").finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl TokenSource for Callable {
    async fn token(&self, scope: &str) -> Result<Secret, AzureError> {
        let mut cached = self.cached.lock().await;
        if let Some(held) = cached.as_ref()
            && held.scope == scope
            && held.expires_on > SystemTime::now() + MARGIN
        {
            return Ok(held.token.clone());
        }
        let callable = Python::attach(|py| self.callable.clone_ref(py));
        let wanted = scope.to_owned();
        // Python code may take its time, and waits for the interpreter's lock.
        let asked = tokio::task::spawn_blocking(move || Python::attach(|py| ask(callable.bind(py), &wanted))).await;
        let (token, expires_on) = asked.map_err(|error| refused(error.to_string()))??;
        // A bare text says nothing about its end: whoever gives it caches it.
        *cached = expires_on.map(|expires_on| Cached {
            scope: scope.to_owned(),
            token: token.clone(),
            expires_on,
        });
        Ok(token)
    }

    async fn forget(&self, scope: &str, token: &Secret) {
        let mut cached = self.cached.lock().await;
        if cached
            .as_ref()
            .is_some_and(|held| held.scope == scope && held.token.secret() == token.secret())
        {
            *cached = None;
        }
    }
}

fn ask(callable: &Bound<'_, PyAny>, scope: &str) -> Result<(Secret, Option<SystemTime>), AzureError> {
    let py = callable.py();
    let given = callable
        .call1((scope,))
        .map_err(|error| refused(format!("The credential raised {}", describe(py, &error))))?;
    if let Ok(text) = given.extract::<String>() {
        return Ok((Secret::new(text), None));
    }
    let token = given.getattr("token").and_then(|token| token.extract::<String>());
    let Ok(token) = token else {
        return Err(refused(
            "The credential returned neither a text nor an object with a token.".to_owned(),
        ));
    };
    let expires_on = given.getattr("expires_on").and_then(|time| time.extract::<f64>());
    let expires_on = expires_on
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .map(|since| UNIX_EPOCH + since);
    Ok((Secret::new(token), expires_on))
}

/// Type and text of an exception.
fn describe(py: Python<'_>, error: &PyErr) -> String {
    let kind = error.get_type(py);
    let name = kind
        .name()
        .map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
    format!("{name}: {}", error.value(py))
}

fn refused(message: String) -> AzureError {
    AzureError::new(FailureKind::Authentication, message)
}
