//! The Python wheel of aro-py: built with the profile of the tests, installed where nothing else is, and tested there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::chore::{self, Failure, run};
use crate::python::{self, Environment};
use crate::test;

/// What builds the wheel and checks its types.
pub const BUILD: Environment = Environment {
    name: "aro-py-build",
    requirements: &["maturin==1.16.0", "mypy==2.4.1"],
};

/// What runs its tests, and those of the az extension: the wheel needs nothing, the extension draws tables.
pub const TEST: Environment = Environment {
    name: "aro-py-test",
    requirements: &["pytest==9.2.0", "requests==2.32.5", "tabulate==0.9.0"],
};

/// The oldest CPython that the wheel is for, 3.x; `pyproject.toml` says so to pip.
const OLDEST: u32 = 10;

/// Builds the wheel, checks its types and stubs, and runs its tests against aro-dev: with the Python of this machine, or
/// with the oldest and the newest that it has.
///
/// # Errors
/// The first step that fails.
pub fn tests(oldest_and_newest: bool) -> Result<(), Failure> {
    let build = BUILD.interpreter()?;
    let wheel = self::build()?;
    install(&build, &wheel)?;
    for (step, arguments) in [
        (
            "mypy --strict",
            ["-m", "mypy", "--strict", "--package", "aro"].as_slice(),
        ),
        ("stubtest", ["-m", "mypy.stubtest", "aro"].as_slice()),
    ] {
        // In an empty folder, so that it is the installed package that is looked at.
        let mut check = Command::new(&build);
        check.args(arguments).current_dir(folder()?);
        run(step, &mut check, "The environment is broken; remove it.")?;
    }
    let own = TEST.interpreter()?;
    install(&own, &wheel)?;
    let found = if oldest_and_newest {
        python::installed(OLDEST)
    } else {
        Vec::new()
    };
    let (Some(oldest), Some(newest)) = (found.first(), found.last()) else {
        return test::pytest(&TEST, "aro-py/tests");
    };
    let both = if oldest.0 == newest.0 {
        vec![oldest]
    } else {
        vec![oldest, newest]
    };
    for (minor, program) in both {
        let interpreter = TEST.interpreter_of(program, &format!("{}-3.{minor}", TEST.name))?;
        install(&interpreter, &wheel)?;
        let mut pytest = test::pytest_command(&interpreter, "aro-py/tests");
        run(
            &format!("tests of the wheel on Python 3.{minor}"),
            &mut pytest,
            "The environment is broken; remove it.",
        )?;
    }
    Ok(())
}

/// The folder of wheels.
///
/// # Errors
/// Where it cannot be made.
pub fn folder() -> Result<PathBuf, Failure> {
    let folder = chore::target().join("wheels");
    fs::create_dir_all(&folder).map_err(failed(&folder))?;
    Ok(folder)
}

/// The one wheel in the folder whose name is wanted.
///
/// # Errors
/// Where there is none.
pub fn only(is_wanted: impl Fn(&str) -> bool) -> Result<PathBuf, Failure> {
    let folder = folder()?;
    let found = wheels()?.into_iter().find(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(&is_wanted)
    });
    found.ok_or_else(|| failed(&folder)(std::io::ErrorKind::NotFound.into()))
}

fn wheels() -> Result<Vec<PathBuf>, Failure> {
    let folder = folder()?;
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&folder)?;
        let paths = entries.map(|entry| Ok(entry?.path()));
        paths.collect()
    };
    let mut paths = read().map_err(failed(&folder))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "whl"));
    Ok(paths)
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.to_path_buf();
    move |source| Failure::File {
        path: path.clone(),
        source,
    }
}

/// Builds the wheel; those of earlier builds go, that of the extension too.
///
/// # Errors
/// Where maturin fails.
pub fn build() -> Result<PathBuf, Failure> {
    let interpreter = BUILD.interpreter()?;
    for old in wheels()? {
        fs::remove_file(&old).map_err(failed(&old))?;
    }
    let mut maturin = Command::new(&interpreter);
    maturin
        .args([
            "-m",
            "maturin",
            "build",
            "--quiet",
            "--profile",
            "dev",
            "--manifest-path",
        ])
        .arg(chore::root().join("aro-py/Cargo.toml"))
        .arg("--interpreter")
        .arg(&interpreter)
        .arg("--target-dir")
        .arg(chore::target())
        .arg("--out")
        .arg(folder()?)
        .current_dir(chore::root());
    run("wheel of aro-py", &mut maturin, "The environment is broken; remove it.")?;
    only(|name| name.starts_with("aro_py-"))
}

/// Anew each time: the version of the wheel does not change with its content.
fn install(interpreter: &Path, wheel: &Path) -> Result<(), Failure> {
    let mut pip = Command::new(interpreter);
    let options = [
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--force-reinstall",
    ];
    pip.args(["-m", "pip", "install"]).args(options).arg(wheel);
    run(
        "pip install of the wheel",
        &mut pip,
        "The environment is broken; remove it.",
    )
}
