//! What the user can choose.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

/// The whole resource provider and a simulated Azure on this machine.
///
/// Without options: starts everything, creates a cluster, shows it, updates it, deletes it, and ends.
#[derive(Debug, Clone, Parser)]
#[command(name = "aro-dev", version, about, long_about = None, args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Start everything and stay up until Ctrl-C instead of showing the tour.
    #[arg(long)]
    pub(crate) serve: bool,

    /// Where state lives; it survives a restart, the certificate authority too. By default a temporary folder that is
    /// removed at the end.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Pace of the simulated world: 1 makes a cluster in a few seconds, 10 is ten times as fast.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,

    /// First port: ARM +0, RP +1, login +2, graph +3, proxy +4, data planes +5, cluster API +6, portal +7,
    /// inspection +8. 0 means any free ports.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = port_base)]
    pub(crate) port_base: u16,

    /// Service principals of the simulated tenant; each cluster needs one of its own.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(2..=1000))]
    pub(crate) service_principals: u16,

    /// Written last, when everything answers: where everything listens and which identities exist (mode 0600).
    #[arg(long, value_name = "PATH")]
    pub(crate) ready_file: Option<PathBuf>,

    /// Start the simulated world only, and write `rp.toml` into the data directory: the configuration with which
    /// `aro-frontend serve` and `aro-backend worker` run against it as processes of their own. Stays up until Ctrl-C.
    #[arg(long)]
    pub(crate) world_only: bool,

    /// With --world-only: where a resource provider listens, for ARM to relay to. May be given several times.
    #[arg(long = "rp", value_name = "URL", requires = "world_only")]
    pub(crate) rp: Vec<Url>,

    /// Who installs OpenShift: the world's own installer, or a simulated Hive in an AKS cluster, as in production.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) installer: Installer,

    /// What is logged, for example info or aro_backend=debug. By default warnings during the tour, info otherwise.
    #[arg(long, value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

/// Who installs OpenShift.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Installer {
    /// The world's own installer.
    #[default]
    Simulated,
    /// Hive, whose Kubernetes objects `kubectl` shows: the kubeconfig is in the data directory.
    Hive,
}

/// What else the program does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    /// Print the lines of shell with which the Azure CLI (az) talks to a running aro-dev:
    /// eval "$(aro-dev env --ready-file ready.json)"
    Env(Env),
}

/// How `aro-dev env` is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct Env {
    /// The ready file of the running aro-dev.
    #[arg(long, value_name = "PATH")]
    pub(crate) ready_file: PathBuf,

    /// Also set the secrets of the service principals. They work in the simulated tenant only, but the terminal shows
    /// them unless the output is evaluated.
    #[arg(long)]
    pub(crate) with_secrets: bool,
}

impl Options {
    /// The port of the RP; 0 where any will do.
    pub(crate) fn rp_port(&self) -> u16 {
        if self.port_base == 0 { 0 } else { self.port_base + 1 }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(speed),
        _ => Err("a number above 0 is expected, for example 0.5 or 20".to_string()),
    }
}

fn port_base(text: &str) -> Result<u16, String> {
    match text.parse::<u16>() {
        Ok(0) => Ok(0),
        Ok(port) if (1024..=u16::MAX - 8).contains(&port) => Ok(port),
        _ => Err("0 or a port from 1024 to 65527 is expected; nine ports from there on are used".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, clap::Error> {
        Options::try_parse_from([&["aro-dev"], arguments].concat())
    }

    #[test]
    fn unknown_flags_and_impossible_values_are_refused() {
        assert!(parse(&[]).is_ok());
        assert!(parse(&["env", "--ready-file", "ready.json"]).is_ok());
        for wrong in [
            &["--unknown"][..],
            &["stray"],
            &["--speed", "0"],
            &["--speed", "fast"],
            &["--port-base", "65530"],
            &["--port-base", "80"],
            &["--rp", "https://localhost:1"],
            &["--installer", "podman"],
            &["env"],
            &["--serve", "env", "--ready-file", "ready.json"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
