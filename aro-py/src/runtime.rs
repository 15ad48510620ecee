//! The one runtime that calls run on. It starts with the first call, not with the import.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::errors;

/// The runtime and the process that started it.
static RUNTIME: Mutex<Option<(u32, Runtime)>> = Mutex::new(None);

/// The handle of this process's runtime.
///
/// # Errors
/// AroError in the child of a fork whose parent had the runtime: the child has the memory of its threads, locked as it
/// may be, and none of them. RuntimeError where the system refuses threads.
pub(crate) fn handle(py: Python<'_>) -> PyResult<Handle> {
    let process = std::process::id();
    let mut held = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    match held.as_ref() {
        Some((owner, runtime)) if *owner == process => return Ok(runtime.handle().clone()),
        Some(_) => {
            return Err(errors::other(
                py,
                "This process was forked after its parent had made a call. Fork before the first call, or start \
                 processes with the method 'spawn'.",
            ));
        }
        None => {}
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("aro")
        .enable_all()
        .build()
        .map_err(|error| PyRuntimeError::new_err(format!("The threads of the client cannot be started ({error}).")))?;
    let handle = runtime.handle().clone();
    *held = Some((process, runtime));
    Ok(handle)
}
