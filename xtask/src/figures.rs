//! Figures that tests leave behind: told at the end of a run, and kept in the build folder.

use std::path::PathBuf;

use crate::chore::{Failure, target};

fn folder() -> PathBuf {
    // Where cargo lets integration tests write.
    target().join("tmp/figures")
}

fn failed(path: PathBuf) -> impl FnOnce(std::io::Error) -> Failure {
    move |source| Failure::File { path, source }
}

/// Forgets those of an earlier run.
///
/// # Errors
/// Where they cannot be removed.
pub fn forget() -> Result<(), Failure> {
    match std::fs::remove_dir_all(folder()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(folder())(error)),
        _ => Ok(()),
    }
}

/// Prints all of them, and keeps them in one file: of a default run in `figures.txt`, of a whole one in `figures-all.txt`.
///
/// # Errors
/// Where they cannot be read or written.
pub fn tell(all: bool) -> Result<(), Failure> {
    let Ok(entries) = std::fs::read_dir(folder()) else {
        return Ok(());
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let mut lines = String::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(failed(file.clone()))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        lines.push_str(&format!("{name}: {}\n", text.trim()));
    }
    let kept = target().join(if all { "figures-all.txt" } else { "figures.txt" });
    std::fs::write(&kept, &lines).map_err(failed(kept.clone()))?;
    println!("\n==> figures (kept in {})\n{lines}", kept.display());
    Ok(())
}
