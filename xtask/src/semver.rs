//! The public interface of the crates that others embed, compared with that of an earlier commit.

use std::process::Command;

use crate::chore::{Failure, root, run, target};

const ADVICE: &str = "It comes with `cargo install cargo-semver-checks --locked`, which takes minutes.";

/// Which commits are compared.
#[derive(clap::Args)]
pub struct Options {
    /// The commit to compare with.
    #[arg(long, default_value = "HEAD^")]
    baseline: String,
    /// The crates to compare.
    #[arg(long = "package", default_values_t = ["aro-api".to_owned(), "aro-client".to_owned()])]
    packages: Vec<String>,
}

/// Compares; both states are documented from scratch, which takes minutes.
///
/// # Errors
/// Where cargo-semver-checks is missing, or finds a change that users of the crates notice.
pub fn check(options: &Options) -> Result<(), Failure> {
    let mut check = Command::new("cargo-semver-checks");
    check
        .args(["semver-checks", "check-release", "--baseline-rev", &options.baseline])
        .current_dir(root())
        .env("CARGO_TARGET_DIR", target().join("semver"));
    for package in &options.packages {
        check.args(["--package", package]);
    }
    run("cargo semver-checks", &mut check, ADVICE)
}
