//! The service at its public surface: the router in process, and the server over real sockets.

mod auth;
mod conditions;
mod controllers;
mod layers;
mod operations;
mod server;
mod support;
