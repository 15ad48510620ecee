//! Lists, page by page.

use std::sync::Arc;

use aro_client::Pager;
use pyo3::prelude::*;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

use crate::call::{Answer, Call};

/// A list. Pages are asked for as they are needed.
#[pyclass(frozen, module = "aro._native")]
pub(crate) struct Pages(Arc<Mutex<Pager<Box<RawValue>>>>);

impl Pages {
    pub(crate) fn new(pager: Pager<Box<RawValue>>) -> Self {
        Self(Arc::new(Mutex::new(pager)))
    }
}

#[pymethods]
impl Pages {
    /// The elements of the next page; None after the last.
    fn next(&self) -> Call {
        let pager = self.0.clone();
        Call::new(async move {
            Ok(match pager.lock().await.next_page().await? {
                Some(page) => Answer::Page(page),
                None => Answer::Json(None),
            })
        })
    }
}
