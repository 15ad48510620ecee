//! Azure Red Hat OpenShift from Rust: typed calls to `Microsoft.RedHatOpenShift` through Azure Resource Manager.
//!
//! [`Client::builder`] takes the cloud and a credential. [`Client::clusters`] creates, reads, changes and deletes;
//! what takes long is a [`Poller`], to be awaited or watched. Lists are streams. Calls and types are generated from the
//! API description that the service itself is described by; what travels goes through the layers of aro-http (retry,
//! throttling, correlation, timeouts).

mod builder;
mod catalogue;
mod client;
mod cloud;
mod clusters;
mod credential;
mod enumerations;
mod error;
#[allow(
    clippy::all,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    rustdoc::all,
    unused_imports,
    reason = "generated; the layer above uses a part"
)]
mod generated;
mod pager;
mod poller;
mod secret;
mod timestamp;
mod transport;
mod word;

pub use aro_http::{HttpPace, LroPace};
pub use builder::Builder;
pub use client::Client;
pub use cloud::Cloud;
pub use clusters::Clusters;
pub use error::{CloudError, Error};
pub use poller::{Poller, Progress};
pub use secret::Secret;
pub use timestamp::Timestamp;

/// Resources, as generated from the API description, and their enumerations, which keep words that they do not know.
pub mod types {
    pub use crate::enumerations::*;
    pub use crate::generated::types::*;
}
