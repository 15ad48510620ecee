//! Secrets at rest.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::key_file::{self, KeyMaterial};

/// Length of a key in bytes.
pub(crate) const KEY_LEN: usize = 32;

/// Prefix of everything sealed in this form.
const FORM: &str = "v1.";
/// Prefix of what somebody else has sealed with a [`DelegatedKey`].
const DELEGATED: &str = "d1.";

/// A key could not be loaded, or a sealed value not be opened. Never says anything about contents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key file is missing, unreadable, malformed, or open to others.
    #[error("key file {path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The value is not in the form this release writes.
    #[error("the value is not sealed in a known form")]
    Form,
    /// The value was sealed with a key that is not on the ring.
    #[error("there is no key '{0}' on the ring")]
    UnknownKey(String),
    /// The value does not belong in this place, or was changed.
    #[error("the value is sealed for another place, or damaged")]
    Open,
    /// The random source or the cipher failed.
    #[error("sealing failed")]
    Seal,
}

/// A key that seals for one context and opens nothing else: for somebody who leaves a secret for us, without being trusted
/// with the ring.
///
/// AES-256-GCM; the form is `d1.<id>.<base64 of nonce (12 bytes), ciphertext and tag>`, and `d1.<id>`, a zero byte and the
/// context are bound to it.
pub struct DelegatedKey {
    /// Id of the key of the ring that it comes from.
    pub id: String,
    /// The key, 32 bytes in base64.
    pub key: Zeroizing<String>,
}

impl fmt::Debug for DelegatedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelegatedKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A key of the ring, and what keys for single contexts are derived from.
struct Held {
    seal: LessSafeKey,
    derive: Prk,
}

/// The keys that seal secrets in stored documents: AES-256-GCM, one of them active.
///
/// The form is `v1.<key id>.<base64 of nonce, ciphertext and tag>`. A value opens only with the context it was sealed
/// with (document id and field path), so it cannot be moved to another place. Nonces are random: one key seals no more
/// than 2^32 values in its life.
pub struct KeyRing {
    active: String,
    keys: BTreeMap<String, Held>,
    random: SystemRandom,
}

