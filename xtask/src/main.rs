//! The project's own chores: `cargo xtask test`, `cargo xtask golden DIR`, `cargo xtask generate`,
//! `cargo xtask az-extension`, `cargo xtask bench`, `cargo xtask semver`.
//!
//! Heavy work lives in packages of its own (`aro-golden`, `aro-generate`, `aro-bench`), so that this one builds in a moment.

mod chore;
mod extension;
mod figures;
mod node;
mod python;
mod scenario;
mod semver;
mod test;
mod wheel;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Set up what the tests need and run them all.
    Test(test::Options),
    /// Run recorded cases of the Go reference (DIR, further options: see `cargo xtask golden -- --help`).
    #[command(trailing_var_arg = true)]
    Golden {
        /// Arguments of the runner; the first is the folder of the case files.
        #[arg(allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Write the API descriptions and the client made of them; with --check, fail where one is stale.
    #[command(trailing_var_arg = true)]
    Generate {
        /// Arguments of the generator.
        #[arg(allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build the extension for the Azure CLI: one wheel for `az extension add --source`.
    AzExtension,
    /// Try the promises of aro-api with random input (further options: see `cargo xtask fuzz -- --help`).
    #[command(trailing_var_arg = true)]
    Fuzz {
        /// Arguments of the runner.
        #[arg(allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure requests per second and latencies over loopback, next to a bare handler.
    #[command(trailing_var_arg = true)]
    Bench {
        /// Arguments of the loader.
        #[arg(allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Compare the public interface of the crates that others embed with that of an earlier commit.
    Semver(semver::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore {
        Chore::Test(options) => test::everything(&options),
        Chore::Golden { arguments } => chore::cargo_run("aro-golden", false, &arguments),
        Chore::Generate { arguments } => chore::cargo_run_with("aro-generate", &["client"], &arguments),
        Chore::AzExtension => extension::build_and_tell(),
        Chore::Fuzz { arguments } => chore::cargo_run("aro-fuzz", false, &arguments),
        Chore::Semver(options) => semver::check(&options),
        Chore::Bench { arguments } => chore::cargo_run("aro-bench", true, &arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
