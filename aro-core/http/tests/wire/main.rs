//! The stack and the driver of long-running operations against a server that does as it is told, over a real connection.
// A failed expectation in a helper is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lro;
mod server;
mod stack;
