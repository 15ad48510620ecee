//! The service at its public surface: the router in process, and the server over real sockets.

// A test that cannot go on should say so at once.
#![allow(clippy::unwrap_used)]

mod auth;
mod azure;
mod conditions;
mod contract;
mod controllers;
mod doors;
mod hostile;
mod layers;
mod operations;
mod server;
mod support;
