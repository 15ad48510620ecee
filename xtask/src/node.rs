//! The published JavaScript client: installed below the build folder, so that the source tree stays as it is.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::chore::{Failure, root, run, target};

const ADVICE: &str =
    "Node.js 20 or newer with npm is needed for this test; `cargo xtask test` without --all runs the rest.";

/// What runs there, and what it requires.
const FILES: [&str; 3] = ["node/package.json", "node/life.test.js", "scenario/node.mjs"];

/// Runs the test against aro-dev.
///
/// # Errors
/// As [`installed`], or where the test fails.
pub fn tests() -> Result<(), Failure> {
    let mut test = Command::new("node");
    test.arg("--test")
        .current_dir(installed()?)
        .env("ARO_DEV", target().join("debug/aro-dev"));
    run("node with @azure/arm-resources", &mut test, ADVICE)
}

/// The command that plays the scenario of all clients.
///
/// # Errors
/// As [`installed`].
pub fn player() -> Result<Vec<String>, Failure> {
    let script = installed()?.join("node.mjs");
    Ok(vec!["node".to_owned(), script.display().to_string()])
}

/// The folder where the client is installed; npm does nothing where it is already.
///
/// # Errors
/// Where Node.js or npm is missing, or the client cannot be installed.
fn installed() -> Result<PathBuf, Failure> {
    let folder = target().join("node");
    let failed = |source| Failure::File {
        path: folder.clone(),
        source,
    };
    fs::create_dir_all(&folder).map_err(failed)?;
    for file in FILES {
        let name = file.rsplit('/').next().unwrap_or(file);
        let from = root().join("examples/aro-dev/tests").join(file);
        fs::copy(from, folder.join(name)).map_err(failed)?;
    }
    let mut install = Command::new("npm");
    install
        .args(["install", "--silent", "--no-package-lock", "--no-audit", "--no-fund"])
        .current_dir(&folder);
    run("npm install", &mut install, ADVICE)?;
    Ok(folder)
}
