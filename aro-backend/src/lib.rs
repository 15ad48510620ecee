//! The services behind the frontend: the worker, which makes true what the frontend has stored.

mod assemble;
mod config;
pub mod worker;

pub use aro_provisioning::{HiveSettings, OidcSettings, OperatorSettings, ProviderResources, RegistrySettings};
pub use assemble::provisioning_worker;
pub use config::{BackendConfig, FirstPartySettings, OpenError, StoreSettings};
