//! The extension of the Azure CLI: one wheel that brings the module aro, checked and tested without az.

use std::path::PathBuf;
use std::process::Command;

use crate::chore::{self, Failure, run};
use crate::python::Environment;
use crate::{test, wheel};

const FOLDER: &str = "aro-py/azext_aro";
const ADVICE: &str = "The environment is broken; remove it.";

/// What builds the wheel of the extension.
const BUILD: Environment = Environment {
    name: "azext-build",
    requirements: &["hatchling==1.27.0"],
};

/// Builds the wheel that `az extension add --source` takes, and the one of aro-py that it contains.
///
/// # Errors
/// The first step that fails.
pub fn build() -> Result<PathBuf, Failure> {
    let native = wheel::build()?;
    let mut hatchling = Command::new(BUILD.interpreter()?);
    hatchling
        .args(["-m", "hatchling", "build", "--target", "wheel", "--directory"])
        .arg(wheel::folder()?)
        .env("ARO_WHEEL", &native)
        .current_dir(chore::root().join(FOLDER));
    run("wheel of the az extension", &mut hatchling, ADVICE)?;
    wheel::only(|name| name.starts_with("aro-"))
}

/// Tells how to install it.
///
/// # Errors
/// The first step of the build that fails.
pub fn build_and_tell() -> Result<(), Failure> {
    let extension = build()?;
    println!("\naz extension add --yes --source {}", extension.display());
    Ok(())
}

/// Checks the types of the extension, and tests what of it needs no az, next to the wheel of aro-py.
///
/// # Errors
/// The first step that fails.
pub fn tests() -> Result<(), Failure> {
    let mut mypy = Command::new(wheel::BUILD.interpreter()?);
    mypy.args(["-m", "mypy", "--no-incremental"])
        .current_dir(chore::root().join(FOLDER));
    run("mypy of the az extension", &mut mypy, ADVICE)?;
    test::pytest(&wheel::TEST, "aro-py/azext_aro/tests")
}
