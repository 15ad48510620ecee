//! Typed clients of the Azure services the resource provider calls.
//!
//! [`Azure`] makes clients from configuration ([`Cloud`]) and a credential. Azure Resource Manager is uniform, so is
//! [`ArmClient`]: get, put, patch, delete, post and list over models that say their api-version. The models hold what this
//! provider reads or writes; every other member of a resource survives a read, change, write. One file per service.

mod api_version;
mod application;
mod arm;
pub mod authorization;
mod azure;
pub mod blob;
mod certificate_text;
mod check_access;
mod claims;
mod cloud;
pub mod compute;
pub mod disk_encryption;
pub mod dns;
mod graph;
pub mod identities;
pub mod identity_credentials;
pub mod managed_clusters;
pub mod metrics;
pub mod network;
pub mod registry;
pub mod resources;
mod secret_text;
pub mod storage;
pub mod vault;

pub use api_version::api_version;
pub use application::Application;
pub use arm::{ArmClient, Extra, Precondition, Reference, Resource};
pub use azure::Azure;
pub use check_access::{Action, CheckAccessClient};
pub use claims::Claims;
pub use cloud::{Audiences, Cloud};
pub use graph::{GraphClient, ServicePrincipal};
