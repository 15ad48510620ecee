//! Running other programs: what is said before, how long it took, what a failure means.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Why a chore stopped.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The program could not be started at all.
    #[error("`{program}` could not be started: {source}. {advice}")]
    Start {
        /// What was to be run.
        program: String,
        /// What the operating system said.
        source: std::io::Error,
        /// What to do about it.
        advice: &'static str,
    },
    /// The program ran and failed.
    #[error("{step} failed ({status}); its own output above says why")]
    Failed {
        /// The step, in words.
        step: String,
        /// How the program ended.
        status: std::process::ExitStatus,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The build folder (`CARGO_TARGET_DIR` where set).
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs us, or the one on the path.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs `command` as the step `step`, saying when it starts and how long it took.
///
/// # Errors
/// [`Failure::Start`] where the program is missing, [`Failure::Failed`] where it ends with another status than zero.
pub fn run(step: &str, command: &mut Command, advice: &'static str) -> Result<(), Failure> {
    println!("\n==> {step}");
    let started = Instant::now();
    let program = || command_line(command);
    let line = program();
    let status = command.status().map_err(|source| Failure::Start {
        program: line,
        source,
        advice,
    })?;
    if !status.success() {
        return Err(Failure::Failed {
            step: step.to_owned(),
            status,
        });
    }
    println!("<== {step}: {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Runs the only binary of a package of this workspace with `arguments`.
///
/// # Errors
/// As [`run`].
pub fn cargo_run(package: &str, release: bool, arguments: &[String]) -> Result<(), Failure> {
    let mut command = cargo();
    command.args(["run", "--package", package]);
    if release {
        command.arg("--release");
    }
    command.arg("--").args(arguments);
    run(package, &mut command, "Is cargo installed?")
}

/// As [`cargo_run`] in the profile of the tests, with features that a plain build leaves out.
///
/// # Errors
/// As [`run`].
pub fn cargo_run_with(package: &str, features: &[&str], arguments: &[String]) -> Result<(), Failure> {
    let mut command = cargo();
    command.args(["run", "--package", package, "--features", &features.join(",")]);
    command.arg("--").args(arguments);
    run(package, &mut command, "Is cargo installed?")
}

fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
