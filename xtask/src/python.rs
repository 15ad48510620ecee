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
        self.interpreter_of(Path::new("python3"), self.name)
    }

    /// The same, named `name`, with a Python of your choice.
    ///
    /// # Errors
    /// As [`Environment::interpreter`].
    pub fn interpreter_of(&self, python: &Path, name: &str) -> Result<PathBuf, Failure> {
        let folder = target().join("python").join(name);
        let interpreter = folder.join("bin").join("python");
        let stamp = folder.join("requirements.txt");
        let wanted = self.requirements.join("\n");
        if fs::read_to_string(&stamp).is_ok_and(|present| present == wanted) {
            return Ok(interpreter);
        }
        let mut make = Command::new(python);
        make.args(["-m", "venv", "--clear"]).arg(&folder);
        run(&format!("python environment {name}"), &mut make, ADVICE)?;
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

/// The Pythons of this machine from `3.oldest` on, lowest first, with their minor versions: those on the path, and those
/// that pyenv keeps.
pub fn installed(oldest: u32) -> Vec<(u32, PathBuf)> {
    /// No Python is that new yet.
    const NEWEST: u32 = 30;
    let kept = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")))
        .and_then(|root| fs::read_dir(root.join("versions")).ok());
    let kept = kept.into_iter().flatten().flatten().map(|entry| entry.path());
    let kept = kept.collect::<Vec<_>>();
    let minors = (oldest..NEWEST).filter_map(|minor| {
        let program = format!("python3.{minor}");
        let beside = kept.iter().map(|version| version.join("bin").join(&program));
        let mut candidates = std::iter::once(PathBuf::from(&program)).chain(beside);
        // A shim on the path may name a version that is not there.
        let runs = |candidate: &PathBuf| {
            let mut command = Command::new(candidate);
            command.args(["-c", "import venv"]).stderr(std::process::Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        Some((minor, candidates.find(runs)?))
    });
    minors.collect()
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|source| Failure::File {
        path: path.to_path_buf(),
        source,
    })
}
