//! The stack and the driver of long-running operations against a server that does as it is told, over a real connection.

mod lro;
mod server;
mod stack;
