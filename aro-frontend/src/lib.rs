//! The ARM-facing HTTP service of the resource provider.
//!
//! [`router()`] makes the service from its [`Parts`]; [`serve`] puts it on sockets with TLS, HTTP/2, time limits and a
//! graceful end. The binary `aro-frontend` reads a configuration and does both. See `docs/architecture.md` for the life
//! of a request.
#![deny(missing_docs)]

pub mod auth;
mod azure;
mod catalogue;
pub mod config;
mod controllers;
mod detectors;
mod enrich;
mod fault;
mod layers;
mod links;
mod parts;
mod progress;
mod reply;
mod request;
mod router;
mod seed;
pub mod server;
mod settings;
mod validators;

pub use azure::{Asking, AzureValidators};
pub use detectors::{Detectors, DetectorsUnavailable, NoDetectors};
pub use enrich::{ClusterEnricher, Enricher, NoEnrichment};
pub use links::Links;
pub use parts::{Clock, Parts, RandomError, RandomSource, SystemClock, SystemRandomSource};
pub use progress::{NoProgress, PlanProgress, ProgressReader};
pub use router::{Route, router, routes};
pub use seed::{ConfiguredVersion, SeedError, seed_openshift_versions};
pub use server::serve;
pub use settings::Settings;
pub use validators::{AcceptAll, Validators};
