//! How an asynchronous operation goes.

pub(crate) mod get;
