//! `aro-api` as everybody gets it. Its unit tests are built with one api-version more and compare themselves with this;
//! Cargo does not let a package depend on itself, so it does so by way of this one.

pub use aro_api::*;
