//! The native half of the Python module `aro`.
//!
//! `offline` judges and converts documents with aro-api; `client`, `pages` and `poller` are those of aro-client with
//! plain dictionaries, each of whose `call`s can be waited for or started. What a Python programmer sees (clients,
//! pollers, exceptions) is Python, in `python/aro`, on top of these.

mod call;
mod client;
mod credential;
mod errors;
mod json;
mod offline;
mod pages;
mod poller;
mod runtime;

use pyo3::prelude::*;

/// What `aro._native` holds. Importing it starts nothing: no thread, no runtime, no connection.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(offline::validate, module)?)?;
    module.add_function(wrap_pyfunction!(offline::convert, module)?)?;
    module.add_function(wrap_pyfunction!(offline::versions, module)?)?;
    module.add_function(wrap_pyfunction!(offline::vm_sizes, module)?)?;
    module.add_class::<client::Client>()?;
    module.add_class::<call::Call>()?;
    module.add_class::<call::Task>()?;
    module.add_class::<pages::Pages>()?;
    module.add_class::<poller::Poller>()?;
    module.add_class::<poller::Watch>()?;
    Ok(())
}
