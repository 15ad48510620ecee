//! Failures as the exceptions of the Python module, which are classes of `aro._errors`.

use aro_client::{AzureError, CloudError, Error};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

use crate::call::{Trouble, status_into_python};

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

/// Why a call gives nothing.
pub(crate) fn from_trouble(py: Python<'_>, trouble: &Trouble) -> PyErr {
    match trouble {
        Trouble::Client(error) => from_client(py, error),
        Trouble::Failed(status) => exception(py, "OperationFailedError", |keywords| {
            keywords.set_item("status", status_into_python(py, status)?)
        }),
        Trouble::TooLate(seconds, url) => exception(py, "WaitTimeoutError", |keywords| {
            let message = format!("The operation has not ended within {seconds} seconds.");
            keywords.set_item("message", message)?;
            keywords.set_item("url", url)
        }),
        Trouble::Spent => other(py, "The call has been made already."),
        Trouble::Stopped => other(py, "The client has been stopped."),
    }
}

/// What aro-client says.
pub(crate) fn from_client(py: Python<'_>, error: &Error) -> PyErr {
    match error {
        Error::Refused(error) if error.status == Some(404) => service(py, "NotFoundError", error),
        Error::Refused(error) | Error::Failed(error) => service(py, "ServiceError", error),
        Error::Authentication(error) => exception(py, "AuthenticationError", |keywords| {
            keywords.set_item("message", &error.message)?;
            keywords.set_item("code", error.code.as_deref().unwrap_or_default())?;
            keywords.set_item("status_code", error.status.map(|status| status.as_u16()))
        }),
        Error::Transport(error) => transport(py, error),
        Error::Decode(message) => exception(py, "TransportError", |keywords| keywords.set_item("message", message)),
        Error::Configuration(message) => invalid_argument(py, &sentence(message)),
    }
}

fn service(py: Python<'_>, class: &str, error: &CloudError) -> PyErr {
    exception(py, class, |keywords| {
        keywords.set_item("code", &error.code)?;
        keywords.set_item("message", &error.message)?;
        keywords.set_item("target", error.target.as_deref().unwrap_or_default())?;
        keywords.set_item("details", details(py, &error.details)?)?;
        keywords.set_item("status_code", error.status)?;
        keywords.set_item("request_id", &error.request_id)
    })
}

fn transport(py: Python<'_>, error: &AzureError) -> PyErr {
    exception(py, "TransportError", |keywords| {
        keywords.set_item("message", &error.message)?;
        keywords.set_item("url", &error.url)
    })
}

fn details<'py>(py: Python<'py>, errors: &[CloudError]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for error in errors {
        let body = PyDict::new(py);
        body.set_item("code", &error.code)?;
        body.set_item("message", &error.message)?;
        body.set_item("target", error.target.as_deref().unwrap_or_default())?;
        body.set_item("details", details(py, &error.details)?)?;
        list.append(body)?;
    }
    Ok(list)
}

/// As this module writes its messages.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let end = if text.ends_with('.') { "" } else { "." };
    first.into_iter().flatten().chain(letters).chain(end.chars()).collect()
}
