//! Azure Red Hat OpenShift from Rust: typed calls to `Microsoft.RedHatOpenShift` through Azure Resource Manager.
//!
//! [`Client::builder`] takes the cloud and a credential. [`Client::clusters`] creates, reads, changes and deletes;
//! what takes long is a [`Poller`], to be awaited or watched. Lists are streams. Calls and types are generated from the
//! API description that the service itself is described by; what travels goes through the layers of aro-http (retry,
//! throttling, correlation, timeouts).
//!
//! ```text
//! Client::clusters(), catalogues    typed, newest version ──► generated calls ─┐
//!                                                                              ├─► Transport ──► aro-http
//! Client::raw::<D>("2023-11-22")    any version, D as you like ────────────────┘
//!                                   both: Poller, Pager, Error
//! ```

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
mod place;
mod places;
mod poller;
mod raw;
mod secret;
mod status;
mod timestamp;
mod transport;
mod word;

pub use aro_http::{AzureError, FailureKind, HttpPace, LroPace, TokenSource};
pub use builder::Builder;
pub use client::Client;
pub use cloud::Cloud;
pub use clusters::Clusters;
pub use error::{CloudError, Error};
pub use pager::Pager;
pub use poller::{Poller, Progress};
pub use raw::Raw;
pub use secret::Secret;
pub use status::OperationStatus;
pub use timestamp::Timestamp;

/// Resources, as generated from the API description, and their enumerations, which keep words that they do not know.
pub mod types {
    pub use crate::enumerations::*;
    pub use crate::generated::types::*;
}
