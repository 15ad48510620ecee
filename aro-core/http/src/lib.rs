//! Outgoing HTTP of the resource provider.
//!
//! A [`Client`] is a stack of tower layers over reqwest: tracing, correlation, retry, concurrency, throttling,
//! authentication, cancellation and a timeout for each try. [`lro`] drives Azure's long-running operations on top of it.
//! Endpoints, certificates and pace are configuration, so the same code talks to Azure and to a simulated Azure.

mod certificate;
mod client;
mod context;
mod core_transport;
mod error;
mod layers;
pub mod lro;
mod pace;
mod reply;
mod token;
mod transport;

pub use client::{Client, ClientBuilder, Request, Response, json};
pub use context::{Idempotent, OperationContext};
pub use core_transport::CoreTransport;
pub use error::{AzureError, ErrorDetail, Failure, FailureKind};
pub use pace::{HttpPace, LroPace};
pub use token::{ClientCredential, TokenSource};
pub use tokio_util::sync::CancellationToken;
pub use transport::TransportConfig;
