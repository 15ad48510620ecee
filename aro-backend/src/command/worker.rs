//! `aro-backend worker`.

use std::path::PathBuf;

use aro_backend::{BackendConfig, provisioning_worker};
use aro_config::{ConfigError, Loader};
use tokio_util::sync::CancellationToken;

/// Takes clusters and subscriptions from the queue and makes them what their documents say.
///
/// Settings come from defaults, then the file, then the environment (ARO_<SECTION>__<KEY>, ARO_WORKER__<SECTION>__<KEY>),
/// then the flags.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", env = "ARO_CONFIG")]
    config: Option<PathBuf>,

    /// Documents worked on at the same time.
    #[arg(long, value_name = "N")]
    concurrency: Option<usize>,

    /// What is logged, for example info,aro_backend=debug.
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,

    /// Any other setting, for example lease.ttl=30s. May be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// Print the settings, without secrets, and end.
    #[arg(long)]
    print_config: bool,
}

impl Options {
    fn load(&self) -> Result<BackendConfig, ConfigError> {
        let mut loader = Loader::new("worker");
        if let Some(path) = &self.config {
            loader = loader.file(path)?;
        }
        loader = loader.environment(std::env::vars())?;
        loader = loader
            .flag_if_given("queue.concurrency", "--concurrency", self.concurrency)
            .flag_if_given("log.filter", "--log", self.log.as_ref());
        for setting in &self.set {
            let (key, value) = setting
                .split_once('=')
                .ok_or_else(|| ConfigError::invalid(format!("--set {setting} has no value; write --set KEY=VALUE")))?;
            loader = loader.flag(key, "--set", value);
        }
        loader.load()
    }
}

/// Runs a worker until SIGTERM or SIGINT.
///
/// # Errors
/// When the configuration is not usable, or the store cannot be opened.
pub(crate) async fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let config = options.load()?;
    let printed = aro_config::redacted(&config)?;
    if options.print_config {
        print!("{printed}");
        return Ok(());
    }
    config.check()?;
    aro_telemetry::init(&config.log)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), settings = %printed.trim_end(), "worker starts");
    let stop = CancellationToken::new();
    super::stop::on_signal(stop.clone())?;
    let store = config.store.open().await?;
    let registry = config.metrics.registry()?;
    let worker = provisioning_worker(&config, store.clone(), &registry)?;
    let listener = config.metrics.bind().await?;
    let measured = listener.map(|listener| tokio::spawn(listener.serve(registry, stop.clone())));
    worker.run(stop).await;
    if let Some(measured) = measured {
        measured.await?;
    }
    store.close().await;
    tracing::info!("worker ended");
    Ok(())
}
