//! `aro-frontend serve`: the ARM-facing service of the resource provider.

use std::path::PathBuf;
use std::process::ExitCode;

use aro_config::{ConfigError, Loader};
use aro_frontend::config::{Built, FrontendConfig, WatchedCertificate};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use url::Url;

/// The ARM-facing service of the Azure Red Hat OpenShift resource provider.
#[derive(Parser)]
#[command(name = "aro-frontend", version, about, long_about = None)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answers ARM until SIGTERM or SIGINT, then finishes what it has begun.
    Serve(Options),
}

/// Settings come from defaults, then the file, then the environment (ARO_<SECTION>__<KEY>,
/// ARO_FRONTEND__<SECTION>__<KEY>), then the flags.
#[derive(Debug, Args)]
struct Options {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", env = "ARO_CONFIG")]
    config: Option<PathBuf>,

    /// Where to listen, instead of the configured addresses: https://0.0.0.0:8443, or http:// on loopback. Several are
    /// separated by commas.
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    listen: Vec<String>,

    /// What is logged, for example info,aro_frontend=debug.
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,

    /// Any other setting, for example limits.retry_after=1s. May be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// Print the settings, without secrets, and end.
    #[arg(long)]
    print_config: bool,
}

impl Options {
    fn load(&self) -> Result<FrontendConfig, Box<dyn std::error::Error>> {
        let mut loader = Loader::new("frontend");
        if let Some(path) = &self.config {
            loader = loader.file(path)?;
        }
        loader = loader
            .environment(std::env::vars())?
            .flag_if_given("log.filter", "--log", self.log.as_ref());
        for setting in &self.set {
            let (key, value) = setting
                .split_once('=')
                .ok_or_else(|| ConfigError::invalid(format!("--set {setting} has no value; write --set KEY=VALUE")))?;
            loader = loader.flag(key, "--set", value);
        }
        let mut config: FrontendConfig = loader.load()?;
        if !self.listen.is_empty() {
            config.listen = self
                .listen
                .iter()
                .map(|text| aro_frontend::server::ListenAddress::parse(text))
                .collect::<Result<_, _>>()?;
        }
        Ok(config)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Serve(options) = Arguments::parse().command;
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aro-frontend: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let config = options.load()?;
    let printed = aro_config::redacted(&config)?;
    if options.print_config {
        print!("{printed}");
        return Ok(());
    }
    config.check()?;
    aro_telemetry::init(&config.log)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), settings = %printed.trim_end(), "frontend starts");
    let stop = CancellationToken::new();
    on_signal(stop.clone())?;

    let certificate = config.watched_certificate().await?;
    let tls = certificate.as_ref().map(WatchedCertificate::config).transpose()?;
    let mut listeners = Vec::new();
    for address in &config.listen {
        listeners.push(address.bind(tls.clone()).await?);
    }
    let listening = Url::parse(&listeners.first().map(|listener| listener.url()).unwrap_or_default())?;

    let Built {
        parts,
        arm_certificates,
    } = config.build(&listening).await?;
    let seeded = aro_frontend::seed_openshift_versions(&parts.store, &config.openshift_versions).await?;
    if seeded > 0 {
        tracing::info!(
            versions = seeded,
            "the store had no OpenShift versions and was given the configured ones"
        );
    }
    let refreshing = arm_certificates.map(|certificates| {
        let stop = stop.clone();
        tokio::spawn(async move { certificates.run(stop).await })
    });

    let listener = config.metrics.bind().await?;
    let measured = listener.map(|listener| tokio::spawn(listener.serve(parts.metrics.clone(), stop.clone())));

    let renewing = certificate.map(|certificate| tokio::spawn(certificate.run(stop.clone())));

    for listener in &listeners {
        tracing::info!(address = %listener.url(), "listening");
    }
    let store = parts.store.clone();
    aro_frontend::serve(parts, config.server(), listeners, stop).await;
    if let Some(refreshing) = refreshing {
        refreshing.await?;
    }
    if let Some(measured) = measured {
        measured.await?;
    }
    if let Some(renewing) = renewing {
        renewing.await?;
    }
    store.close().await;
    tracing::info!("frontend ended");
    Ok(())
}

/// Cancels `stop` at the first SIGTERM or SIGINT.
fn on_signal(stop: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = stop.cancelled() => return,
        }
        stop.cancel();
    });
    Ok(())
}
