//! The worker of the product: the plans of aro-provisioning, in the environment of the configuration.

use std::sync::Arc;

use aro_provisioning::{Engine, Environment, plans};
use aro_store::Store;
use aro_telemetry::Registry;
use time::OffsetDateTime;

use crate::config::BackendConfig;
use crate::worker::Worker;

/// A worker that creates, updates and deletes clusters in Azure.
///
/// # Errors
/// When a setting is of no use.
pub fn provisioning_worker(
    config: &BackendConfig,
    store: Store,
    metrics: &Registry,
) -> Result<Worker<Environment>, Box<dyn std::error::Error>> {
    config.check()?;
    let environment = Arc::new(config.environment(store.clone())?);
    let features = environment.features();
    let engine = Engine::new(config.pace.clone(), Arc::new(OffsetDateTime::now_utc));
    Ok(Worker::new(
        store,
        environment,
        Arc::new(move |document| plans::running(document, features)),
        engine,
        config.worker(),
        metrics,
    ))
}
