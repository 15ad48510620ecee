//! Calls: for code that waits, and for code that is told.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use aro_client::{Error, OperationStatus};
use pyo3::prelude::*;
use pyo3::types::PyList;
use serde_json::value::RawValue;
use tokio::task::JoinHandle;

use crate::poller::Poller;
use crate::{errors, json, runtime};

/// How often a waiting call looks whether the user has pressed Ctrl-C.
const LOOK: Duration = Duration::from_millis(100);

/// What a call gives.
pub(crate) enum Answer {
    Json(Option<Box<RawValue>>),
    Page(Vec<Box<RawValue>>),
    Poller(Poller),
    Status(OperationStatus),
    Flag(bool),
}

/// Why a call gives nothing.
pub(crate) enum Trouble {
    Client(Error),
    /// The operation has ended badly.
    Failed(OperationStatus),
    /// The operation has not ended in so many seconds; its URL.
    TooLate(f64, String),
    /// Calls are made once.
    Spent,
    /// The runtime ends.
    Stopped,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

type Outcome = Result<Answer, Trouble>;

/// A call that is not made yet.
#[pyclass(frozen, module = "aro._native")]
pub(crate) struct Call(Mutex<Option<Pin<Box<dyn Future<Output = Outcome> + Send>>>>);

impl Call {
    pub(crate) fn new(call: impl Future<Output = Outcome> + Send + 'static) -> Self {
        Self(Mutex::new(Some(Box::pin(call))))
    }

    async fn make(call: Option<Pin<Box<dyn Future<Output = Outcome> + Send>>>) -> Outcome {
        match call {
            Some(call) => call.await,
            None => Err(Trouble::Spent),
        }
    }

    fn take(&self) -> Option<Pin<Box<dyn Future<Output = Outcome> + Send>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[pymethods]
impl Call {
    /// Makes the call and waits for its end. Other Python threads run meanwhile; Ctrl-C ends the wait and the call.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let runtime = runtime::handle(py)?;
        let call = Self::make(self.take());
        let (done, mut waiting) = mpsc::channel();
        let task = runtime.spawn(async move {
            // Nobody listens any more where the wait was ended.
            let _ = done.send(call.await);
        });
        let _ended = Task(task);
        loop {
            let (kept, told) = py.detach(move || {
                let told = waiting.recv_timeout(LOOK);
                (waiting, told)
            });
            waiting = kept;
            match told {
                Ok(outcome) => return into_python(py, outcome),
                Err(mpsc::RecvTimeoutError::Timeout) => py.check_signals()?,
                Err(mpsc::RecvTimeoutError::Disconnected) => return into_python(py, Err(Trouble::Stopped)),
            }
        }
    }

    /// Begins the call; `done(answer, error)` is called from another thread when it has ended, unless it was cancelled.
    fn start(&self, py: Python<'_>, done: Py<PyAny>) -> PyResult<Task> {
        let runtime = runtime::handle(py)?;
        let call = Self::make(self.take());
        let task = runtime.spawn(async move {
            let outcome = call.await;
            // Nothing to tell when the interpreter is on its way out.
            Python::try_attach(|py| {
                let told = match into_python(py, outcome) {
                    Ok(answer) => done.call1(py, (answer, py.None())),
                    Err(error) => done.call1(py, (py.None(), error.into_value(py))),
                };
                if let Err(error) = told {
                    error.write_unraisable(py, Some(done.bind(py)));
                }
            });
        });
        Ok(Task(task))
    }
}

/// A call under way. It ends with its handle.
#[pyclass(frozen, module = "aro._native")]
pub(crate) struct Task(JoinHandle<()>);

#[pymethods]
impl Task {
    /// Ends the call; nobody is told.
    fn cancel(&self) {
        self.0.abort();
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn into_python(py: Python<'_>, outcome: Outcome) -> PyResult<Bound<'_, PyAny>> {
    let answer = outcome.map_err(|trouble| errors::from_trouble(py, &trouble))?;
    match answer {
        Answer::Json(None) => Ok(py.None().into_bound(py)),
        Answer::Json(Some(document)) => json::from_text(py, document.get().as_bytes()),
        Answer::Page(documents) => {
            let page = PyList::empty(py);
            for document in documents {
                page.append(json::from_text(py, document.get().as_bytes())?)?;
            }
            Ok(page.into_any())
        }
        Answer::Poller(poller) => Ok(Bound::new(py, poller)?.into_any()),
        Answer::Status(status) => status_into_python(py, &status),
        Answer::Flag(flag) => Ok(flag.into_pyobject(py)?.to_owned().into_any()),
    }
}

/// The whole status, as the service said it.
pub(crate) fn status_into_python<'py>(py: Python<'py>, status: &OperationStatus) -> PyResult<Bound<'py, PyAny>> {
    let document = status.document::<Box<RawValue>>();
    let document = document.map_err(|error| errors::from_client(py, &error))?;
    json::from_text(py, document.get().as_bytes())
}
