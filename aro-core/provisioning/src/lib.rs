//! Makes clusters true in Azure: the step engine, and the plans that create, update and delete a cluster.
//!
//! A [`Plan`] is a list of named [`Step`]s as data. [`Engine::run`] runs what the record on the document does not yet call
//! done, and writes each end, together with what the step learned, in one conditional write. [`status`] reads the same
//! record and says how far the work is. A failure becomes a [`CloudError`](aro_api::CloudError) that names the step, what
//! Azure said, and what the customer can do.

mod engine;
mod environment;
mod facts;
mod failure;
mod holding;
mod identity_secrets;
mod installer;
mod keys;
mod listing;
mod masking;
mod names;
pub mod operator;
mod pace;
mod plan;
pub mod plans;
mod progress;
mod remedy;
mod steps;
pub mod validation;
mod wish;

pub use engine::{Clock, Engine, Outcome};
pub use environment::{
    BuildError, Environment, EnvironmentConfig, FirstParty, OidcSettings, ProviderResources, RegistrySettings,
};
pub use facts::Facts;
pub use failure::StepError;
pub use holding::{Edit, Holding};
pub use installer::{
    AksCluster, GraphKey, Handover, HiveInstaller, HiveSettings, InstallPrincipal, InstallRequest, InstallState,
    Installed, Installer, InstallerError, KubeconfigSource, Registry, SimulatedInstaller, custom_manifests,
    pull_secret,
};
pub use keys::{KeySource, RandomKeys, RsaKey, RsaSize};
pub use listing::{ListedStep, Listing};
pub use names::Names;
pub use operator::{AroOperator, OperatorRelease, OperatorSettings, OperatorSubject};
pub use pace::Pace;
pub use plan::{Change, Kind, Plan, Step, StepContext, Verdict};
pub use progress::{Status, status};
