//! `cargo xtask test`: every test of the project, in the order in which a failure tells most.

use std::path::PathBuf;
use std::process::Command;

use crate::chore::{self, Failure, cargo, run};
use crate::python::Environment;

/// What to leave out, what to add.
#[derive(clap::Args)]
pub struct Options {
    /// Also run what takes longer than the default suite allows.
    #[arg(long)]
    all: bool,
    /// Leave out the tests that published Python clients drive.
    #[arg(long)]
    without_python: bool,
    /// Folder of the recorded cases of the Go reference; skipped, saying so, where it is absent.
    #[arg(long, default_value = "../shared/golden")]
    golden: PathBuf,
}

/// The published Python clients, oldest and newest generation.
const PYTHON: [Environment; 2] = [
    Environment {
        name: "azure-mgmt-redhatopenshift-4",
        requirements: &[
            "azure-mgmt-redhatopenshift==4.0.0",
            "azure-identity==1.27.0",
            "pytest==9.2.0",
        ],
    },
    Environment {
        name: "azure-mgmt-redhatopenshift-1",
        requirements: &[
            "azure-mgmt-redhatopenshift==1.5.0",
            "azure-identity==1.27.0",
            "pytest==9.2.0",
        ],
    },
];

/// Runs everything.
///
/// # Errors
/// The first step that fails.
pub fn everything(options: &Options) -> Result<(), Failure> {
    run(
        "build",
        cargo().args(["build", "--workspace", "--all-targets"]),
        "Is cargo installed?",
    )?;
    let mut tests = cargo();
    tests.args(["test", "--workspace"]);
    if options.all {
        tests.env("ARO_TEST_ALL", "1");
    }
    run("tests of the crates", &mut tests, "Is cargo installed?")?;
    chore::cargo_run("aro-golden", false, &[options.golden.display().to_string()])?;
    if options.without_python {
        println!("\n==> published Python clients: left out (--without-python)");
        return Ok(());
    }
    for environment in PYTHON {
        let interpreter = environment.interpreter()?;
        let folder = chore::root().join("examples/aro-dev/tests/python");
        let mut pytest = Command::new(interpreter);
        pytest
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
            .arg(folder)
            .current_dir(chore::root());
        pytest
            .env("ARO_DEV", chore::target().join("debug/aro-dev"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        run(
            &format!("pytest with {}", environment.name),
            &mut pytest,
            "The environment is broken; remove it.",
        )?;
    }
    Ok(())
}
