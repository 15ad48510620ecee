//! `cargo xtask test`: every test of the project, in the order in which a failure tells most.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::chore::{self, Failure, cargo, run};
use crate::extension;
use crate::figures;
use crate::node;
use crate::python::Environment;
use crate::scenario;
use crate::wheel;

/// What to leave out, what to add.
#[derive(clap::Args)]
pub struct Options {
    /// Also run what takes longer than the default suite allows.
    #[arg(long)]
    all: bool,
    /// Leave out the tests that Python clients drive.
    #[arg(long)]
    without_python: bool,
    /// Run only what the Azure CLI drives, as published and with the extension; installs it first, which takes minutes and 730 MB.
    #[arg(long, conflicts_with_all = ["all", "without_python"])]
    az: bool,
    /// Run only the tests of the Python wheel (aro-py) and of the az extension on top of it.
    #[arg(long, conflicts_with_all = ["all", "without_python", "az"])]
    wheel: bool,
    /// Folder of the recorded cases of the Go reference; skipped, saying so, where it is absent.
    #[arg(long, default_value = "../shared/golden")]
    golden: PathBuf,
}

/// The published Python clients, each generation that speaks another way.
const PYTHON: [Environment; 3] = [
    Environment {
        name: "azure-mgmt-redhatopenshift-4",
        requirements: &[
            "azure-mgmt-redhatopenshift==4.0.0",
            "azure-identity==1.27.0",
            "pytest==9.2.0",
        ],
    },
    Environment {
        name: "azure-mgmt-redhatopenshift-2",
        requirements: &[
            "azure-mgmt-redhatopenshift==2.0.0",
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

/// Published clients of the rest of Azure, which drive the simulated one.
const AZURE: Environment = Environment {
    name: "azure-mgmt",
    requirements: &[
        "azure-mgmt-authorization==4.0.0",
        "azure-mgmt-compute==39.0.0",
        "azure-mgmt-containerregistry==15.0.0",
        "azure-mgmt-dns==9.0.0",
        "azure-mgmt-keyvault==14.1.0",
        "azure-mgmt-msi==7.1.0",
        "azure-mgmt-network==33.1.0",
        "azure-mgmt-privatedns==2.0.0",
        "azure-mgmt-resource==26.0.0",
        "azure-mgmt-resource-deployments==2.0.0",
        "azure-mgmt-resource-features==1.0.0",
        "azure-mgmt-resource-locks==1.0.0",
        "azure-mgmt-resource-subscriptions==1.0.0",
        "azure-mgmt-storage==25.3.0",
        "azure-identity==1.27.0",
        "pytest==9.2.0",
    ],
};

/// The published Python client of Kubernetes, which drives the simulated clusters.
const KUBERNETES: Environment = Environment {
    name: "kubernetes",
    requirements: &["kubernetes==37.0.2", "pytest==9.2.0"],
};

/// What makes requests of the API descriptions, and judges the replies by them.
const SCHEMA: Environment = Environment {
    name: "schemathesis",
    requirements: &["schemathesis==4.32.5", "pytest==9.2.0"],
};

/// The Azure CLI, and what starts aro-dev for its tests.
const AZ: Environment = Environment {
    name: "azure-cli",
    requirements: &["azure-cli==2.91.0", "azure-identity==1.27.0", "pytest==9.2.0"],
};

/// Runs everything.
///
/// # Errors
/// The first step that fails.
pub fn everything(options: &Options) -> Result<(), Failure> {
    if options.az {
        return az();
    }
    if options.wheel {
        build_dev()?;
        wheel::tests(true)?;
        return extension::tests();
    }
    figures::forget()?;
    let done = suite(options);
    // What was counted is told whether or not the rest went well.
    figures::tell(options.all)?;
    done
}

fn suite(options: &Options) -> Result<(), Failure> {
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
        println!("\n==> Python clients: left out (--without-python)");
        return Ok(());
    }
    for environment in &PYTHON {
        pytest(environment, "examples/aro-dev/tests/python")?;
    }
    pytest(&AZURE, "examples/aro-dev/tests/arm")?;
    pytest(&KUBERNETES, "examples/aro-dev/tests/kubernetes")?;
    wheel::tests(options.all)?;
    extension::tests()?;
    scenario::tests(&PYTHON, options.all)?;
    if !options.all {
        return Ok(());
    }
    pytest(&SCHEMA, "examples/aro-dev/tests/schema")?;
    node::tests()
}

/// The Azure CLI against aro-dev, as published and with the extension.
fn az() -> Result<(), Failure> {
    build_dev()?;
    let extension = extension::build()?;
    let mut pytest = pytest_command(&AZ.interpreter()?, "examples/aro-dev/tests/az");
    pytest.env("ARO_AZ_EXTENSION", extension);
    run("pytest with az", &mut pytest, "The environment is broken; remove it.")
}

fn build_dev() -> Result<(), Failure> {
    run(
        "build",
        cargo().args(["build", "--package", "aro-dev"]),
        "Is cargo installed?",
    )
}

/// Runs the tests in a folder with the interpreter of an environment.
///
/// # Errors
/// Where the environment cannot be made, or a test fails.
pub fn pytest(environment: &Environment, folder: &str) -> Result<(), Failure> {
    let mut pytest = pytest_command(&environment.interpreter()?, folder);
    run(
        &format!("pytest with {}", environment.name),
        &mut pytest,
        "The environment is broken; remove it.",
    )
}

/// What runs them with an interpreter.
pub fn pytest_command(interpreter: &Path, folder: &str) -> Command {
    let mut pytest = Command::new(interpreter);
    pytest
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(chore::root().join(folder))
        .current_dir(chore::root())
        .env("ARO_DEV", chore::target().join("debug/aro-dev"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    pytest
}
