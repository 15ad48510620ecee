//! Resource model, API versions, merge, validation and errors of Microsoft.RedHatOpenShift.
//!
//! The internal cluster ([`model::Cluster`]) is the only cluster struct; its annotations say what each
//! [`ApiVersion`] shows, accepts and allows to change. [`request`] turns a PUT or PATCH into a cluster, [`view`]
//! turns a cluster into a reply, [`stored`] is the form that documents rest in. No I/O, no clock.
//!
//! | question | answered by |
//! |---|---|
//! | which versions and operations are there? | [`ApiVersion`]: one row each |
//! | which members does a version have, and who writes them? | the annotations in [`model`], read through [`resource`] |
//! | what becomes of a body? | [`request::create`], [`request::update`], [`request::preflight`] |
//! | what is wrong with it? | the ordered rules of [`validate`]: the first finding, or all of them |
//! | what do clients see? | [`view`], written by [`json`] |
//! | what is kept? | [`stored`]: secrets sealed, unknown members as they were |
//! | what do errors look like? | [`CloudError`] and its [`Code`] |
//!
//! ```
//! use aro_api::model::Cluster;
//! use aro_api::request::{self, Conversion, Method};
//! use aro_api::{ApiVersion, view};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let version = ApiVersion::latest();
//! let body = br#"{"tags": {"team": "blue"}}"#;
//! let cluster = request::convert(&Cluster::default(), version, Method::Patch, body, Conversion::default())?;
//! let reply = String::from_utf8(view::cluster(&cluster, version))?;
//! assert!(reply.contains("\"team\": \"blue\""));
//! # Ok(())
//! # }
//! ```
//!
//! How a version is added is told in `docs/adding-an-api-version.md`; where answers differ from those of the Go
//! implementation, and why, in `docs/deviations.md`.

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
