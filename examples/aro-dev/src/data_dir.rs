//! Where the state of a world lives.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, While as _};

/// A folder of the user's choice, or a temporary one.
pub(crate) enum DataDir {
    Chosen(PathBuf),
    Temporary(tempfile::TempDir),
}

impl DataDir {
    /// Opens the chosen folder, making it if it is missing, or makes a temporary one.
    pub(crate) fn open(chosen: Option<&Path>) -> Result<DataDir, Failure> {
        match chosen {
            None => {
                let folder = tempfile::Builder::new().prefix("aro-dev-").tempdir();
                folder.map(DataDir::Temporary).while_doing("Making a temporary folder")
            }
            Some(path) => {
                let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
                made.and_then(|()| path.canonicalize())
                    .map(DataDir::Chosen)
                    .map_err(|error| {
                        Failure::new(format!("The folder {} cannot be used ({error}).", path.display()))
                            .hint("Choose another one with --data-dir.")
                    })
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            DataDir::Chosen(path) => path,
            DataDir::Temporary(folder) => folder.path(),
        }
    }

    /// Leaves a temporary folder where it is, for who wants to know what went wrong.
    pub(crate) fn keep(&mut self) {
        if let DataDir::Temporary(folder) = self {
            folder.disable_cleanup(true);
        }
    }
}
