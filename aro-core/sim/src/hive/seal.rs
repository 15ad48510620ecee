//! How the installer image seals what it leaves behind: AES-256-GCM with a key that it is handed for this one purpose.
//!
//! `d1.<key id>.<base64 of nonce (12), ciphertext, tag (16)>`; bound to `d1.<key id>`, a zero byte, `<cluster's id>/graph`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What it takes to seal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seal {
    /// The key's id.
    pub(crate) id: String,
    /// The key in base64.
    pub(crate) key: String,
    /// The cluster's id.
    pub(crate) cluster: String,
}

impl Seal {
    /// Seals a text.
    pub(crate) fn close(&self, plain: &[u8]) -> Result<String, String> {
        let unusable = || "the key for the graph is not 32 bytes in base64".to_owned();
        let key = STANDARD.decode(&self.key).map_err(|_| unusable())?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key).map_err(|_| unusable())?;
        let bound = format!("d1.{}\0{}/graph", self.id, self.cluster);
        let mut text = plain.to_vec();
        let nonce: Nonce = key
            .seal_in_place_append_tag(Aad::from(bound.as_bytes()), &mut text)
            .map_err(|_| "sealing the graph failed".to_owned())?;
        let nonce: &[u8; NONCE_LEN] = nonce.as_ref();
        Ok(format!(
            "d1.{}.{}",
            self.id,
            STANDARD.encode([&nonce[..], &text].concat())
        ))
    }
}
