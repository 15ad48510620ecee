//! Tokens with which a client asks for the next page.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::key_file::{self, KeyMaterial};
use crate::key_ring::{self, KeyError};

/// Seals the place where a list was interrupted, so that clients neither read nor invent it.
///
/// It is another key than those of the secrets, so that what clients hold says nothing about them. A token opens only
/// for the scope (list and api-version) that it was sealed for. All processes of a service use the same file.
pub struct PageTokenKey {
    active: String,
    keys: BTreeMap<String, LessSafeKey>,
    random: SystemRandom,
}

/// The token was not made here, or for another list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page token is not valid for this list")]
pub struct InvalidPageToken;

impl PageTokenKey {
    /// Loads the key from a file, or creates it. The file must be readable by its owner only. Blocks on the file
    /// system.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        Self::from_material(&key_file::load_or_create(path)?)
    }

    /// A random key that ends with the process.
    ///
    /// # Errors
    /// [`KeyError::Seal`] if the random source fails.
    pub fn ephemeral() -> Result<Self, KeyError> {
        Self::from_material(&KeyMaterial::generate()?)
    }

    fn from_material(material: &KeyMaterial) -> Result<Self, KeyError> {
        let mut keys = BTreeMap::new();
        for (id, bytes) in &material.keys {
            keys.insert(id.clone(), key_ring::key(bytes)?);
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

    /// A token for the place after `last`, valid for `scope` only. It consists of letters, digits, `-`, `_` and `.`.
    ///
    /// # Errors
    /// [`KeyError::Seal`].
    pub fn seal(&self, scope: &str, last: &str) -> Result<String, KeyError> {
        let key = self
            .keys
            .get(&self.active)
            .ok_or_else(|| KeyError::UnknownKey(self.active.clone()))?;
        let sealed = key_ring::seal(key, &self.random, &aad(scope), last.as_bytes())?;
        Ok(format!("{}.{}", self.active, URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// The place that a token stands for.
    ///
    /// # Errors
    /// [`InvalidPageToken`].
    pub fn open(&self, scope: &str, token: &str) -> Result<String, InvalidPageToken> {
        let (key_id, data) = token.split_once('.').ok_or(InvalidPageToken)?;
        let key = self.keys.get(key_id).ok_or(InvalidPageToken)?;
        let data = URL_SAFE_NO_PAD.decode(data).map_err(|_| InvalidPageToken)?;
        let last = key_ring::open(key, &aad(scope), data).map_err(|_| InvalidPageToken)?;
        String::from_utf8(last.to_vec()).map_err(|_| InvalidPageToken)
    }
}

impl fmt::Debug for PageTokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageTokenKey").finish_non_exhaustive()
    }
}

fn aad(scope: &str) -> String {
    format!("page\0{scope}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_for_its_scope_only() {
        let key = PageTokenKey::ephemeral().unwrap();
        let token = key
            .seal("/subscriptions/a|2025-07-25", "/subscriptions/a/last")
            .unwrap();
        assert!(
            token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
            "{token}"
        );
        assert_eq!(
            key.open("/subscriptions/a|2025-07-25", &token).unwrap(),
            "/subscriptions/a/last"
        );
        assert_eq!(key.open("/subscriptions/b|2025-07-25", &token), Err(InvalidPageToken));
        assert_eq!(
            key.open("/subscriptions/a|2025-07-25", &token[1..]),
            Err(InvalidPageToken)
        );
        assert_eq!(key.open("/subscriptions/a|2025-07-25", ""), Err(InvalidPageToken));
        let other = PageTokenKey::ephemeral().unwrap();
        assert_eq!(other.open("/subscriptions/a|2025-07-25", &token), Err(InvalidPageToken));
    }
}
