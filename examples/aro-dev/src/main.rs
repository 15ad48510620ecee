//! `aro-dev`: the whole resource provider and a simulated Azure on this machine.

mod arm_client;
mod data_dir;
mod environment;
mod failure;
mod house;
mod managed_identities;
mod options;
mod progress;
mod ready;
mod role_sets;
mod settings;
mod tour;
mod world;

use std::process::ExitCode;

use aro_telemetry::LogConfig;
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::data_dir::DataDir;
use crate::failure::{Failure, While as _};
use crate::house::House;
use crate::options::{Command, Options};
use crate::ready::Ready;
use crate::world::LocalWorld;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.command {
        Some(Command::Env(wish)) => environment::print(wish),
        None => run(&options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\naro-dev: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Failure> {
    let mut data = DataDir::open(options.data_dir.as_deref())?;
    let tour = !options.serve && !options.world_only;
    let mut log = LogConfig::default();
    if let Some(filter) = &options.log {
        log.filter.clone_from(filter);
    } else if tour {
        // Log lines and a progress bar do not go together on one terminal.
        log.file = Some(data.path().join("aro-dev.log"));
    }
    aro_telemetry::init(&log).while_doing("Setting up the log")?;

    let result = house_and_visit(options, &data, tour).await;
    if let (Err(failure), Some(file)) = (&result, &log.file) {
        data.keep();
        return Err(Failure::new(failure.to_string()).hint(format!("The log is in {}.", file.display())));
    }
    result
}

async fn house_and_visit(options: &Options, data: &DataDir, tour: bool) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    on_signal(stop.clone()).while_doing("Listening for Ctrl-C")?;
    let world = LocalWorld::start(options, data.path()).await?;
    if let Some(path) = settings::write_hive_kubeconfig(&world, options, data.path())? {
        println!(
            "Hive installs OpenShift: kubectl --kubeconfig {} get clusterdeployments -A",
            path.display()
        );
    }
    let result = tokio::select! {
        biased;
        result = visit(options, data, &world, tour, &stop) => result,
        () = stop.cancelled(), if tour => Err(Failure::new("Interrupted.")),
    };
    world.shutdown().await;
    result
}

async fn visit(
    options: &Options,
    data: &DataDir,
    world: &LocalWorld,
    tour: bool,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    if options.world_only {
        let providers = settings::providers(options)?;
        let config = settings::write(world, options, data.path(), &providers)?;
        world.relay_to(&providers);
        announce(&world.ready(None, data.path()), options)?;
        println!("  settings     {}", config.display());
        println!(
            "\nRun `aro-frontend serve --config {0}` and `aro-backend worker --config {0}`.",
            config.display()
        );
        println!("Stops at Ctrl-C.");
        stop.cancelled().await;
        return Ok(());
    }
    let house = House::start(world, options, data.path()).await?;
    world.until_registered().await?;
    let ready = world.ready(Some(house.url()), data.path());
    let result = match announce(&ready, options) {
        Ok(()) if tour => tour::tour(&ready).await,
        Ok(()) => {
            println!("\nStops at Ctrl-C.");
            stop.cancelled().await;
            Ok(())
        }
        Err(failure) => Err(failure),
    };
    let ended = house.shutdown().await;
    result.and(ended)
}

/// Says what listens where, and writes the ready file, last of all.
fn announce(ready: &Ready, options: &Options) -> Result<(), Failure> {
    println!("A local Azure is up:");
    let rows = [
        ("ARM", Some(&ready.arm)),
        ("login", Some(&ready.login)),
        ("Graph", Some(&ready.graph)),
        ("RP", ready.rp.as_ref()),
        ("proxy", ready.proxy.as_ref()),
        ("cluster API", ready.cluster_api.as_ref()),
        ("inspection", Some(&ready.inspect_url)),
        ("failures", Some(&ready.fault_url)),
    ];
    for (what, url) in rows {
        if let Some(url) = url {
            println!("  {what:<12} {url}");
        }
    }
    println!("  trust        {}", ready.ca_file.display());
    if let Some(path) = &options.ready_file {
        ready.write(path)?;
        println!(
            "  ready file   {} (with secrets of the simulated tenant)",
            path.display()
        );
        println!(
            "\nFor the Azure CLI: eval \"$(aro-dev env --ready-file {})\"",
            path.display()
        );
    }
    Ok(())
}

/// Cancels `stop` at the first Ctrl-C or SIGTERM.
fn on_signal(stop: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}
