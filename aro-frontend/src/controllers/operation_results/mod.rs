//! What an asynchronous operation came to.

pub(crate) mod found;
pub(crate) mod get;
