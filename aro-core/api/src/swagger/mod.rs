//! The API descriptions: Swagger 2.0 of every published version in the manner in which each was published, and OpenAPI
//! 3.0 of the newest one for generated clients.
//!
//! Members, types, enumerations and who writes what come from the annotations of the model; operations from one table
//! ([`OPERATIONS`]); what else differs between versions from one row each. `cargo xtask generate` writes the files.

mod common_types;
mod definitions;
mod document;
mod example;
mod examples;
mod files;
mod json;
pub mod openapi;
mod plain;
mod routes;
mod switches;

pub use document::document;
pub use files::{FOLDERS, File, files, folder};
pub use json::Json;
pub use routes::{Ends, OPERATIONS, Operation};
