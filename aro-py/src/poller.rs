//! Operations: looked at, and watched until they end.

use std::sync::Arc;
use std::time::Duration;

use aro_client::OperationStatus;
use pyo3::prelude::*;
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::call::{Answer, Call, Trouble};
use crate::errors;

type Inner = aro_client::Poller<Option<Box<RawValue>>>;

/// An operation that was accepted. Threads that look at it do so one after the other.
#[pyclass(frozen, module = "aro._native")]
pub(crate) struct Poller {
    poller: Arc<Mutex<Inner>>,
    url: Option<String>,
}

impl Poller {
    pub(crate) fn new(poller: Inner) -> Self {
        Self {
            // Kept here, because a poller that has ended has none any more.
            url: poller.url().map(ToString::to_string),
            poller: Arc::new(Mutex::new(poller)),
        }
    }
}

#[pymethods]
impl Poller {
    /// Where its status is. None where there was nothing to do.
    #[getter]
    fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Its status, looked at once.
    fn look(&self) -> Call {
        let poller = self.poller.clone();
        Call::new(async move { Ok(Answer::Status(poller.lock().await.look().await?)) })
    }

    /// Whether it has ended well, looked at once.
    fn done(&self) -> Call {
        let poller = self.poller.clone();
        Call::new(async move {
            let status = poller.lock().await.look().await?;
            match status.ended() {
                Some(false) => Err(Trouble::Failed(status)),
                ended => Ok(Answer::Flag(ended.is_some())),
            }
        })
    }

    /// Its statuses until the end, for at most so many seconds.
    #[pyo3(signature = (timeout=None))]
    fn watch(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Watch> {
        let deadline = match timeout {
            // Longer than the clock goes is for ever.
            Some(seconds) if seconds >= 0.0 => Duration::try_from_secs_f64(seconds)
                .ok()
                .and_then(|time| Instant::now().checked_add(time)),
            Some(_) => return Err(errors::invalid_argument(py, "The timeout is no number of seconds.")),
            None => None,
        };
        Ok(Watch {
            poller: self.poller.clone(),
            url: self.url.clone().unwrap_or_default(),
            deadline,
            timeout: timeout.unwrap_or_default(),
            looked: Arc::default(),
        })
    }

    /// Its result, after it has ended well; None where it has none.
    fn result(&self) -> Call {
        let poller = self.poller.clone();
        Call::new(async move { Ok(Answer::Json(poller.lock().await.result().await?)) })
    }
}

/// The statuses of an operation until its end. The first look is at once, each further one when the service wants it.
#[pyclass(frozen, module = "aro._native")]
pub(crate) struct Watch {
    poller: Arc<Mutex<Inner>>,
    url: String,
    deadline: Option<Instant>,
    timeout: f64,
    /// Whether somebody has looked already.
    looked: Arc<Mutex<bool>>,
}

#[pymethods]
impl Watch {
    /// The next status, the last one included; then None where it ended well, and OperationFailedError where it did
    /// not. WaitTimeoutError where the next look would come too late.
    fn next(&self) -> Call {
        let (poller, looked, deadline) = (self.poller.clone(), self.looked.clone(), self.deadline);
        let (timeout, url) = (self.timeout, self.url.clone());
        Call::new(async move {
            let mut looked = looked.lock().await;
            if *looked {
                // Nobody is kept from looking meanwhile.
                let pause = poller.lock().await.pause(deadline);
                tokio::time::sleep(pause.ok_or(Trouble::TooLate(timeout, url))?).await;
            }
            let mut poller = poller.lock().await;
            if let Some(well) = poller.ended() {
                return if well {
                    Ok(Answer::Json(None))
                } else {
                    Err(Trouble::Failed(poller.look().await?))
                };
            }
            let status: OperationStatus = poller.look().await?;
            *looked = true;
            Ok(Answer::Status(status))
        })
    }
}
