//! `cargo xtask generate`: writes the API descriptions and the client that is made of them; `--check` only says what is
//! stale.

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod enumerations;
#[cfg(feature = "client")]
mod places;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aro_api::swagger::{FOLDERS, files};
use clap::Parser;

/// Writes the API descriptions, and the client that is made of them.
#[derive(Parser)]
struct Options {
    /// Write nothing; fail where a committed file is stale.
    #[arg(long)]
    check: bool,
}

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[cfg(feature = "client")]
    #[error("the client cannot be generated: {0}")]
    Client(String),
    #[error("stale, run `cargo xtask generate`: {}", .0.join(", "))]
    Stale(Vec<String>),
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("generate: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut wanted = BTreeMap::new();
    for file in files() {
        wanted.insert(format!("swagger/{}", file.path), file.content.to_text());
    }
    // Without the feature only the descriptions are looked at.
    #[cfg(feature = "client")]
    wanted.extend(client::files()?);

    let mut there = Vec::new();
    for folder in FOLDERS {
        list(&root, &root.join("swagger").join(folder), &mut there)?;
    }
    let mut stale = there
        .into_iter()
        .filter(|path| !wanted.contains_key(path))
        .collect::<Vec<_>>();
    if !options.check {
        for path in stale.drain(..) {
            act(&root.join(path), |path| fs::remove_file(path))?;
        }
    }
    for (name, content) in &wanted {
        let path = root.join(name);
        let is_current = fs::read_to_string(&path).is_ok_and(|found| found == *content);
        if is_current {
            continue;
        }
        if options.check {
            stale.push(name.clone());
            continue;
        }
        if let Some(folder) = path.parent() {
            act(folder, |folder| fs::create_dir_all(folder))?;
        }
        act(&path, |path| fs::write(path, content))?;
        println!("{name}");
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(Failure::Stale(stale))
    }
}

fn list(root: &Path, folder: &Path, found: &mut Vec<String>) -> Result<(), Failure> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in act(folder, |folder| fs::read_dir(folder))? {
        let path = act(folder, |_| entry)?.path();
        if path.is_dir() {
            list(root, &path, found)?;
        } else if let Ok(below) = path.strip_prefix(root) {
            found.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

fn act<T>(path: &Path, action: impl FnOnce(&Path) -> io::Result<T>) -> Result<T, Failure> {
    action(path).map_err(|source| Failure::File {
        path: path.to_path_buf(),
        source,
    })
}
