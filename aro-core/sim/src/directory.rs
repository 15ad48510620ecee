//! The data directory of a world: who has it, and what lies in it before anything starts.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::entra::keys::SigningKey;
use crate::journal;
use crate::pki::Pki;
use crate::world::StartError;

/// A directory that no other world has, with authority and keys.
pub(crate) struct Prepared {
    pub(crate) directory: PathBuf,
    pub(crate) pki: Pki,
    pub(crate) signing: SigningKey,
    pub(crate) lock: File,
}

/// As [`prepare`], for a world that is forgotten: keys and certificates are made once in a process and shared by all such
/// worlds, because making RSA keys takes longer than all else.
pub(crate) fn share(directory: &Path, now: time::OffsetDateTime) -> Result<Prepared, StartError> {
    static KIT: Mutex<Vec<(std::ffi::OsString, Vec<u8>)>> = Mutex::new(Vec::new());
    let mut kit = KIT.lock().unwrap_or_else(PoisonError::into_inner);
    let unusable = |source| StartError::DataDirectory {
        path: directory.to_owned(),
        source,
    };
    if kit.is_empty() {
        let prepared = prepare(directory, now)?;
        for entry in std::fs::read_dir(directory).map_err(unusable)? {
            let entry = entry.map_err(unusable)?;
            let content = std::fs::read(entry.path()).map_err(unusable)?;
            kit.push((entry.file_name(), content));
        }
        return Ok(prepared);
    }
    std::fs::create_dir_all(directory).map_err(unusable)?;
    for (name, content) in kit.iter() {
        std::fs::write(directory.join(name), content).map_err(unusable)?;
    }
    drop(kit);
    prepare(directory, now)
}

/// Takes the directory, and reads or makes what has to lie in it.
pub(crate) fn prepare(directory: &Path, now: time::OffsetDateTime) -> Result<Prepared, StartError> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    let unusable = |source| StartError::DataDirectory {
        path: directory.to_owned(),
        source,
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(unusable)?;
    let directory = directory.canonicalize().map_err(unusable)?;
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o700)).map_err(unusable)?;
    let Some(lock) = journal::take(&directory).map_err(unusable)? else {
        return Err(StartError::InUse { path: directory });
    };
    let pki = Pki::open(&directory, now)?;
    let signing = SigningKey::open(&directory)?;
    Ok(Prepared {
        directory,
        pki,
        signing,
        lock,
    })
}

/// The directory of a world that is forgotten; it goes with this.
pub(crate) struct TemporaryDirectory {
    pub(crate) path: PathBuf,
}

impl TemporaryDirectory {
    pub(crate) fn new() -> Self {
        Self {
            path: std::env::temp_dir().join(format!("aro-sim-{}", uuid::Uuid::new_v4())),
        }
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::debug!(%error, "the temporary directory of the simulated world could not be removed");
        }
    }
}
