//! `cargo xtask bench`: what the frontend and the simulated Kubernetes API server cost.
//!
//! Each is a feature of this package, so that one can be measured without building the other:
//! `cargo run --release -p aro-bench --no-default-features --features kube`.

#[cfg(feature = "frontend")]
mod frontend;
#[cfg(feature = "kube")]
mod kube;
#[cfg(feature = "frontend")]
mod loader;
#[cfg(feature = "frontend")]
mod service;

use std::process::ExitCode;

use clap::Parser;

/// Requests per second and latencies of the frontend, next to a bare handler; and of a simulated API server.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Arguments {
    /// Only this: `frontend` or `kube`.
    #[arg(long)]
    only: Option<String>,
    /// Requests of each reading row.
    #[arg(long, default_value_t = 40_000)]
    reads: usize,
    /// Requests of each writing row; each one creates a cluster, or an object.
    #[arg(long, default_value_t = 4_000)]
    writes: usize,
    /// Connections at once.
    #[arg(long, default_value_t = 32)]
    connections: usize,
}

impl Arguments {
    fn wants(&self, what: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only == what)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(feature = "frontend")]
    if arguments.wants("frontend")
        && let Err(failure) = frontend::measure(&arguments).await
    {
        eprintln!("bench: {failure}");
        return ExitCode::FAILURE;
    }
    #[cfg(feature = "kube")]
    if arguments.wants("kube")
        && let Err(failure) = kube::measure(&arguments).await
    {
        eprintln!("bench: {failure}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
