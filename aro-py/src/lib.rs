//! The native half of the Python module `aro`.
//!
//! `offline` judges and converts documents with aro-api; `connection` makes calls with the layers of aro-http. What
//! a Python programmer sees (clients, pollers, exceptions) is Python, in `python/aro`, on top of these.

mod connection;
mod credential;
mod errors;
mod json;
mod offline;
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
    module.add_class::<connection::Connection>()?;
    module.add_class::<connection::Task>()?;
    Ok(())
}
