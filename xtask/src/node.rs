//! The published JavaScript client: installed below the build folder, so that the source tree stays as it is.

use std::fs;
use std::process::Command;

use crate::chore::{Failure, root, run, target};

const ADVICE: &str =
    "Node.js 20 or newer with npm is needed for this test; `cargo xtask test` without --all runs the rest.";

/// Where the test and its requirements stand.
const FOLDER: &str = "examples/aro-dev/tests/node";

/// Installs the client where its requirements changed, and runs the test against aro-dev.
///
/// # Errors
/// Where Node.js or npm is missing, the client cannot be installed, or the test fails.
pub fn tests() -> Result<(), Failure> {
    let folder = target().join("node");
    let failed = |source| Failure::File {
        path: folder.clone(),
        source,
    };
    fs::create_dir_all(&folder).map_err(failed)?;
    for file in ["package.json", "life.test.js"] {
        fs::copy(root().join(FOLDER).join(file), folder.join(file)).map_err(failed)?;
    }
    let mut install = Command::new("npm");
    install
        .args(["install", "--silent", "--no-package-lock", "--no-audit", "--no-fund"])
        .current_dir(&folder);
    run("npm install", &mut install, ADVICE)?;
    let mut test = Command::new("node");
    test.arg("--test")
        .current_dir(&folder)
        .env("ARO_DEV", target().join("debug/aro-dev"));
    run("node with @azure/arm-resources", &mut test, ADVICE)
}
