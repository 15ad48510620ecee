//! Resource model, API versions, merge, validation and errors of Microsoft.RedHatOpenShift.
//!
//! The internal cluster ([`model::Cluster`]) is the only cluster struct; its annotations say what each
//! [`ApiVersion`] shows, accepts and allows to change. [`request`] turns a PUT or PATCH into a cluster, [`view`]
//! turns a cluster into a reply, [`stored`] is the form that documents rest in. No I/O, no clock.

pub mod arm_id;
pub mod calendar;
pub mod cidr;
pub mod error;
pub mod grammar;
pub mod json;
pub mod model;
#[cfg(test)]
mod next_version;
pub mod pull_secret;
pub mod release;
pub mod request;
pub mod resource;
pub mod secret;
pub mod stored;
pub mod swagger;
pub mod url_syntax;
pub mod validate;
mod version;
pub mod view;
pub mod vm_size;

// The samples of the integration tests name this crate as everybody does.
#[cfg(test)]
extern crate self as aro_api;

pub use error::{CloudError, CloudErrorBody, Code};
pub use secret::{SealError, Sealer, Secret, SecretBytes};
pub use version::{ApiVersion, Dialect, Versions};
