//! The file that keys live in: JSON, readable by its owner only.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use crate::key_ring::{KEY_LEN, KeyError};

/// Keys by id, and which of them seals.
pub(crate) struct KeyMaterial {
    pub(crate) active: String,
    pub(crate) keys: BTreeMap<String, Zeroizing<Vec<u8>>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    active: String,
    keys: BTreeMap<String, KeyText>,
}

/// A key in base64.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct KeyText(String);

impl Drop for KeyText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl KeyMaterial {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let mut material = Self {
            active: String::new(),
            keys: BTreeMap::new(),
        };
        material.active = material.add()?;
        Ok(material)
    }

    fn add(&mut self) -> Result<String, KeyError> {
        let mut key = Zeroizing::new(vec![0; KEY_LEN]);
        SystemRandom::new().fill(&mut key).map_err(|_| KeyError::Seal)?;
        // No dot in it, and never the same twice: the id is part of the sealed form.
        let id = Uuid::new_v4().simple().to_string()[..12].to_owned();
        self.keys.insert(id.clone(), key);
        Ok(id)
    }
}

pub(crate) fn load_or_create(path: &Path) -> Result<KeyMaterial, KeyError> {
    match load(path)? {
        Some(material) => Ok(material),
        None => {
            let temporary = write_temporary(path, &KeyMaterial::generate()?)?;
            // A link fails if the file has appeared meanwhile; then the other process's keys count.
            let linked = std::fs::hard_link(&temporary, path);
            let _ = std::fs::remove_file(&temporary);
            sync_directory(path)?;
            match linked {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failure(path, error)),
                _ => load(path)?.ok_or_else(|| failure(path, "it vanished")),
            }
        }
    }
}

pub(crate) fn add_key(path: &Path) -> Result<String, KeyError> {
    let mut material = load_or_create(path)?;
    let id = material.add()?;
    replace(path, &material)?;
    Ok(id)
}

pub(crate) fn activate(path: &Path, key_id: &str) -> Result<(), KeyError> {
    let mut material = load_or_create(path)?;
    if !material.keys.contains_key(key_id) {
        return Err(KeyError::UnknownKey(key_id.to_owned()));
    }
    key_id.clone_into(&mut material.active);
    replace(path, &material)
}

fn replace(path: &Path, material: &KeyMaterial) -> Result<(), KeyError> {
    let temporary = write_temporary(path, material)?;
    std::fs::rename(&temporary, path).map_err(|error| failure(path, error))?;
    sync_directory(path)
}

/// Secrets that a key has sealed must not outlive it, not even in a power failure.
fn sync_directory(path: &Path) -> Result<(), KeyError> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    #[cfg(unix)]
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| failure(path, error))?;
    Ok(())
}

fn load(path: &Path) -> Result<Option<KeyMaterial>, KeyError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failure(path, error)),
    };
    check_private(path, &file)?;
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(|error| failure(path, error))?;
    // The parser's own message might quote a key.
    let stored: Stored = serde_json::from_str(&text).map_err(|error| {
        failure(
            path,
            format!(
                "it is not in the expected form (line {}, column {})",
                error.line(),
                error.column()
            ),
        )
    })?;
    let mut keys = BTreeMap::new();
    for (id, encoded) in &stored.keys {
        let key = STANDARD
            .decode(&encoded.0)
            .map(Zeroizing::new)
            .ok()
            .filter(|key| key.len() == KEY_LEN);
        let key = key.ok_or_else(|| failure(path, format!("key '{id}' is not {KEY_LEN} bytes in base64")))?;
        if id.is_empty() || id.contains('.') {
            return Err(failure(path, format!("'{id}' cannot be a key id")));
        }
        keys.insert(id.clone(), key);
    }
    Ok(Some(KeyMaterial {
        active: stored.active,
        keys,
    }))
}

#[cfg(unix)]
fn check_private(path: &Path, file: &File) -> Result<(), KeyError> {
    let mode = file
        .metadata()
        .map(|metadata| std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()))
        .map_err(|error| failure(path, error))?;
    if mode & 0o077 != 0 {
        return Err(failure(
            path,
            format!(
                "others than its owner may use it (mode {:04o}); set it to 0600",
                mode & 0o7777
            ),
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_: &Path, _: &File) -> Result<(), KeyError> {
    Ok(())
}

fn write_temporary(path: &Path, material: &KeyMaterial) -> Result<PathBuf, KeyError> {
    let keys = material
        .keys
        .iter()
        .map(|(id, key)| (id.clone(), KeyText(STANDARD.encode(key))))
        .collect();
    let stored = Stored {
        active: material.active.clone(),
        keys,
    };
    let text = serde_json::to_vec_pretty(&stored)
        .map(Zeroizing::new)
        .map_err(|error| failure(path, error))?;
    let temporary = path.with_extension(format!("{}.new", Uuid::new_v4().simple()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || -> std::io::Result<()> {
        let mut file = options.open(&temporary)?;
        file.write_all(&text)?;
        file.sync_all()
    };
    write().map_err(|error| failure(path, error))?;
    Ok(temporary)
}

fn failure(path: &Path, reason: impl ToString) -> KeyError {
    KeyError::File {
        path: path.display().to_string(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::{KeyError, KeyRing};

    #[test]
    fn created_once_and_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        let ring = KeyRing::load_or_create(&path).unwrap();
        let sealed = ring.seal_value("c", b"x").unwrap();
        let again = KeyRing::load_or_create(&path).unwrap();
        assert_eq!(&again.open_value("c", &sealed).unwrap()[..], b"x");
        assert_eq!(
            std::fs::read_dir(directory.path()).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[cfg(unix)]
    #[test]
    fn refuses_a_file_that_others_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        KeyRing::load_or_create(&path).unwrap();
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        assert!(matches!(KeyRing::load_or_create(&path), Err(KeyError::File { .. })));
    }

    #[test]
    fn an_added_key_opens_at_once_and_seals_when_activated() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        let first = KeyRing::load_or_create(&path).unwrap();
        let sealed = first.seal_value("c", b"x").unwrap();
        let added = KeyRing::add_key(&path).unwrap();
        assert_eq!(KeyRing::load_or_create(&path).unwrap().active_key(), first.active_key());
        KeyRing::activate(&path, &added).unwrap();
        let second = KeyRing::load_or_create(&path).unwrap();
        assert_eq!(second.active_key(), added);
        assert_eq!(&second.open_value("c", &sealed).unwrap()[..], b"x");
        assert!(second.is_stale(&sealed) && !first.is_stale(&sealed));
        assert!(matches!(
            KeyRing::activate(&path, "nobody"),
            Err(KeyError::UnknownKey(_))
        ));
    }

    #[test]
    fn a_malformed_file_is_not_quoted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        KeyRing::load_or_create(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let secret = text.split('"').find(|part| part.len() == 44).unwrap().to_owned();
        std::fs::write(&path, text.replace(&secret, &format!("{secret}\", \"x\": [\"{secret}"))).unwrap();
        let error = KeyRing::load_or_create(&path).unwrap_err().to_string();
        assert!(!error.contains(&secret[..10]), "{error}");
    }
}
