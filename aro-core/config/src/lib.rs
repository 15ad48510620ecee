//! Layered, typed configuration: defaults < TOML file < environment < flags.
//!
//! A service declares one struct (serde, `#[serde(default)]` over a `Default`), and reads it with a [`Loader`]:
//!
//! ```
//! #[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
//! #[serde(default)]
//! struct Settings {
//!     store: Store,
//! }
//! #[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
//! #[serde(default)]
//! struct Store {
//!     path: String,
//!     #[serde(with = "aro_config::duration")]
//!     busy_timeout: std::time::Duration,
//! }
//!
//! let settings: Settings = aro_config::Loader::new("worker")
//!     .text("rp.toml", "[store]\npath = 'rp.db'\n[worker.store]\nbusy_timeout = '5s'\n")?
//!     .environment([("ARO_STORE__PATH".to_string(), "other.db".to_string())])?
//!     .load()?;
//! assert_eq!(settings.store.path, "other.db");
//! # Ok::<(), aro_config::ConfigError>(())
//! ```
//!
//! One file can serve several services: what stands at the top level is for each of them, and what stands in the table
//! of a service (`[frontend]`, `[worker]`, see [`SERVICES`]) is for that service only and wins. The environment follows
//! the same rule: `ARO_STORE__PATH` is `store.path` for every service, `ARO_WORKER__STORE__PATH` for the worker only.
//! A key no struct asks for is refused with its path and where it was set.
#![deny(missing_docs)]

mod deserialize;
pub mod duration;
mod error;
mod layers;
mod secret;

pub use error::{ConfigError, Origin};
pub use layers::{Loader, SERVICES};
pub use secret::ConfigSecret;

/// The configuration as TOML, for printing at start: secrets ([`ConfigSecret`]) show as `[REDACTED]`.
///
/// # Errors
/// When the value cannot be written as TOML, for example a map whose keys are no strings.
pub fn redacted<T: serde::Serialize>(settings: &T) -> Result<String, ConfigError> {
    toml::to_string_pretty(settings).map_err(|error| ConfigError::Print {
        reason: error.to_string(),
    })
}
