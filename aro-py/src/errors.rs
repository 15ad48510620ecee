//! Failures as the exceptions of the Python module, which are classes of `aro._errors`.

use aro_http::{AzureError, ErrorDetail, FailureKind};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();

fn exception(py: Python<'_>, class: &str, arguments: impl FnOnce(&Bound<'_, PyDict>) -> PyResult<()>) -> PyErr {
    let build = || {
        let module = MODULE.get_or_try_init(py, || py.import("aro._errors").map(Bound::unbind))?;
        let keywords = PyDict::new(py);
        arguments(&keywords)?;
        module.bind(py).getattr(class)?.call((), Some(&keywords))
    };
    // Where the exception cannot be made, the reason is what there is to raise.
    build().map_or_else(|error| error, PyErr::from_value)
}

/// `aro.InvalidArgumentError`: the caller asked for something that does not exist.
pub(crate) fn invalid_argument(py: Python<'_>, message: &str) -> PyErr {
    exception(py, "InvalidArgumentError", |keywords| {
        keywords.set_item("message", message)
    })
}

/// `aro.AroError`: what is none of its kinds.
pub(crate) fn other(py: Python<'_>, message: &str) -> PyErr {
    exception(py, "AroError", |keywords| keywords.set_item("message", message))
}

/// A failed call.
pub(crate) fn from_azure(py: Python<'_>, error: &AzureError) -> PyErr {
    let class = match error.kind {
        FailureKind::Service if error.is_not_found() => "NotFoundError",
        FailureKind::Service | FailureKind::Operation => "ServiceError",
        FailureKind::Authentication => "AuthenticationError",
        FailureKind::Request => return invalid_argument(py, &error.message),
        FailureKind::Connect
        | FailureKind::Transport
        | FailureKind::Timeout
        | FailureKind::Cancelled
        | FailureKind::Decode => "TransportError",
    };
    exception(py, class, |keywords| {
        keywords.set_item("message", &error.message)?;
        if class == "TransportError" {
            return keywords.set_item("url", &error.url);
        }
        keywords.set_item("code", error.code.as_deref().unwrap_or_default())?;
        keywords.set_item("status_code", error.status.map(|status| status.as_u16()))?;
        if class == "AuthenticationError" {
            return Ok(());
        }
        keywords.set_item("target", error.target.as_deref().unwrap_or_default())?;
        keywords.set_item("details", details(py, &error.details)?)?;
        keywords.set_item("request_id", &error.request_id)
    })
}

fn details<'py>(py: Python<'py>, errors: &[ErrorDetail]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for error in errors {
        let body = PyDict::new(py);
        body.set_item("code", error.code.as_deref().unwrap_or_default())?;
        body.set_item("message", &error.message)?;
        body.set_item("target", error.target.as_deref().unwrap_or_default())?;
        body.set_item("details", details(py, &error.details)?)?;
        list.append(body)?;
    }
    Ok(list)
}
