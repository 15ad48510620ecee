//! Python environments for the tests that published clients drive.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::chore::{Failure, run, target};

const ADVICE: &str = "Python 3.11 or newer with its venv module is needed for these tests; \
                      `cargo xtask test --without-python` runs the rest.";

/// One virtual environment: a name and what is installed in it, pinned.
pub struct Environment {
    /// Names the folder below the build folder.
    pub name: &'static str,
    /// Requirements as pip takes them.
    pub requirements: &'static [&'static str],
}

impl Environment {
    /// Makes the environment where it is missing or its requirements changed, and returns its interpreter.
    ///
    /// # Errors
    /// [`Failure`] where Python is missing or pip fails.
    pub fn interpreter(&self) -> Result<PathBuf, Failure> {
        let folder = target().join("python").join(self.name);
        let interpreter = folder.join("bin").join("python");
        let stamp = folder.join("requirements.txt");
        let wanted = self.requirements.join("\n");
        if fs::read_to_string(&stamp).is_ok_and(|present| present == wanted) {
            return Ok(interpreter);
        }
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&folder);
        run(&format!("python environment {}", self.name), &mut make, ADVICE)?;
        let mut install = Command::new(&interpreter);
        install
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(self.requirements);
        run(
            &format!("pip install {}", self.requirements.join(" ")),
            &mut install,
            ADVICE,
        )?;
        // Written last: an interrupted installation is made anew.
        write(&stamp, &wanted)?;
        Ok(interpreter)
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|source| Failure::File {
        path: path.to_path_buf(),
        source,
    })
}
