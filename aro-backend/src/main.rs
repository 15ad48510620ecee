//! `aro-backend`: one program, a subcommand for each service behind the frontend.

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The services behind the Azure Red Hat OpenShift resource provider's frontend.
#[derive(Parser)]
#[command(name = "aro-backend", version, about, long_about = None)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Takes clusters and subscriptions from the queue and makes them what their documents say.
    Worker(command::worker::Options),
    /// Prints the steps of a plan for a cluster. Nothing is run.
    Plan(command::plan::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Worker(options) => command::worker::run(options).await,
        Command::Plan(options) => command::plan::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aro-backend: {error}");
            ExitCode::FAILURE
        }
    }
}
