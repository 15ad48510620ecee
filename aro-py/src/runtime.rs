//! The one runtime that calls run on. It starts with the first call, not with the import.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

/// The runtime and the process that started it: a fork has the memory of its parent but none of its threads.
static RUNTIME: Mutex<Option<(u32, Runtime)>> = Mutex::new(None);

/// The handle of this process's runtime.
///
/// # Errors
/// RuntimeError where the system refuses threads.
pub(crate) fn handle() -> PyResult<Handle> {
    let process = std::process::id();
    let mut held = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, runtime)) = held.as_ref()
        && *owner == process
    {
        return Ok(runtime.handle().clone());
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("aro")
        .enable_all()
        .build()
        .map_err(|error| PyRuntimeError::new_err(format!("The threads of the client cannot be started ({error}).")))?;
    let handle = runtime.handle().clone();
    // The runtime of a parent is not shut down here: that would wait for threads that this process never had.
    std::mem::forget(held.replace((process, runtime)));
    Ok(handle)
}
