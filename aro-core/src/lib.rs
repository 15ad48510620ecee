//! The libraries of the Azure Red Hat OpenShift resource provider behind one name.
//!
//! | module | cargo feature | what |
//! |---|---|---|
//! | [`api`] | always | resource model, API versions, merge, validation, errors; no I/O |
//! | `azure` | `azure` | typed clients of the Azure services the provider calls |
//! | `cluster` | `cluster` | reaching clusters: dial, Kubernetes clients, kubeconfigs, enrichment, conditions |
//! | `config` | `config` | layered configuration |
//! | `http` | `http` | outgoing HTTP as tower layers, long-running operations |
//! | `provisioning` | `provisioning` | the step engine and the plans |
//! | `store` | `store` | documents with etags and leases |
//! | `telemetry` | `telemetry` | tracing, correlation, metrics |
//!
//! With `default-features = false` only the model is built, which needs neither an async runtime nor a network.

pub use aro_api as api;
#[cfg(feature = "azure")]
pub use aro_azure as azure;
#[cfg(feature = "cluster")]
pub use aro_cluster as cluster;
#[cfg(feature = "config")]
pub use aro_config as config;
#[cfg(feature = "http")]
pub use aro_http as http;
#[cfg(feature = "provisioning")]
pub use aro_provisioning as provisioning;
#[cfg(feature = "store")]
pub use aro_store as store;
#[cfg(feature = "telemetry")]
pub use aro_telemetry as telemetry;
