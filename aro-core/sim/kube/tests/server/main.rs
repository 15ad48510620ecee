//! The server as its clients see it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod controller;
mod definitions;
mod kinds;
mod kubectl;
mod streams;
mod tls;
mod watching;

use aro_sim_kube::ApiServer;

/// A client in the same process.
fn client(server: &ApiServer) -> kube::Client {
    kube::Client::new(server.clone(), "default")
}