impl KeyRing {
    /// Loads the ring from a file, or creates the file with one new key. The file must be readable by its owner only.
    /// Several processes may do this at the same time. Blocks on the file system.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        Self::from_material(&key_file::load_or_create(path)?)
    }

    /// Adds a new key to the file, to be made active once every process has loaded it; returns its id. Blocks on the
    /// file system; one process at a time.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn add_key(path: &Path) -> Result<String, KeyError> {
        key_file::add_key(path)
    }

    /// Makes a key of the file the one that seals from now on. Blocks on the file system; one process at a time.
    ///
    /// # Errors
    /// [`KeyError::File`], [`KeyError::UnknownKey`].
    pub fn activate(path: &Path, key_id: &str) -> Result<(), KeyError> {
        key_file::activate(path, key_id)
    }

    /// A ring with one random key that ends with the process. For tests and for stores that do not outlive it.
    ///
    /// # Errors
    /// [`KeyError::Seal`] if the random source fails.
    pub fn ephemeral() -> Result<Self, KeyError> {
        Self::from_material(&KeyMaterial::generate()?)
    }

    pub(crate) fn from_material(material: &KeyMaterial) -> Result<Self, KeyError> {
        let mut keys = BTreeMap::new();
        for (id, bytes) in &material.keys {
            let held = Held {
                seal: key(bytes)?,
                derive: Salt::new(HKDF_SHA256, b"aro-store delegated keys").extract(bytes),
            };
            keys.insert(id.clone(), held);
        }
        if !keys.contains_key(&material.active) {
            return Err(KeyError::UnknownKey(material.active.clone()));
        }
        Ok(Self {
            active: material.active.clone(),
            keys,
            random: SystemRandom::new(),
        })
    }

    /// Id of the key that seals.
    #[must_use]
    pub fn active_key(&self) -> &str {
        &self.active
    }

    /// Seals a value for one place.
    ///
    /// # Errors
    /// [`KeyError::Seal`].
    pub fn seal_value(&self, context: &str, plain: &[u8]) -> Result<String, KeyError> {
        let key = self
            .keys
            .get(&self.active)
            .ok_or_else(|| KeyError::UnknownKey(self.active.clone()))?;
        let sealed = seal(&key.seal, &self.random, &aad(&self.active, context), plain)?;
        Ok(format!("{FORM}{}.{}", self.active, STANDARD.encode(sealed)))
    }

    /// Opens a value sealed for this place.
    ///
    /// # Errors
    /// [`KeyError::Form`], [`KeyError::UnknownKey`], [`KeyError::Open`].
    pub fn open_value(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (key_id, data) = parts(sealed).ok_or(KeyError::Form)?;
        let data = STANDARD.decode(data).map_err(|_| KeyError::Form)?;
        open(&self.held(key_id)?.seal, &aad(key_id, context), data)
    }

    fn held(&self, id: &str) -> Result<&Held, KeyError> {
        self.keys.get(id).ok_or_else(|| KeyError::UnknownKey(id.to_owned()))
    }

    /// A key with which somebody else can seal for this context; the same one until another key is active.
    ///
    /// # Errors
    /// [`KeyError::Seal`].
    pub fn delegate(&self, context: &str) -> Result<DelegatedKey, KeyError> {
        let bytes = derived(self.held(&self.active)?, context)?;
        Ok(DelegatedKey {
            id: self.active.clone(),
            key: Zeroizing::new(STANDARD.encode(bytes.as_slice())),
        })
    }

    /// Opens what somebody has sealed for this context with a [`DelegatedKey`].
    ///
    /// # Errors
    /// [`KeyError::Form`], [`KeyError::UnknownKey`], [`KeyError::Open`].
    pub fn open_delegated(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (key_id, data) = sealed
            .strip_prefix(DELEGATED)
            .and_then(|rest| rest.split_once('.'))
            .ok_or(KeyError::Form)?;
        let data = STANDARD.decode(data).map_err(|_| KeyError::Form)?;
        let own = key(&derived(self.held(key_id)?, context)?)?;
        open(&own, &format!("{DELEGATED}{key_id}\0{context}"), data)
    }

    /// True if the value has the sealed form but another key than the active one made it.
    #[must_use]
    pub fn is_stale(&self, sealed: &str) -> bool {
        parts(sealed).is_some_and(|(key_id, _)| key_id != self.active && self.keys.contains_key(key_id))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("active", &self.active)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

fn parts(sealed: &str) -> Option<(&str, &str)> {
    sealed.strip_prefix(FORM)?.split_once('.')
}

/// The key id is bound as well: a value cannot be passed off as made by another key.
fn aad(key_id: &str, context: &str) -> String {
    format!("{FORM}{key_id}\0{context}")
}

fn derived(held: &Held, context: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut bytes = Zeroizing::new(vec![0; KEY_LEN]);
    held.derive
        .expand(&[context.as_bytes()], HKDF_SHA256)
        .and_then(|expanded| expanded.fill(&mut bytes))
        .map_err(|_| KeyError::Seal)?;
    Ok(bytes)
}

pub(crate) fn key(bytes: &[u8]) -> Result<LessSafeKey, KeyError> {
    UnboundKey::new(&AES_256_GCM, bytes)
        .map(LessSafeKey::new)
        .map_err(|_| KeyError::Seal)
}

/// Nonce, ciphertext, tag.
pub(crate) fn seal(key: &LessSafeKey, random: &SystemRandom, aad: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut nonce = [0; NONCE_LEN];
    random.fill(&mut nonce).map_err(|_| KeyError::Seal)?;
    // Room for the tag from the start: growing would leave a copy of the plain text behind.
    let mut text = Zeroizing::new(Vec::with_capacity(plain.len() + AES_256_GCM.tag_len()));
    text.extend_from_slice(plain);
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(aad.as_bytes()),
        &mut *text,
    )
    .map_err(|_| KeyError::Seal)?;
    Ok([&nonce[..], &text[..]].concat())
}

