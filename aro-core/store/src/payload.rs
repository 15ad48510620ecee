//! The stored form of what the model declares.

use aro_api::resource::Node;
use aro_api::stored;
use serde_json::value::RawValue;

use crate::{KeyRing, secrets};

/// Something of the model that documents carry.
pub(crate) trait Payload: Sized {
    /// Its stored form. Secrets in the clear are sealed for the document; sealed ones stay as they are, unless an
    /// older key has sealed them.
    fn to_stored(&self, keys: &KeyRing, document: &str) -> Result<Box<RawValue>, String>;
    /// Reads the stored form; secrets stay sealed.
    fn from_stored(stored: &RawValue) -> Result<Self, String>;
}

// The model's errors name places, never contents.
impl<T: Node + Default + Clone> Payload for T {
    fn to_stored(&self, keys: &KeyRing, document: &str) -> Result<Box<RawValue>, String> {
        let written = if secrets::any_stale(self, keys) {
            let mut renewed = self.clone();
            secrets::open_stale(&mut renewed, keys, document);
            stored::to_raw(&renewed, keys, document)
        } else {
            stored::to_raw(self, keys, document)
        };
        written.map_err(|error| error.to_string())
    }

    fn from_stored(stored: &RawValue) -> Result<Self, String> {
        stored::from_str(stored.get()).map_err(|error| error.to_string())
    }
}
