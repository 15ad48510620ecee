//! The service at its public surface: the router in process, and the server over real sockets.

// A test that cannot go on should say so at once.
#![allow(clippy::unwrap_used)]

mod auth;
mod azure;
mod catalogue;
mod conditions;
mod contract;
mod controllers;
mod detectors;
mod doors;
mod hostile;
mod layers;
mod mise;
mod operations;
mod records;
mod routes;
mod server;
mod support;