pub(crate) fn open(key: &LessSafeKey, aad: &str, sealed: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut sealed = Zeroizing::new(sealed);
    let (nonce, text) = sealed.split_at_mut_checked(NONCE_LEN).ok_or(KeyError::Form)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyError::Form)?;
    let plain = key
        .open_in_place(nonce, Aad::from(aad.as_bytes()), text)
        .map_err(|_| KeyError::Open)?;
    Ok(Zeroizing::new(plain.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_where_it_was_sealed() {
        let ring = KeyRing::ephemeral().unwrap();
        let sealed = ring.seal_value("doc/properties.sshKey", b"key").unwrap();
        assert!(sealed.starts_with(&format!("v1.{}.", ring.active_key())));
        assert_eq!(&ring.open_value("doc/properties.sshKey", &sealed).unwrap()[..], b"key");
        assert_eq!(ring.open_value("other/properties.sshKey", &sealed), Err(KeyError::Open));
        assert_eq!(ring.open_value("doc/properties.sshKey", "plain"), Err(KeyError::Form));
        let other = KeyRing::ephemeral().unwrap();
        let error = other.open_value("doc/properties.sshKey", &sealed).unwrap_err();
        assert_eq!(error, KeyError::UnknownKey(ring.active_key().to_owned()));
    }

    #[test]
    fn a_changed_value_does_not_open() {
        let ring = KeyRing::ephemeral().unwrap();
        let sealed = ring.seal_value("c", b"a secret of some length").unwrap();
        let (head, data) = sealed.rsplit_once('.').unwrap();
        let bytes = STANDARD.decode(data).unwrap();
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 1;
            let changed = format!("{head}.{}", STANDARD.encode(changed));
            assert_eq!(ring.open_value("c", &changed), Err(KeyError::Open));
        }
        assert_eq!(
            ring.open_value("c", &format!("{head}.{}", STANDARD.encode(&bytes[..11]))),
            Err(KeyError::Form)
        );
        assert_eq!(
            ring.open_value("c", &format!("{head}.{}", STANDARD.encode(&bytes[..20]))),
            Err(KeyError::Open)
        );
    }

    #[test]
    fn two_seals_of_the_same_value_differ() {
        let ring = KeyRing::ephemeral().unwrap();
        assert_ne!(ring.seal_value("c", b"").unwrap(), ring.seal_value("c", b"").unwrap());
    }

    #[test]
    fn a_delegated_key_seals_for_one_context_only() {
        let ring = KeyRing::ephemeral().unwrap();
        let delegated = ring.delegate("one/graph").unwrap();
        assert_eq!(delegated.key, ring.delegate("one/graph").unwrap().key);
        assert_ne!(delegated.key, ring.delegate("two/graph").unwrap().key);
        // As somebody does it who has the key and its description.
        let own = key(&STANDARD.decode(delegated.key.as_bytes()).unwrap()).unwrap();
        let bound = format!("d1.{}\0one/graph", delegated.id);
        let sealed = seal(&own, &SystemRandom::new(), &bound, b"left behind").unwrap();
        let sealed = format!("d1.{}.{}", delegated.id, STANDARD.encode(sealed));
        assert_eq!(&ring.open_delegated("one/graph", &sealed).unwrap()[..], b"left behind");
        assert_eq!(ring.open_delegated("two/graph", &sealed), Err(KeyError::Open));
        assert_eq!(ring.open_value("one/graph", &sealed), Err(KeyError::Form));
        let own_seal = ring.seal_value("one/graph", b"x").unwrap();
        assert_eq!(ring.open_delegated("one/graph", &own_seal), Err(KeyError::Form));
        let other = KeyRing::ephemeral().unwrap();
        assert!(matches!(
            other.open_delegated("one/graph", &sealed),
            Err(KeyError::UnknownKey(_))
        ));
        assert!(!format!("{delegated:?}").contains(delegated.key.as_str()));
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!("{:?}", KeyRing::ephemeral().unwrap());
        assert!(text.contains("active") && text.len() < 100, "{text}");
    }
}
